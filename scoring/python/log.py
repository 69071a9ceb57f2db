"""One JSON object a line on stdout, in the form of the server for ONNX models (pino's)."""

from __future__ import annotations

import json
import logging
import socket
import sys
import time
import traceback
import warnings

LEVELS = {
    logging.DEBUG: 20,
    logging.INFO: 30,
    logging.WARNING: 40,
    logging.ERROR: 50,
    logging.CRITICAL: 60,
}

NAMES = {
    "fatal": logging.CRITICAL,
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": logging.DEBUG,
    "silent": logging.CRITICAL + 1,
}

logger = logging.getLogger("scoring_server")


class JsonLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__()
        self.hostname = socket.gethostname()

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "level": LEVELS.get(record.levelno, 30),
            "time": int(record.created * 1000),
            "pid": record.process,
            "hostname": self.hostname,
        }
        if record.name != logger.name:
            entry["name"] = record.name
        entry.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            entry["err"] = {
                "type": type(error).__name__,
                "message": str(error),
                "stack": "".join(traceback.format_exception(*record.exc_info)),
            }
        entry["msg"] = record.getMessage()
        return json.dumps(entry, default=str)


def start_logging(level: str) -> None:
    """Everything that is logged in this process, also by the model's libraries, goes out as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=NAMES.get(level, logging.INFO), handlers=[handler], force=True)
    logging.captureWarnings(True)
    warnings.formatwarning = lambda message, category, *_rest: f"{category.__name__}: {message}"
    # It tells of every start and stop what this server says itself.
    logging.getLogger("uvicorn").setLevel(max(logging.WARNING, logging.getLogger().level))


def milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
