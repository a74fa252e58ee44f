"""Who is in a room."""

from __future__ import annotations

from typing import Any

from instantdb_admin_client.async_transport import AsyncTransport


class AsyncRooms:
    """The rooms that browsers have joined."""

    def __init__(self, transport: AsyncTransport, headers: dict[str, str]) -> None:
        self._transport = transport
        self._headers = headers

    async def get_presence(self, room_type: str, room_id: str) -> dict[str, Any]:
        """The sessions in a room: `{session id: {"data", "peer-id", "user"}}`."""
        answer = await self._transport.send(
            "Get presence",
            "GET",
            "/admin/rooms/presence",
            query=[("room-type", room_type), ("room-id", room_id)],
            headers=self._headers,
        )
        sessions: dict[str, Any] = answer.get("sessions") or {}
        return sessions
