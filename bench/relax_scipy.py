"""The same relaxations by numpy and scipy's L-BFGS-B: clusters as JSON on standard input, what became of them on output.

In: {"forceToleranceEvPerAngstrom", "starts": [[x, y, z, ...], ...], "relaxed": [the same]} in Angstrom. Out: seconds for
all starts; for each the energy (eV), the positions and whether scipy is content; and for each of "relaxed" the energy and
the largest force on an atom by the potential here.
"""

import json
import sys
import time

import numpy
from scipy.optimize import minimize

A, XI, P, Q, R0 = 0.01595, 0.29113, 10.13, 1.30, 3.6989


def energy_and_gradient(flat):
    positions = flat.reshape(-1, 3)
    differences = positions[:, None, :] - positions[None, :, :]
    r = numpy.sqrt((differences**2).sum(axis=2))
    numpy.fill_diagonal(r, numpy.inf)
    repulsion = A * numpy.exp(-P * (r / R0 - 1))
    hopping = XI**2 * numpy.exp(-2 * Q * (r / R0 - 1))
    roots = numpy.sqrt(hopping.sum(axis=1))
    slope = -2 * P / R0 * repulsion + Q / R0 * hopping * (1 / roots[:, None] + 1 / roots[None, :])
    gradient = ((slope / r)[:, :, None] * differences).sum(axis=1)
    return repulsion.sum() - roots.sum(), gradient.ravel()


def relax(start, tolerance):
    options = {"maxcor": 10, "gtol": tolerance, "ftol": 0, "maxiter": 10000, "maxfun": 100000}
    end = minimize(energy_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    return {
        "energyEv": float(end.fun),
        "positionsAngstrom": end.x.tolist(),
        "converged": bool(numpy.abs(end.jac).max() <= tolerance),
    }


def look_at(relaxed):
    energy, gradient = energy_and_gradient(relaxed)
    forces = numpy.linalg.norm(gradient.reshape(-1, 3), axis=1)
    return {"energyEv": float(energy), "largestForceEvPerAngstrom": float(forces.max())}


task = json.load(sys.stdin)
starts = [numpy.array(start) for start in task["starts"]]
relax(starts[0], task["forceToleranceEvPerAngstrom"])
begin = time.perf_counter()
minima = [relax(start, task["forceToleranceEvPerAngstrom"]) for start in starts]
seconds = time.perf_counter() - begin
relaxed = [look_at(numpy.array(positions)) for positions in task["relaxed"]]
print(json.dumps({"seconds": seconds, "minima": minima, "relaxed": relaxed}))
