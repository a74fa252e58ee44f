# Made by scripts/unasync.py out of async_rooms.py: change that file.
"""Who is in a room."""

from __future__ import annotations

from typing import Any

from instantdb_admin_client.transport import Transport


class Rooms:
    """The rooms that browsers have joined."""

    def __init__(self, transport: Transport, headers: dict[str, str]) -> None:
        self._transport = transport
        self._headers = headers

    def get_presence(self, room_type: str, room_id: str) -> dict[str, Any]:
        """The sessions in a room: `{session id: {"data", "peer-id", "user"}}`."""
        answer = self._transport.send(
            "Get presence",
            "GET",
            "/admin/rooms/presence",
            query=[("room-type", room_type), ("room-id", room_id)],
            headers=self._headers,
        )
        sessions: dict[str, Any] = answer.get("sessions") or {}
        return sessions
