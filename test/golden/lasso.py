"""Writes `lasso-datasets.json`: Lasso on small data sets of many kinds, by homotopy in extended precision, so exact but for rounding. Needs numpy, scikit-learn and a machine whose `longdouble` has 64 bits of mantissa (x86):

    python -m venv venv && venv/bin/pip install scikit-learn==1.9.1 && venv/bin/python test/golden/lasso.py

A solution is taken if its duality gap (divided by n, on standardised features and target) is at most 1e-12 in extended precision
and its objective is that of scikit-learn's coordinate descent, or less by no more than that one has left.
"""

import json
import platform
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso

ALPHAS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0]
LARGEST_GAP = 1e-12
ROUNDING = 1e-13
PREDICTED_ROWS = 5

Extended = np.longdouble
assert np.finfo(Extended).nmant >= 63, "this machine has no extended precision"


def standardised(values):
    centred = values - values.mean(axis=0)
    deviation = np.sqrt((centred * centred).mean(axis=0))
    return np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation >= 1e-9)


def solve(matrix, right):
    """Gaussian elimination with pivots, in the precision of its arguments."""
    a = np.concatenate([matrix, right[:, None]], axis=1)
    n = len(right)
    for k in range(n):
        pivot = k + np.abs(a[k:, k]).argmax()
        a[[k, pivot]] = a[[pivot, k]]
        a[k + 1 :] -= np.outer(a[k + 1 :, k] / a[k, k], a[k])
    x = np.zeros(n, dtype=a.dtype)
    for k in reversed(range(n)):
        x[k] = (a[k, n] - a[k, k + 1 : n] @ x[k + 1 :]) / a[k, k]
    return x


def first_of_equals(z):
    """Columns that vary and are no multiple of one before them."""
    chosen = []
    for j in range(z.shape[1]):
        if (z[:, j] @ z[:, j]) > 0 and all(abs(abs(z[:, j] @ z[:, k]) / len(z) - 1) > 1e-12 for k in chosen):
            chosen.append(j)
    return chosen


def homotopy(gram, correlations, alphas):
    """The solutions for alphas that fall, along the piecewise linear path from the first alpha at which all weights are 0."""
    p = len(correlations)
    weights = np.zeros(p, dtype=Extended)
    alpha = np.abs(correlations).max()
    active = [int(np.abs(correlations).argmax())]
    left = None
    for wanted in alphas:
        wanted = Extended(wanted)
        while alpha > wanted:
            gradient = correlations - gram @ weights
            signs = np.sign(gradient[active])
            slopes = solve(gram[np.ix_(active, active)], signs)
            falls = gram[:, active] @ slopes
            step, event = alpha - wanted, None
            for j in range(p):
                if j in active:
                    continue
                for sign in (1, -1):
                    # where the gradient of j meets the falling alpha
                    slower = 1 - sign * falls[j]
                    length = (alpha - sign * gradient[j]) / slower if slower > 1e-14 else np.inf
                    if 0 <= length < step and not (j == left and length < 1e-14):
                        step, event = length, ("enter", j)
            for position, j in enumerate(active):
                length = -weights[j] / slopes[position] if weights[j] * slopes[position] < 0 else np.inf
                if length < step:
                    step, event = length, ("leave", j)
            weights[active] += step * slopes
            alpha -= step
            left = None
            if event is None:
                break
            if event[0] == "enter":
                active.append(event[1])
            else:
                left = event[1]
                active.remove(left)
                weights[left] = 0
        # without the rounding of all steps before
        if alpha <= wanted and weights.any():
            sides = correlations[active] - wanted * np.sign(correlations - gram @ weights)[active]
            weights[active] = solve(gram[np.ix_(active, active)], sides)
        yield weights.copy()


def measured(z, target, weights, alpha):
    """Objective and duality gap, in the precision of the arguments."""
    n = len(target)
    residual = target - z @ weights
    steepest = np.abs(z.T @ residual / n).max()
    scale = min(Extended(1), alpha / steepest) if steepest > 0 else Extended(1)
    square = residual @ residual / n
    penalty = alpha * np.abs(weights).sum()
    gap = (1 - scale) ** 2 * square / 2 + penalty - scale * (residual @ (z @ weights)) / n
    return square / 2 + penalty, gap


