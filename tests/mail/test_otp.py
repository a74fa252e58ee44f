"""One-time passwords, second factors, and alerts about sign-ins from somewhere new."""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

from harness import http
from mail.conftest import PASSWORD, App
from mail.smtp import SmtpServer

_CODES_MAX = 10
_GUESSES_MAX = 5


def test_a_code_signs_in_once(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    otp = app.otp(person)
    mail = smtp.next()
    assert mail.subject == "OTP for Acme"
    assert len(mail.code) == 6
    wrong = app.post("auth-with-otp", {"otpId": otp, "password": "x"})
    assert (wrong.status, wrong.json()["message"]) == (400, "Invalid or expired OTP.")
    _sent(app, person)
    answer = app.post("auth-with-otp", {"otpId": otp, "password": mail.code})
    assert answer.status == 200, answer.text
    assert answer.json()["record"]["verified"] is True
    assert app.post("auth-refresh", token=answer.json()["token"]).status == 200
    assert app.post("auth-with-otp", {"otpId": otp, "password": mail.code}).status == 400
    # Until now nobody had proven to own the address, so the password may be a stranger's.
    assert app.login(person).status == 400


def test_a_verified_account_keeps_its_password(app: App, smtp: SmtpServer) -> None:
    person = app.person(verified=True)
    otp = app.otp(person)
    assert app.post("auth-with-otp", {"otpId": otp, "password": smtp.next().code}).status == 200
    assert app.login(person).status == 200


def test_a_code_belongs_to_its_collection(app: App, smtp: SmtpServer) -> None:
    app.collection("twins")
    otp = app.otp(app.person())
    assert app.post("auth-with-otp", {"otpId": otp, "password": smtp.next().code}, of="twins").status == 400


def test_guesses_in_a_burst_are_counted(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    otps = [app.otp(person) for _ in range(3)]
    codes = {mail.code for mail in smtp.wait(3)}

    def guess(number: int) -> int:
        return app.post("auth-with-otp", {"otpId": otps[number % 3], "password": f"9{number}"}).status

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(guess, range(40)))
    assert statuses.count(400) == _GUESSES_MAX
    assert statuses.count(429) == len(statuses) - _GUESSES_MAX
    for code in codes:
        answer = app.post("auth-with-otp", {"otpId": otps[0], "password": code})
        assert answer.status == 429
        assert answer.json()["message"] == "Too many attempts, please try again later with a new OTP."
    # Others are not locked out.
    other = app.person()
    otp = app.otp(other)
    code = next(mail.code for mail in smtp.wait(4) if mail.recipients == (other["email"],))
    assert app.post("auth-with-otp", {"otpId": otp, "password": code}).status == 200


def test_one_code_opens_one_session(app: App, smtp: SmtpServer) -> None:
    person = app.person(verified=True)
    otp = app.otp(person)
    body = {"otpId": otp, "password": smtp.next().code}
    with ThreadPoolExecutor(4) as pool:
        statuses = [answer.status for answer in pool.map(lambda _: app.post("auth-with-otp", body), range(4))]
    assert sorted(statuses) == [200, 400, 400, 400]


def test_an_account_has_ten_codes_at_most(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: app.otp(person), range(_CODES_MAX + 5)))
    assert len(set(ids)) == _CODES_MAX
    smtp.wait(_CODES_MAX)
    assert app.otp(person) in ids
    assert len(app.rows("_otps", person)) == _CODES_MAX
    assert len(smtp.mails) == _CODES_MAX


def test_a_code_ends(app: App, smtp: SmtpServer) -> None:
    app.collection("brief", otp={"enabled": True, "duration": 10, "length": 4})
    person = app.person("brief")
    otp = app.otp(person)
    code = smtp.next().code
    app.age("_otps", otp, seconds=11)
    answer = app.post("auth-with-otp", {"otpId": otp, "password": code}, of="brief")
    assert (answer.status, answer.json()["message"]) == (400, "Invalid or expired OTP.")


def test_a_code_is_a_second_factor(app: App, smtp: SmtpServer) -> None:
    app.collection("careful", mfa={"enabled": True, "duration": 300})
    person = app.person("careful")
    first = app.login(person)
    assert first.status == 401
    assert list(first.json()) == ["mfaId"]
    mfa = first.json()["mfaId"]
    same = app.login(person, mfaId=mfa)
    assert same.json()["message"] == "A different authentication method is required."
    stranger = app.login(app.person("careful"), mfaId=mfa)
    assert stranger.json()["message"] == "Invalid MFA session."

    otp = app.otp(person)
    body = {"otpId": otp, "password": smtp.next().code, "mfaId": mfa}
    _sent(app, person)
    answer = app.post("auth-with-otp", body, of="careful")
    assert answer.status == 200, answer.text
    assert app.rows("_mfas", person) == []
    # With two factors a stranger's password alone opens nothing: it stays.
    otp = app.otp(person)
    first = app.post("auth-with-otp", {"otpId": otp, "password": smtp.next().code}, of="careful")
    assert first.status == 401
    assert app.login(person, mfaId=first.json()["mfaId"]).status == 200


def test_a_sign_in_from_somewhere_new_is_told(app: App, smtp: SmtpServer) -> None:
    app.collection("watched", authAlert={"enabled": True})
    person = app.person("watched")

    def login(agent: str) -> None:
        body = json.dumps({"identity": person["email"], "password": PASSWORD}).encode()
        headers = {"Content-Type": "application/json", "User-Agent": agent}
        url = "/api/collections/watched/auth-with-password"
        assert http.send(app.server.port, "POST", url, headers=headers, body=body).status == 200

    def fingerprints() -> list[str]:
        return [row["fingerprint"] for row in app.rows("_authOrigins", person)]

    login("first")
    login("first")
    assert smtp.stays_empty()
    assert fingerprints() == [hashlib.md5(b"127.0.0.1first").hexdigest()]
    login("second <b>")
    mail = smtp.next()
    assert mail.subject == "Login from a new location"
    assert "127.0.0.1 second &lt;b&gt;</em>" in mail.part("html")
    for number in range(4):
        login(f"more {number}")
    assert len(smtp.wait(4)) == 4
    assert len(fingerprints()) == 5
    assert hashlib.md5(b"127.0.0.1first").hexdigest() not in fingerprints()


def _sent(app: App, person: dict[str, object]) -> None:
    """Waits until the server has noted that the codes went out."""
    deadline = time.monotonic() + 10
    while not all(row.get("sentTo") for row in app.rows("_otps", person)):
        assert time.monotonic() < deadline, "no code was noted as sent"
        time.sleep(0.02)
