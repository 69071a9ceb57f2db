"""What the server needs of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable


@dataclass(frozen=True)
class Request:
    body: bytes
    content_type: str | None
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Model:
    """A loaded model. `predict` runs in a worker thread and raises ScoringError for the caller's faults and
    ModelError for the model's own."""

    version: str
    concurrency: int
    """How many predictions at the same time it is made for."""
    predict: Callable[[Request], Any]
