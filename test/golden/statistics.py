"""Writes statistics.json: what scipy, scikit-learn and numpy make of samples of many kinds.

    pip install numpy scipy scikit-learn
    python3 test/golden/statistics.py > test/golden/statistics.json

Takes two minutes, most of it for scipy's fits of the generalised logistic distribution, each from many starts.
"""

import json
import platform
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import optimize, stats
from sklearn import metrics

EXAMPLE = Path(__file__).parents[2] / "examples" / "na-dft" / "na-dft.extxyz"
PROBABILITIES = [0, 0.001, 0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.95, 0.99, 1]
LEVELS = [0.5, 0.6827, 0.9, 0.95]
random = np.random.default_rng(20260711)


def example():
    """Isotropic shieldings of the example data, by cluster size."""
    by_size = {}
    lines = EXAMPLE.read_text().splitlines()
    while lines:
        size = int(lines[0])
        by_size.setdefault(size, []).extend(float(line.split()[13]) for line in lines[2 : size + 2])
        lines = lines[size + 2 :]
    return by_size


def logistic(shape, count, location=600.0, scale=None):
    """Some 40 wide unless the scale is given; scipy's own sampling overflows for small shapes."""
    if scale is None:
        scale = 40 * shape / (1 + 2 * shape)
    t = random.exponential(1 / shape, count)
    return location - scale * (t + np.log(-np.expm1(-t)))


def with_outliers(values, *outliers):
    return np.concatenate([values, outliers])


def bimodal(count):
    return np.where(random.random(count) < 0.6, random.normal(450, 15, count), random.normal(600, 25, count))


def regression(name, reference, predicted, training_mean):
    reference, predicted = np.round(reference, 4), np.round(predicted, 4)
    baseline = np.full_like(reference, training_mean)
    return {
        "name": name,
        "reference": reference.tolist(),
        "predicted": predicted.tolist(),
        "trainingMean": training_mean,
        "rmse": metrics.root_mean_squared_error(reference, predicted),
        "mae": metrics.mean_absolute_error(reference, predicted),
        "bias": np.mean(predicted - reference),
        "r2": metrics.r2_score(reference, predicted),
        "pearson": stats.pearsonr(reference, predicted).statistic,
        "spearman": stats.spearmanr(reference, predicted).statistic,
        "trainingMeanRmse": metrics.root_mean_squared_error(reference, baseline),
        "trainingMeanMae": metrics.mean_absolute_error(reference, baseline),
        "trainingMeanR2": metrics.r2_score(reference, baseline),
        "targetStandardDeviation": np.std(reference),
    }


def regressions():
    target = logistic(0.05, 200)
    noisy = 0.6 * target + 240 + random.normal(0, 12, 200)
    return [
        regression("skewed target", target, noisy, 590.25),
        regression("ties", np.round(target, -1), np.round(noisy, -1), 600.0),
        regression("worse than the mean", target, target[::-1] + 30, 640.0),
        regression("two values", np.array([512.5, 634.25]), np.array([500.0, 601.0]), 610.0),
        regression("far from 0", target + 1e7, noisy + 1e7, 1e7 + 590.0),
        regression("by mistake negative", -target, noisy - 1200, -580.0),
    ]


def mode(values):
    # of small numbers, which have more digits left for their differences
    centre = np.round(np.median(values))
    values = values - centre
    density = stats.gaussian_kde(values)
    grid = np.linspace(values.min(), values.max(), 4001)
    heights = density(grid)
    best = None
    for k in np.flatnonzero(heights > 0.98 * heights.max()):
        around = (grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)])
        found = optimize.minimize_scalar(
            lambda x: -density(x)[0], bounds=around, method="bounded", options={"xatol": 1e-11}
        )
        if best is None or found.fun < best.fun:
            best = found
    return best.x + centre


def distribution(name, values):
    values = np.round(values, 4)
    n = len(values)
    return {
        "name": name,
        "values": values.tolist(),
        "mean": np.mean(values),
        "standardDeviation": np.std(values),
        "skewness": stats.skew(values),
        "mode": mode(values),
        "probabilities": PROBABILITIES,
        "quantiles": np.quantile(values, PROBABILITIES).tolist(),
        "plottingQuantiles": np.quantile(values, PROBABILITIES, method="hazen").tolist(),
        "fromNormal": stats.kstest(values, stats.norm(np.mean(values), np.std(values)).cdf).statistic,
        "limit": 500,
        "shareBelow": np.count_nonzero(values < 500) / n,
    }


