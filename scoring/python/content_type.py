"""How to read a body with a content type."""

from __future__ import annotations

from .errors import unsupported

KINDS = {"application/json": "json", "text/csv": "csv"}


def body_kind(content_type: str | None) -> str:
    """`json` or `csv`. UTF-8 only, and no parameter but `charset`.

    Raises ScoringError 415 for everything else, also for no content type.
    """
    mime_type, *parameters = [part.strip() for part in (content_type or "").split(";")]
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name != "charset":
            raise unsupported(f"Unrecognized content type parameter: {name}")
        if value.lower() != "utf-8":
            raise unsupported("The scoring server only supports UTF-8")
    kind = KINDS.get(mime_type.lower())
    if kind is None:
        raise unsupported(f"This predictor only supports {' and '.join(KINDS)}, not '{content_type or ''}'")
    return kind
