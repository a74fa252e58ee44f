"""What a failed call raises."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any


class ClientResponseError(Exception):
    """A call failed: the server refused it, could not be reached, or the call was cancelled.

    The subclasses of this module name the usual reasons; catching this class catches all of them.
    """

    url: str
    """Address of the request."""
    status: int
    """HTTP status of the answer; 0 when none came."""
    response: dict[str, Any]
    """The JSON error of the server; `{"message": …}` when there was no answer or none in JSON."""
    is_abort: bool
    """Whether the call was cancelled, by a newer one with its key or by the program."""
    original_error: BaseException | None
    """The error below this one, if there is one."""
    retry_after: float | None
    """Seconds to wait before another try, if the server named them."""

    def __init__(
        self,
        url: str = "",
        status: int = 0,
        response: Mapping[str, Any] | None = None,
        is_abort: bool = False,
        original_error: BaseException | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.url = url
        self.status = status
        self.response = dict(response.items()) if isinstance(response, Mapping) else {}
        self.is_abort = is_abort
        self.original_error = original_error
        self.retry_after = retry_after
        super().__init__(url, status, self.response, is_abort)

    @property
    def data(self) -> dict[str, Any]:
        """The same as `response`."""
        return self.response

    @property
    def message(self) -> str:
        """The server's message, or "Unknown error"."""
        return str(self.response.get("message") or "Unknown error")

    @property
    def field_errors(self) -> dict[str, str]:
        """Names of the refused fields with the reason of each; empty unless the server refused fields."""
        fields = self.response.get("data")
        if not isinstance(fields, dict):
            return {}
        return {
            str(name): str(reason.get("message") or reason.get("code") or "refused")
            if isinstance(reason, dict)
            else str(reason)
            for name, reason in fields.items()
        }

    @property
    def hint(self) -> str:
        """What to do about it; empty if there is nothing to say."""
        if self.is_abort:
            return "another call with the same key replaced this one: pass request_key=None to let both run"
        if self.field_errors:
            return "; ".join(f"{name}: {reason}" for name, reason in self.field_errors.items())
        match self.status:
            case 0:
                return f"check that the server runs and can be reached at {self.url}" if self.url else ""
            case 401:
                return "sign in first, or sign in again: the token is missing, expired or was withdrawn"
            case 403:
                return "sign in as somebody who may do this; many calls are for superusers only"
            case 404:
                return "check the names and ids in the address, and the collection's rules: they hide records"
            case 429:
                return f"wait {self.retry_after:g} s" if self.retry_after else "wait before the next try"
        return ""

    def to_dict(self) -> dict[str, Any]:
        """The public fields as a dictionary fit for JSON."""
        return {"url": self.url, "status": self.status, "response": self.response, "is_abort": self.is_abort}

    def __str__(self) -> str:
        return f"ClientResponseError {self.status}: {self.message}"

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(url={self.url!r}, status={self.status}, response={self.response!r}, "
            f"is_abort={self.is_abort}, original_error={self.original_error!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        original = self.original_error
        try:
            pickle.dumps(original)
        except Exception:
            # An error that cannot travel must not keep this one from travelling.
            original = RuntimeError(str(original))
        return (type(self), (self.url, self.status, self.response, self.is_abort, original, self.retry_after))


class UnreachableError(ClientResponseError):
    """No answer came: no connection, a broken one, or none in time. Status 0."""


class AbortedError(ClientResponseError):
    """The call was cancelled. Status 0, `is_abort` is true."""


class BadRequestError(ClientResponseError):
    """The server refused what was sent: see `field_errors`. Status 400."""


class UnauthorizedError(ClientResponseError):
    """The call needs a valid token. Status 401."""


class ForbiddenError(ClientResponseError):
    """The token is good, but not for this. Status 403."""


class NotFoundError(ClientResponseError):
    """There is no such thing, or a rule hides it. Status 404."""


class ConflictError(ClientResponseError):
    """The present state does not allow the call. Status 409."""


class TooManyRequestsError(ClientResponseError):
    """Too many calls in a short time: see `retry_after`. Status 429."""


class ServerError(ClientResponseError):
    """The server failed. Status 500 and above."""


_BY_STATUS: dict[int, type[ClientResponseError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: TooManyRequestsError,
}


def error_class(status: int) -> type[ClientResponseError]:
    """The class for an HTTP status."""
    return _BY_STATUS.get(status) or (ServerError if status >= 500 else ClientResponseError)


def not_found(url: str, message: str = "The requested resource wasn't found.") -> NotFoundError:
    """The error of a call that would find nothing, made without asking the server."""
    return NotFoundError(url, 404, {"code": 404, "message": message, "data": {}})
