"""Evidently 0.4 to 0.6: send a test suite to perennial.

Run: python evidently_04.py reference.csv current.csv 2001-04-02 2001-04-09
"""
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import pandas as pd
from evidently import ColumnMapping
from evidently.test_preset import DataDriftTestPreset
from evidently.test_suite import TestSuite

reference, current = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
NUMERIC, CATEGORICAL = ["hour", "distance"], ["origin", "destination"]
mapping = ColumnMapping(numerical_features=NUMERIC, categorical_features=CATEGORICAL)
names = NUMERIC + CATEGORICAL  # a column that the mapping does not name, a date for one, is compared too
suite = TestSuite([DataDriftTestPreset()])
suite.run(reference_data=reference[names], current_data=current[names], column_mapping=mapping)
report = suite.json()

# From here on it is the same for every monitor. Source and id are the key: a job that runs twice for a window counts once.
start, end = sys.argv[3], sys.argv[4]
query = {"source": "evidently-weekly", "id": f"{start}/{end}", "start": start, "end": end,
         "nReference": len(reference), "nCurrent": len(current)}
url = f"{os.environ['PERENNIAL_URL']}/v1/models/flights/signals/evidently?{urllib.parse.urlencode(query)}"
headers = {"Authorization": f"Bearer {os.environ['PERENNIAL_TOKEN']}", "Content-Type": "application/json"}
try:
    print(urllib.request.urlopen(urllib.request.Request(url, report.encode(), headers), timeout=30).read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"perennial answered {refused.code}: {refused.read().decode()}")
