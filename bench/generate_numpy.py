"""The growth of S-BLDA alone, without refinement, as one would write it with numpy. Reads counts, prints seconds a cluster."""

import json
import sys
import time

import numpy as np

PLACES = 256


def place(positions, rng):
    """A place at drawn distances from two atoms with no third one nearer: many are tried at once."""
    n = len(positions)
    while True:
        t1 = rng.normal(3.5, 0.1)
        t2 = rng.normal(3.6, 0.1)
        if t1 > t2:
            continue
        a = rng.integers(n, size=PLACES)
        b = rng.integers(n, size=PLACES)
        axis = positions[b] - positions[a]
        separation = np.linalg.norm(axis, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            axis /= separation[:, None]
            along = (separation**2 + t1**2 - t2**2) / (2 * separation)
        square = t1**2 - along**2
        fits = (a != b) & (separation < 5) & (square > 0)
        if not fits.any():
            continue
        a, b, axis, along, square = a[fits], b[fits], axis[fits], along[fits], square[fits]
        across = rng.normal(size=axis.shape)
        across -= (across * axis).sum(axis=1, keepdims=True) * axis
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        places = positions[a] + along[:, None] * axis + np.sqrt(square)[:, None] * across
        distances = np.linalg.norm(places[:, None] - positions[None], axis=2)
        rows = np.arange(len(a))
        distances[rows, a] = np.inf
        distances[rows, b] = np.inf
        free = np.flatnonzero(distances.min(axis=1) >= t2)
        if len(free) > 0:
            neighbours = (distances[free[:3]] <= 4).sum(axis=1)
            return places[free[neighbours.argmax()]]


def grow(size, rng):
    positions = np.zeros((1, 3))
    positions = np.vstack([positions, [rng.normal(3.5, 0.1), 0, 0]])
    while len(positions) < size:
        positions = np.vstack([positions, place(positions, rng)])
    return positions


rng = np.random.default_rng(1)
sizes = json.load(sys.stdin)
grow(20, rng)
start = time.perf_counter()
for size in sizes:
    grow(size, rng)
json.dump({"seconds": time.perf_counter() - start}, sys.stdout)
