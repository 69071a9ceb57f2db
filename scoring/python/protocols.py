"""The two protocols over one model, and the routes that say how the server is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable


@dataclass(frozen=True)
class Protocol:
    """How one protocol wraps its answers and what it calls a failure inside the model."""

    wrap: Callable[[Any], Any]
    failure_status: int
    failure_code: str


PROTOCOLS = {
    "/invocations": Protocol(lambda predictions: {"predictions": predictions}, 400, "BAD_REQUEST"),
    "/score": Protocol(lambda predictions: predictions, 500, "INTERNAL_ERROR"),
}

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


def health_answers(version: str) -> dict[str, tuple[str, str]]:
    """Content type and body of each route that answers once the model is loaded."""
    return {
        "/ping": (JSON, "\n"),
        "/health": (JSON, "\n"),
        "/version": (TEXT, version),
        # Azure ML's liveness route.
        "/": (TEXT, "Healthy"),
    }
