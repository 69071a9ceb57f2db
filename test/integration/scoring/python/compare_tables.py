"""Reads tables of every type with every kind of value as the Python server does and as MLflow's own does: one JSON line
for each."""

import itertools
import json
import sys
from pathlib import Path
from types import ModuleType

from mlflow.types import ColSpec, DataType, Schema
from mlflow.utils.proto_json_utils import dataframe_from_parsed_json

package = ModuleType("scoring_server")
package.__path__ = [str(Path(__file__).parents[4] / "scoring" / "python")]
sys.modules[package.__name__] = package

from scoring_server.table import fits, read_table  # noqa: E402

COLUMNS = {
    "numbers": [1.5, -0.0, 3.25],
    "whole numbers": [1, 2, 3],
    "both": [1, 2.5, 3],
    "large whole numbers": [2**53 + 1, 2**62, 1],
    "whole numbers of 64 bits and a sign": [2**64 - 1, 1, 2],
    "larger ones": [2**70, 1, 2],
    "numbers with a gap": [1.5, None, 2],
    "nothing": [None, None, None],
    "truths": [True, False, True],
    "truths and numbers": [True, 1.5, 2],
    "texts": ["a", "", "ä"],
    "texts with a gap": ["a", None, "b"],
    "digits": ["1", "2.5", "3"],
    "times": ["2026-01-02T03:04:05", "2026-01-02", "1970-01-01T00:00:00.000001"],
    "bytes": ["aGk=", "", "aGk="],
    "lists": [[1], [2, 3], []],
}


def forms(name, values):
    yield "split", {"columns": [name, "other"], "data": [[value, 1.5] for value in values]}
    yield "split", {"columns": ["other", name], "index": [3, 4, 5], "data": [[2, value] for value in values]}
    yield "split", {"columns": [name, name], "data": [[value, value] for value in values]}
    yield "records", [{name: value} for value in values]


def described(read):
    try:
        table = read()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return repr([(str(name), str(kind)) for name, kind in zip(table.columns, table.dtypes)] + table.to_dict("split")["data"])


def schemas(kind):
    yield Schema([ColSpec(kind, "x"), ColSpec("double", "other", required=False)])
    yield Schema([ColSpec(kind)])


for kind, (column, values) in itertools.product(DataType, COLUMNS.items()):
    for schema, (orient, value) in itertools.product(schemas(kind), forms("x", values)):
        ours = described(lambda: read_table(value, orient, schema))
        theirs = described(lambda: dataframe_from_parsed_json(value, pandas_orient=orient, schema=schema))
        plain = dataframe_from_parsed_json(value, pandas_orient=orient, schema=None)
        case = f"{column} as {kind.name}, {orient} {json.dumps(value)}"
        print(json.dumps({"case": case, "ours": ours, "theirs": theirs, "fits": fits(plain, schema)}))
