"""A store that outlives the program."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any

from pocketbase.models.record import RecordModel
from pocketbase.stores.base_auth_store import BaseAuthStore


class FileAuthStore(BaseAuthStore):
    """Keeps the state in a JSON file that only its owner may read.

    It is read when the store is made: a file that is missing or holds something else means that nobody is signed in.
    Every `save` and `clear` replaces it at once as a whole; what keeps the file from being written (a full disk,
    missing rights) does not keep anybody from signing in.
    """

    def __init__(self, file_path: str | os.PathLike[str]) -> None:
        super().__init__()
        self._path = Path(file_path).expanduser()
        self._write_lock = threading.Lock()
        self._load()

    @property
    def file_path(self) -> Path:
        """Where the state is kept."""
        return self._path

    def _load(self) -> None:
        try:
            state = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return
        if isinstance(state, dict) and isinstance(state.get("token"), str):
            record = state.get("record") or state.get("model")
            self._set(state["token"], RecordModel.model_validate(record) if isinstance(record, dict) else None)

    def save(self, token: str, record: dict[str, Any] | None = None) -> None:
        """Signs in: keeps the token and its record, in the file too, and tells the listeners."""
        self._set(token, record)
        self._write()
        self._changed()

    def clear(self) -> None:
        """Signs out, in the file too, and tells the listeners."""
        self._set("", None)
        self._write()
        self._changed()

    def _write(self) -> None:
        import tempfile

        with self._write_lock, contextlib.suppress(OSError):
            token, record = self._state
            state = {"token": token, "record": record} if record else {"token": token}
            text = json.dumps(state, indent=2, ensure_ascii=False, default=str)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # A new file that takes the place of the old one: nobody can read half of it. It is made with mode 0600.
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with open(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                os.replace(name, self._path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
