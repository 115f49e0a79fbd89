"""NannyML 0.13: send the drift table to perennial as CSV.

Run: python nannyml_csv.py reference.csv current.csv 2001-04-02 2001-04-09
"""
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import nannyml as nml
import pandas as pd

reference, current = pd.read_csv(sys.argv[1], parse_dates=["date"]), pd.read_csv(sys.argv[2], parse_dates=["date"])
calculator = nml.UnivariateDriftCalculator(
    column_names=["hour", "distance", "origin", "destination"], treat_as_categorical=["origin", "destination"],
    timestamp_column_name="date", chunk_period="D")
result = calculator.fit(reference).calculate(current)
# period: the chunks of the reference are no news. multilevel=False: one header row.
report = result.filter(period="analysis").to_df(multilevel=False).to_csv(index=False)

# Each chunk becomes a claim, with its dates as the window and its rows counted. The id is the table's; chunk and start are added
# to it, so that a chunk sent before is known as a repeat. A chunk outside of start and end is left out.
query = {"source": "nannyml-weekly", "id": "univariate", "start": sys.argv[3], "end": sys.argv[4], "nReference": len(reference)}
url = f"{os.environ['PERENNIAL_URL']}/v1/models/flights/signals/nannyml?{urllib.parse.urlencode(query)}"
headers = {"Authorization": f"Bearer {os.environ['PERENNIAL_TOKEN']}", "Content-Type": "text/csv"}
try:
    print(urllib.request.urlopen(urllib.request.Request(url, report.encode(), headers), timeout=30).read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"perennial answered {refused.code}: {refused.read().decode()}")
