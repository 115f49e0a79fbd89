"""Makes drift.json beside it: values of this project's drift statistics from scipy and statsmodels, or every case counted
where those have none. Needs numpy, scipy, statsmodels and scikit-learn; their versions are written into the file.
Run: python test/golden/make_golden_drift.py
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import special, stats
from scipy.spatial import distance
from sklearn.metrics import roc_auc_score
from statsmodels.duration.survfunc import SurvfuncRight

HERE = Path(__file__).parent
VERSIONS = {
    "script": "test/golden/make_golden_drift.py",
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "statsmodels": statsmodels.__version__,
    "scikit-learn": sklearn.__version__,
}
rng = np.random.default_rng(20010501)


def floats(values):
    return [float(v) for v in values]


# ---------------------------------------------------------------- numeric samples

ORACLE = ([0.1, 0.4, 0.7, 1.3, 2.2, 2.9], [0.3, 1.1, 1.9, 2.4, 3, 3.3, 4.1])
SAMPLES = {
    "oracle": ORACLE,
    "alike, untied": (rng.normal(size=40), rng.normal(size=55)),
    "shifted, untied": (rng.normal(size=60), rng.normal(0.8, 1, 45)),
    "same size": (rng.normal(size=50), rng.normal(0.3, 1.3, 50)),
    "separated": (rng.normal(size=12), rng.normal(9, 1, 9)),
    "one value": ([1.0], rng.normal(size=20)),
    "tied": (rng.integers(0, 6, 80), rng.integers(0, 7, 70)),
    "unequal sizes": (rng.normal(size=900), rng.normal(0.1, 1, 31)),
    "skewed": (np.round(rng.lognormal(0, 2, 700), 4), np.round(rng.lognormal(0.15, 2, 600), 4)),
}


def numeric_case(name, a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    untied = len(np.unique(np.concatenate([a, b]))) == len(a) + len(b)
    exact = stats.ks_2samp(a, b, method="exact")
    n, m = len(a), len(b)
    return {
        "name": name,
        "first": floats(a),
        "second": floats(b),
        "statistic": float(exact.statistic),
        # scipy ignores ties in the exact p-value; ours does not, so it is compared on untied samples alone.
        "exact": float(exact.pvalue) if untied else None,
        "asymptotic": float(stats.kstwobign.sf(np.sqrt(n * m / (n + m)) * exact.statistic)),
        "wasserstein": float(stats.wasserstein_distance(a, b)),
        "normed": float(stats.wasserstein_distance(a, b) / max(a.std(), 0.001)),
    }


def ks_distance(a, b):
    grid = np.concatenate([a, b])
    share = lambda values: np.searchsorted(np.sort(values), grid, side="right") / len(values)
    return np.abs(share(a) - share(b)).max()


def counted_ks(a, b):
    """Every deal of the pooled values: the exact p-value under ties."""
    pool = np.concatenate([a, b]).astype(float)
    observed = ks_distance(pool[: len(a)], pool[len(a) :])
    reached = deals = 0
    for chosen in combinations(range(len(pool)), len(a)):
        mask = np.zeros(len(pool), bool)
        mask[list(chosen)] = True
        reached += ks_distance(pool[mask], pool[~mask]) >= observed - 1e-12
        deals += 1
    return {"first": floats(a), "second": floats(b), "statistic": float(observed), "pValue": reached / deals}


TIED = [
    ([0, 0, 1, 1, 2], [1, 1, 2, 2, 3, 3]),
    ([1, 1, 1, 1], [1, 1, 2, 2, 2]),
    ([0, 1, 1, 2, 2, 2, 5], [0, 0, 0, 1, 1, 2]),
    ([3, 1, 2, 2, 8, 4], [5, 5, 6, 7, 8, 8]),
    ([1, 1, 1], [1, 1, 1, 1]),
]

# ---------------------------------------------------------------- counts

COUNTS = [
    ([20, 30, 50], [30, 30, 40]),
    ([20, 30], [30, 20]),
    ([20, 0, 50, 7], [0, 0, 40, 3]),
    ([5, 1, 0, 2], [9, 0, 4, 1]),
    ([100, 200, 300, 400], [101, 199, 305, 395]),
    ([12, 0, 0, 0], [0, 9, 0, 3]),
    (rng.multinomial(300, np.full(40, 1 / 40)), rng.multinomial(200, np.full(40, 1 / 40))),
    (rng.multinomial(50000, rng.dirichlet(np.ones(229))), rng.multinomial(2000, rng.dirichlet(np.ones(229)))),
]


def psi(a, b):
    p, q = (np.where(x == 0, 1e-4, x / x.sum()) for x in (a, b))
    return float(((q - p) * np.log(q / p)).sum())


def js_bias(a, b):
    """Mean divergence over all deals of the pooled rows, category by category."""
    n, m = a.sum(), b.sum()
    total = 0.0
    for k in (a + b).astype(int):
        x = np.arange(max(0, k - m), min(k, n) + 1)
        p, q = x / n, (k - x) / m
        middle = (p + q) / 2
        part = (special.xlogy(p, np.divide(p, middle, where=middle > 0, out=np.ones_like(p))) + special.xlogy(q, np.divide(q, middle, where=middle > 0, out=np.ones_like(q)))) / 2
        total += (stats.hypergeom.pmf(x, n + m, k, n) * part).sum()
    return float(total)


def counts_case(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    used = a + b > 0
    chi = stats.chi2_contingency(np.stack([a[used], b[used]]))
    return {
        "first": floats(a),
        "second": floats(b),
        "chiSquare": float(chi.statistic),
        "degrees": int(chi.dof),
        "pValue": float(chi.pvalue),
        "smallestExpected": float(chi.expected_freq.min()),
        "distance": float(distance.jensenshannon(a, b)),
        "distanceBase2": float(distance.jensenshannon(a, b, base=2)),
        "bias": js_bias(a, b),
        "psi": psi(a, b),
        "lInfinity": float(distance.chebyshev(a / a.sum(), b / b.sum())),
    }


THREE_ROWS = [[12, 30, 8], [20, 25, 15], [9, 40, 11]]

# ---------------------------------------------------------------- waiting times


def survival_case(name, time, status):
    curve = SurvfuncRight(np.asarray(time, float), np.asarray(status))
    return {
        "name": name,
        "events": floats(t for t, s in zip(time, status) if s == 1),
        "censored": floats(t for t, s in zip(time, status) if s == 0),
        "time": floats(curve.surv_times),
        "survival": floats(curve.surv_prob),
        "standardError": [None if np.isnan(v) else float(v) for v in curve.surv_prob_se],
        "atRisk": floats(curve.n_risk),
        "n": floats(curve.n_events),
    }


waits = np.round(rng.exponential(5, 120), 1)
cut = np.round(rng.uniform(0, 9, 120), 1)

# ---------------------------------------------------------------- classifier


def classifier_case(scores, labels):
    # Ours ranks float32 scores; scipy works in doubles.
    scores = np.asarray(scores, np.float32).astype(float)
    labels = np.asarray(labels)
    test = stats.mannwhitneyu(scores[labels == 1], scores[labels == 0], alternative="greater", method="asymptotic", use_continuity=False)
    return {"score": floats(scores), "isSecond": labels.tolist(), "auc": float(roc_auc_score(labels, scores)), "pValue": float(test.pvalue)}


labels = rng.integers(0, 2, 150)

# ---------------------------------------------------------------- permutations


def counted_permutation(values, first):
    values = np.asarray(values, float)
    distance_of = lambda mask: abs(values[mask].mean() - values[~mask].mean())
    mask = np.arange(len(values)) < first
    observed = distance_of(mask)
    deals = []
    for chosen in combinations(range(len(values)), first):
        mask = np.zeros(len(values), bool)
        mask[list(chosen)] = True
        deals.append(distance_of(mask))
    return {"values": floats(values), "inFirst": first, "observed": float(observed), "pValue": float(np.mean(np.array(deals) >= observed - 1e-12)), "nullMean": float(np.mean(deals))}


# ---------------------------------------------------------------- histogram bounds: the rows themselves


def profile_case(name, a, b):
    a, b = np.round(a, 3), np.round(b, 3)
    test = stats.ks_2samp(a, b, method="asymp")
    return {"name": name, "first": floats(a), "second": floats(b), "statistic": float(test.statistic)}


CONTENT = {
    "madeWith": VERSIONS,
    "numeric": [numeric_case(name, *pair) for name, pair in SAMPLES.items()],
    "tied": [counted_ks(*pair) for pair in TIED],
    "counts": [counts_case(*pair) for pair in COUNTS],
    "threeRows": {
        "rows": THREE_ROWS,
        "statistic": float(stats.chi2_contingency(THREE_ROWS).statistic),
        "pValue": float(stats.chi2_contingency(THREE_ROWS).pvalue),
    },
    "survival": [
        survival_case("textbook", [1, 2, 2, 4, 3, 5], [1, 1, 1, 1, 0, 0]),
        survival_case("to the end", [1, 1, 2, 3], [1, 0, 1, 1]),
        survival_case("tied and censored", np.minimum(waits, cut), (waits <= cut).astype(int)),
    ],
    "classifier": [
        classifier_case([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]),
        classifier_case(rng.random(150), labels),
        classifier_case(np.round(rng.normal(0.6 * labels, 1), 1), labels),
        classifier_case(np.round(rng.normal(-0.6 * labels, 1), 1), labels),
    ],
    "permutations": [counted_permutation([1, 2, 5, 6], 2), counted_permutation(np.round(rng.normal(size=11), 2), 4)],
    "profiles": [
        profile_case("continuous", rng.normal(size=900), rng.normal(0.1, 1, 800)),
        profile_case("hours", rng.integers(0, 24, 900).astype(float), np.minimum(23, rng.integers(1, 26, 700)).astype(float)),
        profile_case("mixed", np.where(rng.random(800) < 0.4, 0.0, rng.lognormal(0, 1, 800)), np.where(rng.random(700) < 0.35, 0.0, rng.lognormal(0.1, 1, 700))),
        profile_case("outside", rng.random(600), rng.random(500) * 3 - 1),
    ],
    "kolmogorov": [{"lambda": v, "value": float(special.kolmogorov(v))} for v in [0.05, 0.2, 0.3, 0.5, 0.8, 0.999, 1, 1.001, 1.358, 2, 4, 9, 18]],
    "upperGamma": [
        {"a": a, "x": x, "value": float(special.gammaincc(a, x))}
        for a in [0.5, 1, 1.5, 3, 11.5, 50, 114, 500, 5000]
        for x in [1e-6, 0.3, 1, 2.7, 12, 60, 115, 140, 520, 5100]
    ],
    "chiSquareTail": [{"x": x, "degrees": df, "value": float(stats.chi2.sf(x, df))} for x, df in [(3.841459, 1), (0, 4), (300, 228), (1000, 228), (40, 2)]],
}
# One line a case: the samples are long.
LINES = [f' "{key}": ' + ("[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]" if isinstance(value, list) else json.dumps(value)) for key, value in CONTENT.items()]
(HERE / "drift.json").write_text("{\n" + ",\n".join(LINES) + "\n}\n")
