# ruff: noqa: E501
"""What every method sends, byte by byte."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pocketbase import PocketBase
from pocketbase.services.record_service import RecordService

from pocketbase_sdk.recorder import EMPTY_LIST, Answer, Asked, Recorder

Call = Callable[[Any], Any]
C = "/api/collections"
AUTH = {"token": "t", "record": {"id": "r1", "collectionId": "c1", "collectionName": "users"}}

# Name, call, line of the request, JSON of its body (None: no body).
CALLS: list[tuple[str, Call, str, Any]] = [
    ("send", lambda pb: pb.send("/api/x"), "GET /api/x", None),
    ("send options", lambda pb: pb.send("api/x", {}), "GET /api/x", None),
    (
        "send keyword",
        lambda pb: pb.send("/api/x", options={"method": "post", "body": {"a": 1}, "q": 1}),
        "POST /api/x?q=1",
        {"a": 1},
    ),
    ("send method", lambda pb: pb.send("/api/x", "DELETE"), "DELETE /api/x", None),
    (
        "send keywords",
        lambda pb: pb.send("/api/x", method="PUT", params={"a": "b c"}, body=[1]),
        "PUT /api/x?a=b%20c",
        [1],
    ),
    ("send query", lambda pb: pb.send("/api/ä b?x=1&x=2", query={"y": 3}), "GET /api/%C3%A4%20b?x=1&x=2&y=3", None),
    ("list", lambda pb: pb.collection("a").get_list(), f"GET {C}/a/records?page=1&perPage=30", None),
    ("list page", lambda pb: pb.collection("a").get_list(2, 5), f"GET {C}/a/records?page=2&perPage=5", None),
    (
        "list named",
        lambda pb: pb.collection("a").get_list(page=2, per_page=5, options={}),
        f"GET {C}/a/records?page=2&perPage=5",
        None,
    ),
    (
        "list options",
        lambda pb: pb.collection("a").get_list(1, 20, {"filter": "n > 1", "skipTotal": True}),
        f"GET {C}/a/records?page=1&perPage=20&filter=n%20%3E%201&skipTotal=true",
        None,
    ),
    (
        "list keywords",
        lambda pb: pb.collection("a").get_list(filter="", sort="-n", expand=None),
        f"GET {C}/a/records?page=1&perPage=30&filter=&sort=-n",
        None,
    ),
    (
        "list both",
        lambda pb: pb.collection("a").get_list(1, 2, {"sort": "a", "fields": "id"}, sort="b"),
        f"GET {C}/a/records?page=1&perPage=2&sort=b&fields=id",
        None,
    ),
    (
        "full list",
        lambda pb: pb.collection("a").get_full_list(),
        f"GET {C}/a/records?page=1&perPage=200&skipTotal=1",
        None,
    ),
    (
        "full list batch",
        lambda pb: pb.collection("a").get_full_list({"batch": 7, "sort": "n"}),
        f"GET {C}/a/records?page=1&perPage=7&skipTotal=1&sort=n",
        None,
    ),
    (
        "full list batch keyword",
        lambda pb: pb.collection("a").get_full_list(batch=8),
        f"GET {C}/a/records?page=1&perPage=8&skipTotal=1",
        None,
    ),
    (
        "full list batch_size",
        lambda pb: pb.collection("a").get_full_list(batch_size=9),
        f"GET {C}/a/records?page=1&perPage=9&skipTotal=1",
        None,
    ),
    (
        "full list leading",
        lambda pb: pb.collection("a").get_full_list(6, {"sort": "n"}),
        f"GET {C}/a/records?page=1&perPage=6&skipTotal=1&sort=n",
        None,
    ),
    (
        "full list options",
        lambda pb: pb.collection("a").get_full_list(options={}),
        f"GET {C}/a/records?page=1&perPage=200&skipTotal=1",
        None,
    ),
    ("one", lambda pb: pb.collection("a").get_one("id1"), f"GET {C}/a/records/id1", None),
    (
        "one encoded",
        lambda pb: pb.collection("a b/ü").get_one("x?z/../#"),
        f"GET {C}/a%20b%2F%C3%BC/records/x%3Fz%2F..%2F%23",
        None,
    ),
    (
        "one options",
        lambda pb: pb.collection("a").get_one(record_id="1", options={"expand": "x,y"}),
        f"GET {C}/a/records/1?expand=x%2Cy",
        None,
    ),
    ("one number", lambda pb: pb.collection("a").get_one(5), f"GET {C}/a/records/5", None),
    (
        "create",
        lambda pb: pb.collection("a").create({"t": "ü", "n": None}),
        f"POST {C}/a/records",
        {"t": "ü", "n": None},
    ),
    ("create nothing", lambda pb: pb.collection("a").create(), f"POST {C}/a/records", {}),
    (
        "create named",
        lambda pb: pb.collection("a").create(body_params={"t": 1}, options={"fields": "id"}),
        f"POST {C}/a/records?fields=id",
        {"t": 1},
    ),
    ("create body", lambda pb: pb.collection("a").create(body={"t": 1}), f"POST {C}/a/records", {"t": 1}),
    (
        "create moment",
        lambda pb: pb.collection("a").create({"w": datetime(2024, 1, 15, 10, 30, tzinfo=UTC)}),
        f"POST {C}/a/records",
        {"w": "2024-01-15 10:30:00.000Z"},
    ),
    ("update", lambda pb: pb.collection("a").update("i/1", {"n+": 1}), f"PATCH {C}/a/records/i%2F1", {"n+": 1}),
    (
        "update named",
        lambda pb: pb.collection("a").update(record_id="1", body_params={}, options={}),
        f"PATCH {C}/a/records/1",
        {},
    ),
    ("delete", lambda pb: pb.collection("a").delete("1"), f"DELETE {C}/a/records/1", None),
    ("delete options", lambda pb: pb.collection("a").delete("1", {"x": 1}), f"DELETE {C}/a/records/1?x=1", None),
    ("auth methods", lambda pb: pb.collection("u").list_auth_methods(), f"GET {C}/u/auth-methods", None),
    (
        "password",
        lambda pb: pb.collection("u").auth_with_password("a@b.c", "123456"),
        f"POST {C}/u/auth-with-password",
        {"identity": "a@b.c", "password": "123456"},
    ),
    (
        "password named",
        lambda pb: pb.collection("u").auth_with_password(username_or_email="a", password="p", options={"expand": "x"}),
        f"POST {C}/u/auth-with-password?expand=x",
        {"identity": "a", "password": "p"},
    ),
    (
        "password identity",
        lambda pb: pb.collection("u").auth_with_password(identity="a", password="p"),
        f"POST {C}/u/auth-with-password",
        {"identity": "a", "password": "p"},
    ),
    (
        "password body",
        lambda pb: pb.collection("u").auth_with_password("a", "p", {"body": {"mfaId": "m"}}),
        f"POST {C}/u/auth-with-password",
        {"identity": "a", "password": "p", "mfaId": "m"},
    ),
    (
        "otp",
        lambda pb: pb.collection("u").auth_with_otp("o", "123", {"mfaId": "m"}),
        f"POST {C}/u/auth-with-otp?mfaId=m",
        {"otpId": "o", "password": "123"},
    ),
    (
        "oauth2",
        lambda pb: pb.collection("u").auth_with_oauth2_code("oidc", "c", "v", "http://x", {"n": 1}),
        f"POST {C}/u/auth-with-oauth2",
        {"provider": "oidc", "code": "c", "codeVerifier": "v", "redirectURL": "http://x", "createData": {"n": 1}},
    ),
    (
        "oauth2 named",
        lambda pb: pb.collection("u").auth_with_oauth2_code(
            provider="p", code="c", code_verifier="v", redirect_url="r", create_data={}, options={}
        ),
        f"POST {C}/u/auth-with-oauth2",
        {"provider": "p", "code": "c", "codeVerifier": "v", "redirectURL": "r", "createData": {}},
    ),
    ("refresh", lambda pb: pb.collection("u").auth_refresh(), f"POST {C}/u/auth-refresh", None),
    ("request otp", lambda pb: pb.collection("u").request_otp("a@b.c"), f"POST {C}/u/request-otp", {"email": "a@b.c"}),
    (
        "request reset",
        lambda pb: pb.collection("u").request_password_reset("a@b.c"),
        f"POST {C}/u/request-password-reset",
        {"email": "a@b.c"},
    ),
    (
        "confirm reset",
        lambda pb: pb.collection("u").confirm_password_reset("t", "p", "q"),
        f"POST {C}/u/confirm-password-reset",
        {"token": "t", "password": "p", "passwordConfirm": "q"},
    ),
    (
        "request verification",
        lambda pb: pb.collection("u").request_verification(email="a@b.c"),
        f"POST {C}/u/request-verification",
        {"email": "a@b.c"},
    ),
    (
        "confirm verification",
        lambda pb: pb.collection("u").confirm_verification("t"),
        f"POST {C}/u/confirm-verification",
        {"token": "t"},
    ),
    (
        "request change",
        lambda pb: pb.collection("u").request_email_change("n@b.c"),
        f"POST {C}/u/request-email-change",
        {"newEmail": "n@b.c"},
    ),
    (
        "confirm change",
        lambda pb: pb.collection("u").confirm_email_change("t", "p"),
        f"POST {C}/u/confirm-email-change",
        {"token": "t", "password": "p"},
    ),
    (
        "external auths",
        lambda pb: pb.collection("u").list_external_auths("r'1"),
        f"GET {C}/_externalAuths/records?page=1&perPage=200&skipTotal=1&filter=recordRef%20%3D%20%27r%5C%271%27",
        None,
    ),
    (
        "impersonate",
        lambda pb: pb.collection("u").impersonate("r/1", 10).close(),
        f"POST {C}/u/impersonate/r%2F1",
        {"duration": 10},
    ),
    ("file token", lambda pb: pb.files.get_token(), "POST /api/files/token", None),
    ("collections", lambda pb: pb.collections.get_list(), f"GET {C}?page=1&perPage=30", None),
    ("collections full", lambda pb: pb.collections.get_full_list(), f"GET {C}?page=1&perPage=200&skipTotal=1", None),
    ("collection", lambda pb: pb.collections.get_one(id_or_name="a/b"), f"GET {C}/a%2Fb", None),
    ("collection create", lambda pb: pb.collections.create({"name": "x"}), f"POST {C}", {"name": "x"}),
    ("collection update", lambda pb: pb.collections.update("x", {"name": "y"}), f"PATCH {C}/x", {"name": "y"}),
    ("collection delete", lambda pb: pb.collections.delete(id_or_name="x"), f"DELETE {C}/x", None),
    ("truncate", lambda pb: pb.collections.truncate("x"), f"DELETE {C}/x/truncate", None),
    (
        "import",
        lambda pb: pb.collections.import_collections([{"name": "x"}]),
        f"PUT {C}/import",
        {"collections": [{"name": "x"}], "deleteMissing": False},
    ),
    (
        "import all",
        lambda pb: pb.collections.import_collections(collections=[], delete_missing=True, options={}),
        f"PUT {C}/import",
        {"collections": [], "deleteMissing": True},
    ),
    ("scaffolds", lambda pb: pb.collections.get_scaffolds(), f"GET {C}/meta/scaffolds", None),
    ("providers", lambda pb: pb.collections.get_all_oauth2_providers(), f"GET {C}/meta/oauth2-providers", None),
    (
        "dry run",
        lambda pb: pb.collections.dry_run_view_query("select 1"),
        f"POST {C}/meta/dry-run-view",
        {"query": "select 1"},
    ),
    ("logs", lambda pb: pb.logs.get_list(), "GET /api/logs?page=1&perPage=30", None),
    (
        "logs filter",
        lambda pb: pb.logs.get_list(1, 2, {"filter": "level>0", "sort": "-created"}),
        "GET /api/logs?page=1&perPage=2&filter=level%3E0&sort=-created",
        None,
    ),
    ("log", lambda pb: pb.logs.get_one(id="a/b"), "GET /api/logs/a%2Fb", None),
    ("log stats", lambda pb: pb.logs.get_stats({"filter": "x"}), "GET /api/logs/stats?filter=x", None),
    ("logs truncate", lambda pb: pb.logs.truncate(), "DELETE /api/logs", None),
    ("sql", lambda pb: pb.sql.run("select 1"), "POST /api/sql", {"query": "select 1"}),
    ("settings", lambda pb: pb.settings.get_all(), "GET /api/settings", None),
    (
        "settings update",
        lambda pb: pb.settings.update({"meta": {"appName": "x"}}),
        "PATCH /api/settings",
        {"meta": {"appName": "x"}},
    ),
    ("s3", lambda pb: pb.settings.test_s3(), "POST /api/settings/test/s3", {"filesystem": "storage"}),
    (
        "s3 backups",
        lambda pb: pb.settings.test_s3(filesystem="backups", options={}),
        "POST /api/settings/test/s3",
        {"filesystem": "backups"},
    ),
    (
        "mail",
        lambda pb: pb.settings.test_email("users", "a@b.c", "otp", {}),
        "POST /api/settings/test/email",
        {"email": "a@b.c", "template": "otp", "collection": "users"},
    ),
    (
        "mail two",
        lambda pb: pb.settings.test_email("a@b.c", "otp"),
        "POST /api/settings/test/email",
        {"email": "a@b.c", "template": "otp"},
    ),
    (
        "mail named",
        lambda pb: pb.settings.test_email(collection_id_or_name="u", to_email="a@b.c", template="otp", options={}),
        "POST /api/settings/test/email",
        {"email": "a@b.c", "template": "otp", "collection": "u"},
    ),
    (
        "mail old names",
        lambda pb: pb.settings.test_email(email="a@b.c", template="otp"),
        "POST /api/settings/test/email",
        {"email": "a@b.c", "template": "otp"},
    ),
    (
        "mail mixed",
        lambda pb: pb.settings.test_email("a@b.c", template="otp"),
        "POST /api/settings/test/email",
        {"email": "a@b.c", "template": "otp"},
    ),
    (
        "apple",
        lambda pb: pb.settings.generate_apple_client_secret("c", "t", "k", "p", 5),
        "POST /api/settings/apple/generate-client-secret",
        {"clientId": "c", "teamId": "t", "keyId": "k", "privateKey": "p", "duration": 5},
    ),
    ("backups", lambda pb: pb.backups.get_full_list(), "GET /api/backups", None),
    ("backup", lambda pb: pb.backups.create(), "POST /api/backups", {}),
    (
        "backup named",
        lambda pb: pb.backups.create(basename="x.zip", options={}),
        "POST /api/backups",
        {"name": "x.zip"},
    ),
    ("backup name", lambda pb: pb.backups.create(name="x.zip"), "POST /api/backups", {"name": "x.zip"}),
    ("backup delete", lambda pb: pb.backups.delete("x/y.zip"), "DELETE /api/backups/x%2Fy.zip", None),
    ("backup restore", lambda pb: pb.backups.restore("x.zip"), "POST /api/backups/x.zip/restore", None),
    ("crons", lambda pb: pb.crons.get_full_list(), "GET /api/crons", None),
    ("cron", lambda pb: pb.crons.run(job_id="a b"), "POST /api/crons/a%20b", None),
    ("health", lambda pb: pb.health.check(), "GET /api/health", None),
    (
        "batch",
        lambda pb: _batch(pb),
        "POST /api/batch",
        {
            "requests": [
                {"method": "POST", "url": f"{C}/a/records?expand=x", "headers": {"X": "1"}, "body": {"t": 1}},
                {"method": "PATCH", "url": f"{C}/b/records/i%2F1", "body": {"t": 2}},
                {"method": "PUT", "url": f"{C}/a/records", "body": {"id": "1"}},
                {"method": "DELETE", "url": f"{C}/a/records/1"},
            ]
        },
    ),
    ("batch empty", lambda pb: pb.create_batch().send(), "POST /api/batch", {"requests": []}),
    ("jobs", lambda pb: pb.jobs.get_list(), "GET /api/jobs?limit=30&offset=0", None),
    (
        "jobs some",
        lambda pb: pb.jobs.get_list(5, 1, "t", "failed"),
        "GET /api/jobs?limit=5&offset=1&topic=t&status=failed",
        None,
    ),
    ("job", lambda pb: pb.jobs.get_one("a/b"), "GET /api/jobs/a%2Fb", None),
    (
        "enqueue",
        lambda pb: pb.jobs.enqueue("t", {"a": 1}),
        "POST /api/jobs/enqueue",
        {"topic": "t", "payload": {"a": 1}},
    ),
    (
        "enqueue late",
        lambda pb: pb.jobs.enqueue("t", None, run_at="2030-01-01", max_retries=0),
        "POST /api/jobs/enqueue",
        {"topic": "t", "payload": None, "run_at": "2030-01-01", "max_retries": 0},
    ),
    ("requeue", lambda pb: pb.jobs.requeue("j"), "POST /api/jobs/j/requeue", None),
    ("job delete", lambda pb: pb.jobs.delete("j"), "DELETE /api/jobs/j", None),
    ("job stats", lambda pb: pb.jobs.get_stats(), "GET /api/jobs/stats", None),
    (
        "claim",
        lambda pb: pb.jobs.claim(["t"], 2),
        "POST /api/jobs/claim",
        {"topics": ["t"], "limit": 2, "lease_seconds": 60},
    ),
    ("complete", lambda pb: pb.jobs.complete("j", "l"), "POST /api/jobs/j/complete", {"lease": "l"}),
    (
        "fail",
        lambda pb: pb.jobs.fail("j", "l", "no", 5),
        "POST /api/jobs/j/fail",
        {"lease": "l", "error": "no", "retry_in": 5},
    ),
    ("extend", lambda pb: pb.jobs.extend("j", "l", 9), "POST /api/jobs/j/extend", {"lease": "l", "lease_seconds": 9}),
    ("secrets", lambda pb: pb.secrets.get_list(), "GET /api/secrets", None),
    ("secret", lambda pb: pb.secrets.get("a/b"), "GET /api/secrets/a%2Fb", None),
    ("secret create", lambda pb: pb.secrets.create("k", "v"), "POST /api/secrets", {"key": "k", "value": "v"}),
    (
        "secret create all",
        lambda pb: pb.secrets.create("k", "v", "prod", "d"),
        "POST /api/secrets",
        {"key": "k", "value": "v", "env": "prod", "description": "d"},
    ),
    (
        "secret update",
        lambda pb: pb.secrets.update("k", "v", "d"),
        "PUT /api/secrets/k",
        {"value": "v", "description": "d"},
    ),
    ("secret delete", lambda pb: pb.secrets.delete("k"), "DELETE /api/secrets/k", None),
    (
        "track",
        lambda pb: pb.analytics.track_event("view", "/p"),
        "POST /api/analytics/events",
        {"events": [{"event": "view", "path": "/p"}]},
    ),
    (
        "track referrer",
        lambda pb: pb.analytics.track_event("view", "/p", "http://r", {}),
        "POST /api/analytics/events",
        {"events": [{"event": "view", "path": "/p", "referrer": "http://r"}]},
    ),
    (
        "track all",
        lambda pb: pb.analytics.track_event("v", "/p", session_id="s", title="t", perf_ms=3, timestamp=5, plan="pro"),
        "POST /api/analytics/events",
        {
            "events": [
                {
                    "event": "v",
                    "path": "/p",
                    "sessionId": "s",
                    "sid": "s",
                    "title": "t",
                    "perfMs": 3,
                    "perf_ms": 3,
                    "timestamp": 5,
                    "ts": 5,
                    "plan": "pro",
                }
            ]
        },
    ),
    (
        "track several",
        lambda pb: pb.analytics.track_events([{"event": "a", "path": "/"}, {"event": "b", "path": "/", "x": 1}]),
        "POST /api/analytics/events",
        {"events": [{"event": "a", "path": "/"}, {"event": "b", "path": "/", "x": 1}]},
    ),
    ("stats", lambda pb: pb.analytics.get_stats(), "GET /api/analytics/stats?range=7d", None),
    (
        "stats range",
        lambda pb: pb.analytics.get_stats(range="30d", options={}),
        "GET /api/analytics/stats?range=30d",
        None,
    ),
    ("pages", lambda pb: pb.analytics.get_top_pages(), "GET /api/analytics/top-pages?range=7d&limit=10", None),
    (
        "sources",
        lambda pb: pb.analytics.get_top_sources("today", 3),
        "GET /api/analytics/top-sources?range=today&limit=3",
        None,
    ),
    ("devices", lambda pb: pb.analytics.get_devices(), "GET /api/analytics/devices?range=7d", None),
    ("analytics config", lambda pb: pb.analytics.get_config(), "GET /api/analytics/config", None),
    ("raw logs", lambda pb: pb.analytics.get_raw_logs(), "GET /api/analytics/raw-logs", None),
    ("enabled", lambda pb: pb.analytics.is_enabled(), "POST /api/analytics/events", {"events": []}),
    ("spans", lambda pb: pb.traces.list_spans(), "GET /api/_/trace/spans?page=1&limit=20", None),
    (
        "spans slow",
        lambda pb: pb.traces.list_spans(min_duration=5, options={}),
        "GET /api/_/trace/spans?page=1&limit=20&minDuration=5",
        None,
    ),
    (
        "spans all",
        lambda pb: pb.traces.list_spans(
            1,
            page=2,
            per_page=3,
            trace_id="t",
            parent_span_id="p",
            name="n",
            max_duration=9,
            status=["ok", "error"],
            order_by="duration",
        ),
        "GET /api/_/trace/spans?page=2&limit=3&traceId=t&parentSpanId=p&name=n&minDuration=1&maxDuration=9&status=ok%2Cerror&orderBy=duration&orderDir=asc",
        None,
    ),
    ("trace", lambda pb: pb.traces.get_by_trace_id("t"), "GET /api/_/trace/spans/t", None),
    ("span", lambda pb: pb.traces.get_span("t", "s"), "GET /api/_/trace/spans/t/s", None),
    ("trace delete", lambda pb: pb.traces.delete_by_trace_id("t"), "DELETE /api/_/trace/spans/t", None),
    ("dyed", lambda pb: pb.traces.list_dyed_users(), "GET /api/_/trace/dyed-users", None),
    ("dye", lambda pb: pb.traces.add_dyed_user("u"), "POST /api/_/trace/dyed-users", {"userId": "u", "ttl": 3600}),
    (
        "dye why",
        lambda pb: pb.traces.add_dyed_user("u", ttl_seconds=5, reason="r", options={}),
        "POST /api/_/trace/dyed-users",
        {"userId": "u", "ttl": 5, "reason": "r"},
    ),
    (
        "dye positional",
        lambda pb: pb.traces.add_dyed_user("u", 5, "r"),
        "POST /api/_/trace/dyed-users",
        {"userId": "u", "ttl": 5, "reason": "r"},
    ),
    ("undye", lambda pb: pb.traces.remove_dyed_user("u/1"), "DELETE /api/_/trace/dyed-users/u%2F1", None),
    ("dye longer", lambda pb: pb.traces.update_dyed_user_ttl("u", 7), "PUT /api/_/trace/dyed-users/u/ttl", {"ttl": 7}),
]


def _batch(pb: Any) -> Any:
    batch = pb.create_batch()
    batch.collection("a").create({"t": 1}, {"expand": "x", "headers": {"X": "1"}})
    batch.collection("b").update("i/1", {"t": 2})
    batch.collection("a").upsert({"id": "1"})
    batch.collection("a").delete("1")
    return batch.send()


def answer(asked: Asked) -> Answer:
    """Something that every method can read."""
    path = asked.target.partition("?")[0]
    if asked.method == "GET" and path.endswith(("/records", "/api/collections")):
        return Answer(EMPTY_LIST)
    if "auth" in path or "impersonate" in path:
        return Answer(AUTH)
    return Answer(status=204) if asked.method == "DELETE" else Answer({"id": "x"})


@pytest.mark.parametrize(("call", "line", "body"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_request(client: Any, recorder: Recorder, call: Call, line: str, body: Any) -> None:
    recorder.answering = answer
    call(client)
    assert recorder.lines() == [line]
    assert recorder.last.json() == body
    expected = "application/json" if body is not None else None
    assert recorder.last.headers.get("content-type") == expected


def test_first_item(client: Any, recorder: Recorder) -> None:
    recorder.answering = lambda asked: Answer({**EMPTY_LIST, "items": [{"id": "1"}]})
    calls: list[Callable[[], Any]] = [
        lambda: client.collection("a").get_first_list_item("n = 1", {"sort": "n"}),
        lambda: client.collection("a").get_first_list_item(filter="n = 1", options={}, sort="n"),
        lambda: client.collection("a").get_first_list_item(filter_expr="n = 1", sort="n"),
    ]
    for call in calls:
        assert call().id == "1"
        assert recorder.last.line == f"GET {C}/a/records?page=1&perPage=1&filter=n%20%3D%201&skipTotal=1&sort=n"


def test_unlink(client: Any, recorder: Recorder) -> None:
    recorder.answering = lambda asked: (
        Answer(status=204) if asked.method == "DELETE" else Answer({**EMPTY_LIST, "items": [{"id": "e1"}]})
    )
    assert client.collection("u").unlink_external_auth("r1", "go'ogle") is True
    assert "recordRef%20%3D%20%27r1%27%20%26%26%20provider%20%3D%20%27go%5C%27ogle%27" in recorder.asked[0].target
    assert recorder.last.line == f"DELETE {C}/_externalAuths/records/e1"


def test_every_method_is_here() -> None:
    """No public method of a service without a row above, apart from those that other files test."""
    elsewhere = {
        "get_first_list_item",
        "unlink_external_auth",
        "subscribe",
        "unsubscribe",
        "unsubscribe_by_prefix",
        "unsubscribe_by_topic_and_listener",
        "close",
        "auth_with_oauth2",
        "decode",
        "decode_all",
        "download",
        "save",
        "upload",
        "get_url",
        "get_download_url",
        "get_raw_log_download_url",
    }
    text = Path(__file__).read_text(encoding="utf-8")
    pb = PocketBase("http://127.0.0.1:1")
    names = "analytics backups collections crons files health jobs logs realtime secrets settings sql traces"
    services: dict[str, Any] = {name: getattr(pb, name) for name in names.split()}
    services["collection"] = RecordService(pb, "a")
    for name, service in services.items():
        for method, _ in inspect.getmembers(type(service), inspect.isfunction):
            if not method.startswith("_") and method not in elsewhere:
                assert f".{method}(" in text, f"{name}.{method} has no row"


def test_wire_rows() -> None:
    assert len({row[0] for row in CALLS}) == len(CALLS)


def test_results(client: Any, recorder: Recorder) -> None:
    """What says only that it worked returns True."""
    recorder.answering = lambda asked: Answer(status=204)
    users = client.collection("u")
    calls: list[Callable[[], Any]] = [
        lambda: users.delete("1"),
        lambda: users.request_password_reset("a@b.c"),
        lambda: users.confirm_password_reset("t", "p", "p"),
        lambda: users.request_verification("a@b.c"),
        lambda: users.confirm_verification("t"),
        lambda: users.request_email_change("a@b.c"),
        lambda: users.confirm_email_change("t", "p"),
        lambda: client.collections.delete("a"),
        lambda: client.collections.truncate("a"),
        lambda: client.collections.import_collections([]),
        lambda: client.logs.truncate(),
        lambda: client.settings.test_s3(),
        lambda: client.settings.test_email("a@b.c", "otp"),
        lambda: client.backups.create(),
        lambda: client.backups.delete("x.zip"),
        lambda: client.backups.restore("x.zip"),
        lambda: client.crons.run("x"),
        lambda: client.jobs.delete("x"),
        lambda: client.secrets.delete("x"),
        lambda: client.traces.remove_dyed_user("x"),
        lambda: client.traces.delete_by_trace_id("x"),
    ]
    for call in calls:
        sent = len(recorder.asked)
        assert call() is True
        # Nothing reports success without having asked.
        assert len(recorder.asked) == sent + 1
    assert client.files.get_token() == ""


def test_urls(client: Any, recorder: Recorder) -> None:
    """Addresses are made without asking."""
    record = {"id": "r/1", "collectionId": "c 1", "collectionName": "posts"}
    url = recorder.url
    assert client.files.get_url(record, "a b.png") == f"{url}/api/files/c%201/r%2F1/a%20b.png"
    assert (
        client.files.get_url({"id": "1", "collectionName": "posts"}, "a", {"thumb": "1x1"})
        == f"{url}/api/files/posts/1/a?thumb=1x1"
    )
    assert client.files.get_url(record, "a", thumb="1x1", download=True).endswith("/a?thumb=1x1&download=1")
    assert client.files.get_url(record, "a", {"download": False, "token": "t"}).endswith("/a?token=t")
    assert client.files.get_url(record, "a", download=None, options={}).endswith("/a")
    for broken, name in (({}, "a"), (record, ""), ({"id": "1"}, "a"), ({"collectionId": "c"}, "a")):
        assert client.files.get_url(broken, name) == ""
    token = "aa.bb.cc"
    backups = client.backups
    assert backups.get_download_url(token, "b.zip") == f"{url}/api/backups/b.zip?token={token}"
    assert backups.get_download_url("b.zip", token) == f"{url}/api/backups/b.zip?token={token}"
    assert backups.get_download_url("b.zip", token=token) == f"{url}/api/backups/b.zip?token={token}"
    assert backups.get_download_url("b.zip") == f"{url}/api/backups/b.zip"
    assert backups.get_download_url(key="b.zip", token="t") == f"{url}/api/backups/b.zip?token=t"
    with pytest.raises(TypeError):
        backups.get_download_url()
    assert client.analytics.get_raw_log_download_url("2026-01-31") == f"{url}/api/analytics/raw-logs/2026-01-31"
    assert client.build_url("/api/x") == client.build_url("api/x") == f"{url}/api/x"
    assert recorder.asked == []


def test_enabled(client: Any, recorder: Recorder) -> None:
    for status, expected in ((200, True), (202, True), (400, True), (404, False), (403, False), (500, False)):
        recorder.answering = lambda asked, status=status: Answer({}, status)  # type: ignore[misc]
        assert client.analytics.is_enabled() is expected
