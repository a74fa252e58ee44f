"""An OAuth2 provider of the tests: answers codes and describes people as told, or misbehaves."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """What the provider was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body, keep_blank_values=True).items()}


@dataclass
class Answer:
    """`body` is sent as JSON unless it is bytes."""

    body: Any = None
    status: int = 200
    content_type: str = JSON
    delay: float = 0.0

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Grant:
    """What becomes of one code: the answers of the three addresses, and of further ones by path."""

    token: Answer
    user: Answer = field(default_factory=lambda: Answer({}))
    emails: Answer = field(default_factory=lambda: Answer({}, 404))
    # Refuse credentials that come in a header.
    wants_form: bool = False


class FakeProvider:
    """Listens on a free port of this machine. A code's token is the code itself. Use as a context manager."""

    def __init__(self) -> None:
        self.grants: dict[str, Grant] = {}
        self.files: dict[str, Answer] = {}
        self.requests: list[Request] = []
        self._stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(length).decode())
                outer.requests.append(request)
                answer = outer._answer(request)
                outer._stopping.wait(answer.delay)
                with contextlib.suppress(OSError):
                    self._send(answer)

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                if answer.status in (302, 307) and isinstance(answer.body, str):
                    self.send_header("Location", answer.body)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.raw)))
                self.end_headers()
                self.wfile.write(answer.raw)

            do_POST = do_GET

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def knows(self, code: str, user: Any = None, *, token: dict[str, Any] | None = None, **more: Any) -> str:
        """Makes a code good for a person, and answers it. `token` adds to the token's answer."""
        body = {"access_token": code, "refresh_token": "refresh", "token_type": "Bearer", "expires_in": 3600}
        self.grants[code] = Grant(Answer({**body, **(token or {})}), Answer(user), **more)
        return code

    def asked(self, code: str) -> list[Request]:
        """The requests that concern a code."""
        return [r for r in self.requests if code in r.headers.get("authorization", "") or r.form.get("code") == code]

    def settings(self, name: str = "oidc", **more: Any) -> dict[str, Any]:
        """A provider of a collection that has all its addresses here."""
        return {
            "name": name,
            "clientId": "client",
            "clientSecret": "secret",
            "authURL": f"{self.url}/authorize",
            "tokenURL": f"{self.url}/token",
            "userInfoURL": f"{self.url}/user",
            **more,
        }

    def _answer(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        if parts.path in self.files:
            return self.files[parts.path]
        if parts.path == "/authorize":
            # Consent is given at once; the code is the one that the test wrote into the client id.
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            back = urlencode({"state": query["state"], "code": query.get("login_hint", "unknown")})
            return Answer(f"{query['redirect_uri']}?{back}", 307)
        if parts.path == "/token":
            grant = self.grants.get(request.form.get("code", ""))
            if grant is None or (grant.wants_form and "authorization" in request.headers):
                return Answer({"error": "invalid_grant"}, 400)
            return grant.token
        grant = self.grants.get(request.headers.get("authorization", "").split(" ")[-1])
        if grant is None:
            return Answer({"error": "invalid_token"}, 401)
        return grant.emails if parts.path.endswith("/emails") else grant.user


def person(number: int | str, **more: Any) -> dict[str, Any]:
    """The description of a person as an OpenID Connect provider has it."""
    return {
        "sub": f"sub-{number}",
        "email": f"person{number}@example.com",
        "email_verified": True,
        "name": f"Person {number}",
        "preferred_username": f"person{number}",
        **more,
    }


def wait_until(condition: Any, seconds: float = 5) -> bool:
    """Waits until the condition holds; tells whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
