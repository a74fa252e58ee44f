# Made by scripts/unasync.py out of async_cron_service.py: change that file.
"""Jobs that run at fixed times. For superusers only."""

from __future__ import annotations

from typing import Any

from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options
from pocketbase.utils.text import segment

_PATH = "/api/crons"


class CronService(BaseService):
    """The server's cron jobs."""

    def get_full_list(self, options: Options = None, **kwargs: Any) -> list[dict[str, Any]]:
        """All jobs: `id`, `expression`."""
        data: list[dict[str, Any]] = self.client.request("GET", _PATH, None, None, options, kwargs)
        return data

    def run(self, job_id: str, options: Options = None, **kwargs: Any) -> bool:
        """Runs a job now. Returns True; does not wait for its end."""
        self.client.request("POST", f"{_PATH}/{segment(job_id, 'job id')}", None, None, options, kwargs)
        return True
