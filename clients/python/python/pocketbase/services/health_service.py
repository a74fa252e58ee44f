# Made by scripts/unasync.py out of async_health_service.py: change that file.
"""Whether the server is well."""

from __future__ import annotations

from typing import Any

from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options


class HealthService(BaseService):
    """The state of the server."""

    def check(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Asks the server whether it is well: `code`, `message`, `data`."""
        data: dict[str, Any] = self.client.request("GET", "/api/health", None, None, options, kwargs)
        return data
