"""Mails by which superusers try their set-up. `DIFF_SELF=1` tries the tests on PocketBase."""

from __future__ import annotations

import time

import pytest

from harness.http import Response
from mail.conftest import App
from mail.smtp import Behaviour, SmtpServer

_TO = "somebody@example.com"


def _send(app: App, template: str, collection: str = "") -> Response:
    body = {"email": _TO, "template": template, "collection": collection}
    return app.server.request("POST", "/api/settings/test/email", body, token=app.server.super_token())


@pytest.mark.parametrize("collection", ["", "people", "_superusers"])
@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("verification", "/_/#/auth/confirm-verification/"),
        ("password-reset", "/_/#/auth/confirm-password-reset/"),
        ("email-change", "/_/#/auth/confirm-email-change/"),
        ("otp", "123456"),
        ("login-alert", "TEST_IP TEST_USER_AGENT"),
    ],
)
def test_every_template(app: App, smtp: SmtpServer, template: str, words: str, collection: str) -> None:
    answer = _send(app, template, collection)
    assert (answer.status, answer.text) == (204, "")
    mail = smtp.next()
    assert mail.recipients == (_TO,)
    assert words in mail.part("html")
    assert words in mail.part("plain")
    assert "{" not in mail.subject


def test_the_account_of_a_test_mail_is_nobody(app: App, smtp: SmtpServer) -> None:
    names = ["id", "email", "nick", "verified"]
    text = "|".join(f"{{RECORD:{name}}}" for name in names)
    app.collection(
        "tried", fields=[{"name": "nick", "type": "text"}], verificationTemplate={"subject": text, "body": "{TOKEN}"}
    )
    assert _send(app, "verification", "tried").status == 204
    mail = smtp.next()
    assert mail.subject == f"__pb_test_id__|{_TO}|__pb_test_nick__|false"
    answer = app.post("confirm-verification", {"token": mail.part("plain").strip()}, of="tried")
    assert answer.json()["data"]["token"]["code"] == "validation_invalid_token"


def test_a_server_that_refuses_is_quoted(app: App, smtp: SmtpServer) -> None:
    smtp.behaviour.refuse = {"RCPT": "550 no such user"}
    answer = _send(app, "otp")
    assert answer.status == 400
    assert answer.json()["message"].startswith("Failed to send the test email. Raw error: \n")
    assert "no such user" in answer.json()["message"]


def test_a_server_that_hangs_is_not_waited_for_long(app: App) -> None:
    with SmtpServer(Behaviour(hangs=True)) as smtp:
        app.mail_through(smtp)
        began = time.monotonic()
        answer = _send(app, "otp")
        assert time.monotonic() - began < 25
    assert answer.status == 400
    assert "seconds" in answer.json()["message"]


def test_nobody_listens(app: App) -> None:
    with SmtpServer() as smtp:
        app.mail_through(smtp)
    answer = _send(app, "otp")
    assert answer.status == 400
    assert "refused" in answer.json()["message"]
