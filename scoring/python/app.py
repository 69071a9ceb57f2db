"""MLflow's and Azure ML's routes over one loaded model, as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .answer import to_json_bytes
from .asgi import Answer, Disconnected, Receive, Send, failure, headers_of, read_body, send_answer
from .config import Config
from .errors import ModelError, ScoringError
from .log import logger
from .model import Model, Request
from .protocols import JSON, PROTOCOLS, Protocol, health_answers


class App:
    """Answers requests. Predictions run in threads of their own, so that probes never wait for them."""

    def __init__(self, model: Model, config: Config) -> None:
        self.model = model
        self.config = config
        self.cut_off = 0
        """Requests that the end of the server left without an answer."""
        self.health = health_answers(model.version)
        self.threads = ThreadPoolExecutor(config.concurrency or model.concurrency, thread_name_prefix="prediction")

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            answer = await self.answer(scope, receive)
        except Disconnected:
            return
        except ScoringError as error:
            if error.status >= 500:
                logger.error("request failed", exc_info=error, extra=fields(error))
            else:
                logger.debug("request refused: %s", error, extra=fields(error))
            # What is left of a body that was not read would be taken for the next request.
            answer = failure(error, {"connection": "close"} if error.status in (408, 413) else None)
        except Exception as error:
            logger.error("request failed", exc_info=error)
            answer = failure(ScoringError(500, "INTERNAL_ERROR", "The scoring server failed; its log says why"))
        await send_answer(send, answer)

    async def answer(self, scope: Mapping[str, Any], receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        protocol = PROTOCOLS.get(path)
        if protocol is None and path not in self.health:
            raise ScoringError(404, "ENDPOINT_NOT_FOUND", f"There is no {path}")
        allowed = "POST" if protocol else "GET, HEAD"
        if method not in allowed.split(", "):
            refused = f"{method} is not allowed for {path}, only {allowed}"
            return failure(ScoringError(405, "METHOD_NOT_ALLOWED", refused), {"allow": allowed})
        if protocol is None:
            content_type, text = self.health[path]
            return Answer(200, content_type, text.encode())
        headers = headers_of(scope)
        try:
            reading = read_body(receive, headers, self.config.max_body_bytes)
            body = await asyncio.wait_for(reading, self.config.timeout_seconds)
        except asyncio.TimeoutError:
            raise ScoringError(408, "REQUEST_TIMEOUT", "The request body did not come in time") from None
        return await self.score(Request(body, headers.get("content-type"), headers), protocol)

    async def score(self, request: Request, protocol: Protocol) -> Answer:
        """Raises ScoringError 504 when there is no answer in time. A prediction that has begun cannot be stopped
        and ends unheard; one that waits for a thread is never begun."""
        running = asyncio.get_running_loop().run_in_executor(self.threads, self.predict, request, protocol)
        try:
            body = await asyncio.wait_for(running, self.config.timeout_seconds)
        except asyncio.TimeoutError:
            message = f"There was no prediction within {self.config.timeout_seconds:g} s"
            raise ScoringError(504, "DEADLINE_EXCEEDED", message) from None
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        return Answer(200, JSON, body)

    def predict(self, request: Request, protocol: Protocol) -> bytes:
        try:
            return to_json_bytes(protocol.wrap(self.model.predict(request)))
        except ModelError as error:
            message = f"The model failed while predicting: {error}"
            raise ScoringError(protocol.failure_status, protocol.failure_code, message) from error


def fields(error: ScoringError) -> dict[str, object]:
    return {"fields": {"status": error.status, "errorCode": error.error_code}}
