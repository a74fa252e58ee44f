"""A scripted session on one server, and the comparison of two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from differential.redact import Redactor, differences, mask, parse
from harness.http import Response
from harness.server import Server
from oauth2.provider import FakeProvider

PASSWORD = "password123"
EXTERNAL = "/api/collections/_externalAuths/records"


class Session:
    """What a script does and sees; `transcript` is what is compared."""

    def __init__(self, server: Server, provider: FakeProvider, prefix: str) -> None:
        self.server = server
        self.provider = provider
        self.prefix = prefix
        """Names of collections, codes and people of this script begin with it: it shares all with others."""
        self.transcript: list[Any] = []
        self._redactor = Redactor(server.port)

    @property
    def people(self) -> str:
        return f"{self.prefix}_people"

    # Set-up: fails the test unless it succeeds.

    def collection(self, oauth2: dict[str, Any] | None = None, **options: Any) -> None:
        """An auth collection with the provider, open to everybody."""
        rules = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule"), "")
        body = {
            "name": self.people,
            "type": "auth",
            **rules,
            "authAlert": {"enabled": False},
            "oauth2": {"enabled": True, "providers": [self.provider.settings()], **(oauth2 or {})},
            **options,
        }
        self.server.admin("POST", "/api/collections", body)

    def change(self, **options: Any) -> None:
        self.server.admin("PATCH", f"/api/collections/{self.people}", options)

    def account(self, email: str, **fields: Any) -> str:
        """Makes an account and answers its id."""
        body = {"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD, **fields}
        return str(self.server.admin("POST", f"/api/collections/{self.people}/records", body)["id"])

    def token(self, email: str) -> str:
        return self.server.login(self.people, email, PASSWORD)

    # Script: what happens is written down.

    def note(self, *what: Any) -> None:
        self.transcript.append(self._redactor.json(list(what)))

    def sign_in(self, code: str, *, token: str = "", status: int | None = None, query: str = "", **form: Any) -> Any:
        """Signs in with a code; `status` is what PocketBase answers, so that no script passes by failing."""
        body = {"provider": "oidc", "code": code, "codeVerifier": "verifier", "redirectURL": "http://app/back", **form}
        url = f"/api/collections/{self.people}/auth-with-oauth2{query}"
        return self.call("POST", url, body, token=token, status=200 if status is None else status)

    def call(self, method: str, url: str, payload: Any = None, *, token: str = "", status: int = 200) -> Any:
        answer = self.server.request(method, url, payload, token=token)
        self.note(f"{method} {url}", answer.status, self._shape(answer))
        if self.server.product.name == "pocketbase":
            assert answer.status == status, f"PocketBase: {method} {url}: {answer.status} {answer.text[:500]}"
        return answer.json() if answer.body else None

    def look(self, title: str, record: str) -> dict[str, Any]:
        """Writes down an account and its identities."""
        found = dict(self.server.admin("GET", f"/api/collections/{self.people}/records/{record}"))
        self.note(title, found, self.identities(record))
        return found

    def identities(self, record: str) -> list[tuple[str, str]]:
        rows = self.server.admin("GET", f"{EXTERNAL}?perPage=100&filter=recordRef='{record}'")["items"]
        return sorted((row["provider"], row["providerId"]) for row in rows)

    def count(self) -> int:
        return int(self.server.admin("GET", f"/api/collections/{self.people}/records")["totalItems"])

    def password_works(self, email: str) -> bool:
        body = {"identity": email, "password": PASSWORD}
        answer = self.server.request("POST", f"/api/collections/{self.people}/auth-with-password", body)
        self.note("password", email, answer.status)
        return answer.status == 200

    def token_works(self, token: str) -> bool:
        answer = self.server.request("POST", f"/api/collections/{self.people}/auth-refresh", token=token)
        self.note("token", answer.status)
        return answer.status == 200

    def _shape(self, answer: Response) -> Any:
        if not answer.body:
            return None
        return mask(parse(answer.body), ["meta.expiry", "meta.rawUser.exp", "meta.rawUser.iat"])


Script = Callable[[Session], None]


def compare(servers: tuple[Server, Server], provider: FakeProvider, prefix: str, script: Script) -> None:
    """Runs a script on PocketBase and on Ketch; fails where their transcripts differ."""
    transcripts = []
    for server in servers:
        session = Session(server, provider, prefix)
        script(session)
        transcripts.append(session.transcript)
    found = list(differences(*transcripts))
    assert not found, "PocketBase | Ketch\n" + "\n".join(found)
