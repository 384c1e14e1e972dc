"""Running coordination numbers in numpy, in two vectorised ways; a JSON object with the best time of each and where its
numbers are. Arguments: a JSON file with `sizes`, `radii`, `smearing`; one with all positions as float64; an output folder."""

import json
import os
import sys
import time

import numpy as np
from scipy.special import ndtr

RUNS = 10
REACH = 8


def batches(sizes, positions):
    """Positions of all clusters of one size, [clusters, atoms, 3], with the row of each atom."""
    ends = np.cumsum(sizes)
    for size in np.unique(sizes):
        rows = (ends[sizes == size] - size)[:, None] + np.arange(size)
        yield positions[rows], rows


def as_written(sizes, positions, radii, smearing):
    """The formula: ndtr of every pair at every radius."""
    result = np.empty((len(positions), len(radii)))
    for p, rows in batches(sizes, positions):
        d = distances(p)
        i = np.arange(d.shape[1])
        d[:, i, i] = np.inf
        result[rows] = np.stack([ndtr((r - d) / smearing).sum(axis=2) for r in radii], axis=2)
    return result


def binned(sizes, positions, radii, smearing):
    """Counts cumulated over bins; ndtr only near a radius."""
    columns = len(radii)
    reach = REACH * smearing
    atoms, pairs = [], []
    for p, rows in batches(sizes, positions):
        i, j = np.nonzero(~np.eye(p.shape[1], dtype=bool))
        atoms.append(rows[:, i].ravel())
        pairs.append(distances(p)[:, i, j].ravel())
    atom, distance = np.concatenate(atoms), np.concatenate(pairs)
    first = np.searchsorted(radii, distance - reach)
    behind = np.searchsorted(radii, distance + reach)
    cells = len(positions) * (columns + 1)
    whole = np.bincount(atom * (columns + 1) + behind, minlength=cells)
    result = np.cumsum(whole.reshape(-1, columns + 1)[:, :columns], axis=1).astype(float)
    near = behind - first
    pair = np.repeat(np.arange(len(distance)), near)
    k = np.arange(len(pair)) - np.repeat(np.cumsum(near) - near, near) + first[pair]
    part = ndtr((radii[k] - distance[pair]) / smearing)
    partial = np.bincount(atom[pair] * columns + k, weights=part, minlength=result.size)
    return result + partial.reshape(result.shape)


def distances(p):
    d = p[:, :, None, :] - p[:, None, :, :]
    return np.sqrt(d[..., 0] ** 2 + d[..., 1] ** 2 + d[..., 2] ** 2)


def best(function, *arguments):
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = function(*arguments)
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


task_path, positions_path, folder = sys.argv[1:]
with open(task_path) as file:
    task = json.load(file)
arguments = (
    np.array(task["sizes"]),
    np.fromfile(positions_path).reshape(-1, 3),
    np.array(task["radii"]),
    task["smearing"],
)
answer = []
for name, function in (("formula", as_written), ("binned", binned)):
    seconds, result = best(function, *arguments)
    path = os.path.join(folder, name)
    result.tofile(path)
    answer.append({"name": name, "seconds": seconds, "path": path})
print(json.dumps(answer))
