"""Page views and other events. Servers other than Ketch may not have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from pocketbase.client_response_error import ClientResponseError
from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options
from pocketbase.utils.text import segment

_PATH = "/api/analytics"


class AsyncAnalyticsService(AsyncBaseService):
    """Records events and counts them. Everybody may record; the counts are for superusers.

    A range is "today", "7d", "30d" or "90d".
    """

    async def track_event(
        self,
        event: str,
        path: str,
        referrer: str | None = None,
        options: Options = None,
        *,
        session_id: str | None = None,
        title: str | None = None,
        perf_ms: float | None = None,
        timestamp: float | datetime | None = None,
        **extra: Any,
    ) -> dict[str, Any]:
        """Records one event: `{"accepted": …, "total": …}`. Other keyword arguments become properties of the event.

        `timestamp` is a `datetime` or milliseconds since 1970, the server's time by default; `perf_ms` milliseconds.
        Without a session the server tells visits apart by address, browser and day.
        """
        if isinstance(timestamp, datetime):
            moment = timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=timezone.utc)
            timestamp = round(moment.timestamp() * 1000)
        # Some servers know the second name only.
        values: dict[str, Any] = {
            "event": event,
            "path": path,
            "sessionId": session_id,
            "sid": session_id,
            "referrer": referrer or None,
            "title": title,
            "perfMs": perf_ms,
            "perf_ms": perf_ms,
            "timestamp": timestamp,
            "ts": timestamp,
            **extra,
        }
        return await self.track_events([{key: value for key, value in values.items() if value is not None}], options)

    async def track_events(
        self, events: Iterable[Mapping[str, Any]], options: Options = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Records events, dictionaries with at least `event` and `path`: `{"accepted": …, "total": …}`."""
        body = {"events": [dict(event) for event in events]}
        data: dict[str, Any] = await self.client.request("POST", f"{_PATH}/events", None, body, options, kwargs)
        return data

    async def get_stats(self, range: str = "7d", options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Page views and visitors, in all and by day: `summary`, `daily`, `startDate`, `endDate`."""
        return await self._get("stats", {"range": range}, options, kwargs)

    async def get_top_pages(
        self, range: str = "7d", limit: int = 10, options: Options = None, **kwargs: Any
    ) -> dict[str, Any]:
        """The pages with the most views: `pages`."""
        return await self._get("top-pages", {"range": range, "limit": limit}, options, kwargs)

    async def get_top_sources(
        self, range: str = "7d", limit: int = 10, options: Options = None, **kwargs: Any
    ) -> dict[str, Any]:
        """The sites that most visitors came from: `sources`."""
        return await self._get("top-sources", {"range": range, "limit": limit}, options, kwargs)

    async def get_devices(self, range: str = "7d", options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """Browsers and systems of the visitors: `browsers`, `os`."""
        return await self._get("devices", {"range": range}, options, kwargs)

    async def get_config(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """How analytics are set up."""
        return await self._get("config", None, options, kwargs)

    async def get_raw_logs(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """The days of which raw events are kept: `dates`."""
        return await self._get("raw-logs", None, options, kwargs)

    def get_raw_log_download_url(self, date: str) -> str:
        """The address of the raw events of a day, such as "2026-01-31"."""
        return self.client.build_url(f"{_PATH}/raw-logs/{segment(date, 'date')}")

    async def is_enabled(self, options: Options = None, **kwargs: Any) -> bool:
        """Whether the server records events."""
        try:
            await self.track_events([], options, **kwargs)
        except ClientResponseError as error:
            # An empty list is refused by a server that would take events.
            return error.status == 400
        return True

    async def _get(
        self, what: str, query: dict[str, Any] | None, options: Options, extra: dict[str, Any]
    ) -> dict[str, Any]:
        data: dict[str, Any] = await self.client.request("GET", f"{_PATH}/{what}", query, None, options, extra)
        return data