def distributions():
    return [
        distribution("skewed", logistic(0.05, 400)),
        distribution("two values", np.array([512.5, 634.25])),
        distribution("three values", np.array([1.0, 2.0, 4.0])),
        distribution("normal", random.normal(600, 30, 300)),
        distribution("uniform", random.uniform(400, 700, 300)),
        distribution("bimodal", bimodal(300)),
        distribution("heavy tails", np.clip(stats.cauchy.rvs(600, 10, 300, random_state=random), 0, 1500)),
        distribution("ties", np.round(logistic(0.1, 300), -1)),
        distribution("an outlier", with_outliers(random.normal(600, 3, 60), -4000)),
        distribution("far from 0", 1e6 + random.normal(0, 5, 100)),
    ]


def pair(name, a, b):
    a, b = np.round(a, 3), np.round(b, 3)
    points = (np.arange(40) + 0.5) / 40
    return {
        "name": name,
        "a": a.tolist(),
        "b": b.tolist(),
        "kolmogorovSmirnov": stats.ks_2samp(a, b).statistic,
        "wasserstein1": stats.wasserstein_distance(a, b),
        "probabilities": points.tolist(),
        "quantilesOfA": np.quantile(a, points, method="hazen").tolist(),
        "quantilesOfB": np.quantile(b, points, method="hazen").tolist(),
    }


def pairs():
    target = logistic(0.05, 200)
    return [
        pair("target and predictions drawn to the mean", target, 0.4 * target + 350 + random.normal(0, 5, 200)),
        pair("different numbers of values", logistic(0.2, 150), random.normal(600, 30, 37)),
        pair("apart", random.uniform(0, 1, 20), random.uniform(5, 6, 30)),
        pair("equal", target[:20], target[:20]),
        pair("ties", np.round(logistic(0.1, 120), -1), np.round(random.normal(600, 20, 80), -1)),
    ]


def best_fit(values):
    """The best that scipy finds from many starts, and what it finds in the two limits of the distribution."""
    centre, spread = values.mean(), values.std()
    z = (values - centre) / spread
    best = (-np.inf, None)
    shapes = [0.03, 0.3, 1, 8, 100] if len(z) < 5000 else [0.1, 10]

    def negative(parameters):
        c, loc, scale = parameters
        if c <= 0 or scale <= 0:
            return np.inf
        return -np.sum(stats.genlogistic.logpdf(z, c, loc, scale))

    for shape in shapes:
        for scale in [0.1, 0.5] if len(z) < 5000 else [0.3]:
            try:
                start = stats.genlogistic.fit(z, shape, loc=z.max() if shape < 0.2 else 0, scale=scale)
                found = optimize.fmin(
                    negative, start, xtol=1e-9, ftol=1e-12, maxiter=4000, maxfun=4000, disp=False
                )
            except (stats.FitError, FloatingPointError):
                continue
            likelihood = -negative(found)
            if likelihood > best[0]:
                best = (likelihood, found)
    exponential = np.sum(stats.expon.logpdf(z.max() - z, *stats.expon.fit(z.max() - z, floc=0)))
    gumbel = np.sum(stats.gumbel_r.logpdf(z, *stats.gumbel_r.fit(z)))
    likelihood, (c, loc, scale) = best
    shift = len(z) * np.log(spread)
    return {
        "shape": c,
        "location": centre + spread * loc,
        "scale": spread * scale,
        "logLikelihood": likelihood - shift,
        "supremum": max(likelihood, exponential, gumbel) - shift,
    }


def fit(name, values):
    places, counts = np.unique(values, return_counts=True)
    return {"name": name, "values": places.tolist(), "counts": counts.tolist(), **best_fit(values)}


