"""From the process's environment to a listening server, and to its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator

import uvicorn

from .app import App
from .config import Config, read_config
from .errors import StartError, shortened
from .log import logger, milliseconds_since, start_logging
from .mlflow_model import load_mlflow_model
from .model import Model
from .script_model import load_script_model, mlmodel_of, script_of

DRAIN_SECONDS = 10
"""How long requests in flight may take after SIGTERM before the process ends anyway."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def main() -> int:
    """Serves until it is told to stop. Returns the process's exit code when it cannot start."""
    start_logging("info")
    try:
        config = read_config(os.environ)
        start_logging(config.log_level)
        listener = listen(config)
        model = load_model(config)
        asyncio.run(serve(App(model, config), config, listener))
    except StartError as error:
        logger.critical("the scoring server could not start: %s", shortened(str(error)), exc_info=error.__cause__)
    except Exception as error:
        logger.critical("the scoring server could not start: %s", error, exc_info=error)
    return 1


def load_model(config: Config) -> Model:
    folder = config.model_folder
    if not folder.is_dir():
        raise StartError(f"there is no model folder {folder}")
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, str(config.threads))
    os.environ.setdefault("AZUREML_MODEL_DIR", str(folder.parent))
    os.environ.setdefault("MLFLOW_MODEL_FOLDER", folder.name)
    started = time.perf_counter()
    script = script_of(folder, os.environ)
    if script is None:
        tell("loading the model with MLflow", {"folder": str(folder)})
        model = load_mlflow_model(folder)
    else:
        tell("loading the scoring script", {"folder": str(folder), "script": str(script)})
        version = mlmodel_of(folder).get("mlflow_version")
        model = load_script_model(script, version if isinstance(version, str) else "unknown")
    tell("loaded", {"durationMs": milliseconds_since(started), "python": sys.version.split()[0]})
    return model


def listen(config: Config) -> socket.socket:
    """A socket that is bound but does not take connections yet: the port is known to be free before the model loads."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once; otherwise each waits 40 ms for the client's ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError as error:
        raise StartError(f"cannot listen on {config.host} port {config.port}: {error.strerror}") from error
    return listener


class Server(uvicorn.Server):
    """uvicorn's server, stopped by our signal handlers instead of its own."""

    def install_signal_handlers(self) -> None:
        """uvicorn's way before 0.29."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's way since 0.29."""
        yield


async def serve(app: App, config: Config, listener: socket.socket) -> None:
    """Never returns: a prediction that hangs in its thread must not keep the process."""
    server = Server(
        uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )

    def stop(name: str) -> None:
        tell("stopping", {"signal": name})
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop, each.name)
    tell("listening", {"port": listener.getsockname()[1]})
    await server.serve(sockets=[listener])
    if app.cut_off > 0:
        logger.error("stopped before the last predictions ended", extra={"fields": {"requests": app.cut_off}})
    logging.shutdown()
    os._exit(1 if app.cut_off > 0 or not server.started else 0)


def tell(message: str, fields: dict[str, object]) -> None:
    logger.info(message, extra={"fields": fields})