def fits(features, target):
    z = standardised(features.astype(Extended))
    t = standardised(target.astype(Extended))
    n = len(t)
    chosen = first_of_equals(z)
    gram, correlations = z[:, chosen].T @ z[:, chosen] / n, z[:, chosen].T @ t / n
    path = dict(zip(sorted(ALPHAS, reverse=True), homotopy(gram, correlations, sorted(ALPHAS, reverse=True))))
    for alpha in ALPHAS:
        found = Lasso(alpha=alpha, fit_intercept=False, tol=1e-10, max_iter=200_000).fit(
            z.astype(float), t.astype(float)
        )
        weights = np.zeros(z.shape[1], dtype=Extended)
        weights[chosen] = path[alpha]
        objective, gap = measured(z, t, weights, Extended(alpha))
        theirs, _ = measured(z, t, found.coef_.astype(Extended), Extended(alpha))
        assert gap <= LARGEST_GAP, f"alpha {alpha}: gap {gap}"
        left = found.dual_gap_ + ROUNDING
        assert -ROUNDING <= theirs - objective <= left, f"alpha {alpha}: {theirs} for {objective}"
        yield {
            "alpha": alpha,
            "objective": float(objective),
            "dualityGap": float(gap),
            "nonZero": int(np.count_nonzero(weights)),
            "coefficients": [float(weight) for weight in weights],
            "predictions": [float(value) for value in (z @ weights)[:PREDICTED_ROWS]],
        }


def datasets():
    """Name, whether weights are determined by the data, features, target."""
    rng = np.random.default_rng(20231105)
    normal = rng.standard_normal

    diabetes = load_diabetes(scaled=False)
    yield "diabetes", True, diabetes.data, diabetes.target

    x = normal((40, 90))
    yield "fewer rows than columns", True, x, x[:, 3] - 2 * x[:, 17] + x[:, 60] + 0.5 * normal(40)

    x = 3 + normal((2000, 4))
    yield "many rows, few columns", True, x, x @ [1, -0.5, 0, 0.01] + normal(2000)

    x = normal((150, 4)) @ normal((4, 24)) + 1e-3 * normal((150, 24))
    yield "collinear columns", True, x, x[:, 0] - x[:, 5] + normal(150)

    x = normal((120, 40)).cumsum(axis=1)
    yield "columns like running sums", True, x, x[:, 10] - 0.5 * x[:, 30] + normal(120)

    x = normal((60, 6)).round(3)
    x = np.concatenate([x, x[:, ::-1], 2 - 3 * x[:, :3], np.full((60, 2), 0.1)], axis=1)
    yield "duplicate, mirrored and constant columns", False, x, x[:, 0] + x[:, 4] + normal(60)

    x = (5 + normal((90, 12))) * 10.0 ** np.arange(-6, 6)
    yield "scales from 1e-6 to 1e5", True, x, x[:, 1] * 1e5 - x[:, 10] * 1e-4 + normal(90)


def rounded(values):
    """What stands in the file is what is computed with."""
    return np.array([float(f"{value:.7g}") for value in np.asarray(values, dtype=float).ravel()]).reshape(values.shape)


def main():
    result = {
        "about": "Lasso by test/golden/lasso.py: homotopy in extended precision, checked against scikit-learn. Features and targets are "
        "standardised (population standard deviation) before. Objective: |t - Zw|^2 / (2n) + alpha |w|_1.",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "lassoDatasets": [],
    }
    for name, unique, features, target in datasets():
        features, target = rounded(features), rounded(target)
        result["lassoDatasets"].append(
            {
                "name": name,
                "uniqueWeights": unique,
                "rows": len(target),
                "columns": features.shape[1],
                "features": features.ravel().tolist(),
                "target": target.tolist(),
                "fits": list(fits(features, target)),
            }
        )
        print(name, max(fit["dualityGap"] for fit in result["lassoDatasets"][-1]["fits"]))
    path = Path(__file__).with_name("lasso-datasets.json")
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")


main()
