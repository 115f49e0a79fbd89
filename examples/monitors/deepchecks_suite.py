"""Deepchecks 0.19: send a suite of drift checks to perennial.

Run: python deepchecks_suite.py reference.csv current.csv 2001-04-02 2001-04-09
"""
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import pandas as pd
from deepchecks.tabular import Dataset, Suite
from deepchecks.tabular.checks import FeatureDrift, NewCategoryTrainTest

reference, current = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
names, airports = ["hour", "distance", "origin", "destination"], ["origin", "destination"]
as_dataset = lambda rows: Dataset(rows[names], cat_features=airports)
suite = Suite(
    "drift",
    FeatureDrift().add_condition_drift_score_less_than(),  # a check without a condition gives no verdict
    NewCategoryTrainTest().add_condition_new_categories_less_or_equal())
report = suite.run(as_dataset(reference), as_dataset(current)).to_json(with_display=False)

# From here on it is the same for every monitor. Source and id are the key: a job that runs twice for a window counts once.
start, end = sys.argv[3], sys.argv[4]
query = {"source": "deepchecks-weekly", "id": f"{start}/{end}", "start": start, "end": end,
         "nReference": len(reference), "nCurrent": len(current)}
url = f"{os.environ['PERENNIAL_URL']}/v1/models/flights/signals/deepchecks?{urllib.parse.urlencode(query)}"
headers = {"Authorization": f"Bearer {os.environ['PERENNIAL_TOKEN']}", "Content-Type": "application/json"}
try:
    print(urllib.request.urlopen(urllib.request.Request(url, report.encode(), headers), timeout=30).read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"perennial answered {refused.code}: {refused.read().decode()}")
