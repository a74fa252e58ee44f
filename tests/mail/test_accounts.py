"""Password reset, verification and email change, from the request to the mailed token to the changed account."""

from __future__ import annotations

import pytest

from mail.conftest import PASSWORD, App
from mail.smtp import SmtpServer

NEW = "new-password"


def _confirm_reset(token: str, password: str = NEW) -> dict[str, str]:
    return {"token": token, "password": password, "passwordConfirm": password}


def test_a_forgotten_password_is_reset(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    session = app.token(person)
    assert app.post("request-password-reset", {"email": person["email"]}).status == 204
    mail = smtp.next()
    assert mail.recipients == (person["email"],)
    assert mail.sender == "support@example.com"
    assert mail.subject == "Reset your Acme password"

    short = app.post("confirm-password-reset", _confirm_reset(mail.token, "short"))
    assert short.json()["data"]["password"]["code"] == "validation_length_out_of_range"
    long = app.post("confirm-password-reset", _confirm_reset(mail.token, "a" * 100))
    assert long.status == 400
    assert long.json()["message"] == "Failed to set new password."
    elsewhere = app.post("confirm-password-reset", _confirm_reset(mail.token), of="_superusers")
    assert elsewhere.json()["data"]["token"]["code"] == "validation_token_collection_mismatch"
    for other in ("confirm-verification", "confirm-email-change"):
        assert app.post(other, {"token": mail.token, "password": PASSWORD}).status == 400

    assert app.post("confirm-password-reset", _confirm_reset(mail.token)).status == 204
    assert app.login(person).status == 400
    assert app.login(person, NEW).status == 200
    # Whoever read the mail owns the address; who was signed in before is not any more.
    assert app.look(person)["verified"] is True
    assert app.post("auth-refresh", token=session).status == 401
    again = app.post("confirm-password-reset", _confirm_reset(mail.token))
    assert again.json()["data"]["token"]["code"] == "validation_invalid_token"


def test_the_second_mail_waits(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    for action in ("request-password-reset", "request-verification"):
        assert app.post(action, {"email": person["email"]}).status == 204
        smtp.next()
        assert app.post(action, {"email": person["email"]}).status == 204
        assert smtp.stays_empty()


def test_nobody_is_written_to_who_is_not_there(app: App, smtp: SmtpServer) -> None:
    for action in ("request-password-reset", "request-verification"):
        assert app.post(action, {"email": "nobody@example.com"}).status == 204
    answer = app.post("request-otp", {"email": "nobody@example.com"})
    assert len(answer.json()["otpId"]) == 15
    assert smtp.stays_empty()


def test_an_address_is_verified(app: App, smtp: SmtpServer) -> None:
    person = app.person()
    session = app.token(person)
    app.post("request-verification", {"email": person["email"]})
    mail = smtp.next()
    assert mail.subject == "Verify your Acme email"
    forged = app.post("confirm-verification", {"token": mail.token[:-2]})
    assert forged.json()["data"]["token"]["code"] == "validation_invalid_token"
    for _ in range(2):
        assert app.post("confirm-verification", {"token": mail.token}).status == 204
    assert app.look(person)["verified"] is True
    assert app.post("auth-refresh", token=session).status == 200
    app.post("request-verification", {"email": person["email"]})
    assert smtp.stays_empty()


def test_verification_ends_foreign_passwords_where_nobody_needs_one(app: App, smtp: SmtpServer) -> None:
    app.collection("codes", passwordAuth={"enabled": False})
    person = app.person("codes")
    app.post("request-verification", {"email": person["email"]}, of="codes")
    token = smtp.next().token
    assert app.post("confirm-verification", {"token": token}, of="codes").status == 204
    # The password is another one now, so the token has ended.
    assert app.post("confirm-verification", {"token": token}, of="codes").status == 400
    refused = app.post("request-password-reset", {"email": person["email"]}, of="codes")
    assert refused.status == 400
    assert refused.json()["message"] == "The collection is not configured to allow password authentication."


def test_a_password_that_nobody_knows_need_not_match_the_pattern(app: App, smtp: SmtpServer) -> None:
    pattern = {"name": "password", "type": "password", "pattern": "^[0-9]+$", "min": 8}
    app.collection("digits", fields=[pattern])
    person = app.person("digits", password="12345678", passwordConfirm="12345678")
    otp = app.otp(person)
    code = smtp.next().code
    app.server.admin("GET", "/api/settings")
    answer = app.post("auth-with-otp", {"otpId": otp, "password": code}, of="digits")
    assert answer.status == 200, answer.text


def test_the_address_is_changed(app: App, smtp: SmtpServer) -> None:
    person, other = app.person(), app.person()
    session = app.token(person)
    taken = app.post("request-email-change", {"newEmail": other["email"]}, token=session)
    assert taken.json()["data"]["newEmail"]["code"] == "validation_invalid_new_email"
    assert app.post("request-email-change", {"newEmail": "moved@example.com"}, token=session).status == 204
    mail = smtp.next()
    assert mail.recipients == ("moved@example.com",)
    wrong = app.post("confirm-email-change", {"token": mail.token, "password": "wrong"})
    assert wrong.json()["data"]["password"]["code"] == "validation_invalid_password"
    squatter = app.person(email="moved@example.com")
    late = app.post("confirm-email-change", {"token": mail.token, "password": PASSWORD})
    assert late.json()["data"]["token"]["code"] == "validation_invalid_token_email"
    app.server.admin("DELETE", f"/api/collections/people/records/{squatter['id']}")
    assert app.post("confirm-email-change", {"token": mail.token, "password": PASSWORD}).status == 204
    moved = app.look(person)
    assert (moved["email"], moved["verified"]) == ("moved@example.com", True)
    assert app.post("auth-refresh", token=session).status == 401
    assert app.login(moved).status == 200
    assert app.post("confirm-email-change", {"token": mail.token, "password": PASSWORD}).status == 400


def test_superusers_reset_their_password_too(app: App, smtp: SmtpServer) -> None:
    boss = app.person("_superusers")
    assert app.post("request-password-reset", {"email": boss["email"]}, of="_superusers").status == 204
    token = smtp.next().token
    assert app.post("confirm-password-reset", _confirm_reset(token), of="_superusers").status == 204
    assert app.login(boss, NEW).status == 200


def test_the_placeholders_of_a_template(app: App, smtp: SmtpServer) -> None:
    body = "<p>{RECORD:nick}|{RECORD:password}|{RECORD:tokenKey}|{NOPE}|{OTP}</p><a href='{APP_URL}/{TOKEN}'>Go</a>"
    template = {"subject": "Hi {RECORD:nick} at {APP_NAME}", "body": body}
    app.collection("named", fields=[{"name": "nick", "type": "text"}], resetPasswordTemplate=template)
    person = app.person("named", nick="<b>Tom</b> & {TOKEN} žluť")
    app.post("request-password-reset", {"email": person["email"]}, of="named")
    mail = smtp.next()
    assert mail.subject == "Hi <b>Tom</b> & {TOKEN} žluť at Acme"
    html, text = mail.part("html"), mail.part("plain")
    shown = "&lt;b&gt;Tom&lt;/b&gt; &amp; {TOKEN} žluť|{RECORD:password}|{RECORD:tokenKey}|{NOPE}|{OTP}"
    assert shown in html
    assert "<b>Tom</b> & {TOKEN} žluť|" in text
    assert "http://localhost:8090/eyJ" in text


@pytest.mark.parametrize("nick", ["x\r\nBcc: victim@example.com", "y\nSubject: other"])
def test_names_add_no_headers(app: App, smtp: SmtpServer, nick: str) -> None:
    name = f"headers{len(nick)}"
    template = {"subject": "Hi {RECORD:nick}", "body": "<p>{TOKEN}</p>"}
    app.collection(name, fields=[{"name": "nick", "type": "text"}], resetPasswordTemplate=template)
    person = app.person(name, nick=nick)
    app.post("request-password-reset", {"email": person["email"]}, of=name)
    mail = smtp.next()
    assert mail.recipients == (person["email"],)
    assert mail.message.get_all("Subject") == ["Hi " + nick.replace("\r", " ").replace("\n", " ")]
    assert mail.message["Bcc"] is None
