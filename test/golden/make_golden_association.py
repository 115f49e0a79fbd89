"""Makes association.json beside it: Cramér's V with its bias taken off, by Bergsma's formula over scipy's chi-square (whose uncorrected
V scipy gives itself), and tables brought to other margins. Needs numpy and scipy; their versions are written into the file.
Run: python test/golden/make_golden_association.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

HERE = Path(__file__).parent
rng = np.random.default_rng(20010305)


def floats(values):
    return [float(v) for v in values]


def corrected(table):
    used = table[table.sum(1) > 0][:, table.sum(0) > 0]
    n = used.sum()
    r, c = used.shape
    phi2 = chi2_contingency(used, correction=False).statistic / n
    plain = association(used.astype(int), method="cramer", correction=False)
    assert np.isclose(plain, np.sqrt(phi2 / min(r - 1, c - 1)))
    phi2 = max(0.0, phi2 - (r - 1) * (c - 1) / (n - 1))
    r, c = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi2 / min(r - 1, c - 1)))


strengths = []
for rows, columns, n, tie in ((2, 2, 80, 0.5), (3, 5, 200, 0.0), (6, 4, 500, 0.3), (12, 9, 300, 0.1), (4, 4, 60, 1.0)):
    a = rng.integers(0, rows, n)
    b = np.where(rng.random(n) < tie, a % columns, rng.integers(0, columns, n))
    table = np.zeros((rows + 1, columns + 1))  # a level of each side does not occur
    np.add.at(table, (a, b), 1)
    strengths.append({"columns": columns + 1, "counts": floats(table.ravel()), "value": corrected(table)})

fits = []
for rows, columns in ((2, 2), (3, 4), (5, 3)):
    table = rng.integers(1, 60, (rows, columns)).astype(float)
    wanted_rows = rng.dirichlet(np.ones(rows) * 4) * table.sum()
    wanted_columns = rng.dirichlet(np.ones(columns) * 4) * table.sum()
    fitted = table.copy()
    for _ in range(200):
        fitted *= (wanted_rows / fitted.sum(1))[:, None]
        fitted *= wanted_columns / fitted.sum(0)
    odds = lambda t: t[0, 0] * t[1, 1] / (t[0, 1] * t[1, 0])
    assert np.isclose(odds(table), odds(fitted))
    fits.append(
        {
            "counts": floats(table.ravel()),
            "rows": floats(wanted_rows),
            "columns": floats(wanted_columns),
            "fitted": floats(fitted.ravel()),
        }
    )

golden = {
    "made": {"script": "test/golden/make_golden_association.py", "numpy": np.__version__, "scipy": scipy.__version__},
    "strengths": strengths,
    "fits": fits,
}
(HERE / "association.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
