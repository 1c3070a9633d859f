"""What scipy, statsmodels and scikit-learn say to comparisons of two models: JSON problems on stdin, answers in their order on stdout."""
import json
import sys

import numpy as np
from scipy import stats
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_curve, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests


def accuracy(problem):
    first, second = np.array(problem["first"]), np.array(problem["second"])
    table = [[np.sum(first & second), np.sum(first & ~second)], [np.sum(~first & second), np.sum(~first & ~second)]]
    return {"p": float(mcnemar(table, exact=True).pvalue)}


def corrections(problem):
    return {name: multipletests(problem["p"], method=name)[1].tolist() for name in ("holm", "fdr_bh")}


def permutation(problem):
    found = stats.permutation_test(
        (np.array(problem["first"]), np.array(problem["second"])),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
        alternative="two-sided",
    )
    return {"p": float(found.pvalue), "difference": float(found.statistic)}


def areas(problem):
    """DeLong's covariance from its definition: the kernel over every pair of a positive and a negative case, no ranks."""
    truth = np.array(problem["truth"], bool)
    vertical, horizontal, auc = [], [], []
    for scores in (np.array(problem["first"]), np.array(problem["second"])):
        kernel = np.heaviside(scores[truth][:, None] - scores[~truth][None, :], 0.5)
        vertical.append(kernel.mean(1))
        horizontal.append(kernel.mean(0))
        auc.append(roc_auc_score(truth, scores))
    m, n = truth.sum(), (~truth).sum()
    covariance = np.cov(vertical) / m + np.cov(horizontal) / n
    contrast = np.array([1, -1])
    difference, error = float(contrast @ auc), float(np.sqrt(contrast @ covariance @ contrast))
    low, high = stats.norm.interval(0.95, difference, error)
    return {
        "first": auc[0],
        "second": auc[1],
        "difference": difference,
        "error": error,
        "low": max(-1, low),
        "high": min(1, high),
        "p": float(stats.chi2.sf((difference / error) ** 2, 1)),
    }


def benefit(problem):
    truth, p = np.array(problem["truth"], bool), np.array(problem["first"])
    answers = []
    for t in problem["thresholds"]:
        (_, false_positive), (_, true_positive) = confusion_matrix(truth, p >= t, labels=[False, True])
        answers.append(float(true_positive / len(p) - false_positive / len(p) * t / (1 - t)))
    return {"benefit": answers}


def retrieval(problem):
    truth, scores = np.array(problem["truth"], bool), np.array(problem["first"])
    precision, recall, _ = precision_recall_curve(truth, scores)
    return {
        "average": float(average_precision_score(truth, scores)),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
    }


KINDS = {each.__name__: each for each in (accuracy, corrections, permutation, areas, benefit, retrieval)}
json.dump([KINDS[problem["kind"]](problem) for problem in json.load(sys.stdin)], sys.stdout)
