"""Tables in JSON, cast to a signature only where a cast changes something."""

from __future__ import annotations

from typing import Any


def read_table(value: Any, orient: str, schema: Any) -> Any:
    """MLflow's own table of the value. It casts each column by itself, which takes longer than most predictions; JSON's
    numbers and texts mostly have the wanted type already.

    Raises what MLflow does for a value that is no table or cannot be cast.
    """
    # Public since MLflow 1 and without the web framework that MLflow's own server needs.
    from mlflow.utils.proto_json_utils import dataframe_from_parsed_json

    if schema is not None:
        table = dataframe_from_parsed_json(value, pandas_orient=orient, schema=None)
        if fits(table, schema):
            return table
    return dataframe_from_parsed_json(value, pandas_orient=orient, schema=schema)


def fits(table: Any, schema: Any) -> bool:
    """Whether casting would leave every column of the table as it is. False also when that is not known."""
    from mlflow.types import DataType

    if schema.is_tensor_spec() or not table.columns.is_unique:
        return False
    # Bytes and times are read from text, whatever type pandas gives that.
    others = (DataType.binary, DataType.datetime)
    types = schema.input_types()
    names = schema.input_names() if schema.has_input_names() else table.columns
    actual = dict(zip(table.columns, table.dtypes))
    return all(
        isinstance(kind, DataType) and kind not in others and actual[name] == kind.to_pandas()
        for name, kind in zip(names, types)
        if name in actual
    )
