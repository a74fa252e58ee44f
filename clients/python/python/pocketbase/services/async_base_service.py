"""What all services have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pocketbase.async_client import AsyncPocketBase


class AsyncBaseService:
    """A part of the API, for one client."""

    def __init__(self, client: AsyncPocketBase) -> None:
        self.client = client
