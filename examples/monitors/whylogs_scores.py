"""whylogs 1.6: send the drift scores of two profiles to perennial.

Run: python whylogs_scores.py reference.csv current.csv 2001-04-02 2001-04-09
"""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import pandas as pd
import whylogs as why
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

reference, current = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
names = ["hour", "distance", "origin", "destination"]
# object: whylogs does not know the text type of pandas 3.
profile = lambda rows: why.log(pandas=rows[names].astype({"origin": object, "destination": object})).view()
# with_thresholds: without it the scores come without a verdict.
scores = calculate_drift_scores(target_view=profile(current), reference_view=profile(reference), with_thresholds=True)
report = json.dumps(scores, default=lambda value: value.item() if hasattr(value, "item") else value.name)

# From here on it is the same for every monitor. Source and id are the key: a job that runs twice for a window counts once.
start, end = sys.argv[3], sys.argv[4]
query = {"source": "whylogs-weekly", "id": f"{start}/{end}", "start": start, "end": end,
         "nReference": len(reference), "nCurrent": len(current)}
url = f"{os.environ['PERENNIAL_URL']}/v1/models/flights/signals/whylogs?{urllib.parse.urlencode(query)}"
headers = {"Authorization": f"Bearer {os.environ['PERENNIAL_TOKEN']}", "Content-Type": "application/json"}
try:
    print(urllib.request.urlopen(urllib.request.Request(url, report.encode(), headers), timeout=30).read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"perennial answered {refused.code}: {refused.read().decode()}")
