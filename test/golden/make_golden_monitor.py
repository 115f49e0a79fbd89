"""Makes monitor.json beside it: isotonic regression from scikit-learn, and what AUC, log loss and Brier score are to be
expected from calibrated probabilities, by every pair of rows in numpy. Needs numpy and scikit-learn; their versions are
written into the file. Run: python test/golden/make_golden_monitor.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.isotonic import IsotonicRegression

EPSILON = 2.0**-23


def expected(score, probability, keep):
    """Over the rows that are kept; pairs of a row with itself do not count."""
    s, p = score[keep], probability[keep]
    weight = np.outer(p, 1 - p)
    np.fill_diagonal(weight, 0)
    wins = (s[:, None] > s[None, :]) + 0.5 * (s[:, None] == s[None, :])
    clipped = np.clip(s, EPSILON, 1 - EPSILON)
    return {
        "auc": float((weight * wins).sum() / weight.sum()),
        "logLoss": float((-p * np.log(clipped) - (1 - p) * np.log(1 - clipped)).mean()),
        "brier": float((p * (s - 1) ** 2 + (1 - p) * s**2).mean()),
    }


def main():
    rng = np.random.default_rng(20010205)
    fit_score = np.sort(np.round(rng.beta(2, 5, 400), 2).astype(np.float32))
    fit_label = (rng.random(400) < fit_score.astype(float) ** 0.7).astype(int)
    asked = np.concatenate([[-0.1, 0.0, 1.0, 1.1], rng.random(40)]).astype(np.float32)
    model = IsotonicRegression(out_of_bounds="clip").fit(fit_score.astype(float), fit_label)

    score = np.sort(np.round(rng.beta(2, 5, 120), 2).astype(np.float32))
    probability = np.clip(model.predict(score.astype(float)), 0, 1)
    day = rng.integers(0, 5, 120)
    wide = score.astype(float)
    content = {
        "versions": {
            "script": "test/golden/make_golden_monitor.py",
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "isotonic": {
            "score": fit_score.tolist(),
            "label": fit_label.tolist(),
            "asked": asked.tolist(),
            "probability": model.predict(asked.astype(float)).tolist(),
        },
        "expected": {
            "score": score.tolist(),
            "probability": probability.tolist(),
            "day": day.tolist(),
            "all": expected(wide, probability, np.full(120, True)),
            "without": [expected(wide, probability, day != one) for one in range(5)],
        },
    }
    path = Path(__file__).parent / "monitor.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
