"""Each route: who may, what it answers, what it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness.server import Server
from jobs.conftest import Callers, with_flags
from jobs.worker import claim, claim_one, end, enqueue, get, topic

DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z")
UUID_7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
KEYS = [
    *("id", "topic", "payload", "status", "run_at", "locked_until", "retries", "max_retries", "last_error"),
    *("created", "updated"),
]
MISSING = "0198c5f0-0000-7000-8000-000000000000"

ROUTES = [
    ("GET", "/api/jobs"),
    ("GET", f"/api/jobs/{MISSING}"),
    ("GET", "/api/jobs/stats"),
    ("POST", "/api/jobs/enqueue"),
    ("POST", "/api/jobs/claim"),
    ("POST", f"/api/jobs/{MISSING}/requeue"),
    ("POST", f"/api/jobs/{MISSING}/complete"),
    ("POST", f"/api/jobs/{MISSING}/fail"),
    ("POST", f"/api/jobs/{MISSING}/extend"),
    ("DELETE", f"/api/jobs/{MISSING}"),
]


@pytest.mark.parametrize(("method", "url"), ROUTES)
@pytest.mark.parametrize(("who", "status"), [("guest", 401), ("user", 403)])
def test_superusers_only(everybody: Callers, method: str, url: str, who: str, status: int) -> None:
    answer = everybody.ask(who, method, url, {"topic": "a", "lease": "a"} if method == "POST" else None)
    assert (answer.status, answer.json()["status"]) == (status, status)


# method, url, body, status, the field that is at fault
REFUSED: list[tuple[str, str, Any, int, str]] = [
    ("POST", "/api/jobs/enqueue", {}, 400, "topic"),
    ("POST", "/api/jobs/enqueue", {"topic": ""}, 400, "topic"),
    ("POST", "/api/jobs/enqueue", {"topic": "a\nb"}, 400, "topic"),
    ("POST", "/api/jobs/enqueue", {"topic": "a" * 256}, 400, "topic"),
    ("POST", "/api/jobs/enqueue", {"topic": 7}, 400, ""),
    ("POST", "/api/jobs/enqueue", {"topic": "a", "payload": "x" * (1 << 20)}, 400, "payload"),
    ("POST", "/api/jobs/enqueue", {"topic": "a", "run_at": "soon"}, 400, "run_at"),
    ("POST", "/api/jobs/enqueue", {"topic": "a", "run_at": 5}, 400, ""),
    ("POST", "/api/jobs/enqueue", {"topic": "a", "max_retries": -1}, 400, "max_retries"),
    ("POST", "/api/jobs/enqueue", {"topic": "a", "max_retries": 101}, 400, "max_retries"),
    ("POST", "/api/jobs/enqueue", {"topic": "a", "max_retries": "x"}, 400, "max_retries"),
    ("POST", "/api/jobs/enqueue", {"topic": "a", "max_retries": 1.5}, 400, "max_retries"),
    ("POST", "/api/jobs/enqueue", ["a"], 400, ""),
    ("POST", "/api/jobs/claim", {"topics": "a"}, 400, "topics"),
    ("POST", "/api/jobs/claim", {"topics": [1]}, 400, "topics"),
    ("POST", "/api/jobs/claim", {"topics": ["a"] * 51}, 400, "topics"),
    ("POST", "/api/jobs/claim", {"limit": 0}, 400, "limit"),
    ("POST", "/api/jobs/claim", {"limit": 101}, 400, "limit"),
    ("POST", "/api/jobs/claim", {"lease_seconds": 0}, 400, "lease_seconds"),
    ("POST", "/api/jobs/claim", {"lease_seconds": 9e18}, 400, "lease_seconds"),
    ("POST", f"/api/jobs/{MISSING}/complete", {}, 400, "lease"),
    ("POST", f"/api/jobs/{MISSING}/complete", {"lease": "x"}, 404, ""),
    ("POST", f"/api/jobs/{MISSING}/fail", {"error": "x"}, 400, "lease"),
    ("POST", f"/api/jobs/{MISSING}/fail", {"lease": "x", "retry_in": -1}, 400, "retry_in"),
    ("POST", f"/api/jobs/{MISSING}/fail", {"lease": "x", "error": {}}, 400, ""),
    ("POST", f"/api/jobs/{MISSING}/fail", {"lease": "x"}, 404, ""),
    ("POST", f"/api/jobs/{MISSING}/extend", {"lease": "x", "lease_seconds": 0}, 400, "lease_seconds"),
    ("POST", f"/api/jobs/{MISSING}/extend", {"lease": "x"}, 404, ""),
    ("POST", f"/api/jobs/{MISSING}/requeue", None, 404, ""),
    ("DELETE", f"/api/jobs/{MISSING}", None, 404, ""),
    ("GET", f"/api/jobs/{MISSING}", None, 404, ""),
    ("GET", "/api/jobs/%00'\"", None, 404, ""),
    ("GET", "/api/jobs?limit=x", None, 400, ""),
    ("GET", "/api/jobs?offset=1.5", None, 400, ""),
    ("GET", "/api/jobs?status=done", None, 400, ""),
]


@pytest.mark.parametrize(("method", "url", "body", "status", "field"), REFUSED)
def test_what_is_wrong_is_said(
    everybody: Callers, method: str, url: str, body: object, status: int, field: str
) -> None:
    answer = everybody.ask("root", method, url, body)
    assert answer.status == status, answer.text
    assert list(answer.json()["data"]) == ([field] if field else [])
    assert answer.json()["message"]


def test_a_job_from_its_queueing_to_its_end(server: Server) -> None:
    name = topic()
    queued = enqueue(server, name, {"to": ["ä", None, 1.5]})
    assert list(queued) == KEYS
    assert UUID_7.fullmatch(queued["id"])
    assert (queued["payload"], queued["status"], queued["locked_until"]) == ({"to": ["ä", None, 1.5]}, "pending", None)
    assert (queued["retries"], queued["max_retries"], queued["last_error"]) == (0, 3, "")
    assert all(DATE.fullmatch(queued[key]) for key in ("run_at", "created", "updated"))
    assert get(server, queued) == queued
    claimed = claim_one(server, name)
    assert list(claimed) == [*KEYS, "lease"]
    assert (claimed["id"], claimed["status"], claimed["payload"]) == (queued["id"], "processing", queued["payload"])
    assert claimed["locked_until"] > claimed["updated"]
    assert "lease" not in get(server, queued)
    assert claim(server, name) == []
    longer = end(server, claimed, "extend", lease_seconds=3600)
    assert longer["locked_until"] > claimed["locked_until"]
    assert longer["lease"] == claimed["lease"]
    # A worker whose answer got lost says it again.
    for _ in range(2):
        done = end(server, claimed, "complete")
        assert (done["status"], done["locked_until"]) == ("completed", None)
    end(server, claimed, "fail", 409)
    end(server, claimed, "extend", 409)
    server.admin("DELETE", f"/api/jobs/{queued['id']}", status=400)
    server.admin("POST", f"/api/jobs/{queued['id']}/requeue", status=400)


def test_a_failed_job_is_tried_again_until_it_has_failed(server: Server) -> None:
    name = topic()
    queued = enqueue(server, name, max_retries=1)
    first = claim_one(server, name)
    for wrong in ("", "x", first["id"]):
        answer = server.request("POST", f"/api/jobs/{first['id']}/fail", {"lease": wrong}, token=server.super_token())
        assert answer.status == (409 if wrong else 400)
    waiting = end(server, first, "fail", error="no luck", retry_in=0)
    assert (waiting["status"], waiting["retries"], waiting["last_error"]) == ("pending", 1, "no luck")
    end(server, first, "complete", 409)
    second = claim_one(server, name)
    assert (second["id"], second["retries"]) == (queued["id"], 1)
    assert second["lease"] != first["lease"]
    server.admin("DELETE", f"/api/jobs/{queued['id']}", status=400)
    failed = end(server, second, "fail", error="x" * 10_000)
    assert (failed["status"], failed["last_error"]) == ("failed", "x" * 8_000)
    assert claim(server, name) == []
    again = server.admin("POST", f"/api/jobs/{queued['id']}/requeue")
    assert (again["status"], again["retries"], again["last_error"]) == ("pending", 0, "")
    server.admin("POST", f"/api/jobs/{queued['id']}/requeue", status=400)
    assert server.admin("DELETE", f"/api/jobs/{queued['id']}", status=200) == {"ok": True}
    server.admin("GET", f"/api/jobs/{queued['id']}", status=404)


def test_a_retry_waits(server: Server) -> None:
    name = topic()
    enqueue(server, name)
    waiting = end(server, claim_one(server, name), "fail", error="later")
    assert waiting["run_at"] > waiting["updated"]
    assert claim(server, name) == []


def test_jobs_of_later_wait_and_jobs_of_longer_ago_go_first(server: Server) -> None:
    name = topic()
    enqueue(server, name, "later", run_at="2999-01-01 00:00:00Z")
    enqueue(server, name, "now")
    enqueue(server, name, "before", run_at="2020-01-01T00:00:00+01:00")
    claimed = claim(server, name, limit=10)
    assert [job["payload"] for job in claimed] == ["before", "now"]
    assert claimed[0]["run_at"] == "2019-12-31 23:00:00.000Z"


def test_lists_page_and_filter(server: Server) -> None:
    name = topic()
    for number in range(5):
        enqueue(server, name, number)
    end(server, claim_one(server, name), "complete")
    page = server.admin("GET", f"/api/jobs?topic={name}&limit=2&offset=1")
    assert [job["payload"] for job in page["items"]] == [3, 2]
    assert (page["total"], page["limit"], page["offset"]) == (5, 2, 1)
    page = server.admin("GET", f"/api/jobs?topic={name}&status=pending&fields=items.payload,total")
    assert page == {"items": [{"payload": number} for number in (4, 3, 2, 1)], "total": 4}
    assert server.admin("GET", f"/api/jobs?topic={name}&status=running")["total"] == 0
    # Without a limit, or with one that is none, 20; never more than 200.
    answered = [server.admin("GET", f"/api/jobs{query}") for query in ("", "?limit=-3&offset=-1", "?limit=9999")]
    assert [(page["limit"], page["offset"]) for page in answered] == [(20, 0), (20, 0), (200, 0)]


def test_stats_and_the_topics_of_the_operator(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("topics")
    with with_flags(home, "--jobTopics=mail, sms", "--jobRetention=0") as server:
        refused = server.admin("POST", "/api/jobs/enqueue", {"topic": "fax"}, status=400)
        assert "mail, sms" in refused["data"]["topic"]["message"]
        for name in ("mail", "sms", "mail", "sms"):
            enqueue(server, name, max_retries=0)
        end(server, claim_one(server, "sms"), "complete")
        end(server, claim_one(server, "sms"), "fail")
        claim_one(server, "mail")
        assert server.admin("GET", "/api/jobs/stats") == {
            **{"pending": 1, "running": 1, "processing": 1, "completed": 1, "failed": 1, "total": 4},
            "success_rate": 0.5,
        }
        server.stop()
        # Completed jobs are kept for no day: they are gone after the next start. Failed ones stay.
        server.start()
        end_of = server.admin("GET", "/api/jobs?status=failed")
        assert end_of["total"] == 1


def test_another_app_has_a_queue_of_its_own(server: Server) -> None:
    name = topic()
    enqueue(server, name)
    made = server.product.run("app", "create", "Other", "--json", data_dir=server.data_dir)
    app = re.search(r'"id": "([^"]+)"', made.stdout)
    assert app, made.stderr
    answer = server.request("GET", f"/apps/{app[1]}/api/jobs", token=server.super_token())
    assert answer.status == 401
