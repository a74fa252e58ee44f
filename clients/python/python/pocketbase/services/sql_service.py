# Made by scripts/unasync.py out of async_sql_service.py: change that file.
"""SQL. For superusers only."""

from __future__ import annotations

from typing import Any

from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options


class SqlService(BaseService):
    """Statements on the server's database."""

    def run(self, query: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Runs a statement: `execTime` in milliseconds, `affectedRows`, `columns`, `rows`."""
        data: dict[str, Any] = self.client.request("POST", "/api/sql", None, {"query": query}, options, kwargs)
        return data
