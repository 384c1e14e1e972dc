"""Shieldings in ppm by a SchNet of Natrium: predict.py MODEL.safetensors STRUCTURES.xyz"""

import json
import sys

import torch
from safetensors import safe_open

from schnet import SchNet, edges

FORMAT = "natrium-schnet/1"
# the first of each period has the atomic number after the noble gas before it
SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo "
    "Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl "
    "Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es"
).split()


def load(path):
    """The network of a model file, and what the file says beside its weights."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if metadata.get("format") != FORMAT:
            sys.exit(f"{path} is of format {metadata.get('format')}, not {FORMAT}")
        weights = {name: file.get_tensor(name) for name in file.keys()}
    parameters = json.loads(metadata["parameters"])
    size = parameters["hyperparameters"]
    network = SchNet(
        basis=size["atomBasis"],
        filters=size["filters"],
        gaussians=size["gaussians"],
        interactions=size["interactions"],
        cutoff=size["cutoffAngstrom"],
    )
    network.load_state_dict(weights, strict=True)
    return network.eval(), parameters


def shieldings_ppm(transform, outputs):
    """Outputs of the network in the unit of the shieldings it was trained on: `backward` of src/ml/target-transform.ts."""
    z = outputs.double()
    if transform["kind"] == "NONE":
        return z
    if transform["kind"] == "STANDARDIZE":
        return transform["mean"] + transform["standardDeviation"] * z
    # y = F^-1(Phi(z)), F(y) = (1 + exp(-u))^-shape, u = (y - location) / scale; above the median by the upper tail
    log_f = torch.where(
        z <= 0,
        torch.special.log_ndtr(z),
        torch.log1p(-torch.exp(torch.special.log_ndtr(-z))),
    )
    s = -log_f / transform["shape"]
    minus_u = torch.where(s > 1, s + torch.log1p(-torch.exp(-s)), torch.log(torch.expm1(s.clamp(max=1))))
    return transform["location"] - transform["scale"] * minus_u


def read_xyz(path):
    """Symbols and positions of each cluster of an XYZ file whose lines begin with them; what follows is left alone."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    start = 0
    while start < len(lines) and lines[start].strip():
        atoms = int(lines[start])
        rows = [line.split() for line in lines[start + 2 : start + 2 + atoms]]
        yield [row[0] for row in rows], [[float(number) for number in row[1:4]] for row in rows]
        start += 2 + atoms


def main(model, structures):
    network, parameters = load(model)
    for cluster, (symbols, positions) in enumerate(read_xyz(structures), 1):
        numbers = [SYMBOLS.index(symbol) + 1 for symbol in symbols]
        unseen = sorted(set(numbers) - set(parameters["elements"]))
        if unseen:
            sys.exit(f"cluster {cluster} holds {SYMBOLS[unseen[0] - 1]}, which the model was not trained on")
        exact = torch.tensor(positions, dtype=torch.float64)
        receivers, senders = edges(exact, network.representation.cutoff)
        with torch.no_grad():
            outputs = network(torch.tensor(numbers), exact.float(), receivers, senders)
        for atom, (symbol, shielding) in enumerate(zip(symbols, shieldings_ppm(parameters["transform"], outputs)), 1):
            print(f"{cluster}\t{atom}\t{symbol}\t{shielding:.4f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
