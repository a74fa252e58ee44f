"""Every provider: what it is offered with, what it is asked, and how its answers read."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from harness.server import Server
from oauth2.conftest import Compare
from oauth2.provider import Answer, FakeProvider
from oauth2.samples import SAMPLES, Sample
from oauth2.session import Session

_RANDOM = ("state", "codeVerifier", "codeChallenge")
_HEADERS = ("authorization", "content-type", "client-id", "notion-version", "trakt-api-key", "trakt-api-version")
_NUMBERS = itertools.count(1)


def _names(server: Server) -> list[str]:
    return [entry["name"] for entry in server.admin("GET", "/api/collections/meta/oauth2-providers")]


def _offer(offered: dict[str, Any]) -> dict[str, Any]:
    """What is offered without what is random, and without the pictures, which are each product's own."""
    shown = dict(offered)
    for key in _RANDOM:
        value = shown.pop(key)
        shown[key] = len(value)
        for url in ("authURL", "authUrl"):
            shown[url] = shown[url].replace(value, f"<{key}>") if value else shown[url]
    assert shown["logo"] == "" or re.match(r"<svg .*</svg>$", shown["logo"], re.DOTALL)
    shown["logo"] = bool(shown["logo"])
    return shown


def test_what_is_offered(run: Compare) -> None:
    def script(s: Session) -> None:
        plain = {"clientId": "a client/ü", "clientSecret": "secret"}
        settings = [
            [{"name": name, **plain} for name in _names(s.server)],
            [{"name": name, **plain, "pkce": number % 2 == 0} for number, name in enumerate(_names(s.server))],
            [
                {"name": "oidc3", **plain, "displayName": "<Mine>", "authURL": "https://id.example/auth?tenant=a"},
                {"name": "google", **plain, "displayName": "Work", "authURL": "https://id.example/"},
            ],
            [],
        ]
        s.collection()
        for providers in settings:
            s.change(oauth2={"providers": providers})
            methods = s.server.request("GET", f"/api/collections/{s.people}/auth-methods").json()
            s.note("offered", [_offer(entry) for entry in methods["oauth2"]["providers"]])
            s.note("offered to old clients", [_offer(entry) for entry in methods["authProviders"]])
            s.note("order of keys", [" ".join(entry) for entry in methods["oauth2"]["providers"]])
        s.change(oauth2={"enabled": False})
        s.call("GET", f"/api/collections/{s.people}/auth-methods")

    run(script)


def test_offers_are_never_the_same(ketch_only: Server, provider: FakeProvider) -> None:
    body = {"name": "fresh", "type": "auth", "oauth2": {"enabled": True, "providers": [provider.settings()]}}
    ketch_only.admin("POST", "/api/collections", body)

    def offer() -> dict[str, str]:
        methods = ketch_only.request("GET", "/api/collections/fresh/auth-methods").json()
        return dict(methods["oauth2"]["providers"][0])

    first, second = offer(), offer()
    for key in _RANDOM:
        assert first[key] != second[key]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.provider}-{next(_NUMBERS)}")
def test_how_answers_read(run: Compare, sample: Sample) -> None:
    def script(s: Session) -> None:
        _collection(s, sample.provider)
        emails = Answer({}, 404) if sample.emails is None else Answer(sample.emails)
        code = s.provider.knows(f"{s.prefix}-x", sample.user, token=dict(sample.token), emails=emails)
        before = len(s.provider.asked(code))
        s.sign_in(code, provider=sample.provider, status=sample.status)
        for request in s.provider.asked(code)[before:]:
            headers = {name: value for name, value in request.headers.items() if name in _HEADERS}
            is_json = request.headers.get("content-type") == "application/json" and request.body
            s.note(request.method, request.path, headers, json.loads(request.body) if is_json else request.form)

    run(script)


def test_an_active_person_of_planning_center(ketch_only: Server, provider: FakeProvider) -> None:
    """PocketBase 0.40.6 refuses every person of Planning Center, whatever their status."""
    s = Session(ketch_only, provider, "planning")
    _collection(s, "planningcenter")
    attributes = {"status": "active", "name": "Ada L", "avatar": "https://img.example/pc"}
    code = provider.knows("planning", {"data": {"type": "Person", "id": "pc-1", "attributes": attributes}})
    meta = s.sign_in(code, provider="planningcenter")["meta"]
    assert (meta["id"], meta["name"], meta["avatarURL"], meta["email"]) == ("pc-1", "Ada L", attributes["avatar"], "")


def _collection(s: Session, provider: str) -> None:
    s.collection({"providers": [s.provider.settings(provider)]})
    fields = s.server.admin("GET", f"/api/collections/{s.people}")["fields"]
    for entry in fields:
        if entry["name"] == "email":
            entry["required"] = False
    s.change(fields=fields)
