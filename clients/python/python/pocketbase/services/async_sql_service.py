"""SQL. For superusers only."""

from __future__ import annotations

from typing import Any

from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options


class AsyncSqlService(AsyncBaseService):
    """Statements on the server's database."""

    async def run(self, query: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Runs a statement: `execTime` in milliseconds, `affectedRows`, `columns`, `rows`."""
        data: dict[str, Any] = await self.client.request("POST", "/api/sql", None, {"query": query}, options, kwargs)
        return data
