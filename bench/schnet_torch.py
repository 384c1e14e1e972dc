"""SchNet's training step in PyTorch, in two forms. Reads clusters and shuffled batches as JSON, prints milliseconds of steps.

`edges` is what SchNetPack 2 does: a filter for every directed edge, index_add. `padded` is what SchNetPack 1.0.0 does: tensors
[clusters, atoms, neighbours] with masks. Batches, with their lists of neighbours, are made before the clock starts. The argument
is the golden file of SchNetPack 1.0.0, by which both forms are checked first. OMP_NUM_THREADS is the number of threads.
Far Gaussians are subnormal numbers, which some processors multiply slowly: `subnormals` of a run says whether they are `flushed` to
zero, as nobody but this program does, or `kept`.
"""

import base64
import json
import math
import os
import sys
import time

import torch
from torch import nn

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "examples", "schnet-pytorch"))
from schnet import SchNet, edges  # noqa: E402

CUTOFF = 6.0
LEARNING_RATE = 0.01
SORT_WEIGHT = 3.0
OUTPUT_TOLERANCE = 1e-4
RELATIVE_TOLERANCE = 1e-4


class PaddedSchNet(nn.Module):
    """The layers of a SchNet, called as SchNetPack 1.0.0 calls them (representation/schnet.py, nn/cfconv.py, nn/neighbors.py)."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, numbers, positions, neighbors, neighbor_mask):
        representation = self.network.representation
        x = representation.embedding(numbers)
        distances = self.distances(positions, neighbors, neighbor_mask)
        expanded = representation.expand(distances)
        for interaction in representation.interactions:
            x = x + self.interact(interaction, x, distances, expanded, neighbors, neighbor_mask)
        return self.network.output(x)

    def distances(self, positions, neighbors, neighbor_mask):
        clusters = torch.arange(len(positions))[:, None, None]
        distances = torch.norm(positions[clusters, neighbors, :] - positions[:, :, None, :], 2, 3)
        masked = torch.zeros_like(distances)
        masked[neighbor_mask != 0] = distances[neighbor_mask != 0]
        return masked

    def interact(self, interaction, x, distances, expanded, neighbors, neighbor_mask):
        filters = interaction.filter_network(expanded)
        filters = filters * self.network.representation.cosine_cutoff(distances).unsqueeze(-1)
        y = interaction.cfconv.in2f(x)
        size = neighbors.size()
        indices = neighbors.view(-1, size[1] * size[2], 1).expand(-1, -1, y.size(2))
        y = torch.gather(y, 1, indices).view(size[0], size[1], size[2], -1)
        y = torch.sum(y * filters * neighbor_mask[..., None], 2)
        return interaction.dense(interaction.cfconv.f2out(y))


def as_edges(clusters):
    """Inputs of a SchNet for clusters of (numbers, positions, receivers, senders, targets), and their targets."""
    firsts = torch.tensor([0] + [len(cluster[0]) for cluster in clusters]).cumsum(0)
    inputs = (
        torch.cat([cluster[0] for cluster in clusters]),
        torch.cat([cluster[1] for cluster in clusters]),
        torch.cat([cluster[2] + first for cluster, first in zip(clusters, firsts)]),
        torch.cat([cluster[3] + first for cluster, first in zip(clusters, firsts)]),
    )
    targets = torch.cat([cluster[4] for cluster in clusters])
    return inputs, torch.ones_like(targets, dtype=torch.bool), targets


def as_padded(clusters):
    atoms = max(len(cluster[0]) for cluster in clusters)
    most = max(int(torch.bincount(cluster[2]).max()) for cluster in clusters)
    numbers = torch.zeros(len(clusters), atoms, dtype=torch.long)
    positions = torch.zeros(len(clusters), atoms, 3)
    neighbors = torch.zeros(len(clusters), atoms, most, dtype=torch.long)
    neighbor_mask = torch.zeros(len(clusters), atoms, most)
    targets = torch.zeros(len(clusters), atoms)
    for k, (own_numbers, own_positions, receivers, senders, own_targets) in enumerate(clusters):
        numbers[k, : len(own_numbers)] = own_numbers
        positions[k, : len(own_numbers)] = own_positions
        targets[k, : len(own_numbers)] = own_targets
        # receivers ascend
        counts = torch.bincount(receivers, minlength=len(own_numbers))
        places = torch.arange(len(receivers)) - (counts.cumsum(0) - counts)[receivers]
        neighbors[k, receivers, places] = senders
        neighbor_mask[k, receivers, places] = 1
    return (numbers, positions, neighbors, neighbor_mask), numbers > 0, targets


FORMS = {"edges": (lambda network: network, as_edges), "padded": (PaddedSchNet, as_padded)}


def loss_of(kind, outputs, mask, targets):
    outputs, targets = outputs[mask], targets[mask]
    loss = torch.mean((targets - outputs) ** 2)
    if kind == "distribution":
        loss = loss + SORT_WEIGHT * torch.mean((torch.sort(targets)[0] - torch.sort(outputs)[0]) ** 2)
    return loss


def cluster_of(numbers, positions, targets):
    exact = torch.tensor(positions, dtype=torch.float64).reshape(-1, 3)
    return torch.tensor(numbers), exact.float(), *edges(exact, CUTOFF), torch.tensor(targets, dtype=torch.float32)


def golden_network(golden):
    network = SchNet(cutoff=CUTOFF)
    network.load_state_dict(
        {
            name: torch.frombuffer(
                bytearray(base64.b64decode(entry["float32LittleEndianBase64"])), dtype=torch.float32
            ).reshape(entry["shape"])
            for name, entry in golden["weights"].items()
        },
        strict=True,
    )
    return network


def check(golden, form):
    """Ends the program unless outputs, losses and gradients are those of SchNetPack; answers the largest error of an output."""
    make, collate = FORMS[form]
    network = golden_network(golden)
    model = make(network)
    inputs, mask, targets = collate(
        [cluster_of(each["atomicNumbers"], each["positionsAngstrom"], each["target"]) for each in golden["clusters"]]
    )
    expected = torch.tensor(sum(golden["output"], []))
    outputs = model(*inputs)
    error = (outputs[mask] - expected).abs().max().item()
    if not error <= OUTPUT_TOLERANCE:
        sys.exit(f"{form}: outputs are off by {error}")
    distribution = golden["distributionLoss"]
    for kind, loss, gradients in [
        ("mse", golden["mseLoss"], golden["mseGradient"]),
        ("distribution", distribution["loss"], distribution["gradient"]),
    ]:
        network.zero_grad()
        value = loss_of(kind, model(*inputs), mask, targets)
        value.backward()
        if not math.isclose(value.item(), loss, rel_tol=RELATIVE_TOLERANCE):
            sys.exit(f"{form}: the {kind} loss is {value.item()}, not {loss}")
        for name, parameter in network.named_parameters():
            norm = parameter.grad.norm().item()
            if not math.isclose(norm, gradients[name]["norm"], rel_tol=RELATIVE_TOLERANCE):
                sys.exit(f"{form}: the {kind} gradient by {name} has the norm {norm}, not {gradients[name]['norm']}")
    return error


def milliseconds(golden, form, loss, batches, steps, warm_up):
    """Wall time of each step: forward, backward and Adam."""
    make, collate = FORMS[form]
    network = golden_network(golden)
    model = make(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    collated = [collate(batch) for batch in batches]
    times = []
    for step in range(warm_up + steps):
        inputs, mask, targets = collated[step % len(collated)]
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        value = loss_of(loss, model(*inputs), mask, targets)
        value.backward()
        optimizer.step()
        value.item()
        times.append(1e3 * (time.perf_counter() - start))
    return times[warm_up:]


def refuse_slow_products():
    """PyTorch multiplies by the library that the system names as BLAS, of which the reference one is ten times slower."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        libraries = file.read()
    if not torch.backends.mkl.is_available() and "openblas" not in libraries:
        sys.exit("this PyTorch has no fast BLAS, so it is no peer; install OpenBLAS (Debian: apt-get install libopenblas0)")


def main(golden_path):
    refuse_slow_products()
    with open(golden_path, encoding="utf-8") as file:
        golden = json.load(file)
    task = json.load(sys.stdin)
    threads = int(os.environ["OMP_NUM_THREADS"])
    torch.set_num_threads(threads)
    clusters = [cluster_of([11] * len(each["targets"]), each["positions"], each["targets"]) for each in task["clusters"]]
    batches = [[clusters[k] for k in batch] for batch in task["batches"]]
    errors = {form: check(golden, form) for form in FORMS}
    results = []
    for run in task["runs"]:
        torch.set_flush_denormal(run["subnormals"] == "flushed")
        taken = milliseconds(golden, run["form"], run["loss"], batches, run["steps"], run["warmUp"])
        results.append({**run, "milliseconds": taken})
    json.dump({"torch": torch.__version__, "threads": threads, "errors": errors, "results": results}, sys.stdout)


main(*sys.argv[1:])
