"""Answers of scikit-learn and scipy for test/interop/agreement.test.ts: a list of problems on stdin, a list of answers on stdout."""
import json
import sys
import warnings

import numpy as np
from scipy import ndimage, optimize, stats
from scipy.spatial.distance import directed_hausdorff
from sklearn import metrics

warnings.filterwarnings("ignore")


def kappa(problem):
    first, second, classes = problem["first"], problem["second"], list(range(problem["classes"]))
    weights = {"none": None, "linear": "linear", "quadratic": "quadratic"}
    return {
        "percent": metrics.accuracy_score(first, second),
        **{
            name: metrics.cohen_kappa_score(first, second, labels=classes, weights=weight)
            for name, weight in weights.items()
        },
    }


def regions(problem):
    """Surfaces by erosion with a cross, distances by scipy's transform: MONAI's way, in numpy."""
    a, b = (np.array(problem[name], bool).reshape(problem["extent"]) for name in ("first", "second"))
    flat = {"f1": metrics.f1_score(a.ravel(), b.ravel()), "jaccard": metrics.jaccard_score(a.ravel(), b.ravel())}
    spacing = problem["spacing"]
    if problem["extent"][0] == 1:
        a, b, spacing = a[0], b[0], spacing[1:]
    surfaces = [mask ^ ndimage.binary_erosion(mask) for mask in (a, b)]
    transforms = [ndimage.distance_transform_edt(~surface, sampling=spacing) for surface in surfaces]
    there, back = transforms[1][surfaces[0]], transforms[0][surfaces[1]]
    places = [np.argwhere(surface) * np.array(spacing) for surface in surfaces]
    return {
        **flat,
        "hausdorff": max(directed_hausdorff(*places)[0], directed_hausdorff(*places[::-1])[0]),
        "hausdorff95": max(np.percentile(there, 95), np.percentile(back, 95)),
        "average": np.concatenate([there, back]).mean(),
        "transform": transforms[0].ravel().tolist(),
    }


def intervals(problem):
    """scipy's bootstrap of a mean and of a correlation, with the resamples that it drew."""
    x, y = np.array(problem["x"]), np.array(problem["y"])
    draws = np.random.default_rng(problem["seed"]).integers(0, len(x), (problem["resamples"], len(x)))

    def correlation(i):
        return np.corrcoef(x[i], y[i])[0, 1]

    def run(data, statistic, method):
        found = stats.bootstrap(
            data,
            statistic,
            paired=True,
            vectorized=False,
            n_resamples=problem["resamples"],
            confidence_level=problem["level"],
            method=method,
            random_state=np.random.default_rng(problem["seed"]),
        ).confidence_interval
        return [found.low, found.high]

    def mean(values):
        return np.mean(values)

    def paired(a, b):
        return np.corrcoef(a, b)[0, 1]

    return {
        "draws": draws.tolist(),
        "mean": {method: run((x,), mean, method) for method in ("percentile", "BCa")},
        "correlation": {method: run((x, y), paired, method) for method in ("percentile", "BCa")},
        "value": correlation(np.arange(len(x))),
    }


def distributions(problem):
    p, d1, d2, z = (np.array(problem[name]) for name in ("p", "d1", "d2", "z"))
    return {
        "f": stats.f.ppf(p, d1, d2).tolist(),
        "fCdf": stats.f.cdf(np.exp(z), d1, d2).tolist(),
        "t": stats.t.ppf(p, d2).tolist(),
        "normal": stats.norm.ppf(p).tolist(),
        "normalCdf": stats.norm.cdf(z).tolist(),
    }


def intraclass(problem):
    """Mean squares by least squares on dummy columns, then Shrout and Fleiss's formulas with scipy's F."""
    table = np.array(problem["table"], float)
    n, k = table.shape
    case, reader = np.repeat(np.eye(n), k, 0), np.tile(np.eye(k), (n, 1))

    def left(*columns):
        design = np.hstack([np.ones((n * k, 1)), *columns])
        rest = table.ravel() - design @ np.linalg.lstsq(design, table.ravel(), rcond=None)[0]
        return rest @ rest

    residual = left(case, reader) / ((n - 1) * (k - 1))
    between = (left(reader) - left(case, reader)) / (n - 1)
    judges = (left(case) - left(case, reader)) / (k - 1)
    within = left(case) / (n * (k - 1))
    q = 0.975

    def from_f(noise, d2):
        f = between / noise
        low, high = f / stats.f.ppf(q, n - 1, d2), f * stats.f.ppf(q, d2, n - 1)
        return [[(x - 1) / (x + k - 1) for x in (f, low, high)], [1 - 1 / x for x in (f, low, high)]]

    value = (between - residual) / (between + (k - 1) * residual + k * (judges - residual) / n)
    fj = judges / residual
    b = n * (1 + (k - 1) * value) - k * value
    v = (k - 1) * (n - 1) * (k * value * fj + b) ** 2 / ((n - 1) * k**2 * value**2 * fj**2 + b**2)
    upper, lower = stats.f.ppf(q, n - 1, v), stats.f.ppf(q, v, n - 1)
    common = k * judges + (k * n - k - n) * residual
    low = n * (between - upper * residual) / (upper * common + n * between)
    high = n * (lower * between - residual) / (common + n * lower * between)
    up = lambda r: k * r / (1 + (k - 1) * r)
    mean = (between - residual) / (between + (judges - residual) / n)
    return {
        "oneWay": from_f(within, n * (k - 1)),
        "consistency": from_f(residual, (n - 1) * (k - 1)),
        "agreement": [[value, low, high], [mean, up(low), up(high)]],
    }


def boxes(problem):
    overlaps = np.array(problem["overlaps"])
    worth = np.where(overlaps >= problem["threshold"], 1000 + overlaps, 0)
    i, j = optimize.linear_sum_assignment(worth, maximize=True)
    kept = overlaps[i, j] >= problem["threshold"]
    return {"pairs": int(kept.sum()), "total": float(overlaps[i, j][kept].sum())}


KINDS = {each.__name__: each for each in (kappa, regions, intervals, distributions, intraclass, boxes)}
json.dump([KINDS[problem["kind"]](problem) for problem in json.load(sys.stdin)], sys.stdout)
