"""Providers that refuse, lie or do not answer. Nothing half-made may stay behind."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

from harness.server import Server
from oauth2.conftest import Compare
from oauth2.provider import FORM, Answer, FakeProvider, Grant, person
from oauth2.session import Session

_TOKEN = {"access_token": "", "token_type": "Bearer", "expires_in": 3600}
_TIMEOUT_S = 12
_PARALLEL = 8


def test_answers_to_the_code(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection()
        code = f"{s.prefix}-code"
        token = {**_TOKEN, "access_token": code}
        cases: list[tuple[str, Answer, int]] = [
            ("refused", Answer({"error": "invalid_grant"}, 400), 400),
            ("broken", Answer({"error": "oops"}, 500), 400),
            ("an error that looks like success", Answer({"error": "bad", "error_description": "no"}), 400),
            ("an error beside a token", Answer({**token, "error": "bad"}), 400),
            ("no JSON", Answer(b"<html>"), 400),
            ("a list", Answer([token]), 400),
            ("empty", Answer(b""), 400),
            ("no token", Answer({}), 400),
            ("an empty token", Answer({"access_token": ""}), 400),
            ("a token that is a number", Answer({"access_token": 5}), 400),
            ("an end that is no number", Answer({**token, "expires_in": "soon"}), 400),
            ("an end with a fraction", Answer({**token, "expires_in": 1.5}), 400),
            ("a token that has ended", Answer({**token, "expires_in": -5}), 400),
            ("an end in a text", Answer({**token, "expires_in": "3600"}), 200),
            ("no end", Answer({"access_token": code}), 200),
            ("a null end", Answer({**token, "expires_in": None, "refresh_token": None}), 200),
            ("201", Answer(token, 201), 200),
            ("a form", Answer(f"access_token={code}&token_type=bearer&expires_in=60".encode(), content_type=FORM), 200),
            ("a form as text", Answer(f"access_token={code}".encode(), content_type="text/plain"), 200),
        ]
        for title, answer, status in cases:
            s.provider.grants[code] = Grant(answer, Answer(person(s.prefix)))
            s.note(title)
            before = len(s.provider.asked(code))
            s.sign_in(code, status=status)
            # Nobody signed in to nothing: a failure leaves no account.
            s.note("accounts", s.count(), [request.path for request in s.provider.asked(code)[before:]])
        s.sign_in(f"{s.prefix}-wrong", status=400)
        s.provider.knows(code, person(s.prefix), wants_form=True)
        s.sign_in(code)
        s.note("credentials in the form", s.provider.asked(code)[-2].form)

    run(script)


def test_answers_about_the_person(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection()
        code = f"{s.prefix}-code"
        who = person(s.prefix)
        cases: list[tuple[str, Answer, int]] = [
            ("refused", Answer({"error": "invalid_token"}, 401), 400),
            ("broken", Answer(who, 500), 400),
            ("no JSON", Answer(b"{"), 400),
            ("empty", Answer(b""), 400),
            ("a list", Answer([who]), 400),
            ("a text", Answer("person"), 400),
            ("null", Answer(None), 400),
            ("something behind", Answer(json.dumps(who).encode() + b" x"), 400),
            ("a key twice", Answer(b'{"sub":"a","sub":"b","email":"a@b.example","email_verified":true}'), 400),
            ("another success", Answer(who, 201), 200),
        ]
        for title, answer, status in cases:
            s.provider.knows(code)
            s.provider.grants[code].user = answer
            s.note(title)
            s.sign_in(code, status=status)
            s.note("accounts", s.count())

    run(script)


def test_addresses_that_lead_nowhere(run: Compare) -> None:
    def script(s: Session) -> None:
        nowhere = "http://127.0.0.1:9/x"
        s.collection()
        code = s.provider.knows(f"{s.prefix}-code", person(s.prefix))
        for broken in ({"tokenURL": nowhere}, {"userInfoURL": nowhere}, {"tokenURL": ""}, {"userInfoURL": ""}):
            s.change(oauth2={"providers": [s.provider.settings(**broken)]})
            s.sign_in(code, status=400)
        s.note("accounts", s.count())

    run(script)


def test_redirects_are_followed(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection()
        code = s.provider.knows(f"{s.prefix}-code", person(s.prefix))
        s.provider.files[f"/{s.prefix}-user"] = Answer(f"{s.provider.url}/user", 302)
        s.change(oauth2={"providers": [s.provider.settings(userInfoURL=f"{s.provider.url}/{s.prefix}-user")]})
        s.sign_in(code)

    run(script)


def test_a_provider_that_hangs_does_not_hold_the_server(ketch_only: Server, provider: FakeProvider) -> None:
    s = Session(ketch_only, provider, "hanging")
    s.collection()
    provider.grants["hanging"] = Grant(Answer({}, delay=60))
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(s.sign_in, "hanging")
        # Others are served meanwhile.
        assert ketch_only.request("GET", "/api/health").status == 200
        answer = waiting.result()
    assert answer["message"] == "Failed to fetch OAuth2 token."
    assert time.monotonic() - started < _TIMEOUT_S


def test_an_endless_answer_is_cut(ketch_only: Server, provider: FakeProvider) -> None:
    s = Session(ketch_only, provider, "endless")
    s.collection()
    provider.knows("endless", {**person("endless"), "bio": "x" * (8 << 20)})
    assert s.sign_in("endless")["message"] == "Failed to fetch OAuth2 user."
    assert s.count() == 0


def test_one_person_at_once_is_one_account(ketch_only: Server, provider: FakeProvider) -> None:
    s = Session(ketch_only, provider, "atonce")
    s.collection()
    provider.knows("atonce", person("atonce"))
    with ThreadPoolExecutor(_PARALLEL) as pool:
        answers = list(pool.map(lambda _: s.sign_in("atonce"), range(_PARALLEL)))
    ids = {answer["record"]["id"] for answer in answers}
    assert len(ids) == 1
    assert s.count() == 1
    assert s.identities(ids.pop()) == [("oidc", "sub-atonce")]
    assert [answer["meta"]["isNew"] for answer in answers].count(True) == 1


def test_secrets_are_not_logged(ketch_only: Server, provider: FakeProvider) -> None:
    s = Session(ketch_only, provider, "quiet")
    s.collection({"providers": [provider.settings(clientSecret="a-very-secret-secret")]})
    s.sign_in("a-wrong-secret-code")
    log = ketch_only.log_text()
    assert "a-very-secret-secret" not in log
    assert "a-wrong-secret-code" not in log
