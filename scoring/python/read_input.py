"""A request's data as MLflow reads it: pandas tables and numpy arrays, cast to the model's signature."""

from __future__ import annotations

from io import StringIO
from typing import Any

from .body import to_json, to_text
from .content_type import body_kind
from .errors import ScoringError, bad_request
from .model import Request
from .table import read_table

INPUT_KEYS = ("input_data", "dataframe_split", "dataframe_records", "instances", "inputs")
"""A request has exactly one of these. `input_data` is Azure ML's, the others are MLflow's."""

SPLIT_KEYS = {"columns", "index", "data"}

EXPECTATION = f"The input must be a JSON dictionary with exactly one of the input fields {', '.join(INPUT_KEYS)}."


def read_input(request: Request, schema: Any, *, parse: bool) -> tuple[Any, Any]:
    """The data and the params of a request. With `parse` false (a model whose signature is Python's type hints),
    data goes to the model as it is.

    Raises ScoringError for anything that cannot be read or cast.
    """
    kind = body_kind(request.content_type)
    text = to_text(request.body)
    if kind == "csv":
        return read_csv(text, schema), None
    body = to_json(text)
    key = input_key(body)
    if not parse:
        if key not in ("inputs", "input_data"):
            raise bad_request(f"The model takes 'inputs', not '{key}': its signature is a Python type")
        return body[key], body.get("params")
    return converted(key, body[key], schema), body.get("params")


def input_key(body: Any) -> str:
    if not isinstance(body, dict):
        raise bad_request(f"{EXPECTATION} Received {'a list' if isinstance(body, list) else 'a scalar'}.")
    keys = [key for key in INPUT_KEYS if key in body]
    if len(keys) == 1:
        return keys[0]
    others = f"the fields {', '.join(list(body)[:10])}" if body else "none"
    raise bad_request(f"{EXPECTATION} Received {' and '.join(keys) if keys else others}.")


def converted(key: str, value: Any, schema: Any) -> Any:
    # Public since MLflow 1 and without the web framework that MLflow's own server needs.
    from mlflow.exceptions import MlflowException
    from mlflow.utils.proto_json_utils import parse_tf_serving_input

    if key == "input_data":
        key = "dataframe_split" if is_split(value) else "inputs"
    try:
        if key.startswith("dataframe_"):
            check_table(key, value)
            return read_table(value, key[len("dataframe_") :], schema)
        return parse_tf_serving_input({key: value}, schema=schema)
    except ScoringError:
        raise
    except MlflowException as error:
        raise bad_request(error.message) from error
    except Exception as error:
        raise bad_request(f"'{key}' cannot be read: {error}") from error


def check_table(key: str, value: Any) -> None:
    """What pandas would make something of that the caller hardly meant."""
    if key != "dataframe_split" or not isinstance(value, dict):
        return
    index, data = value.get("index"), value.get("data")
    if isinstance(index, list) and isinstance(data, list) and len(index) != len(data):
        raise bad_request(f"'index' has {len(index)} entries for {len(data)} rows")


def is_split(value: Any) -> bool:
    """Azure ML's table form. Without `columns` a dictionary is a set of named tensors there."""
    return (
        isinstance(value, dict)
        and set(value) <= SPLIT_KEYS
        and isinstance(value.get("columns"), list)
        and isinstance(value.get("data"), list)
    )


def read_csv(text: str, schema: Any) -> Any:
    import pandas

    types = {} if schema is None else dict(zip(schema.input_names(), schema.pandas_types()))
    # pandas reads times as text first, whatever their column is called.
    times = [name for name, kind in types.items() if getattr(kind, "kind", "") == "M"]
    try:
        table = pandas.read_csv(StringIO(text), dtype={name: kind for name, kind in types.items() if name not in times})
        for name in times:
            if name in table:
                table[name] = pandas.to_datetime(table[name]).astype("datetime64[ns]")
        return table
    except Exception as error:
        raise bad_request(f"The CSV cannot be read: {error}") from error
