"""Makes labels.json beside it: values of this project's statistics on labels from their definitions, in plain numpy: days deleted one
by one, every place of a jump tried, least squares by a solver. Needs numpy; its version is written into the file.
Run: python test/golden/make_golden_labels.py
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
rng = np.random.default_rng(20010601)


def floats(values):
    return [float(v) for v in values]


# ---------------------------------------------------------------- a share by days, and the difference of two


def share_by_days(rows, hits):
    keep = rows > 0
    rows, hits = rows[keep], hits[keep]
    days = len(rows)
    without = np.array([np.delete(hits, d).sum() / np.delete(rows, d).sum() for d in range(days)])
    error = np.sqrt((days - 1) / days * ((without - without.mean()) ** 2).sum())
    return {"share": float(hits.sum() / rows.sum()), "standardError": float(error), "degrees": days - 1}


def days_of(days, level, scatter, empty=0):
    rows = rng.integers(20, 400, days)
    rows[:empty] = 0
    p = 1 / (1 + np.exp(-(level + scatter * rng.normal(size=days))))
    return rows, rng.binomial(rows, p)


shares = []
for days, after_days, level, after_level, empty in ((7, 5, -1.4, -1.4, 0), (28, 14, -1.3, -2.0, 3), (2, 30, 0.2, 0.1, 0)):
    rows, hits = days_of(days, level, 0.4, empty)
    after_rows, after_hits = days_of(after_days, after_level, 0.5)
    a, b = share_by_days(rows, hits), share_by_days(after_rows, after_hits)
    first, second = a["standardError"] ** 2, b["standardError"] ** 2
    shares.append(
        {
            "rows": floats(rows),
            "hits": floats(hits),
            "afterRows": floats(after_rows),
            "afterHits": floats(after_hits),
            "before": a,
            "after": b,
            "standardError": float(np.sqrt(first + second)),
            "degrees": float((first + second) ** 2 / (first**2 / a["degrees"] + second**2 / b["degrees"])),
        }
    )

# ---------------------------------------------------------------- a jump against a line

steps = []
for n, jump, slope in ((12, 0.0, 0.05), (30, 1.5, 0.0), (42, -0.4, 0.01), (2, 1.0, 0.0)):
    values = slope * np.arange(n) + jump * (np.arange(n) >= n // 2) + 0.3 * rng.normal(size=n)
    left = [
        (((values[:at] - values[:at].mean()) ** 2).sum() + ((values[at:] - values[at:].mean()) ** 2).sum(), at)
        for at in range(1, n)
    ]
    residual, at = min(left)
    line = np.polyfit(np.arange(n), values, 1)
    steps.append(
        {
            "values": floats(values),
            "at": int(at),
            "stepResidual": float(residual),
            "lineResidual": float(((values - np.polyval(line, np.arange(n))) ** 2).sum()),
        }
    )

# ---------------------------------------------------------------- a part beside its day


def level_residuals(part, level, after_part, after_level):
    n, m = len(part), len(after_part)
    x = level - level.mean()
    # The ridge as n rows more: a pseudo-row pair whose slope is 1, with a squared level of n / 100 in all.
    weight = np.sqrt(n * 0.01)
    slope = np.linalg.lstsq(np.append(x, weight)[:, None], np.append(part - part.mean(), weight), rcond=None)[0][0]
    before = part - part.mean() - slope * x
    after = after_part - part.mean() - slope * (after_level - level.mean())
    shift = after.mean()
    reach = after_level.mean() - level.mean()
    uncertain = 1 / n + reach**2 / ((x**2).sum() + n * 0.01)
    error = (before**2).sum() / (n - 2) * uncertain + after.var(ddof=1) / m
    pooled = ((before**2).sum() + ((after - shift) ** 2).sum()) / (n + m - 3)
    return {
        "shift": float(shift),
        "standardError": float(np.sqrt(error)),
        "t": float(abs(shift) / np.sqrt(pooled * (uncertain + 1 / m))),
        "degrees": n + m - 3,
    }


residuals = []
for n, m, spread, shift in ((28, 14, 0.45, 0.0), (21, 7, 0.45, 1.2), (10, 5, 0.001, -0.5)):
    level, after_level = -1.4 + spread * rng.normal(size=n), -1.6 + spread * rng.normal(size=m)
    part = 0.2 + 1.3 * level + 0.2 * rng.normal(size=n)
    after_part = 0.2 + shift + 1.3 * after_level + 0.2 * rng.normal(size=m)
    residuals.append(
        {
            "part": floats(part),
            "level": floats(level),
            "afterPart": floats(after_part),
            "afterLevel": floats(after_level),
            **level_residuals(part, level, after_part, after_level),
        }
    )

# ---------------------------------------------------------------- confident learning


def label_noise(score, label):
    p = np.column_stack([1 - score, score])
    needs = [p[label == k, k].mean() for k in (0, 1)]
    return noise_given(p, label, needs)


def noise_given(p, label, needs):
    joint = np.zeros((2, 2))
    for row, given in zip(p, label):
        above = [k for k in (0, 1) if row[k] >= needs[k]]
        if above:
            joint[given, max(above, key=lambda k: (row[k], k))] += 1
    counts = np.array([(label == 0).sum(), (label == 1).sum()])
    calibrated = joint / np.maximum(joint.sum(1, keepdims=True), 1) * counts[:, None]
    return joint, float((calibrated[0, 1] + calibrated[1, 0]) / counts.sum())


noises = []
for rows, wrong, strength in ((200, 0.0, 3.0), (500, 0.15, 2.0), (400, 0.0, 0.3)):
    truth = rng.binomial(1, 0.4, rows)
    score = np.round(1 / (1 + np.exp(-(strength * (2 * truth - 1) + rng.normal(size=rows)))), 4)
    label = np.where(rng.random(rows) < wrong, 1 - truth, truth)
    day = rng.integers(0, 6, rows)
    joint, share = label_noise(score, label)
    p = np.column_stack([1 - score, score])
    needs = [p[label == k, k].mean() for k in (0, 1)]
    without = [noise_given(p[day != d], label[day != d], needs)[1] for d in sorted(set(day))]
    noises.append(
        {
            "score": floats(score),
            "label": [int(v) for v in label],
            "day": [int(v) for v in day],
            "share": share,
            "confident": joint.astype(int).tolist(),
            "without": floats(without),
        }
    )

golden = {
    "made": {"script": "test/golden/make_golden_labels.py", "numpy": np.__version__},
    "shares": shares,
    "steps": steps,
    "residuals": residuals,
    "noises": noises,
}
(HERE / "labels.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
