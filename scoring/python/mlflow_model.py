"""A model loaded by MLflow."""

from __future__ import annotations

import inspect
import json
import os
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from .errors import ModelError, ScoringError, StartError, invalid_parameter
from .model import Model, Request
from .read_input import read_input

CONCURRENCY = 4

ENFORCING = ("mlflow.pyfunc", "mlflow.models.utils")
"""The modules of MLflow that hold data against a signature; the model's own code is in none of them."""


def load_mlflow_model(folder: Path) -> Model:
    """The model of an MLflow folder, loaded the way MLflow does, with its code on the import path.

    Raises StartError when the environment has no MLflow, or the model does not load.
    """
    return served(load(folder))


def served(model: Any) -> Model:
    """A model that MLflow has loaded, behind the forms of request that the server takes."""
    metadata = model.metadata
    schema = metadata.get_input_schema()
    facts = metadata.to_dict()
    parse = not facts.get("is_signature_from_type_hint")
    takes_params = "params" in inspect.signature(model.predict).parameters

    def predict(request: Request) -> Any:
        data, params = read_input(request, schema, parse=parse)
        try:
            if takes_params:
                return model.predict(data, params=params if metadata.get_params_schema() else None)
            return model.predict(data)
        except Exception as error:
            raise fault(error) from error

    return Model(version=facts.get("mlflow_version") or "unknown", concurrency=CONCURRENCY, predict=predict)


def load(folder: Path) -> Any:
    # Read by MLflow as it is imported: our log lines instead of its own, and no word to its makers.
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
    try:
        import mlflow.pyfunc
    except ImportError as error:
        reason = f"the model's environment cannot import mlflow ({error})"
        raise StartError(f"{reason}: name mlflow in the model's requirements.txt, or bring a scoring script") from error
    options = {}
    config = os.environ.get("SERVING_MODEL_CONFIG")
    try:
        if config:
            options["model_config"] = json.loads(config)
        return mlflow.pyfunc.load_model(str(folder), **options)
    except Exception as error:
        raise StartError(f"MLflow cannot load the model: {type(error).__name__}: {error}") from error


def fault(error: Exception) -> ScoringError | ModelError:
    """Whose fault a failed prediction was: the caller's when MLflow refused the data, else the model's."""
    message = str(error) or type(error).__name__
    frames = frames_of(error)
    if not is_refusal(error, frames):
        return ModelError(message)
    # MLflow 3's message repeats all of the data, MLflow 2 tells the violation alone.
    violation = error.__context__ if "Failed to enforce schema" in message else None
    if violation is not None or any(frame.f_code.co_name == "_enforce_schema" for frame in frames):
        message = f"Failed to enforce schema of the input data. Error: {violation or message}"
    return invalid_parameter(message)


def is_refusal(error: Exception, frames: list[FrameType]) -> bool:
    from mlflow.exceptions import MlflowException

    if not isinstance(error, MlflowException) or not frames:
        return False
    module = str(frames[-1].f_globals.get("__name__", ""))
    return module in ENFORCING or module.startswith(("mlflow.types.", "mlflow.pyfunc.utils"))


def frames_of(error: Exception) -> list[FrameType]:
    return [frame for frame, _line in traceback.walk_tb(error.__traceback__)]
