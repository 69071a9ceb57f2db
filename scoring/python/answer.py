"""Predictions as JSON text."""

from __future__ import annotations

import base64
import datetime
import json
import math
from typing import Any

from .errors import ModelError


def to_json_bytes(value: Any) -> bytes:
    """The JSON text of an answer: tables as records, missing values, NaN and infinities as null, times as ISO text,
    bytes as base64 the way MLflow writes it.

    Raises ModelError for what has no JSON form.
    """
    try:
        plain = whole(value)
        try:
            text = dumps(plain)
        except ValueError:
            # There are NaNs; only then is it worth looking at every value.
            text = dumps(finite(plain))
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"its answer cannot be written as JSON: {error}") from error
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(json.loads(text), separators=(",", ":")).encode()


def dumps(value: Any) -> str:
    return json.dumps(value, default=plain_part, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def whole(value: Any) -> Any:
    """Tables, columns and arrays as Python's own lists; everything else unchanged."""
    if is_a(value, "pandas", "DataFrame"):
        return value.to_dict(orient="records")
    if is_a(value, "pandas", "Series"):
        return value.to_frame().to_dict(orient="records")
    return value


def plain_part(part: Any) -> Any:
    """One part of an answer that JSON does not know."""
    if is_missing(part):
        return None
    if isinstance(part, bytes):
        return base64.encodebytes(part).decode("ascii")
    if isinstance(part, (datetime.datetime, datetime.date, datetime.time)):
        return part.isoformat()
    if is_a(part, "numpy", "ndarray"):
        return array_part(part)
    if is_a(part, "numpy", "generic"):
        return array_part(part)
    if is_a(part, "pandas", "DataFrame") or is_a(part, "pandas", "Series"):
        return whole(part)
    if hasattr(part, "model_dump"):
        return part.model_dump()
    raise TypeError(f"{type(part).__name__} has no JSON form")


def array_part(part: Any) -> Any:
    if part.dtype.kind == "M":
        return iso_texts(part.astype("datetime64[us]").tolist())
    return part.tolist()


def iso_texts(part: Any) -> Any:
    if isinstance(part, list):
        return [iso_texts(item) for item in part]
    return None if part is None else part.isoformat()


def is_missing(part: Any) -> bool:
    """pandas' missing time and missing value."""
    return type(part).__name__ in ("NaTType", "NAType")


def finite(value: Any) -> Any:
    """The same with null for every NaN and infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (str, int)) or value is None:
        return value
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return finite(plain_part(value))


def is_a(value: Any, module: str, name: str) -> bool:
    """Whether it is an instance of that class, without importing the library: a scoring script may do without."""
    return any(kind.__name__ == name and kind.__module__.partition(".")[0] == module for kind in type(value).__mro__)
