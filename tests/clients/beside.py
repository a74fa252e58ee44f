"""What stands beside the server for the tests in other languages: they reach it over HTTP."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from mail.smtp import Mail, SmtpServer
from oauth2.provider import FakeProvider, person

_WAIT_S = 10
_POLL_S = 0.02


class Beside:
    """The mails that the server sent, and an OAuth2 provider. Use as a context manager.

    `GET /mail?to=ADDRESS` takes the oldest mail to an address, waiting for it.
    `GET /provider` tells how a collection names the provider.
    `GET /consent?code=CODE&person=NAME` makes a code good for a person.
    """

    def __init__(self, smtp: SmtpServer, provider: FakeProvider) -> None:
        self._smtp = smtp
        self.provider = provider
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, answer = outer._answer(parts.path, query)
                body = json.dumps(answer).encode()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        match path:
            case "/mail":
                mail = self.mail(query["to"])
                return (200, _shape(mail)) if mail else (404, {"message": f"no mail to {query['to']} in {_WAIT_S} s"})
            case "/provider":
                return 200, self.provider.settings()
            case "/consent":
                self.consent(query["code"], query["person"])
                return 200, {}
            case _:
                return 404, {"message": f"nothing at {path}"}

    def consent(self, code: str, name: str) -> str:
        """Makes a code good for a person, whose address is `person<name>@example.com`."""
        return self.provider.knows(code, person(name))

    def mail(self, address: str) -> Mail | None:
        """Takes the oldest mail to an address, waiting for it."""
        deadline = time.monotonic() + _WAIT_S
        while time.monotonic() < deadline:
            for mail in list(self._smtp.mails):
                if address in mail.recipients:
                    self._smtp.mails.remove(mail)
                    return mail
            time.sleep(_POLL_S)
        return None


def _shape(mail: Mail) -> dict[str, str]:
    html = mail.part("html")
    token = re.search(r"/_/#/auth/[a-z-]+/([\w.-]+)", html)
    code = re.search(r"<strong>(\d+)</strong>", html)
    return {
        "subject": mail.subject,
        "html": html,
        "token": token.group(1) if token else "",
        "code": code.group(1) if code else "",
    }
