"""A scoring script as Azure ML runs it: `init()` once, then `run(text)` for each request."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

from .body import to_json, to_text
from .errors import ModelError, StartError, bad_request
from .model import Model, Request

CONCURRENCY = 1
"""Scripts keep their model in a global variable and were written for one request at a time."""


def load_script_model(script: Path, version: str) -> Model:
    """The model behind a script's `run`. The script's folder becomes the working folder and importable.

    Raises StartError when the script cannot be loaded, has no `run`, or `init` fails.
    """
    run = start(script)
    names = list(inspect.signature(run).parameters)
    wants_headers = "request_headers" in names
    arguments = argument_reader(run, [name for name in names if name != "request_headers"], script)

    def predict(request: Request) -> Any:
        values = arguments(to_text(request.body))
        if wants_headers:
            values["request_headers"] = dict(request.headers)
        try:
            return run(**values)
        except Exception as error:
            raise ModelError(str(error) or type(error).__name__) from error

    return Model(version=version, concurrency=CONCURRENCY, predict=predict)


def start(script: Path) -> Callable[..., Any]:
    if not script.is_file():
        raise StartError(f"there is no scoring script {script}")
    os.chdir(script.parent)
    sys.path.insert(0, str(script.parent))
    module = run_file(script)
    for name in ("init", "run"):
        if not callable(getattr(module, name, None)):
            raise StartError(f"the scoring script {script.name} has no function {name}()")
    try:
        module.init()
    except Exception as error:
        raise StartError(f"init() of {script.name} failed: {type(error).__name__}: {error}") from error
    run: Callable[..., Any] = module.run
    return run


def run_file(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(script.stem, script)
    if spec is None or spec.loader is None:
        raise StartError(f"the scoring script {script.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # By this name what the script defines can be unpickled.
    sys.modules.setdefault(script.stem, module)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise StartError(f"the scoring script {script.name} failed: {type(error).__name__}: {error}") from error
    return module


def argument_reader(run: Callable[..., Any], names: list[str], script: Path) -> Callable[[str], dict[str, Any]]:
    """How a body becomes run()'s arguments: as text, or with inference-schema's decorators as one per key."""
    if not names:
        raise StartError(f"run() of {script.name} must take the request's body")
    if not has_schema(run):
        return lambda text: {names[0]: text}

    def read(text: str) -> dict[str, Any]:
        body = to_json(text)
        if not isinstance(body, dict):
            raise bad_request(f"The input must be a JSON dictionary of {', '.join(names)}")
        missing = [name for name in names if name not in body]
        if missing:
            raise bad_request(f"The input must have {', '.join(names)}; {', '.join(missing)} is missing")
        return {name: body[name] for name in names}

    return read


def has_schema(run: Callable[..., Any]) -> bool:
    try:
        from inference_schema.schema_util import is_schema_decorated
    except ImportError:
        return False
    return bool(is_schema_decorated(run))


def script_of(folder: Path, env: Mapping[str, str]) -> Path | None:
    """The script to serve instead of what MLflow loads: AZUREML_ENTRY_SCRIPT (below AML_APP_ROOT, else the model's
    folder), or `score.py` in a folder that MLflow cannot load."""
    named = env.get("AZUREML_ENTRY_SCRIPT")
    if named:
        return Path(env.get("AML_APP_ROOT") or folder, named).resolve()
    script = folder / "score.py"
    if not script.is_file() or "python_function" in (mlmodel_of(folder).get("flavors") or {}):
        return None
    return script.resolve()


def mlmodel_of(folder: Path) -> dict[str, Any]:
    """What MLmodel says; empty where there is none, as beside a script that needs no MLflow."""
    try:
        text = (folder / "MLmodel").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    import yaml

    try:
        mlmodel = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise StartError(f"MLmodel is no YAML: {error}") from error
    return mlmodel if isinstance(mlmodel, dict) else {}
