"""Traces of requests. For superusers only; servers other than Ketch may not have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options
from pocketbase.utils.text import segment

_PATH = "/api/_/trace"


class AsyncTraceService(AsyncBaseService):
    """Spans of requests, and users all of whose requests are traced ("dyed")."""

    async def list_spans(
        self,
        min_duration: float = 0,
        options: Options = None,
        *,
        page: int = 1,
        per_page: int = 20,
        trace_id: str | None = None,
        parent_span_id: str | None = None,
        name: str | None = None,
        max_duration: float | None = None,
        status: str | Iterable[str] | None = None,
        start_time_from: Any = None,
        start_time_to: Any = None,
        order_by: str | None = None,
        order_dir: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """One page of spans: `items`, `totalCount`, `page`, `perPage`. Durations in milliseconds.

        `status` is one or several of "unset", "ok", "error"; `order_dir` is "asc" or "desc".
        """
        query = {
            "page": page,
            "limit": per_page,
            "traceId": trace_id,
            "parentSpanId": parent_span_id,
            "name": name,
            "minDuration": min_duration or None,
            "maxDuration": max_duration,
            "status": status if status is None or isinstance(status, str) else ",".join(status),
            "startTimeFrom": start_time_from,
            "startTimeTo": start_time_to,
            "orderBy": order_by,
            "orderDir": order_dir or ("asc" if order_by else None),
        }
        return await self._call("GET", f"{_PATH}/spans", query, None, options, kwargs)

    async def get_by_trace_id(self, trace_id: str, options: Options = None, **kwargs: Any) -> list[dict[str, Any]]:
        """All spans of a trace."""
        path = f"{_PATH}/spans/{segment(trace_id, 'trace id')}"
        data = await self.client.request("GET", path, None, None, options, kwargs)
        spans: list[dict[str, Any]] = data.get("items", []) if isinstance(data, Mapping) else data
        return spans

    async def get_span(self, trace_id: str, span_id: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """One span of a trace."""
        path = f"{_PATH}/spans/{segment(trace_id, 'trace id')}/{segment(span_id, 'span id')}"
        return await self._call("GET", path, None, None, options, kwargs)

    async def delete_by_trace_id(self, trace_id: str, options: Options = None, **kwargs: Any) -> bool:
        """Deletes a trace. Returns True."""
        path = f"{_PATH}/spans/{segment(trace_id, 'trace id')}"
        await self.client.request("DELETE", path, None, None, options, kwargs)
        return True

    async def list_dyed_users(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """The dyed users: `items`, `count`."""
        return await self._call("GET", f"{_PATH}/dyed-users", None, None, options, kwargs)

    async def add_dyed_user(
        self,
        user_id: str,
        ttl_seconds: int = 3600,
        options: Options | str = None,
        *,
        reason: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Traces all requests of a user for some seconds. A text as third argument is the reason."""
        if isinstance(options, str):
            reason, options = options, None
        body: dict[str, Any] = {"userId": user_id, "ttl": ttl_seconds}
        if reason:
            body["reason"] = reason
        return await self._call("POST", f"{_PATH}/dyed-users", None, body, options, kwargs)

    async def remove_dyed_user(self, user_id: str, options: Options = None, **kwargs: Any) -> bool:
        """Ends the tracing of a user. Returns True."""
        path = f"{_PATH}/dyed-users/{segment(user_id, 'user id')}"
        await self.client.request("DELETE", path, None, None, options, kwargs)
        return True

    async def update_dyed_user_ttl(
        self, user_id: str, ttl_seconds: int, options: Options = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Traces the requests of a dyed user for so many seconds from now."""
        path = f"{_PATH}/dyed-users/{segment(user_id, 'user id')}/ttl"
        return await self._call("PUT", path, None, {"ttl": ttl_seconds}, options, kwargs)

    async def _call(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None,
        body: Any,
        options: Options,
        extra: dict[str, Any],
    ) -> dict[str, Any]:
        data: dict[str, Any] = await self.client.request(method, path, query, body, options, extra)
        return data
