"""Lasso by scikit-learn's coordinate descent, alpha after alpha from the largest down, each from the solution before. Prints a JSON
object a line: first `ready`, then one for each alpha with its seconds, objective and gap (divided by n, from the residuals).

Arguments: files with features and target as float64; `default` (residuals, what `Lasso` does unless told otherwise), `gram`
(precompute=True, all alphas from one matrix) or `given` (the same with a matrix made before by numpy, as part of the time); the gap
that has to be reached; alphas as JSON. Features are standardised and in the order of memory that scikit-learn likes before the clock starts."""

import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import lasso_path

MOST_SWEEPS = 10_000_000
CONSTANT_COLUMN = 1e-9
RUNS = 5


def say(**values):
    print(json.dumps(values), flush=True)


def certificate(z, t, weights, alpha):
    n = len(t)
    fitted = z @ weights
    residual = t - fitted
    steepest = np.abs(z.T @ residual).max() / n
    scale = min(1.0, alpha / steepest)
    penalty = alpha * np.abs(weights).sum()
    square = residual @ residual / n
    return square / 2 + penalty, (1 - scale) ** 2 * square / 2 + penalty - scale * (residual @ fitted) / n


def path(z, t, alphas, tolerance, **options):
    _, weights, _ = lasso_path(z, t, alphas=alphas, tol=tolerance, max_iter=MOST_SWEEPS, **options)
    return weights


def one_by_one(z, t, alphas, gap):
    """By residuals: an alpha takes so long that each is told of, and refined until it has the gap."""
    weights = np.zeros(z.shape[1])
    for alpha in alphas:
        start = time.perf_counter()
        tolerance = gap
        while True:
            weights = path(z, t, [alpha], tolerance, precompute=False, coef_init=weights)[:, 0]
            reached = certificate(z, t, weights, alpha)
            if reached[1] <= gap or tolerance < 1e-16:
                break
            tolerance /= 10
        say(alpha=alpha, seconds=time.perf_counter() - start, objective=reached[0], gap=reached[1])


def all_at_once(z, t, alphas, gap, given):
    """By a Gram matrix: with the largest tolerance that gives every alpha its gap, the best of some runs."""
    for tolerance in gap * 10.0 ** -np.arange(0, 8):
        weights = by_gram(z, t, alphas, tolerance, given)
        reached = [certificate(z, t, weights[:, k], alpha) for k, alpha in enumerate(alphas)]
        if max(each[1] for each in reached) <= gap:
            break
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        by_gram(z, t, alphas, tolerance, given)
        seconds.append(time.perf_counter() - start)
    for alpha, (objective, left) in zip(alphas, reached):
        say(alpha=alpha, seconds=min(seconds) / len(alphas), objective=objective, gap=left)


def by_gram(z, t, alphas, tolerance, given):
    if given:
        return path(z, t, alphas, tolerance, precompute=z.T @ z, Xy=z.T @ t)
    return path(z, t, alphas, tolerance, precompute=True)


def main():
    warnings.simplefilter("ignore")
    features_path, target_path, route, gap, alphas = sys.argv[1:]
    t = np.fromfile(target_path)
    x = np.fromfile(features_path).reshape(len(t), -1)
    deviation = x.std(axis=0)
    # no two atoms are nearer than 3.1 A, so that the first column holds nothing but rounding
    deviation[deviation < CONSTANT_COLUMN] = np.inf
    z = np.asfortranarray((x - x.mean(axis=0)) / deviation)
    alphas = sorted(json.loads(alphas), reverse=True)
    say(ready=sklearn.__version__)
    if route == "default":
        one_by_one(z, t, alphas, float(gap))
    else:
        all_at_once(z, t, alphas, float(gap), route == "given")


main()
