"""Jobs that wait for a worker. For superusers only; servers other than Ketch may not have them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options
from pocketbase.utils.text import moment, segment

_PATH = "/api/jobs"


class AsyncJobsService(AsyncBaseService):
    """The queue of jobs."""

    async def get_list(
        self,
        limit: int = 30,
        offset: int = 0,
        topic: str = "",
        status: str = "",
        options: Options = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Jobs: `items`, `total`, `limit`, `offset`. `status`: "pending", "processing", "completed", "failed"."""
        query: dict[str, Any] = {"limit": limit, "offset": offset}
        if topic:
            query["topic"] = topic
        if status:
            query["status"] = status
        data: dict[str, Any] = await self.client.request("GET", _PATH, query, None, options, kwargs)
        return data

    async def get_one(self, job_id: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """One job by its id."""
        return await self._call("GET", _item(job_id), None, options, kwargs)

    async def enqueue(
        self,
        topic: str,
        payload: Any = None,
        run_at: str | datetime | None = None,
        max_retries: int | None = None,
        options: Options = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Puts a job into the queue, to run at once or at `run_at`; returns it. The payload is any JSON."""
        body: dict[str, Any] = {"topic": topic, "payload": payload}
        if run_at is not None:
            body["run_at"] = moment(run_at).replace(" ", "T") if isinstance(run_at, datetime) else run_at
        if max_retries is not None:
            body["max_retries"] = max_retries
        return await self._call("POST", f"{_PATH}/enqueue", body, options, kwargs)

    async def requeue(self, job_id: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Puts a failed job into the queue again."""
        return await self._call("POST", _item(job_id, "requeue"), None, options, kwargs)

    async def delete(self, job_id: str, options: Options = None, **kwargs: Any) -> bool:
        """Deletes a job that waits or has failed. Returns True."""
        await self._call("DELETE", _item(job_id), None, options, kwargs)
        return True

    async def get_stats(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """How many jobs there are of each status, and the share that succeeded."""
        return await self._call("GET", f"{_PATH}/stats", None, options, kwargs)

    # What a worker does with jobs.

    async def claim(
        self,
        topics: list[str] | None = None,
        limit: int = 1,
        lease_seconds: int = 60,
        options: Options = None,
        **kwargs: Any,
    ) -> list[dict[str, Any]]:
        """Takes up to `limit` jobs that are due (of all topics by default); empty if there are none.

        Each has a `lease`, a text that is good for `lease_seconds`. A job whose lease ends is given to another worker.
        """
        body: dict[str, Any] = {"limit": limit, "lease_seconds": lease_seconds}
        if topics:
            body["topics"] = list(topics)
        data = await self._call("POST", f"{_PATH}/claim", body, options, kwargs)
        jobs: list[dict[str, Any]] = data.get("items") or []
        return jobs

    async def complete(self, job_id: str, lease: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Says that a claimed job is done. Raises `ConflictError` if the lease is over."""
        return await self._call("POST", _item(job_id, "complete"), {"lease": lease}, options, kwargs)

    async def fail(
        self,
        job_id: str,
        lease: str,
        error: str = "",
        retry_in: float | None = None,
        options: Options = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Says that a claimed job went wrong: it comes again, in `retry_in` seconds if given, until its retries end."""
        body: dict[str, Any] = {"lease": lease}
        if error:
            body["error"] = error
        if retry_in is not None:
            body["retry_in"] = retry_in
        return await self._call("POST", _item(job_id, "fail"), body, options, kwargs)

    async def extend(
        self, job_id: str, lease: str, lease_seconds: int = 60, options: Options = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Keeps a claimed job for so many seconds from now."""
        body = {"lease": lease, "lease_seconds": lease_seconds}
        return await self._call("POST", _item(job_id, "extend"), body, options, kwargs)

    async def _call(self, method: str, path: str, body: Any, options: Options, extra: dict[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = await self.client.request(method, path, None, body, options, extra)
        return data


def _item(job_id: str, action: str = "") -> str:
    path = f"{_PATH}/{segment(job_id, 'job id')}"
    return f"{path}/{action}" if action else path
