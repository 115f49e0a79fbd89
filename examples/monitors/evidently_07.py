"""Evidently 0.7: send a drift report to perennial.

Run: python evidently_07.py reference.csv current.csv 2001-04-02 2001-04-09
"""
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

reference, current = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
NUMERIC, CATEGORICAL = ["hour", "distance"], ["origin", "destination"]
definition = DataDefinition(numerical_columns=NUMERIC, categorical_columns=CATEGORICAL)
# Only these columns: any other, a date for one, is compared too.
as_dataset = lambda rows: Dataset.from_pandas(rows[NUMERIC + CATEGORICAL], data_definition=definition)
# include_tests: without it the report holds scores and no verdict.
report = Report([DataDriftPreset()], include_tests=True).run(as_dataset(current), as_dataset(reference)).json()

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
