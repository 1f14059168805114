"""What scikit-learn and scipy say of the cases of a JSON file, one JSON object a line."""

import json
import sys

import numpy as np
from scipy.optimize import minimize
from scipy.stats import ks_2samp, spearmanr
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score


def order(case):
    number = np.array([np.nan if n is None else n for n in case["number"]])
    lost, weight = np.array(case["lost"]), np.array(case["weight"])
    known = ~np.isnan(number)
    number, lost, weight = number[known], lost[known], weight[known]
    said = {
        "auc": roc_auc_score(~lost, number, sample_weight=weight),
        "average_precision": average_precision_score(lost, -number, sample_weight=weight),
        "distance": ks_2samp(number[lost], number[~lost]).statistic,
    }
    whole = np.argsort(number, kind="stable")[: case["calls"]]
    if len(number) == case["calls"] or np.sort(number)[case["calls"] - 1] < np.sort(number)[case["calls"]]:
        said["lift"] = lost[whole].mean() / lost.mean()
    if number.max() > number.min():
        scaled = (number - number.min()) / (number.max() - number.min())
        share, mean = calibration_curve(lost, scaled, n_bins=10, strategy="quantile")
        said["tenths"] = [share.tolist(), (mean * (number.max() - number.min()) + number.min()).tolist()]
    return said


def regression(case):
    columns, happened = np.array(case["columns"]).T, np.array(case["happened"])
    model = LogisticRegression(C=1 / case["ridge"], solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(columns, happened)

    def cost(weights):
        odds = weights[0] + columns @ weights[1:]
        off = 1 / (1 + np.exp(-odds)) - happened
        value = np.sum(np.logaddexp(0, odds) - happened * odds) + case["ridge"] / 2 * np.sum(weights[1:] ** 2)
        return value, np.r_[off.sum(), columns.T @ off + case["ridge"] * weights[1:]]

    bounds = [(None, None)] + [(0, None)] * columns.shape[1]
    held = minimize(cost, np.zeros(columns.shape[1] + 1), jac=True, bounds=bounds, method="L-BFGS-B",
                    options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10000})
    return {"intercept": model.intercept_[0], "weights": model.coef_[0].tolist(),
            "held": held.x.tolist(), "held_cost": held.fun}


def ranks(case):
    return {"correlation": spearmanr(case["first"], case["second"]).statistic}


KINDS = {"order": order, "regression": regression, "ranks": ranks}
for case in json.load(open(sys.argv[1])):
    print(json.dumps(KINDS[case["kind"]](case)))
