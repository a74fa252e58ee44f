# Made by scripts/unasync.py out of async_base_service.py: change that file.
"""What all services have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pocketbase.client import PocketBase


class BaseService:
    """A part of the API, for one client."""

    def __init__(self, client: PocketBase) -> None:
        self.client = client
