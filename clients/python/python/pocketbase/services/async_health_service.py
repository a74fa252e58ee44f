"""Whether the server is well."""

from __future__ import annotations

from typing import Any

from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options


class AsyncHealthService(AsyncBaseService):
    """The state of the server."""

    async def check(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Asks the server whether it is well: `code`, `message`, `data`."""
        data: dict[str, Any] = await self.client.request("GET", "/api/health", None, None, options, kwargs)
        return data
