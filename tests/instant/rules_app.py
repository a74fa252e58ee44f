"""An app with users, posts, comments and teams, for tests of permissions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from harness import http
from instant.app import ADMIN, APP_ID, App

RULES = f"/dash/apps/{APP_ID}/rules"


def new_id() -> str:
    return str(uuid.uuid4())


def blob(namespace: str, label: str, kind: str | None = None, *, index: bool = False) -> list[Any]:
    attr: dict[str, Any] = {
        "id": new_id(),
        "value-type": "blob",
        "cardinality": "one",
        "forward-identity": [new_id(), namespace, label],
        "unique?": label == "id",
        "index?": index,
    }
    if kind:
        attr["checked-data-type"] = kind
    return ["add-attr", attr]


def link(forward: tuple[str, str], reverse: tuple[str, str], *, many: bool = True, cascade: bool = False) -> list[Any]:
    attr: dict[str, Any] = {
        "id": new_id(),
        "value-type": "ref",
        "cardinality": "many" if many else "one",
        "forward-identity": [new_id(), *forward],
        "reverse-identity": [new_id(), *reverse],
        "unique?": False,
        "index?": False,
    }
    if cascade:
        attr["on-delete"] = "cascade"
    return ["add-attr", attr]


class World:
    """The app, and the people who ask."""

    def __init__(self, app: App) -> None:
        self.app = app
        title = blob("posts", "title", "string", index=True)
        self.title_attr = str(title[1]["id"])
        app.transact(
            *(blob(name, "id") for name in ("posts", "comments", "teams", "notes")),
            title,
            blob("posts", "owner"),
            blob("posts", "n", "number", index=True),
            blob("posts", "open", "boolean"),
            blob("posts", "meta"),
            blob("comments", "text"),
            blob("teams", "name"),
            blob("notes", "text"),
            blob("$users", "nick"),
            link(("comments", "post"), ("posts", "comments"), many=False, cascade=True),
            link(("posts", "teams"), ("teams", "posts")),
            link(("teams", "members"), ("$users", "teams")),
        )
        self.ann, self.ann_token = app.sign_in("ann@example.com")
        self.bob, self.bob_token = app.sign_in("bob@example.com")

    def headers(self, who: str) -> dict[str, str]:
        if who == "admin":
            return ADMIN
        if who == "guest":
            return {**ADMIN, "as-guest": "true"}
        return {**ADMIN, "as-email": f"{who}@example.com"}

    def set_rules(self, rules: Any) -> http.Response:
        return self.app.call("POST", RULES, {"code": rules})

    def names(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {"ANN": self.ann, "BOB": self.bob, **(more or {})}


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """The value with ids in place of their names."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list | tuple):
        return [filled(item, names) for item in value]
    if isinstance(value, dict):
        return {filled(key, names): filled(item, names) for key, item in value.items()}
    return value
