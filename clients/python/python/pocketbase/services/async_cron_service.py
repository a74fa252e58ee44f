"""Jobs that run at fixed times. For superusers only."""

from __future__ import annotations

from typing import Any

from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options
from pocketbase.utils.text import segment

_PATH = "/api/crons"


class AsyncCronService(AsyncBaseService):
    """The server's cron jobs."""

    async def get_full_list(self, options: Options = None, **kwargs: Any) -> list[dict[str, Any]]:
        """All jobs: `id`, `expression`."""
        data: list[dict[str, Any]] = await self.client.request("GET", _PATH, None, None, options, kwargs)
        return data

    async def run(self, job_id: str, options: Options = None, **kwargs: Any) -> bool:
        """Runs a job now. Returns True; does not wait for its end."""
        await self.client.request("POST", f"{_PATH}/{segment(job_id, 'job id')}", None, None, options, kwargs)
        return True
