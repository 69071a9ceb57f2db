"""The little of ASGI that the server needs."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .errors import ScoringError
from .protocols import JSON, TEXT

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Disconnected(Exception):
    """The caller went away before the request was whole."""


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """By lower-case name; of several with one name, the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def read_body(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """Raises ScoringError 413 as soon as it is known that the body is larger than the limit."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise too_large()
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > limit:
            raise too_large()
        if not message.get("more_body"):
            return bytes(body)


def too_large() -> ScoringError:
    return ScoringError(413, "PAYLOAD_TOO_LARGE", "Request body is too large")


def failure(error: ScoringError, headers: Mapping[str, str] | None = None) -> Answer:
    if error.status == 415:
        return Answer(415, TEXT, str(error).encode())
    body = {"error_code": error.error_code, "message": str(error)}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Answer(error.status, JSON, text.encode("utf-8", "replace"), headers or {})


async def send_answer(send: Send, answer: Answer) -> None:
    headers = {
        "content-type": answer.content_type,
        "content-length": str(len(answer.body)),
        **answer.headers,
    }
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body})
