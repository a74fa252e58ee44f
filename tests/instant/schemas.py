"""Schemas as `i.schema(…)` serialises them, and what is read out of pulled ones."""

from __future__ import annotations

from typing import Any

from harness import http
from instant.app import APP_ID, App

DASH = f"/dash/apps/{APP_ID}"
PLATFORM = f"/superadmin/apps/{APP_ID}"


def attr(
    value_type: str = "string", *, required: bool = False, indexed: bool = False, unique: bool = False, **more: Any
) -> dict[str, Any]:
    config = {"indexed": indexed, "unique": unique}
    return {"valueType": value_type, "required": required, "isIndexed": indexed, "config": config, **more}


def side(on: str, has: str, label: str, **more: Any) -> dict[str, Any]:
    return {"on": on, "has": has, "label": label, **more}


def schema(entities: dict[str, dict[str, Any]], links: dict[str, Any] | None = None) -> dict[str, Any]:
    described = {name: {"attrs": attrs, "links": {}} for name, attrs in entities.items()}
    return {"entities": described, "links": links or {}, "rooms": {}}


def push_body(wanted: dict[str, Any], *, jobs: bool = True) -> dict[str, Any]:
    return {"schema": wanted, "check_types": True, "supports_background_updates": jobs}


def push(app: App, wanted: dict[str, Any], *, jobs: bool = True) -> Any:
    return app.ok("POST", f"{DASH}/schema/push/apply", push_body(wanted, jobs=jobs))


def refused(app: App, wanted: dict[str, Any], *, jobs: bool = True) -> http.Response:
    return app.call("POST", f"{DASH}/schema/push/apply", push_body(wanted, jobs=jobs))


def steps(app: App, *wanted: Any) -> Any:
    return app.ok("POST", f"{DASH}/schema/steps/apply", {"steps": wanted})


def pull(app: App) -> Any:
    return app.ok("GET", f"{DASH}/schema/pull")["schema"]


def blob(app: App, namespace: str, label: str) -> Any:
    return pull(app)["blobs"][namespace][label]


def link(app: App, namespace: str, label: str) -> Any:
    (found,) = [ref for ref in pull(app)["refs"].values() if ref["forward-identity"][1:] == [namespace, label]]
    return found


def kinds(answer: Any) -> list[str]:
    return [step[0] for step in answer["steps"]]
