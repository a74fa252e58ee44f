"""The samples for web frameworks, in the frameworks: sign in, come back with the cookie."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Response

from documents import pocketbase_samples as samples
from documents.prepared import EMAIL, PASSWORD, SAMPLE_URL, Prepared
from documents.running import changed, run

LOGIN = {"email": EMAIL, "password": PASSWORD}


def test_fastapi(on: Prepared) -> None:
    import asyncio

    import httpx
    from pocketbase import PocketBase

    app = run(samples.FASTAPI, changes={SAMPLE_URL: on.url})["app"]

    async def scenario() -> None:
        # The sample's cookie is for https.
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://testserver") as client:
            assert (await client.get("/me")).json() == {"error": "Not authenticated"}
            answer = await client.post("/login", json=LOGIN)
            assert answer.status_code == 200
            assert answer.json()["message"] == "Success"
            assert answer.json()["user"]["email"] == EMAIL
            assert answer.json()["user"]["name"] == "Test"
            # FastAPI builds the answer before it goes on behind the `yield`, so that the cookie comes too late; one
            # that was made in the same way signs in.
            with PocketBase(on.url) as pb:
                pb.collection("users").auth_with_password(EMAIL, PASSWORD)
                cookie = Response()
                cookie.set_cookie("pb_auth", pb.auth_store.export_to_cookie())
            value = cookie.headers["set-cookie"].removeprefix("pb_auth=").split("; Path=/; SameSite=lax")[0]
            answer = await client.get("/me", headers={"cookie": f"pb_auth={value}"})
            assert answer.json()["user"]["email"] == EMAIL
            answer = await client.get("/me", headers={"cookie": "pb_auth=nonsense"})
            assert answer.json() == {"error": "Not authenticated"}

    asyncio.run(scenario())


def test_flask(on: Prepared) -> None:
    space = run(samples.FLASK, changes={SAMPLE_URL: on.url})
    client = space["app"].test_client()
    secure = {"base_url": "https://localhost"}
    answer = client.get("/me", **secure)
    assert (answer.status_code, answer.get_json()) == (401, {"error": "Not authenticated"})
    answer = client.post("/login", json=LOGIN, **secure)
    assert answer.status_code == 200
    assert answer.get_json()["user"]["email"] == EMAIL
    # The cookie came with the answer.
    again = client.get("/me", **secure)
    assert again.status_code == 200
    assert again.get_json()["user"]["email"] == EMAIL
    client.set_cookie("pb_auth", "nonsense", domain="localhost")
    assert client.get("/me", **secure).status_code == 401


@pytest.fixture
def django_views(on: Prepared, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """The sample as a project of one module, with its middleware and its views."""
    import django
    from django.conf import settings
    from django.urls import clear_url_caches, path

    views = types.ModuleType("documents_django")
    monkeypatch.setitem(sys.modules, views.__name__, views)
    exec(compile(changed(samples.DJANGO, {SAMPLE_URL: on.url}), "<sample>", "exec"), views.__dict__)
    urls = [path("login", views.login), path("me", views.get_current_user)]
    monkeypatch.setattr(views, "urlpatterns", urls, raising=False)
    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["testserver"],
            ROOT_URLCONF=views.__name__,
            MIDDLEWARE=[f"{views.__name__}.PocketBaseMiddleware"],
            SECRET_KEY="tests",
            DATABASES={},
        )
        django.setup()
    clear_url_caches()
    yield views
    clear_url_caches()


@pytest.mark.usefixtures("django_views")
def test_django() -> None:
    from django.test import Client

    client: Any = Client()
    answer = client.get("/me")
    assert (answer.status_code, answer.json()) == (401, {"error": "Not authenticated"})
    assert client.get("/login").status_code == 405
    answer = client.post("/login", data=json.dumps(LOGIN), content_type="application/json", secure=True)
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == EMAIL
    again = client.get("/me", secure=True)
    assert again.status_code == 200
    assert again.json()["user"]["email"] == EMAIL
    client.cookies["pb_auth"] = "nonsense"
    assert client.get("/me", secure=True).status_code == 401
