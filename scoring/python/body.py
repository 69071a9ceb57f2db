"""A request's body as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

from .errors import bad_request


def to_text(body: bytes) -> str:
    """Raises ScoringError 400 for bytes that are not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad_request("The request body is not valid UTF-8") from None


def to_json(text: str) -> Any:
    """The value of a JSON text, in which NaN and Infinity may stand for numbers.

    Raises ScoringError 400 for text that is not JSON.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise bad_request("The request body is nested too deep") from None
    except ValueError as error:
        raise bad_request(f"The request body is not valid JSON: {error}") from None
