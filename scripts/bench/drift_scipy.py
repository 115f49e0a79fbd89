"""scipy's two-sample KS test of the columns that drift.mjs wrote: float64, one column after the other, reference then current.
Prints one JSON object: versions, seconds of the tests alone by the wall clock and of the processor, the distance of each column. Columns are read before the clock runs.
"""

import json
import sys
import time

import numpy as np
import scipy
from scipy.stats import ks_2samp

path, columns, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seconds = processor = 0.0
distances = []
for column in range(columns):
    reference, current = (
        np.fromfile(path, dtype="<f8", count=rows, offset=8 * rows * (2 * column + side)) for side in (0, 1)
    )
    started, used = time.perf_counter(), time.process_time()
    test = ks_2samp(reference, current, method="asymp")
    seconds += time.perf_counter() - started
    processor += time.process_time() - used
    distances.append(float(test.statistic))
print(json.dumps({"scipy": scipy.__version__, "numpy": np.__version__, "seconds": seconds, "processor": processor, "distances": distances}))
