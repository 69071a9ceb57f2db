"""Writes predictions of every kind as the Python server does and as MLflow's own does: one JSON line for each."""

import datetime
import io
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy
import pandas
from mlflow.pyfunc.scoring_server import unwrapped_predictions_to_json
from pydantic import BaseModel

package = ModuleType("scoring_server")
package.__path__ = [str(Path(__file__).parents[4] / "scoring" / "python")]
sys.modules[package.__name__] = package

from scoring_server.answer import to_json_bytes  # noqa: E402
from scoring_server.errors import ModelError  # noqa: E402


class Point(BaseModel):
    x: int


MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5)

PREDICTIONS = {
    "a float array": numpy.array([[0.1, 2], [3, 4]], "float32"),
    "a big whole number": numpy.array([2**60 + 1]),
    "truths": numpy.array([True, False]),
    "texts": numpy.array(["a", "ä"]),
    "an array of objects": numpy.array(["a", 1, None, numpy.float64(2)], object),
    "a table": pandas.DataFrame({"a": [1, 2], "b": ["x", None], "c": [True, False]}),
    "a table with times": pandas.DataFrame({"t": [pandas.Timestamp(MOMENT)]}),
    "a column": pandas.Series([1, 2], name="y"),
    "a column without a name": pandas.Series([1.5]),
    "arrays by name": {"a": numpy.array([1, 2]), "b": numpy.array([[1.5]])},
    "single numbers": {"a": numpy.float32(1.5), "b": numpy.int64(3), "c": numpy.bool_(True)},
    "bytes": [b"hi" * 60],
    "a day and a time of day": [MOMENT.date(), MOMENT.time(), MOMENT],
    "an object of pydantic": [Point(x=1)],
    "a tuple": (1, "a"),
    "a string": "hello",
    "nothing": None,
    # From here on MLflow writes no JSON or fails.
    "NaN": numpy.array([1.5, numpy.nan, numpy.inf]),
    "NaN in a table": pandas.DataFrame({"a": [1.5, None]}),
    "NaN deep inside": {"a": [{"b": numpy.array([numpy.nan])}]},
    "a missing time": pandas.DataFrame({"t": [pandas.NaT, pandas.Timestamp(MOMENT)]}),
    "a missing value": pandas.DataFrame({"n": pandas.array([1, None], dtype="Int64")}),
    "times in an array": numpy.array([MOMENT, "NaT"], "datetime64[ns]"),
    "half a character": "\ud800",
    "a set": {1},
    "itself": [],
}
PREDICTIONS["itself"].append(PREDICTIONS["itself"])


def ours(value):
    try:
        return json.loads(to_json_bytes(value), parse_constant=lambda word: f"no JSON: {word}")
    except ModelError:
        return {"refused": True}


def theirs(value):
    text = io.StringIO()
    try:
        unwrapped_predictions_to_json(value, text)
        return json.loads(text.getvalue(), parse_constant=lambda word: f"no JSON: {word}")
    except Exception:
        return {"refused": True}


for name, value in PREDICTIONS.items():
    print(json.dumps({"name": name, "ours": ours(value), "theirs": theirs(value)}))
