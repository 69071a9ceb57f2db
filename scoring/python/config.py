"""The server's settings: the same environment variables as those of the server for ONNX models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import StartError

LEVELS = ("fatal", "error", "warn", "info", "debug", "trace", "silent")


@dataclass(frozen=True)
class Config:
    port: int
    """0 takes any free port."""
    host: str
    model_folder: Path
    threads: int
    """Threads of one prediction, for the libraries that ask the environment."""
    concurrency: int | None
    """Predictions at the same time; None leaves it to the kind of model."""
    timeout_seconds: float
    max_body_bytes: int
    log_level: str


def read_config(env: Mapping[str, str]) -> Config:
    """The settings, with defaults.

    Raises StartError naming every variable that is wrong, without its value.
    """
    wrong: list[str] = []

    def whole(name: str, default: int | None, minimum: int, maximum: int) -> int | None:
        text = env.get(name)
        if text is None:
            return default
        if text.strip().isdecimal() and minimum <= int(text) <= maximum:
            return int(text)
        wrong.append(f"{name}: must be a whole number from {minimum} to {maximum}")
        return default

    level = env.get("LOG_LEVEL", "info")
    if level not in LEVELS:
        wrong.append(f"LOG_LEVEL: must be one of {', '.join(LEVELS)}")
    folder = model_folder(env)
    if folder is None:
        wrong.append("MLFLOW_MODEL_URI or AZUREML_MODEL_DIR must say where the model is")
    config = Config(
        port=whole("PORT", 5001, 0, 65_535) or 0,
        host=env.get("HOST") or "0.0.0.0",
        model_folder=folder or Path(),
        threads=whole("SCORING_THREADS", 1, 1, 256) or 1,
        concurrency=whole("SCORING_CONCURRENCY", None, 1, 256),
        timeout_seconds=whole("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", 60, 1, 3600) or 60,
        max_body_bytes=whole("SCORING_MAX_BODY_BYTES", 16 * 1024**2, 1, 1024**3) or 1,
        log_level=level,
    )
    if wrong:
        raise StartError("; ".join(wrong))
    return config


def model_folder(env: Mapping[str, str]) -> Path | None:
    """MLFLOW_MODEL_URI wins when it is a full path, else AZUREML_MODEL_DIR joined with MLFLOW_MODEL_FOLDER."""
    uri = env.get("MLFLOW_MODEL_URI", "")
    if uri.startswith("file://"):
        uri = uri[len("file://") :]
    if os.path.isabs(uri):
        return Path(uri)
    if env.get("AZUREML_MODEL_DIR"):
        return Path(env["AZUREML_MODEL_DIR"], env.get("MLFLOW_MODEL_FOLDER", "")).resolve()
    return Path(uri).resolve() if uri else None
