"""The Python client of the package index, its synchronous and its asynchronous half by the same scenarios."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from instantdb import Instant, InstantError, id, lookup

from clients.instant.halves import Run, got, refused
from harness.http import send_json
from instant.app import ADMIN_TOKEN, APP_ID, App
from mail.smtp import SmtpServer

MISSING = "00000000-0000-4000-8000-000000000000"


def test_transactions_and_queries(run: Run) -> None:
    async def scenario(db: Any) -> None:
        goal, todo, other = id(), id(), id()
        where = {"$": {"where": {"id": goal}}}
        first = await got(
            db.transact(
                [
                    db.tx.goals[goal].create({"title": "fit", "meta": {"a": 1}}),
                    db.tx.todos[todo].update({"title": "run"}),
                    db.tx.goals[goal].link({"todos": todo}),
                ]
            )
        )
        seen = await got(db.query({"goals": {**where, "todos": {}}}))
        todos = [{"id": todo, "title": "run"}]
        assert seen == {"goals": [{"id": goal, "title": "fit", "meta": {"a": 1}, "todos": todos}]}
        second = await got(
            db.transact(db.tx.goals[goal].merge({"meta": {"a": None, "b": [1]}}).unlink({"todos": todo}))
        )
        assert second["tx-id"] > first["tx-id"]
        seen = await got(db.query({"goals": {**where, "todos": {}}}))
        assert seen == {"goals": [{"id": goal, "title": "fit", "meta": {"b": [1]}, "todos": []}]}
        await got(db.transact([db.tx.goals[goal].delete(), db.tx["todos"][todo].delete()]))
        assert await got(db.query({"goals": where})) == {"goals": []}
        assert await got(db.transact([]))
        with refused(400, "validation-failed"):
            await got(db.transact(db.tx.goals[other].update({"title": "x"}, {"upsert": False})))
        await got(db.transact(db.tx.goals[other].update({"title": "x"}, {"upsert": True})))
        with refused(400, "validation-failed"):
            await got(db.transact(db.tx.goals[other].create({"title": "again"})))

    run(scenario)


def test_lookups(run: Run) -> None:
    async def scenario(db: Any) -> None:
        slug, author = f"slug-{id()}", f"author-{id()}"
        await got(db.transact(db.tx.posts[lookup("slug", slug)].update({"title": "first"})))
        await got(db.transact(db.tx.writers.lookup("handle", author).update({"name": "Ann"})))
        await got(db.transact(db.tx.posts.lookup("slug", slug).link({"writers": lookup("handle", author)})))
        await got(db.transact(db.tx.posts[lookup("slug", slug)].update({"title": "second"})))
        query = {"posts": {"$": {"where": {"slug": slug}}, "writers": {}}}
        [post] = (await got(db.query(query)))["posts"]
        assert (post["title"], [writer["name"] for writer in post["writers"]]) == ("second", ["Ann"])
        with refused(400, "record-not-unique"):
            await got(db.transact(db.tx.posts[id()].update({"slug": slug})))

    run(scenario)


def test_query_options(run: Run) -> None:
    async def scenario(db: Any) -> None:
        kind = id()
        ids = [id() for _ in range(5)]
        await got(db.transact([db.tx.items[one].update({"kind": kind, "n": n}) for n, one in enumerate(ids)]))
        where = {"kind": kind}

        async def found(**options: Any) -> list[int]:
            rows = (await got(db.query({"items": {"$": {"where": where, **options}}})))["items"]
            return [row["n"] for row in rows]

        assert await found() == [0, 1, 2, 3, 4]
        assert await found(limit=2) == [0, 1]
        assert await found(limit=2, offset=2) == [2, 3]
        assert await found(order={"serverCreatedAt": "desc"}, first=1) == [4]
        assert await found(last=2) == [3, 4]
        where = {"and": [{"kind": kind}, {"or": [{"n": 1}, {"n": {"$in": [3]}}]}]}  # type: ignore[dict-item]
        assert await found() == [1, 3]
        where = {"kind": kind, "n": {"$not": 1}}  # type: ignore[dict-item]
        assert await found() == [0, 2, 3, 4]
        [bare] = (await got(db.query({"items": {"$": {"where": {"id": ids[0]}, "fields": ["n"]}}})))["items"]
        assert bare == {"id": ids[0], "n": 0}

    run(scenario)


def test_users(run: Run, mailbox: SmtpServer) -> None:
    async def scenario(db: Any) -> None:
        await got(db.transact(db.tx["$users"][id()].update({"email": f"{id()}@example.com", "nickname": "N"})))
        email = f"{id()}@example.com"
        assert await got(db.auth.get_user(email=email)) is None
        code = await got(db.auth.generate_magic_code(email))
        with refused(400, "record-not-found"):
            await got(db.auth.check_magic_code(email=email, code="999999"))
        user, created = await got(db.auth.check_magic_code(email=email, code=code, extra_fields={"nickname": "Al"}))
        assert (user["email"], user["nickname"], created) == (email, "Al", True)
        with refused(400, "record-not-found"):
            await got(db.auth.check_magic_code(email=email, code=code))
        sent = await got(db.auth.send_magic_code(email))
        mail = next(mail for mail in mailbox.wait() if mail.recipients == (email,))
        mailbox.mails.remove(mail)
        assert sent in mail.part("html")
        again, created = await got(db.auth.check_magic_code(email=f" {email.upper()} ", code=sent))
        assert (again["id"], created) == (user["id"], False)

        assert (await got(db.auth.verify_token(user["refresh_token"])))["id"] == user["id"]
        for by in ({"email": email}, {"id": user["id"]}, {"refresh_token": user["refresh_token"]}):
            assert (await got(db.auth.get_user(**by)))["id"] == user["id"]
        await got(db.auth.sign_out(refresh_token=user["refresh_token"]))
        for token, by in (
            (user["refresh_token"], {"id": user["id"]}),
            (again["refresh_token"], {"email": email}),
            (await got(db.auth.create_token(email=email)), {"email": email}),
        ):
            await got(db.auth.sign_out(**by))
            with refused(400, "record-not-found"):
                await got(db.auth.verify_token(token))
        assert (await got(db.auth.delete_user(email=email)))["id"] == user["id"]
        assert await got(db.auth.delete_user(id=user["id"])) is None
        with refused(400, "record-not-found"):
            await got(db.auth.sign_out(email=email))

        chosen = id()
        token = await got(db.auth.create_token(id=chosen))
        assert (await got(db.auth.verify_token(token)))["id"] == chosen
        assert (await got(db.auth.delete_user(refresh_token=token)))["id"] == chosen
        with refused(400, "param-malformed"):
            await got(db.auth.get_user(email="no address"))
        with pytest.raises(InstantError, match="exactly one"):
            await got(db.auth.get_user())

    run(scenario)


def test_plus_in_an_address(run: Run) -> None:
    async def scenario(db: Any) -> None:
        email = f"a+{id()}@example.com"
        await got(db.auth.create_token(email=email))
        assert (await got(db.auth.get_user(email=email)))["email"] == email

    run(scenario)


def test_storage(run: Run, tmp_path: Path) -> None:
    async def scenario(db: Any) -> None:
        folder = id()
        stored = tmp_path / "stored.txt"
        stored.write_text("from a path")
        with stored.open("rb") as opened:
            for name, source, content in (
                ("a b.txt", b"bytes", b"bytes"),
                ("c.txt", stored, b"from a path"),
                ("d.txt", opened, b"from a path"),
                ("e.txt", io.BytesIO(b"memory"), b"memory"),
            ):
                path = f"{folder}/{name}"
                answer = await got(db.storage.upload_file(path, source, content_type="text/plain"))
                assert answer["data"]["size"] == len(content)
                query = {"$files": {"$": {"where": {"path": path}}}}
                [row] = (await got(db.query(query)))["$files"]
                assert (row["id"], row["content-type"]) == (answer["data"]["id"], "text/plain")
                assert httpx.get(row["url"]).content == content
        where = {"$files": {"$": {"where": {"path": f"{folder}/a b.txt"}}}}
        disposition = 'attachment; filename="x.bin"'
        again = await got(db.storage.upload_file(f"{folder}/a b.txt", b"new", content_disposition=disposition))
        [row] = (await got(db.query(where)))["$files"]
        assert (row["id"], row["size"]) == (again["data"]["id"], 3)
        assert httpx.get(row["url"]).headers["content-disposition"] == disposition
        await got(db.transact(db.tx["$files"][row["id"]].update({"path": f"{folder}/moved.bin"})))
        await got(db.transact(db.tx["$files"][row["id"]].delete()))
        assert await got(db.query(where)) == {"$files": []}
        with refused(400, "permission-denied"):
            await got(db.as_user(guest=True).storage.upload_file(f"{folder}/no.txt", b"x"))

    run(scenario)


@pytest.mark.usefixtures("ruled")
def test_impersonation(run: Run) -> None:
    async def scenario(db: Any) -> None:
        email = f"{id()}@example.com"
        token = await got(db.auth.create_token(email=email))
        me = (await got(db.auth.verify_token(token)))["id"]
        mine, other = id(), id()
        await got(db.transact(db.tx.secrets[other].update({"owner": id()})))
        for user in (db.as_user(email=email), db.as_user(token=token)):
            await got(user.transact(user.tx.secrets[mine].create({"owner": me})))
            query = {"secrets": {"$": {"where": {"id": {"$in": [mine, other]}}}}}
            assert [row["id"] for row in (await got(user.query(query)))["secrets"]] == [mine]
            for chunk in (
                user.tx.secrets[id()].create({"owner": other}),
                user.tx.secrets[mine].update({"owner": other}),
                user.tx.secrets[other].delete(),
            ):
                with refused(400, "permission-denied"):
                    await got(user.transact(chunk))
            await got(user.transact(user.tx.secrets[mine].delete()))
        guest = db.as_user(guest=True)
        assert await got(guest.query({"secrets": {}})) == {"secrets": []}
        with refused(400, "record-not-found"):
            await got(db.as_user(email="nobody@example.com").query({"secrets": {}}))
        with refused(400, "record-not-found"):
            await got(db.as_user(token=MISSING).query({"secrets": {}}))

    run(scenario)


@pytest.mark.usefixtures("ruled")
def test_rule_params(run: Run) -> None:
    async def scenario(db: Any) -> None:
        one = id()
        await got(db.transact(db.tx.keyed[one].update({"key": "k", "n": 1})))
        guest = db.as_user(guest=True)
        query = {"keyed": {"$": {"where": {"id": one}}}}
        assert await got(guest.query(query)) == {"keyed": []}
        assert (await got(guest.query(query, rule_params={"key": "k"})))["keyed"][0]["n"] == 1
        with refused(400, "permission-denied"):
            await got(guest.transact(guest.tx.keyed[one].update({"n": 2})))
        await got(guest.transact(guest.tx.keyed[one].rule_params({"key": "k"}).update({"n": 2})))
        assert (await got(db.query(query)))["keyed"][0]["n"] == 2

    run(scenario)


@pytest.mark.usefixtures("ruled")
def test_debug(run: Run) -> None:
    async def scenario(db: Any) -> None:
        one = id()
        await got(db.transact(db.tx.secrets[one].update({"owner": "nobody"})))
        guest = db.as_user(guest=True)
        query = {"secrets": {"$": {"where": {"id": one}}}}
        seen = await got(guest.debug_query(query))
        assert seen["result"] == {"secrets": []}
        [check] = seen["check_results"]
        assert (check["id"], check["entity"], check["check"]) == (one, "secrets", False)
        assert check["record"]["owner"] == "nobody"
        opened = {"secrets": {"allow": {"view": "ruleParams.open", "update": "true"}}}
        seen = await got(guest.debug_query(query, rules=opened, rule_params={"open": True}))
        assert [row["id"] for row in seen["result"]["secrets"]] == [one]
        chunk = guest.tx.secrets[one].update({"owner": "me"})
        for rules, is_allowed in ((None, False), (opened, True)):
            result = await got(guest.debug_transact(chunk, rules=rules))
            assert (result["all-checks-ok?"], result["committed?"]) == (is_allowed, False)
            assert isinstance(result["tx-id"], int)
            [check] = result["check-results"]
            assert (check["action"], check["etype"], check["eid"]) == ("update", "secrets", one)
            assert check["check-pass?"] is is_allowed
        assert (await got(db.query(query)))["secrets"][0]["owner"] == "nobody"
        with refused(400, "validation-failed"):
            await got(guest.debug_query(query, rules={"secrets": {"allow": {"view": "(("}}}))
        with pytest.raises(InstantError, match="as_user"):
            await got(db.debug_query(query))

    run(scenario)


def test_strangers(app: App) -> None:
    for app_id, token in ((APP_ID, MISSING), (MISSING, ADMIN_TOKEN)):
        with (
            Instant(app_id=app_id, admin_token=token, api_uri=app.server.base_url) as db,
            refused(400, "record-not-found"),
        ):
            db.query({"goals": {}})
    # Guests and tokens need no admin.
    with Instant(app_id=APP_ID, api_uri=app.server.base_url) as db:
        assert "goals" in db.as_user(guest=True).query({"goals": {}})


def test_the_same_records_at_the_other_front(app: App, db: Instant) -> None:
    """What a client of Instant writes, a superuser of PocketBase reads."""
    one = id()
    db.transact(db.tx.shared[one].update({"title": "both"}))
    answer = send_json(app.port, "GET", f"/api/collections/shared/records/{one}", None, token=app.server.super_token())
    assert (answer.status, answer.json()["title"]) == (200, "both")
