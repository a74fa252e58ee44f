"""What calls raise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ketch._core import CoreError

# Hints say where a request was wrong; longer ones are data that nobody reads in an error's text.
_TEXT_MAX = 4096
_ANSWER_MAX = 200


class InstantError(Exception):
    """A call that failed. Its text is `"<Verb> failed: <what the server answered>"`.

    Attributes:
        status: The HTTP status; 0 when no answer came.
        type: The kind of error in a word: the server's (`"validation-failed"`, `"record-not-found"`,
            `"permission-denied"`, …), or `"connect"`, `"timeout"`, `"interrupted"`, `"decode"`, `"aborted"`,
            `"input"` for errors of this side.
        message: What was wrong, in a sentence.
        hint: The server's details: a dictionary of the error's type, or None.
        trace_id: The server's number of the request, or None.
        body: The server's answer as it was decoded; empty when no answer came.
        url: The address that was called; empty when nothing was.
        retry_after: Seconds after which the server asks to be called again, or None.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int = 0,
        type: str = "",
        message: str = "",
        hint: Any = None,
        trace_id: str | None = None,
        body: Mapping[str, Any] | None = None,
        url: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.type = type
        self.message = message or text
        self.hint = hint
        self.trace_id = trace_id
        self.body: dict[str, Any] = dict(body or {})
        self.url = url
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r}, status={self.status}, type={self.type!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: getattr(self, name) for name in _FIELDS}
        return _rebuilt, (type(self), self.text, fields)


_FIELDS = ("status", "type", "message", "hint", "trace_id", "body", "url", "retry_after")


def _rebuilt(kind: type[InstantError], text: str, fields: dict[str, Any]) -> InstantError:
    return kind(text, **fields)


class InstantAPIError(InstantError):
    """The server refused the call, or answered what is no answer of this interface (type `"decode"`)."""


class InstantConnectionError(InstantError, ConnectionError):
    """The server could not be reached, or the connection broke or was closed before the answer was whole."""


class InstantTimeoutError(InstantError, TimeoutError):
    """The answer did not come in time."""


class InstantInputError(InstantError, ValueError):
    """An argument that cannot be sent. Nothing was sent."""


def refused_input(message: str) -> InstantInputError:
    """The error for an argument that is no good."""
    return InstantInputError(message, type="input", message=message)


_KINDS: dict[str, type[InstantError]] = {
    "input": InstantInputError,
    "connect": InstantConnectionError,
    "interrupted": InstantConnectionError,
    "aborted": InstantConnectionError,
    "timeout": InstantTimeoutError,
    "status": InstantAPIError,
    "decode": InstantAPIError,
}


def failure(verb: str, error: CoreError) -> InstantError:
    """The error of a call whose name in error texts is `verb`, as "Query"."""
    if error.kind == "status":
        return of_answer(verb, error.status, error.body, error.url, error.retry_after)
    told = getattr(error, "message", "") or str(error)
    return _KINDS.get(error.kind, InstantError)(
        f"{verb} failed: {told}",
        status=error.status,
        type=error.kind,
        message=told,
        body=error.body,
        url=error.url,
        retry_after=error.retry_after,
    )


def wrong_answer(verb: str, answer: object) -> InstantAPIError:
    """The error of an answer that was a success, but has not what it should have."""
    message = f"the answer is not what this interface answers: {str(answer)[:_ANSWER_MAX]}"
    body = answer if isinstance(answer, Mapping) else {}
    return InstantAPIError(f"{verb} failed: {message}", status=200, type="decode", message=message, body=body)


def of_answer(
    verb: str, status: int, body: Mapping[str, Any], url: str = "", retry_after: float | None = None
) -> InstantAPIError:
    """The error of an answer: `{"type", "message", "hint", "trace-id"}`, or `{"type", "error"}` of a sign-in."""
    trace_id = body.get("trace-id") or body.get("traceId")
    return InstantAPIError(
        f"{verb} failed: {_shown(body)}",
        status=status,
        type=str(body.get("type") or ""),
        message=str(body.get("message") or body.get("error") or f"status {status}"),
        hint=body.get("hint"),
        trace_id=None if trace_id is None else str(trace_id),
        body=body,
        url=url,
        retry_after=retry_after,
    )


def _shown(body: Mapping[str, Any]) -> str:
    """The body as text. What was no JSON came wrapped as a message, and is shown as it was."""
    if set(body) == {"message"} and isinstance(body["message"], str):
        text = body["message"]
    else:
        text = json.dumps(body, ensure_ascii=False, default=str)
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"
