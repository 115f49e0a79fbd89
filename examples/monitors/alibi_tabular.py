"""Alibi Detect 0.13: send a test of every feature to perennial.

Run: python alibi_tabular.py reference.csv current.csv 2001-04-02 2001-04-09
"""
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import pandas as pd
from alibi_detect.base import NumpyEncoder
from alibi_detect.cd import TabularDrift

reference, current = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
names = ["hour", "distance", "origin", "destination"]
# The detector takes numbers alone: airports are coded by the reference, and -1 is an airport that it does not know.
airports = {name: pd.Index(reference[name].unique()) for name in ("origin", "destination")}
coded = lambda rows: rows[names].assign(**{name: known.get_indexer(rows[name]) for name, known in airports.items()}).to_numpy(float)
categories = {names.index(name): [-1, *range(len(known))] for name, known in airports.items()}
detector = TabularDrift(coded(reference), p_val=0.05, categories_per_feature=categories)
# drift_type="feature": a verdict for each feature, not one for all.
report = json.dumps(detector.predict(coded(current), drift_type="feature"), cls=NumpyEncoder)

# From here on it is the same for every monitor. Source and id are the key: a job that runs twice for a window counts once.
start, end = sys.argv[3], sys.argv[4]
query = {"source": "alibi-weekly", "id": f"{start}/{end}", "start": start, "end": end,
         "nReference": len(reference), "nCurrent": len(current), "columns": ",".join(names)}
url = f"{os.environ['PERENNIAL_URL']}/v1/models/flights/signals/alibi-detect?{urllib.parse.urlencode(query)}"
headers = {"Authorization": f"Bearer {os.environ['PERENNIAL_TOKEN']}", "Content-Type": "application/json"}
try:
    print(urllib.request.urlopen(urllib.request.Request(url, report.encode(), headers), timeout=30).read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"perennial answered {refused.code}: {refused.read().decode()}")
