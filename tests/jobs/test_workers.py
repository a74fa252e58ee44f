"""What workers may rely on: one worker a job, ended leases, jobs that outlive the server."""

from __future__ import annotations

import threading
from collections import Counter
from http.client import HTTPException
from pathlib import Path
from typing import Any

from harness import http
from harness.server import Server
from jobs.conftest import with_flags
from jobs.worker import claim, claim_one, end, enqueue, get, topic, until

WORKERS = 6
JOBS = 120


def test_no_job_goes_to_two_workers(server: Server) -> None:
    name = topic()
    for number in range(JOBS):
        enqueue(server, name, number)
    token = server.super_token()
    done: list[int] = []

    def work() -> None:
        while True:
            body = {"topics": [name], "limit": 3}
            jobs = http.send_json(server.port, "POST", "/api/jobs/claim", body, token=token).json()["items"]
            if not jobs:
                return
            for job in jobs:
                done.append(job["payload"])
                url = f"/api/jobs/{job['id']}/complete"
                http.send_json(server.port, "POST", url, {"lease": job["lease"]}, token=token)

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(JOBS))
    assert server.admin("GET", f"/api/jobs?topic={name}&status=completed")["total"] == JOBS


def test_an_ended_lease_gives_the_job_to_the_next_worker(server: Server) -> None:
    name = topic()
    enqueue(server, name, max_retries=1)
    first = claim_one(server, name, lease_seconds=1)
    second = claim_one(server, name, lease_seconds=1)
    assert (second["id"], second["retries"]) == (first["id"], 1)
    assert "lease" in second["last_error"]
    end(server, first, "complete", 409)
    # Whoever only looks sees the end, too.
    until(lambda: get(server, second)["status"] == "failed")
    end(server, second, "complete", 409)
    assert claim(server, name) == []


class Sender(threading.Thread):
    """Queues jobs and works on others until the server is gone; remembers what was acknowledged."""

    def __init__(self, server: Server, number: int) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.number = server.port, server.super_token(), number
        self.queued: list[str] = []
        self.completed: list[str] = []

    def run(self) -> None:
        try:
            while True:
                body: dict[str, object] = {"topic": "kill", "payload": [self.number, len(self.queued)]}
                self.queued.append(self._post("enqueue", body)["id"])
                if len(self.queued) % 2:
                    continue
                for job in self._post("claim", {"topics": ["kill"], "lease_seconds": 1})["items"]:
                    self._post(f"{job['id']}/complete", {"lease": job["lease"]})
                    self.completed.append(job["id"])
        except (OSError, HTTPException):
            return

    def _post(self, path: str, body: dict[str, object]) -> Any:
        answer = http.send_json(self.port, "POST", f"/api/jobs/{path}", body, token=self.token, timeout=20)
        assert answer.status == 200, answer.text
        return answer.json()


def _wait_for(senders: list[Sender], wanted: int) -> None:
    until(lambda: sum(len(sender.queued) for sender in senders) >= wanted)


def test_a_killed_server_loses_no_job(tmp_path: Path) -> None:
    server = with_flags(tmp_path)
    queued: set[str] = set()
    completed: list[str] = []
    for wanted in (20, 90, 250):
        server.start()
        senders = [Sender(server, number) for number in range(4)]
        for sender in senders:
            sender.start()
        _wait_for(senders, wanted)
        server.kill()
        for sender in senders:
            sender.join()
            queued |= set(sender.queued)
            completed += sender.completed
    server.start()
    kept: dict[str, str] = {}
    offset = 0
    while page := server.admin("GET", f"/api/jobs?limit=200&offset={offset}")["items"]:
        kept |= {job["id"]: job["status"] for job in page}
        offset += len(page)
    assert queued <= set(kept), f"lost: {sorted(queued - set(kept))[:5]}"
    assert {kept[job] for job in completed} == {"completed"}
    assert max(Counter(completed).values()) == 1
    # What is left is done in the end.
    while page := claim(server, "kill", limit=100):
        for job in page:
            end(server, job, "complete")
    stats = until(lambda: (found := server.admin("GET", "/api/jobs/stats"))["processing"] == 0 and found)
    while stats["pending"]:
        for job in claim(server, "kill", limit=100):
            end(server, job, "complete")
        stats = server.admin("GET", "/api/jobs/stats")
    assert (stats["completed"], stats["failed"]) == (len(kept), 0)
    server.stop()
