"""Whom a code signs in: links, requesters, addresses, new accounts, step by step."""

from __future__ import annotations

from typing import Any

from oauth2.conftest import Compare
from oauth2.provider import person
from oauth2.session import Session

_FIELDS = [
    {"name": "name", "type": "text"},
    {"name": "nick", "type": "text", "pattern": "^[a-z0-9]*$", "max": 20},
    {"name": "picture", "type": "url"},
    {"name": "note", "type": "text"},
    {"name": "secret", "type": "text", "hidden": True},
]
_MAPPED = {"name": "name", "username": "nick", "avatarURL": "picture"}


def _collection(s: Session, mapped: dict[str, str] | None = None, **options: Any) -> None:
    oauth2 = {"mappedFields": {"id": "", "name": "", "username": "", "avatarURL": "", **(mapped or {})}}
    s.collection(oauth2, **{"fields": _FIELDS, **options})


def _knows(s: Session, number: int | str, code: str = "", **more: Any) -> str:
    """A code for a person of this script."""
    who = person(f"{s.prefix}{number}", **more)
    return s.provider.knows(f"{s.prefix}-{code or number}", who)


def _email(s: Session, number: int | str) -> str:
    return str(person(f"{s.prefix}{number}")["email"])


def test_a_new_person_gets_an_account(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, _MAPPED)
        code = _knows(s, 1, picture="https://img.example/1.png", preferred_username="ada")
        made = s.sign_in(code)
        assert made["meta"]["isNew"] is True
        s.look("made", made["record"]["id"])
        again = s.sign_in(code)
        assert again["record"]["id"] == made["record"]["id"]
        s.token_works(made["token"])
        s.sign_in(code, query="?fields=meta.id,record.email&expand=x")

    run(script)


def test_values_of_the_client(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, _MAPPED)
        cases: list[tuple[dict[str, Any], int]] = [
            ({"name": "Given", "nick": "given", "note": "n"}, 200),
            ({"name": "", "picture": ""}, 200),
            ({"email": f"other@{s.prefix}.com"}, 200),
            ({"email": "nonsense"}, 400),
            ({"email": ""}, 200),
            ({"email": None}, 200),
            ({"emailVisibility": True}, 200),
            ({"verified": True}, 400),
            ({"password": "1234567890"}, 400),
            ({"password": "1234567890", "passwordConfirm": "other"}, 400),
            ({"password": "short", "passwordConfirm": "short"}, 400),
            ({"password": "1234567890", "passwordConfirm": "1234567890"}, 200),
            ({"password": "", "passwordConfirm": ""}, 400),
            ({"passwordConfirm": "1234567890"}, 200),
            ({"id": "bad"}, 400),
            ({"id": "abcdefghij00001"}, 200),
            ({"unknown": 1, "secret": "s"}, 200),
            ({"nick": "NOT ALLOWED"}, 400),
            ({"note+": "x", "tokenKey": "x" * 40}, 200),
        ]
        for number, (data, status) in enumerate(cases):
            made = s.sign_in(_knows(s, number), status=status, createData=data)
            if "record" in made:
                s.look(f"case {number}", made["record"]["id"])
            else:
                s.note("accounts", s.count())

    run(script)


def test_the_create_rule_is_asked(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, createRule='@request.context = "oauth2" && @request.body.note = "yes"')
        code = _knows(s, 1)
        s.sign_in(code, status=400)
        s.note("accounts", s.count())
        s.sign_in(code, createData={"note": "yes"})
        s.change(createRule=None)
        s.sign_in(_knows(s, 2), status=403)
        s.change(createRule='name = "Person x" && email != "" && verified = false')
        s.sign_in(_knows(s, 3), status=400)
        s.change(oauth2={"mappedFields": {"name": "name"}})
        s.sign_in(_knows(s, 3, name="Person x"))

    run(script)


