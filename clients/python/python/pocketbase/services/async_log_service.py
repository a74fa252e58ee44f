"""The server's log. For superusers only."""

from __future__ import annotations

from typing import Any

from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options
from pocketbase.utils.text import segment

_PATH = "/api/logs"


class AsyncLogService(AsyncBaseService):
    """The log of the server."""

    async def get_list(
        self, page: int = 1, per_page: int = 30, options: Options = None, **kwargs: Any
    ) -> dict[str, Any]:
        """One page of the log: `page`, `perPage`, `totalItems`, `totalPages`, `items`. Options: `filter`, `sort`."""
        data: dict[str, Any] = await self.client.request(
            "GET", _PATH, {"page": page, "perPage": per_page}, None, options, kwargs
        )
        return data

    async def get_one(self, id: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """One entry by its id."""
        data: dict[str, Any] = await self.client.request(
            "GET", f"{_PATH}/{segment(id, 'log id')}", None, None, options, kwargs
        )
        return data

    async def get_stats(self, options: Options = None, **kwargs: Any) -> list[dict[str, Any]]:
        """How many entries there are for each hour: `total`, `date`."""
        data: list[dict[str, Any]] = await self.client.request("GET", f"{_PATH}/stats", None, None, options, kwargs)
        return data

    async def truncate(self, options: Options = None, **kwargs: Any) -> bool:
        """Deletes all entries. Returns True."""
        await self.client.request("DELETE", _PATH, None, None, options, kwargs)
        return True
