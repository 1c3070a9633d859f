"""Fairness by the published definitions, on scikit-learn's rates: JSON problems on stdin, answers in their order on stdout.

Demographic parity, equal opportunity and equalised odds as differences between the largest and the smallest group: Agarwal et al., ICML 2018.
"""
import json
import sys

import numpy as np
from sklearn.metrics import brier_score_loss, confusion_matrix, roc_auc_score


def rates(truth, predicted, score):
    tn, fp, fn, tp = confusion_matrix(truth, predicted, labels=[False, True]).ravel()
    return {
        "sensitivity": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "selectionRate": predicted.mean(),
        "accuracy": (tp + tn) / len(truth),
        "brier": brier_score_loss(truth, score),
        "bias": score.mean() - truth.mean(),
        "auc": roc_auc_score(truth, score),
    }


def audit(problem):
    truth, score, group = (np.array(problem[name]) for name in ("truth", "score", "group"))
    predicted = score > 0.5
    groups = {g: rates(truth[group == g], predicted[group == g], score[group == g]) for g in sorted(set(group))}

    def spread(figure):
        values = [figures[figure] for figures in groups.values()]
        return max(values) - min(values)

    return {
        "groups": {g: {name: float(value) for name, value in figures.items()} for g, figures in groups.items()},
        "demographicParity": float(spread("selectionRate")),
        "equalOpportunity": float(spread("sensitivity")),
        "equalisedOdds": float(max(spread("sensitivity"), spread("specificity"))),
        "auc": float(spread("auc")),
    }


json.dump([audit(problem) for problem in json.load(sys.stdin)], sys.stdout)