def test_a_required_address(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        code = _knows(s, 1, email_verified=False)
        s.sign_in(code, status=400)
        s.note("accounts", s.count())
        made = s.sign_in(code, createData={"email": f"own@{s.prefix}.com"})
        s.look("made with an address of their own", made["record"]["id"])
        # An address that nobody has proven: the password is replaced at every sign-in.
        made = s.sign_in(code)
        s.token_works(made["token"])
        s.sign_in(code)
        s.token_works(made["token"])

    run(script)


def test_an_address_that_may_be_missing(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        fields = s.server.admin("GET", f"/api/collections/{s.people}")["fields"]
        for entry in fields:
            if entry["name"] == "email":
                entry["required"] = False
        s.change(fields=fields)
        code = _knows(s, 1, email_verified=False)
        made = s.sign_in(code)
        s.look("made without an address", made["record"]["id"])
        # The provider has verified it in the meantime.
        code = _knows(s, 1)
        made = s.sign_in(code)
        s.look("with an address", made["record"]["id"])

    run(script)


def test_an_address_of_a_verified_account(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, _MAPPED)
        account = s.account(_email(s, 1), verified=True, name="Old")
        token = s.token(_email(s, 1))
        made = s.sign_in(_knows(s, 1))
        assert made["record"]["id"] == account
        s.look("linked", account)
        assert s.password_works(_email(s, 1))
        s.token_works(token)

    run(script)


def test_an_address_of_an_unverified_account(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        account = s.account(_email(s, 1))
        token = s.token(_email(s, 1))
        # A stranger's link from before the owner came.
        s.sign_in(_knows(s, "stranger", email_verified=False), token=token)
        s.note("before", s.identities(account))
        token = s.token(_email(s, 1))
        made = s.sign_in(_knows(s, 1))
        assert made["record"]["id"] == account
        s.look("verified", account)
        s.password_works(_email(s, 1))
        s.token_works(token)
        s.token_works(made["token"])

    run(script)


def test_an_unverified_address_of_the_provider_links_nothing(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        account = s.account(_email(s, 1), verified=True)
        s.sign_in(_knows(s, 1, email_verified=False), status=400)
        s.sign_in(_knows(s, 1, email_verified=False), status=400, createData={"email": _email(s, 1)})
        s.look("untouched", account)

    run(script)


def test_who_is_signed_in_links(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, _MAPPED)
        for number, verified in ((1, True), (2, False)):
            account = s.account(_email(s, number), verified=verified)
            token = s.token(_email(s, number))
            s.sign_in(_knows(s, f"elsewhere{number}"), token=token)
            s.look("linked", account)
            s.password_works(_email(s, number))
            s.token_works(token)
            s.sign_in(_knows(s, f"elsewhere{number}"))
            s.look("signed in", account)
            s.password_works(_email(s, number))
        # The same address as the provider's verifies the own account.
        account = s.account(_email(s, 3))
        token = s.token(_email(s, 3))
        s.sign_in(_knows(s, 3), token=token)
        s.look("verified", account)
        s.password_works(_email(s, 3))
        s.token_works(token)

    run(script)


def test_a_link_beats_who_is_signed_in(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        made = s.sign_in(_knows(s, 1))
        other = s.account(_email(s, 2), verified=True)
        token = s.token(_email(s, 2))
        found = s.sign_in(_knows(s, 1), token=token)
        assert found["record"]["id"] == made["record"]["id"]
        s.look("other", other)

    run(script)


def test_a_second_identity_of_one_provider(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        made = s.sign_in(_knows(s, 1))
        s.sign_in(_knows(s, 2), token=made["token"], status=400)
        s.sign_in(_knows(s, 3, email=_email(s, 1)), status=400)
        s.look("unchanged", made["record"]["id"])

    run(script)


def test_the_same_identity_at_another_provider(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        s.change(oauth2={"providers": [s.provider.settings(), s.provider.settings("oidc2")]})
        made = s.sign_in(_knows(s, 1))
        other = s.sign_in(_knows(s, 1), provider="oidc2")
        assert made["record"]["id"] == other["record"]["id"]
        s.look("two links", made["record"]["id"])

    run(script)


def test_a_person_without_an_id(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        s.sign_in(_knows(s, 1, sub=""), status=400)
        s.note("accounts", s.count())
        account = s.account(_email(s, 2), verified=True)
        s.sign_in(_knows(s, 2, sub=""), status=400)
        s.look("unchanged", account)
        account = s.account(_email(s, 3))
        s.sign_in(_knows(s, 3, sub=""), status=400)
        s.look("unchanged", account)
        s.password_works(_email(s, 3))

    run(script)


def test_tokens_of_others_do_not_link(run: Compare) -> None:
    def script(s: Session) -> None:
        # PocketBase shows hidden fields of a record that a superuser's request makes; Ketch answers every
        # sign-in as the person sees it.
        _collection(s, fields=_FIELDS[:-1])
        made = s.sign_in(_knows(s, 1), token=s.server.super_token())
        s.look("made", made["record"]["id"])
        # Superusers may do what rules forbid.
        s.change(createRule=None)
        made = s.sign_in(_knows(s, 2), token=s.server.super_token(), createData={"verified": True})
        s.look("made by a superuser", made["record"]["id"])

    run(script)


def test_names_that_are_taken_or_not_allowed(run: Compare) -> None:
    def script(s: Session) -> None:
        index = f"CREATE UNIQUE INDEX `idx_{s.prefix}_nick` ON `{s.people}` (`nick`) WHERE `nick` != ''"
        _collection(s, _MAPPED, indexes=[index])
        for number, username in enumerate(["ada", "ada", "NOT ALLOWED", "x" * 30, "", "bob"]):
            made = s.sign_in(_knows(s, number, preferred_username=username), status=200)
            s.look(f"username {username!r}", made["record"]["id"]) if "record" in made else None
        s.sign_in(_knows(s, 9), createData={"nick": "ada"}, status=400)

    run(script)


def test_a_name_that_is_no_identity_may_repeat(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, _MAPPED)
        for number in range(2):
            made = s.sign_in(_knows(s, number, preferred_username="ada"))
            s.look("made", made["record"]["id"])

    run(script)


def test_other_mapped_fields(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, {"id": "note", "name": "secret", "username": "missing", "avatarURL": "name"})
        made = s.sign_in(_knows(s, 1, picture="https://img.example/x.png"))
        s.look("made", made["record"]["id"])
        s.change(oauth2={"mappedFields": {"id": "id", "avatarURL": "picture", "name": "email", "username": ""}})
        made = s.sign_in(_knows(s, 2, sub="abcdefghij00002", picture="nonsense"), status=400)
        s.note("accounts", s.count())
        s.sign_in(_knows(s, 3, sub="short"), status=400)
        made = s.sign_in(_knows(s, 4, sub="abcdefghij00004"), status=200)
        s.look("own id", made["record"]["id"]) if "record" in made else None

    run(script)


def test_the_auth_rule_is_asked_after_the_account_is_made(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, authRule="note = 'in'")
        s.sign_in(_knows(s, 1), status=403)
        s.note("accounts", s.count())
        s.sign_in(_knows(s, 2), createData={"note": "in"})
        s.change(authRule="@request.context = 'oauth2' && @request.body.provider = 'oidc'")
        s.sign_in(_knows(s, 1))
        s.change(authRule=None)
        s.sign_in(_knows(s, 1), status=403)

    run(script)


def test_a_second_factor_is_asked_for(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, mfa={"enabled": True, "duration": 300, "rule": ""})
        account = s.account(_email(s, 1), verified=True)
        first = s.sign_in(_knows(s, 1), status=401)
        assert list(first) == ["mfaId"]
        s.look("linked all the same", account)
        s.sign_in(_knows(s, 1), status=400, mfaId=first["mfaId"])
        body = {"identity": _email(s, 1), "password": "password123"}
        url = f"/api/collections/{s.people}/auth-with-password"
        s.call("POST", url, {**body, "mfaId": first["mfaId"]})
        # The other way round.
        first = s.call("POST", url, body, status=401)
        s.sign_in(_knows(s, 1), mfaId=first["mfaId"])
        first = s.call("POST", url, body, status=401)
        s.sign_in(_knows(s, 1), query=f"?mfaId={first['mfaId']}")

    run(script)


def test_origins_are_noted(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s, authAlert={"enabled": True})
        made = s.sign_in(_knows(s, 1))
        url = f"/api/collections/_authOrigins/records?filter=recordRef='{made['record']['id']}'"
        s.note("origins", s.server.admin("GET", url)["totalItems"])

    run(script)


def test_the_form(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        code = _knows(s, 1)
        url = f"/api/collections/{s.people}/auth-with-oauth2"
        good = {"provider": "oidc", "code": code, "codeVerifier": "v", "redirectURL": "http://app/back"}
        bad: list[Any] = [
            {},
            None,
            [],
            "text",
            {**good, "provider": ""},
            {**good, "provider": "nobody"},
            {**good, "provider": "github"},
            {**good, "code": ""},
            {**good, "code": 5},
            {**good, "codeVerifier": 5},
            {**good, "redirectURL": 5},
            {**good, "createData": 5},
            {**good, "createData": [1]},
            {**good, "createData": "{}"},
        ]
        for payload in bad:
            s.call("POST", url, payload, status=400)
        s.call("POST", url, {**good, "createData": None})
        s.call("POST", url, {"provider": "oidc", "code": code, "redirectUrl": "http://legacy"})
        s.call("POST", url, {"provider": "oidc", "code": code})
        s.change(oauth2={"enabled": False})
        s.call("POST", url, good, status=403)
        s.call("POST", "/api/collections/_superusers/auth-with-oauth2", good, status=403)
        s.call("POST", "/api/collections/_otps/auth-with-oauth2", good, status=404)
        s.call("POST", "/api/collections/nothing/auth-with-oauth2", good, status=404)
        forms = [request.form for request in s.provider.asked(code) if request.path == "/token"]
        s.note("forms", forms[-3:])

    run(script)


def test_links_are_listed_and_removed_by_their_owner(run: Compare) -> None:
    def script(s: Session) -> None:
        _collection(s)
        made = s.sign_in(_knows(s, 1))
        other = s.sign_in(_knows(s, 2))
        url = "/api/collections/_externalAuths/records"
        query = f"?filter=recordRef='{made['record']['id']}'"
        s.call("GET", url)
        s.call("GET", url + query, token=other["token"])
        listed = s.call("GET", url + query, token=made["token"])
        link = f"{url}/{listed['items'][0]['id']}"
        s.call("GET", link, token=made["token"])
        s.call("GET", link, status=404)
        s.call("PATCH", link, {"providerId": "x"}, token=made["token"], status=403)
        s.call("POST", url, {"provider": "oidc2"}, token=made["token"], status=403)
        s.call("DELETE", link, token=other["token"], status=404)
        s.call("DELETE", link, token=made["token"], status=204)
        s.call("GET", link, token=made["token"], status=404)
        s.note("left", s.identities(made["record"]["id"]))
        again = s.sign_in(_knows(s, 1))
        assert again["record"]["id"] == made["record"]["id"]
        s.server.admin("DELETE", f"/api/collections/{s.people}/records/{made['record']['id']}")
        s.note("after the account", s.identities(made["record"]["id"]))

    run(script)
