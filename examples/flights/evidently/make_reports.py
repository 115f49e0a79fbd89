"""Makes the drift reports in reports/ with Evidently: the monitor that the flights example listens to, run beforehand.

Reads data/flights-3m.parquet of the npm package vega-datasets (the file that ../prepare.mjs reads) from node_modules, or from
the path given as the only argument. Writes, next to itself,

    reports/index.json          [{file, start, end, nReference, nCurrent, seed}], start and end UTC, end exclusive
    reports/monthly/*.json      March to June, each month against January
    reports/weekly/*.json       whole weeks (Monday to Monday) from February to June, each against January
    reports/faults/index.json   the same fields, and what was done to the data
    reports/faults/*.json       two damaged copies of one week of April

A report is the text of Evidently's `.json()`, byte for byte. The same versions write the same bytes: every draw has its seed.
"""
import json
import os
import shutil
import sys
from pathlib import Path

os.environ["DO_NOT_TRACK"] = "1"
if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets decides the last digits of a sum
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "../../../node_modules/vega-datasets/data/flights-3m.parquet"
TARGET = HERE / "reports"
UNFINISHED = HERE / "reports.unfinished"  # a run that is stopped leaves the finished reports alone

ROWS = 5_000
REFERENCE_SEED = 1
MODEL_SEED = 2
FAULT_WEEK = pd.Timestamp("2001-04-09")
KM_PER_MILE = 1.609344
AIRPORTS_GONE = 40

NUMERIC = ["hour", "distance", "prediction"]
CATEGORICAL = ["origin", "destination"]
DEFINITION = DataDefinition(numerical_columns=NUMERIC, categorical_columns=CATEGORICAL)


def load(path):
    """The features as the pipeline takes them (hour of the departure, UTC), and the label of the stand-in model."""
    flights = pd.read_parquet(path)
    return pd.DataFrame({
        "date": flights.date,
        "hour": flights.date.dt.hour.astype("int64"),
        "distance": flights.distance.astype("float64"),
        "origin": flights.origin.astype(object),
        "destination": flights.destination.astype(object),
        "late": (flights.delay > 15).astype("int64"),
    })


def between(flights, start, end):
    return flights[(flights.date >= start) & (flights.date < end)]


class StandInModel:
    """Gives the column `prediction`: a logistic regression on other rows of January than the reference's."""

    def __init__(self, january, reference):
        rows = january.drop(reference.index).sample(150_000, random_state=MODEL_SEED)
        self.encoder = OneHotEncoder(handle_unknown="ignore").fit(self.categories(rows))
        self.scale = float(rows.distance.max())
        self.regression = LogisticRegression(max_iter=300).fit(self.matrix(rows), rows.late)

    @staticmethod
    def categories(rows):
        return rows[["hour", "origin", "destination"]].astype(str).to_numpy()

    def matrix(self, rows):
        return hstack([self.encoder.transform(self.categories(rows)), csr_matrix(rows[["distance"]] / self.scale)]).tocsr()

    def dataset(self, rows):
        """Evidently's data set of these rows, scored as they are: a damaged column damages its prediction too."""
        scored = rows.assign(prediction=self.regression.predict_proba(self.matrix(rows))[:, 1].round(6))
        return Dataset.from_pandas(scored[NUMERIC + CATEGORICAL].reset_index(drop=True), data_definition=DEFINITION)


def instant(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Desk:
    """Writes reports of windows against the one reference, and keeps the index."""

    def __init__(self, model, reference):
        self.model = model
        self.reference = model.dataset(reference)
        self.n_reference = len(reference)

    def report(self, name, rows, window, seed, **more):
        snapshot = Report([DataDriftPreset()], include_tests=True).run(self.model.dataset(rows), self.reference)
        text = snapshot.json()
        path = UNFINISHED / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        failed = [test["name"] for test in json.loads(text)["tests"] if test["status"] != "SUCCESS"]
        print(f"{name}: {len(rows)} rows, {len(text)} bytes, fails: {', '.join(failed) or 'nothing'}")
        start, end = window
        return {"file": name, "start": instant(start), "end": instant(end),
                "nReference": self.n_reference, "nCurrent": len(rows), "seed": seed, **more}


def write_index(path, entries):
    path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def healthy_windows():
    """(name, start, end, seed); the seed is told from the date, so that no two windows share one by accident."""
    for start in pd.date_range("2001-03-01", "2001-06-01", freq="MS"):
        yield f"monthly/{start:%Y-%m}.json", start, start + pd.offsets.MonthBegin(1), int(f"{start:%Y%m}")
    for start in pd.date_range("2001-02-05", "2001-06-18", freq="7D"):
        yield f"weekly/{start:%Y-%m-%d}.json", start, start + pd.Timedelta(days=7), int(f"{start:%Y%m%d}")


def airports_gone(january, week):
    """Forty airports of neighbouring rank by January's departures, so chosen that half of the week's flights touch one."""
    departures = january.origin.value_counts()
    ranked = sorted(departures.index, key=lambda code: (-departures[code], code))

    def misses_half(first):
        gone = ranked[first:first + AIRPORTS_GONE]
        return abs((week.origin.isin(gone) | week.destination.isin(gone)).mean() - 0.5)

    first = min(range(len(ranked) - AIRPORTS_GONE + 1), key=misses_half)
    return sorted(ranked[first:first + AIRPORTS_GONE])


def faults(desk, flights, january):
    """The week's sample is the healthy one's, so that each damaged report differs from it by the damage alone."""
    window = (FAULT_WEEK, FAULT_WEEK + pd.Timedelta(days=7))
    week = between(flights, *window)
    seed = int(f"{FAULT_WEEK:%Y%m%d}")
    sample = week.sample(ROWS, random_state=seed)
    gone = airports_gone(january, week)
    left = sample[~(sample.origin.isin(gone) | sample.destination.isin(gone))]
    day = f"{FAULT_WEEK:%Y-%m-%d}"
    healthy = f"weekly/{day}.json"
    yield desk.report(f"faults/broken-feed-{day}.json", left, window, seed, healthy=healthy,
                      fault="flights from or to these airports are missing", airports=gone)
    yield desk.report(f"faults/unit-change-{day}.json", sample.assign(distance=sample.distance * KM_PER_MILE), window, seed,
                      healthy=healthy, fault=f"distance in kilometres: miles times {KM_PER_MILE}")


def main():
    flights = load(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE)
    january = between(flights, pd.Timestamp("2001-01-01"), pd.Timestamp("2001-02-01"))
    reference = january.sample(ROWS, random_state=REFERENCE_SEED)
    np.random.seed(0)
    desk = Desk(StandInModel(january, reference), reference)
    shutil.rmtree(UNFINISHED, ignore_errors=True)
    entries = []
    for name, start, end, seed in healthy_windows():
        rows = between(flights, start, end).sample(ROWS, random_state=seed)
        entries.append(desk.report(name, rows, (start, end), seed))
    write_index(UNFINISHED / "index.json", entries)
    write_index(UNFINISHED / "faults/index.json", list(faults(desk, flights, january)))
    shutil.rmtree(TARGET, ignore_errors=True)
    UNFINISHED.rename(TARGET)


if __name__ == "__main__":
    main()
