"""Errors of the core as errors of this package."""

from __future__ import annotations

from ketch._core import CoreError
from pocketbase.client_response_error import AbortedError, ClientResponseError, UnreachableError, error_class

_ABORTED = "The request was cancelled: by a newer one with its request key or by the program."


def to_error(error: CoreError) -> ClientResponseError:
    """The error that a failed exchange raises."""
    kind = error.kind
    if kind == "status":
        response = error.body or {"message": "Request failed"}
        return error_class(error.status)(error.url, error.status, response, False, error, error.retry_after)
    if kind == "aborted":
        return AbortedError(error.url, 0, {"message": _ABORTED}, True, error)
    if kind == "decode":
        response = {"message": "The server's answer is no JSON.", "body": str(error.body.get("message", ""))[:1000]}
        return ClientResponseError(error.url, error.status, response, False, error)
    kind_of = ClientResponseError if kind == "input" else UnreachableError
    return kind_of(error.url, 0, {"message": error.message}, False, error)