def fits():
    by_size = example()
    cases = [(f"example data, size {size}", np.array(values)) for size, values in sorted(by_size.items())]
    cases.append(("example data", np.concatenate([by_size[size] for size in sorted(by_size)])))
    for shape in [0.01, 0.05, 0.2, 1, 5, 30, 100]:
        cases.append((f"shape {shape}, 12 values", np.round(logistic(shape, 12), 4)))
        cases.append((f"shape {shape}, 200 values", np.round(logistic(shape, 200), 3)))
    cases += [
        ("5 values", np.array([560.0, 590.0, 604.0, 611.0, 613.0])),
        ("5 values, all but one equal", np.array([600.0, 600.0, 600.0, 600.0, 601.0])),
        ("30,000 values, rounded", np.round(logistic(0.05, 30_000))),
        ("30,000 values of a large shape, rounded", np.round(logistic(40, 30_000))),
        ("uniform", np.round(random.uniform(400, 700, 300), 2)),
        ("normal", np.round(random.normal(600, 30, 300), 2)),
        ("bimodal", np.round(bimodal(300), 2)),
        ("heavy tails", np.round(stats.t.rvs(2, 600, 10, 300, random_state=random), 2)),
        ("outliers below", np.round(with_outliers(random.normal(600, 10, 200), -3000, 100), 2)),
        ("outliers above", np.round(with_outliers(random.normal(600, 10, 200), 900, 6000), 2)),
        ("an exponential tail to the left", np.round(620 - random.exponential(40, 200), 3)),
        ("an exponential tail to the right", np.round(580 + random.exponential(40, 200), 3)),
        ("Gumbel", np.round(stats.gumbel_r.rvs(600, 20, 200, random_state=random), 3)),
        ("many ties", np.round(logistic(0.2, 300), -1)),
        ("three different values", random.choice([590.0, 600.0, 605.0], 60)),
        ("far from 0", np.round(1e9 + logistic(0.3, 100, 0, 10), 3)),
        ("a tiny spread", 600 + np.round(logistic(0.5, 100, 0, 1e-4), 9)),
        ("a huge spread", np.round(logistic(0.5, 100, 0, 1e9))),
    ]
    return [fit(name, values) for name, values in cases]


def histogram(name, values, width):
    values = np.round(values, 3)
    first, last = np.floor(values.min() / width), np.floor(values.max() / width)
    edges = np.arange(first, last + 2) * width
    # the last bin of numpy is closed; ours are all open above
    counts, _ = np.histogram(values, np.append(edges, edges[-1] + width))
    return {
        "name": name,
        "values": values.tolist(),
        "binWidth": width,
        "edges": edges.tolist(),
        "counts": counts[:-1].tolist(),
    }


def histograms():
    return [
        histogram("skewed", logistic(0.05, 200), 10),
        histogram("values on the edges", np.arange(-30, 50, 2.5), 5),
        histogram("about 0", random.normal(0, 3, 100), 0.5),
    ]


def calibration(name, calculated, predicted, deviations):
    calculated, predicted = np.round(calculated, 3), np.round(predicted, 3)
    deviations = np.round(deviations, 4)
    known = deviations > 0
    errors, spread = (predicted - calculated)[known], deviations[known]
    n = len(errors)
    z = errors / spread

    def coverage(level):
        return np.mean(np.abs(z) <= stats.norm.ppf((1 + level) / 2))

    order = np.argsort(spread, kind="stable")
    bins = min(10, n)
    parts = [order[k * n // bins : (k + 1) * n // bins] for k in range(bins)]
    expected = [np.sqrt(np.mean(spread[part] ** 2)) for part in parts]
    found = [np.sqrt(np.mean(errors[part] ** 2)) for part in parts]
    levels = np.arange(1, 100) / 100
    return {
        "name": name,
        "calculated": calculated.tolist(),
        "predicted": predicted.tolist(),
        "standardDeviations": deviations.tolist(),
        "count": n,
        "withoutSpread": int(np.count_nonzero(~known)),
        "meanZ": np.mean(z),
        "standardDeviationZ": np.std(z),
        "levels": LEVELS,
        "coverages": [coverage(level) for level in LEVELS],
        "expectedCalibrationError": np.mean([abs(coverage(level) - level) for level in levels]),
        "negativeLogLikelihood": -np.mean(stats.norm.logpdf(errors, 0, spread)),
        "spearman": stats.spearmanr(np.abs(errors), spread).statistic,
        "sharpness": np.sqrt(np.mean(spread**2)),
        "expected": expected,
        "found": found,
        "expectedNormalizedCalibrationError": np.mean(
            [abs(e - f) / e for e, f in zip(expected, found, strict=True)]
        ),
    }


def calibrations():
    target = logistic(0.05, 300)
    spread = random.gamma(4, 2, 300)
    honest = target + spread * random.normal(0, 1, 300)
    some_zero = np.where(random.random(300) < 0.1, 0, spread)
    return [
        calibration("calibrated", target, honest, spread),
        calibration("overconfident and biased", target, honest + 4, spread / 3),
        calibration("without spread here and there, ties", target, honest, np.round(some_zero)),
        calibration("seven atoms", target[:7], honest[:7], spread[:7]),
    ]


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


warnings.simplefilter("ignore")
versions = f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
print(
    json.dumps(
        {
            "about": f"test/golden/statistics.py on {versions}, Python {platform.python_version()}",
            "statistics": plain(
                {
                    "regressions": regressions(),
                    "distributions": distributions(),
                    "pairs": pairs(),
                    "generalizedLogistics": fits(),
                    "histograms": histograms(),
                    "calibrations": calibrations(),
                }
            ),
        },
        separators=(",", ":"),
    )
)
