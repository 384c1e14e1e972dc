"""Writes gupta.json: the Gupta potential of sodium in 50 decimal digits, with the standard library only.

    python3 test/golden/gupta.py > test/golden/gupta.json

Positions are float64, in Angstrom; the arithmetic on them is decimal. The gradient is a central difference of the energy
with h = 1e-15 A, exact to some 1e-29 eV/A.
"""

import itertools
import json
import random
from decimal import Decimal, getcontext

getcontext().prec = 50
A, XI, P, Q, R0 = (Decimal(text) for text in ("0.01595", "0.29113", "10.13", "1.30", "3.6989"))
H = Decimal("1e-15")


def atom_energy(atom, atoms):
    repulsion = density = Decimal(0)
    for other in atoms:
        if other is not atom:
            r = sum((a - b) ** 2 for a, b in zip(atom, other)).sqrt()
            repulsion += A * (-P * (r / R0 - 1)).exp()
            density += XI**2 * (-2 * Q * (r / R0 - 1)).exp()
    return repulsion - density.sqrt()


def energy(atoms):
    return sum(atom_energy(atom, atoms) for atom in atoms)


def moved(atoms, index, axis, step):
    return [[x + step * (i == index and k == axis) for k, x in enumerate(atom)] for i, atom in enumerate(atoms)]


def gradient(atoms):
    return [
        (energy(moved(atoms, i, axis, H)) - energy(moved(atoms, i, axis, -H))) / (2 * H)
        for i in range(len(atoms))
        for axis in range(3)
    ]


def case(name, positions):
    atoms = [[Decimal(x) for x in position] for position in positions]
    return {
        "name": name,
        "positionsAngstrom": [x for position in positions for x in position],
        "energyEv": float(energy(atoms)),
        "gradientEvPerAngstrom": [float(x) for x in gradient(atoms)],
    }


def cyclic(points):
    return [point[k:] + point[:k] for point in points for k in range(3)]


def icosahedron(edge):
    golden = (1 + 5**0.5) / 2
    signs = list(itertools.product((1, -1), repeat=2))
    shell = cyclic([[0.0, s, t * golden] for s, t in signs])
    return [[0.0, 0.0, 0.0]] + [[x * edge / 2 for x in point] for point in shell]


def cuboctahedron(edge):
    signs = list(itertools.product((1.0, -1.0), repeat=2))
    shell = cyclic([[0.0, s, t] for s, t in signs])
    return [[0.0, 0.0, 0.0]] + [[x * edge / 2**0.5 for x in point] for point in shell]


def scattered(size, seed):
    source = random.Random(seed)
    atoms = []
    while len(atoms) < size:
        place = [round(11 * source.random(), 6) for _ in range(3)]
        if all(sum((a - b) ** 2 for a, b in zip(place, atom)) > 2.6**2 for atom in atoms):
            atoms.append(place)
    return atoms


def exponentials():
    source = random.Random(2)
    spans = [(-1, 1)] * 60 + [(-60, 12)] * 60 + [(-708, 709)] * 60
    arguments = [0.0, -1e-20, -708.0, 709.0] + [source.uniform(*span) for span in spans]
    return [[x, float(Decimal(x).exp())] for x in arguments]


cases = [case(f"Na2 at {r} A", [[0.0, 0.0, 0.0], [r, 0.0, 0.0]]) for r in (0.6, 2.5, 3.0, 3.6989, 5.0, 12.0, 200.0)]
cases.append(case("Na13, icosahedron", icosahedron(3.6)))
cases.append(case("Na13, cuboctahedron", cuboctahedron(3.5)))
cases.append(case("Na20, scattered", scattered(20, 1)))
print(json.dumps({"about": __doc__.split("\n")[0], "gupta": cases, "exponentials": exponentials()}))
