"""Makes the golden files beside it: values of this project's statistics from scipy, statsmodels and scikit-learn, or
brute force in numpy where those have none. Needs numpy, scipy, statsmodels and scikit-learn; their versions are written
into each file. Run: python test/golden/make_golden.py
"""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import special, stats
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

HERE = Path(__file__).parent
VERSIONS = {
    "script": "test/golden/make_golden.py",
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "statsmodels": statsmodels.__version__,
    "scikit-learn": sklearn.__version__,
}
EPSILON = 2.0**-23


def write(name, content):
    (HERE / name).write_text(json.dumps({"madeWith": VERSIONS, **content}, indent=1) + "\n")


# ---------------------------------------------------------------- samples


def sample(seed, rows, days, decimals):
    """Two models' float32 scores with day effects; few decimals give ties. The last day has one class only."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, days, rows))
    effect = rng.normal(0, 0.4, days)[day]
    signal = rng.normal(0, 1, rows)
    label = (rng.random(rows) < 1 / (1 + np.exp(-(signal + effect - 1)))).astype(int)
    label[day == days - 1] = 0
    squash = lambda z: np.round(1 / (1 + np.exp(-z)), decimals).astype(np.float32)
    first = squash(0.9 * signal + rng.normal(0, 0.7, rows) - 1)
    second = squash(0.7 * signal + rng.normal(0, 0.9, rows) - 0.8)
    return {"day": day, "label": label, "first": first, "second": second}


SAMPLES = {
    "tied": sample(1, 240, 7, 2),
    "heavily tied": sample(2, 150, 5, 1),
    "untied": sample(3, 300, 9, 7),
}
# Certain scores: the clipping of log loss shows.
certain = sample(4, 80, 4, 2)
certain["first"][:6] = [0, 1, 0, 1, 1, 0]
SAMPLES["certain"] = certain

# ---------------------------------------------------------------- metrics


def auc(y, s):
    return roc_auc_score(y, s)


def clipped_log_loss(y, s):
    return log_loss(y, np.clip(s.astype(np.float64), EPSILON, 1 - EPSILON), labels=[0, 1])


def brier(y, s):
    return brier_score_loss(y, s.astype(np.float64))


def calibration_error(y, s, bins=10):
    """In whole numbers: every row is `bins` units of mass, so each bin holds exactly n units and cuts fall between units.
    A tied group's units carry the group's share of positives."""
    s = s.astype(np.float64)
    n = len(y)
    order = np.argsort(s, kind="stable")
    share = {v: Fraction(int(y[s == v].sum()), int((s == v).sum())) for v in np.unique(s)}
    units = [Fraction(float(s[i])) - share[s[i]] for i in order for _ in range(bins)]
    return float(sum(abs(sum(units[b * n : (b + 1) * n])) for b in range(bins)) / (bins * n))


def within_day_auc(y, s, day):
    values = [roc_auc_score(y[day == d], s[day == d]) for d in np.unique(day) if 0 < y[day == d].sum() < (day == d).sum()]
    return float(np.mean(values))


METRICS = {
    "auc": lambda y, s, day: auc(y, s),
    "withinDayAuc": within_day_auc,
    "averagePrecision": lambda y, s, day: average_precision_score(y, s),
    "logLoss": lambda y, s, day: clipped_log_loss(y, s),
    "brier": lambda y, s, day: brier(y, s),
    "calibrationError": lambda y, s, day: calibration_error(y, s),
}


def delong(y, a, b):
    """The textbook O(n^2) formula (DeLong et al. 1988), difference of first and second."""
    kernel = lambda s: (s[y == 1][:, None] > s[y == 0][None, :]) + 0.5 * (s[y == 1][:, None] == s[y == 0][None, :])
    first, second = kernel(a), kernel(b)
    v10 = np.cov(first.mean(axis=1), second.mean(axis=1), ddof=1)
    v01 = np.cov(first.mean(axis=0), second.mean(axis=0), ddof=1)
    contrast = np.array([1, -1])
    variance = contrast @ v10 @ contrast / (y == 1).sum() + contrast @ v01 @ contrast / (y == 0).sum()
    difference = first.mean() - second.mean()
    reach = stats.norm.ppf(0.975) * np.sqrt(variance)
    return {"difference": difference, "lower": difference - reach, "upper": difference + reach}


def paired(losses_a, losses_b):
    d = losses_a - losses_b
    reach = stats.norm.ppf(0.975) * d.std(ddof=1) / np.sqrt(len(d))
    return {"lower": d.mean() - reach, "upper": d.mean() + reach}


def row_losses(y, s):
    s = s.astype(np.float64)
    clipped = np.clip(s, EPSILON, 1 - EPSILON)
    return {"brier": (s - y) ** 2, "logLoss": -np.log(np.where(y == 1, clipped, 1 - clipped))}


def lists(data):
    return {key: [float(v) if key in ("first", "second") else int(v) for v in values] for key, values in data.items()}


cases = []
jackknives = []
for name, data in SAMPLES.items():
    y, day, a, b = data["label"], data["day"], data["first"], data["second"]
    values = {m: {"first": float(f(y, a, day)), "second": float(f(y, b, day))} for m, f in METRICS.items()}
    losses = row_losses(y, a), row_losses(y, b)
    cases.append(
        {
            "name": name,
            "sample": lists(data),
            "values": values,
            "delong": delong(y, a, b),
            "paired": {loss: paired(losses[0][loss], losses[1][loss]) for loss in ("brier", "logLoss")},
        }
    )
    # Each day deleted by hand, everything computed anew.
    days = np.unique(day)
    for metric, f in METRICS.items():
        without = np.array([f(y[day != d], a[day != d], day[day != d]) - f(y[day != d], b[day != d], day[day != d]) for d in days])
        count = len(days)
        error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
        difference = values[metric]["first"] - values[metric]["second"]
        reach = stats.t.ppf((1 + 0.975) / 2, count - 1) * error
        jackknives.append(
            {
                "sample": name,
                "metric": metric,
                "difference": difference,
                "without": without.tolist(),
                "standardError": error,
                "interval975": {"lower": difference - reach, "upper": difference + reach},
            }
        )

write("metrics.json", {"cases": cases})
write("jackknife.json", {"cases": jackknives})

# ---------------------------------------------------------------- distributions

def t_cdf(t, df):
    # scipy loses eight digits near 0 for one degree of freedom; there the closed form (Cauchy) is the oracle.
    return 0.5 + np.arctan(t) / np.pi if df == 1 and abs(t) < 1 else stats.t.cdf(t, df)


DEGREES = [1, 2, 3, 4.5, 6, 13, 27, 30, 59, 89, 364, 5000]
write(
    "distributions.json",
    {
        "tQuantile": [
            {"p": p, "degrees": df, "value": float(stats.t.ppf(p, df))}
            for df in DEGREES
            for p in [1e-8, 0.001, 0.0125, 0.025, 0.2, 0.45, 0.5, 0.5001, 0.8, 0.975, 0.9875, 0.9958333333333333, 0.9999, 1 - 1e-8]
        ],
        "tCdf": [
            {"t": t, "degrees": df, "value": float(t_cdf(t, df))}
            for df in DEGREES
            for t in [-60, -8, -2.5, -1, -1e-6, 0, 1e-9, 0.3, 1, 1.96, 4, 12, 300]
        ],
        "normalQuantile": [
            {"p": p, "value": float(stats.norm.ppf(p))} for p in [1e-300, 1e-20, 1e-8, 0.001, 0.025, 0.2, 0.5, 0.6, 0.92, 0.975, 0.99999]
        ],
        "normalUpperTail": [{"z": z, "value": float(stats.norm.sf(z))} for z in [0, 1e-6, 0.5, 1, 1.96, 2.99, 3, 3.01, 5, 8, 20]],
        "incompleteBeta": [
            {"a": a, "b": b, "x": x, "value": float(special.betainc(a, b, x))}
            for a, b in [(0.5, 0.5), (2, 3), (13.5, 0.5), (20, 9), (400, 380), (75000, 75200)]
            for x in [0.001, 0.3, 0.5, 0.8, 0.999]
        ],
        "logGamma": [{"x": x, "value": float(special.gammaln(x))} for x in [1e-3, 0.5, 1, 2, 5, 11.9, 12.1, 100.5, 150000]],
    },
)

# ---------------------------------------------------------------- tests and adjustments

P_VALUES = [
    [0.001, 0.02, 0.03, 0.04],
    [0.04, 0.001, 0.03, 0.02],
    [0.5, 0.5, 0.01],
    [0.9, 0.8, 0.7, 0.05, 1.0],
    [0.2],
    sorted(np.random.default_rng(5).random(40).tolist(), reverse=True),
]
write(
    "tests.json",
    {
        "mcNemar": [
            {
                "onlyFirst": b,
                "onlySecond": c,
                "exact": float(mcnemar([[50, b], [c, 22]], exact=True).pvalue),
                "corrected": float(mcnemar([[50, b], [c, 22]], exact=False, correction=True).pvalue),
            }
            for b, c in [(8, 20), (20, 8), (0, 5), (12, 10), (300, 220), (4000, 4300)]
        ],
        "adjustments": [
            {
                "p": p,
                "holm": multipletests(p, method="holm")[1].tolist(),
                "benjaminiHochberg": multipletests(p, method="fdr_bh")[1].tolist(),
            }
            for p in P_VALUES
        ],
    },
)
