"""What scenarios need that both halves of the Python client of the package index play."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from instantdb import AsyncInstant, Instant, InstantAPIError

Client = Instant | AsyncInstant
Scenario = Callable[[Any], Coroutine[Any, Any, None]]
Run = Callable[[Scenario], None]


async def got(answer: Awaitable[Any] | Any) -> Any:
    """What a call of either half answers."""
    return await answer if inspect.isawaitable(answer) else answer


def refused(status: int, kind: str) -> Any:
    def is_it(error: BaseException) -> bool:
        assert isinstance(error, InstantAPIError)
        assert (error.status, error.body["type"]) == (status, kind), error.body
        assert str(error) == error.body["message"]
        return True

    return pytest.raises(InstantAPIError, check=is_it)
