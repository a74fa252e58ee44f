"""A pair of servers with the same seed, and the runner that compares their answers row by row."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from differential.model import UNSET, Group, R, Table
from differential.redact import Redactor, differences, mask, parse
from harness import http
from harness.server import Product, Server, ketch, pocketbase

COMPARED_HEADERS = (
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-range",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "strict-transport-security",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
)


def products() -> tuple[Product, Product]:
    """The oracle and the server under test; `DIFF_SELF=1` compares the oracle with itself."""
    oracle = pocketbase()
    return oracle, oracle if os.environ.get("DIFF_SELF") == "1" else ketch()


@dataclass
class Side:
    """One of the two servers and what rows have saved from its answers."""

    server: Server
    tokens: dict[str, str] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)

    def fill(self, value: Any) -> Any:
        """Puts saved values into `{name}` places."""
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda m: self.saved.get(m.group(1), m.group(0)), value)
        if isinstance(value, list | tuple):
            return type(value)(self.fill(item) for item in value)
        if isinstance(value, Mapping):
            return {self.fill(k): self.fill(v) for k, v in value.items()}
        return value

    def send(self, row: R) -> http.Response:
        headers: dict[str, str] = {}
        body = row.body
        if row.json is not UNSET:
            headers["Content-Type"] = "application/json"
            body = json.dumps(self.fill(row.json), ensure_ascii=False).encode()
        elif row.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = http.encode_form(self.fill(list(row.form)))
        elif row.parts is not None:
            body, headers["Content-Type"] = http.encode_multipart(self.fill(list(row.parts)))
        if row.auth:
            headers["Authorization"] = self.tokens.get(row.auth) or self.fill(row.auth)
        headers.update(self.fill(row.headers or {}))
        url = self.fill(http.with_query(row.url, self.fill(row.q)))
        try:
            answer = http.send(self.server.port, row.method, url, headers=headers, body=body, chunked=row.chunked)
        except (OSError, HTTPException) as error:
            answer = self._no_answer(error)
        self._save(row, answer)
        return answer

    def _no_answer(self, error: Exception) -> http.Response:
        """Stands for an answer that never came, as status 0. A dead server is started again for the rows to come."""
        text = f"no answer: {type(error).__name__}: {error}"
        if self.server.process is None or self.server.process.poll() is not None:
            text += f"; the process ended:\n{self.server.log_text()[-2000:]}"
            self.server.kill()
            self.server.start()
        return http.Response(0, [], text.encode())

    def _save(self, row: R, answer: http.Response) -> None:
        for name, path in (row.save or {}).items():
            try:
                value = answer.json()
                for key in path.split("."):
                    value = value[int(key)] if isinstance(value, list) else value[key]
            except (ValueError, LookupError, TypeError):
                value = f"no-{name}-in-answer"
            self.saved[name] = value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class Outcome:
    """What one row showed: how the answers differ, and where PocketBase departs from the row's expectation."""

    row: R
    differences: list[str]
    unexpected: list[str]
    oracle: http.Response


class Pair:
    """The two servers of a table. `seed_report` lists seed requests that were answered differently."""

    def __init__(self, table: Table, templates: tuple[Path, Path], home: Path) -> None:
        self.table = table
        self.home = home
        self.seed_report: list[str] = []
        self._sides: list[Side] = []
        try:
            for name, product, template in zip(("oracle", "subject"), products(), templates, strict=True):
                server = Server(product, home / name)
                shutil.copytree(template, server.data_dir)
                self._write_public(server.public_dir)
                server.start()
                self._sides.append(Side(server))
            self._seed()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for side in self._sides:
            side.server.kill()

    def _write_public(self, folder: Path) -> None:
        for name, content in self.table.public.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def _seed(self) -> None:
        for side in self._sides:
            side.tokens["super"] = side.server.super_token()
        redactors = self._redactors()
        for row in self._seed_rows():
            outcome = self._compare(row, redactors)
            if outcome.unexpected:
                raise RuntimeError(f"seed {row.name}: {outcome.unexpected} {outcome.oracle.text}")
            self.seed_report += [f"{row.name}: {line}" for line in outcome.differences]
        for name, user in self.table.users.items():
            for side in self._sides:
                try:
                    side.tokens[name] = side.server.login(user.collection, user.identity, user.password)
                except RuntimeError as error:
                    if side is self._sides[0]:
                        raise
                    self.seed_report.append(str(error))
                    side.tokens[name] = "no-token"
        for side in self._sides:
            side.saved.update({f"token_{name}": token for name, token in side.tokens.items()})

    def _seed_rows(self) -> Iterator[R]:
        for collection in self.table.collections:
            yield R(f"collection {collection['name']}", "POST", "/api/collections", auth="super", json=collection)
        for name, rows in self.table.records.items():
            for record in rows:
                title = f"record {name}/{record.get('id', '?')}"
                yield R(title, "POST", f"/api/collections/{name}/records", auth="super", json=record)
        yield from self.table.seed

    def _redactors(self) -> list[Redactor]:
        return [Redactor(side.server.port) for side in self._sides]

    def run(self, group: Group) -> list[Outcome]:
        redactors = self._redactors()
        return [self._compare(row, redactors) for row in group.rows]

    def _compare(self, row: R, redactors: list[Redactor]) -> Outcome:
        answers = [side.send(row) for side in self._sides]
        shapes = [_shape(row, answer, redactor) for answer, redactor in zip(answers, redactors, strict=True)]
        found = list(differences(*shapes, ordered=row.ordered))
        return Outcome(row, found, _unexpected(row, answers[0]), answers[0])


def _shape(row: R, answer: http.Response, redactor: Redactor) -> dict[str, Any]:
    """The comparable form of an answer."""
    headers = {name: redactor.text(value) for name in COMPARED_HEADERS if (value := answer.header(name)) is not None}
    body: Any = None
    if row.compare_body and not 300 <= answer.status < 400:
        if (answer.header("content-type") or "").startswith("application/json") and answer.body:
            try:
                body = mask(redactor.json(parse(answer.body)), row.redact)
            except ValueError:
                body = redactor.text(answer.text)
        else:
            body = redactor.text(answer.body.decode("utf-8", "backslashreplace"))
    return {"status": answer.status, "headers": headers, "body": body}


def _unexpected(row: R, answer: http.Response) -> list[str]:
    out = []
    if answer.status != row.status:
        out.append(f"status: PocketBase answers {answer.status}, the row says {row.status}")
    elif row.ids is not None and answer.status == 200:
        listed = [item.get("id") for item in answer.json().get("items", [])]
        if listed != list(row.ids):
            out.append(f"ids: PocketBase lists {listed}, the row says {list(row.ids)}")
    return out
