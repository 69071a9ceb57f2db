"""What can go wrong, and what the caller gets of it."""

from __future__ import annotations

LONGEST_MESSAGE = 1000


class StartError(Exception):
    """The server cannot start; the message is for whoever packaged the model."""


class ModelError(Exception):
    """The model failed on data that fits its signature. MLflow answers 400 to that, Azure ML 500."""


class ScoringError(Exception):
    """A failure with the status and body that the caller gets."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(shortened(message))
        self.status = status
        self.error_code = error_code


def bad_request(message: str) -> ScoringError:
    """The body cannot be read or converted: MLflow's code for everything before the signature is enforced."""
    return ScoringError(400, "BAD_REQUEST", message)


def invalid_parameter(message: str) -> ScoringError:
    """The data does not fit the signature."""
    return ScoringError(400, "INVALID_PARAMETER_VALUE", message)


def unsupported(message: str) -> ScoringError:
    return ScoringError(415, "UNSUPPORTED_MEDIA_TYPE", message)


def shortened(message: str) -> str:
    """Messages of pandas and MLflow repeat the data; a caller needs the beginning and the end of them."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    half = LONGEST_MESSAGE // 2
    return f"{message[:half]} … {message[-half:]}"
