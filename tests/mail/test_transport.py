"""How mails leave: sign-in and encryption, servers that refuse or hang, sendmail, and what the log tells."""

from __future__ import annotations

import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.server import Server, ketch
from mail.conftest import App
from mail.smtp import Behaviour, SmtpServer

# The server gives a mail server this long; the answer must come soon after.
_LIMIT_S = 20
_MARGIN_S = 5


@pytest.mark.parametrize(("setting", "method"), [("", "PLAIN"), ("PLAIN", "PLAIN"), ("LOGIN", "LOGIN")])
def test_signing_in(app: App, setting: str, method: str) -> None:
    with SmtpServer(Behaviour(auth_methods=("PLAIN", "LOGIN"))) as smtp:
        app.mail_through(smtp, username="user", password="pä ss", authMethod=setting, localName="here.example.com")
        app.otp(app.person())
        mail = smtp.next()
    assert mail.auth == (method, "user", "pä ss")
    assert mail.hello == "here.example.com"


def test_without_an_account_nobody_signs_in(app: App, smtp: SmtpServer) -> None:
    smtp.behaviour.auth_methods = ("PLAIN",)
    app.otp(app.person())
    mail = smtp.next()
    assert mail.auth is None
    assert mail.hello == "localhost"


REFUSALS = [
    {"GREETING": "554 go away"},
    {"MAIL": "451 later"},
    {"RCPT": "550 no such user"},
    {"DATA": "554 no"},
    {"BODY": "554 spam"},
]


@pytest.mark.parametrize("refuse", REFUSALS, ids=lambda refuse: next(iter(refuse)))
def test_a_server_that_refuses(app: App, smtp: SmtpServer, refuse: dict[str, str]) -> None:
    person = app.person()
    session = app.token(person)
    smtp.behaviour.refuse = refuse
    answer = app.post("request-email-change", {"newEmail": "x@example.com"}, token=session)
    assert (answer.status, answer.json()["message"]) == (400, "Failed to request email change.")
    assert app.post("request-password-reset", {"email": person["email"]}).status == 204
    assert app.post("request-verification", {"email": person["email"]}).status == 204
    app.otp(person)
    # A code that nobody got is taken back, and a mail that did not go out may be asked for again.
    _until(lambda: app.rows("_otps", person) == [])
    _until(lambda: app.log.count(" was not sent") >= 4)
    smtp.behaviour.refuse = {}
    assert app.post("request-password-reset", {"email": person["email"]}).status == 204
    smtp.next()
    assert app.post("request-verification", {"email": person["email"]}).status == 204
    smtp.next()


def test_a_refusal_is_in_the_log_without_the_address(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    smtp.behaviour.refuse = {"RCPT": f"550 5.1.1 <{person['email']}> unknown here"}
    app.otp(person)
    _until(lambda: "unknown here" in app.log)
    assert "A one-time password mail of collection people was not sent" in app.log
    assert person["email"] not in app.log


def test_nobody_listens(app: App) -> None:
    with SmtpServer() as smtp:
        app.mail_through(smtp)
    session = app.token(app.person())
    answer = app.post("request-email-change", {"newEmail": "x@example.com"}, token=session)
    assert answer.status == 400


def test_a_server_that_hangs(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    session = app.token(person)
    smtp.behaviour.hangs = True
    started = time.monotonic()
    assert app.post("request-password-reset", {"email": person["email"]}).status == 204
    assert app.post("request-verification", {"email": person["email"]}).status == 204
    otp = app.otp(person)
    assert time.monotonic() - started < 2
    assert [row["id"] for row in app.rows("_otps", person)] == [otp]
    answer = app.post("request-email-change", {"newEmail": "x@example.com"}, token=session)
    assert answer.status == 400
    assert time.monotonic() - started < _LIMIT_S + _MARGIN_S
    _until(lambda: app.rows("_otps", person) == [], _MARGIN_S)
    assert "did not finish within" in app.log


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=tests"
    extensions = "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
    command = ["openssl", *request.split(), *extensions.split(), "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


@pytest.fixture(scope="module")
def trusting(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server on a system that trusts the certificate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate))
        home = tmp_path_factory.mktemp("trusting")
        product = ketch()
        server = Server(product, home)
        product.upsert_superuser(server.data_dir)
        with server:
            app = App(server)
            app.collection("people")
            yield app


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("is_implicit", [False, True], ids=["starttls", "implicit"])
def test_encryption(trusting: App, certificate: Path, is_implicit: bool) -> None:
    behaviour = Behaviour(tls=_tls(certificate), is_implicit=is_implicit, auth_methods=("PLAIN",))
    with SmtpServer(behaviour) as smtp:
        trusting.mail_through(smtp, tls=is_implicit, username="user", password="secret")
        trusting.otp(trusting.person())
        mail = smtp.next()
    assert mail.is_encrypted
    assert mail.auth == ("PLAIN", "user", "secret")


@pytest.mark.parametrize("is_implicit", [False, True], ids=["starttls", "implicit"])
def test_an_unknown_certificate_is_refused(app: App, certificate: Path, is_implicit: bool) -> None:
    session = app.token(app.person())
    with SmtpServer(Behaviour(tls=_tls(certificate), is_implicit=is_implicit)) as smtp:
        app.mail_through(smtp, tls=is_implicit)
        answer = app.post("request-email-change", {"newEmail": "x@example.com"}, token=session)
        assert answer.status == 400
        assert smtp.stays_empty(0.1)
    assert "invalid peer certificate" in app.log


def test_sendmail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "bin" / "sendmail"
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/args\ncat > {tmp_path}/mail.part\nmv {tmp_path}/mail.part {tmp_path}/mail\n'
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent), prepend=":")
    product = ketch()
    server = Server(product, tmp_path / "home")
    product.upsert_superuser(server.data_dir)
    with server:
        app = App(server)
        app.collection("people")
        person = app.person()
        app.otp(person)
        _until((tmp_path / "mail").exists)
        assert (tmp_path / "args").read_text().split() == ["-i", "-f", "support@example.com", "--", person["email"]]
        mail = (tmp_path / "mail").read_bytes()
        assert b"Subject: OTP for Acme\n" in mail
        assert b"\r" not in mail
        command.write_text(f"#!/bin/sh\necho 'no queue for {person['email']}' >&2\nexit 75\n")
        session = app.token(person)
        answer = app.post("request-email-change", {"newEmail": "x@example.com"}, token=session)
        assert answer.status == 400
        assert "the sendmail command failed: exit status: 75: no queue for (address)" in app.log


def test_without_any_set_up_the_operator_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    product = ketch()
    server = Server(product, tmp_path / "home")
    product.upsert_superuser(server.data_dir)
    with server:
        app = App(server)
        app.collection("people")
        person = app.person()
        assert app.post("request-password-reset", {"email": person["email"]}).status == 204
        _until(lambda: "no way to send mails is set up" in app.log)
        assert person["email"] not in app.log
        assert "eyJ" not in app.log


def test_in_development_the_log_is_the_mailbox(tmp_path: Path) -> None:
    product = ketch()
    developing = type(product)(product.name, product.binary, ("--dev",))
    server = Server(developing, tmp_path / "home")
    product.upsert_superuser(server.data_dir)
    with server:
        app = App(server)
        app.collection("people")
        person = app.person()
        assert app.post("request-password-reset", {"email": person["email"]}).status == 204
        _until(lambda: "/_/#/auth/confirm-password-reset/eyJ" in app.log)
        assert f"To: {person['email']}" in app.log


def _until(happened: object, seconds: float = 10) -> None:
    assert callable(happened)
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
