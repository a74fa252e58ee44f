"""Sessions whose events must be the same from PocketBase and from Ketch."""

from __future__ import annotations

import json
from typing import Any

from realtime.conftest import Compare
from realtime.session import Session
from realtime.stream import options

TEXT: dict[str, Any] = {"name": "title", "type": "text"}
NUMBER: dict[str, Any] = {"name": "n", "type": "number"}


def relation(name: str, target: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "relation", "collectionId": target, "maxSelect": 1, **more}


def test_topics(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("posts", [TEXT, NUMBER])
        s.collection("other", [TEXT])
        first = s.create("posts", title="first", n=1)
        s.subscribe(
            "one",
            "~posts/*",
            "~posts",
            "~POSTS/*",
            f"~posts/{first}",
            "~posts/nope",
            "~posts/*/x",
            "~posts/",
            "~posts*",
            "/*",
            "",
            "*",
            "@oauth2",
            "~posts/*",
            "~posts/*?x=1",
            "~posts/*?options=bad",
        )
        second = s.create("posts", title="second", n=2)
        s.expect("create", 4)
        s.update("posts", first, title="changed")
        s.expect("update", 5)
        s.update("posts", first, title="changed")
        s.expect("update of nothing", 5)
        s.delete("posts", second)
        s.expect("delete", 4)
        s.create("other", title="x")
        s.expect("another collection", 0)
        s.subscribe("one", "~other/*")
        s.create("posts", title="third")
        s.create("other", title="y")
        s.expect("replaced", 1)
        s.subscribe("one")
        s.create("other", title="z")
        s.expect("none", 0)

    run("topics", script)


def test_collection_id_as_topic(run: Compare) -> None:
    def script(s: Session) -> None:
        made = s.collection("posts", [TEXT])
        s.subscribe("one", f"{made}/*", made, f"{made.upper()}/*")
        first = s.create("posts", title="a")
        s.expect("create", 2)
        s.subscribe("one", f"{made}/{first}")
        s.update("posts", first, title="b")
        s.expect("record", 1)

    run("byid", script)


def test_options(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection(
            "posts",
            [TEXT, NUMBER, {"name": "secret", "type": "text", "hidden": True}],
            listRule="n > 0 || @request.query.all = 'yes' || @request.headers.x_key = 'k'",
        )
        suffixes = [
            options(fields="title"),
            options(fields="title:excerpt(2),n"),
            options(fields="title:bad("),
            options(fields=""),
            options(filter="n > 3"),
            options(filter="n > 3 && title = 'seven'"),
            options(filter="n >"),
            options(filter="nope = 1"),
            options(filter="secret = 'x'"),
            options(filter="@request.query.all = 'yes'", all="yes"),
            options(all="yes"),
            options(all=1),
            options(headers={"X-Key": "k"}),
            options(headers={"x_key": "k"}),
            "?options=" + json.dumps({"query": {"filter": "n = 7"}}),
            "?options=%zz",
            "?a=1&" + options(filter="n = 7")[1:],
        ]
        s.subscribe("one", *[f"~posts/*{suffix}" for suffix in suffixes])
        s.create("posts", title="zero", n=0, secret="x")
        s.expect("zero")
        made = s.create("posts", title="seven", n=7, secret="x")
        s.expect("seven")
        s.update("posts", made, n=1)
        s.expect("one")
        s.delete("posts", made)
        s.expect("gone")

    run("options", script)


def test_rules(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("people", [{"name": "team", "type": "text"}], type="auth")
        s.user("anna", team="red")
        s.user("ben", team="blue")
        rules = {
            "open": ("", ""),
            "closed": (None, None),
            "listed": ("", None),
            "viewed": (None, ""),
            "signed": ("@request.auth.id != ''", "@request.auth.id != ''"),
            "teams": ("team = @request.auth.team", "team = @request.auth.team && team != ''"),
            "context": ("@request.context = 'realtime' && @request.method = 'GET'", "@request.body.team:isset = true"),
        }
        fields: list[dict[str, Any]] = [
            {"name": "team", "type": "text"},
            {"name": "secret", "type": "text", "hidden": True},
        ]
        records = {}
        for name, (listed, viewed) in rules.items():
            s.collection(name, fields, listRule=listed, viewRule=viewed)
            records[name] = s.create(name, team="red", secret="s")
        topics = [f"~{name}/{what}" for name, record in records.items() for what in ("*", record)]
        for stream, auth in (("guest", ""), ("anna", "anna"), ("ben", "ben"), ("root", "super")):
            s.subscribe(stream, *topics, auth=auth)
        for name, record in records.items():
            s.update(name, record, secret="t")
            s.expect(f"update {name}")
            s.update(name, record, team="")
            s.expect(f"no team {name}")
            s.delete(name, record)
            s.expect(f"delete {name}")

    run("rules", script)


def test_rules_over_every_type(run: Compare) -> None:
    """One subscriber for each rule: the rule decides in memory where it can."""
    rules = [
        "title = 'Alpha'",
        "title != 'Alpha'",
        "title ~ 'alp'",
        "title !~ 'alp'",
        "title ~ 'a%a'",
        "title = ''",
        "title:lower = 'alpha'",
        "title > 'B'",
        "title ~ 5",
        "n = 5",
        "n = '5'",
        "n > 2.5",
        "n != 0",
        "n = ''",
        "n = null",
        "n ~ 5",
        "flag = true",
        "flag = 'true'",
        "flag = 1",
        "flag != false",
        "flag = '1'",
        "day > '2024-01-01'",
        "day = ''",
        "day < @now",
        "kind = 'a'",
        "kind:length = 1",
        "kind:each = 'a'",
        "tags = '[]'",
        "tags:length > 1",
        "tags:length = 0",
        "tags:each = 'a'",
        "tags:each ?= 'a'",
        "tags:each != 'a'",
        "tags:each ?!= 'a'",
        "tags:each ~ 'a'",
        "tags ~ 'a'",
        "tags = ''",
        "tags ?= 'a'",
        "data.a = 1",
        "data.a = '1'",
        "data.a != null",
        "data.a.b = 'x'",
        "data.list.1 = 'y'",
        "data = 'text'",
        "data = null",
        "data ~ 'x'",
        "data.f = true",
        "data.a > 0",
        "place.lon > 1",
        "place.lat = 0",
        "owner = ''",
        "owner != ''",
        "owner.title = 'target'",
        "owner.id = owner",
        "others:length = 2",
        "others.title ?= 'target'",
        "others.title = 'target'",
        "others.id ?= owner",
        "title = kind",
        "n = flag",
        "title ~ kind",
        "email = 'a@x.com'",
        "id != ''",
        "@yearStart < created",
        "title = 'Alpha' && n > 4",
        "title = 'Alpha' || n > 4",
        "(title = 'Alpha' || flag = true) && tags:each ?= 'b'",
        "strftime('%Y', day) = '2025'",
        "geoDistance(place.lon, place.lat, 0, 0) < 500",
        "@collection.zz_marker.id ?!= ''",
        "text_via = 1",
    ]

    def script(s: Session) -> None:
        target = s.collection("targets", [TEXT])
        one = s.create("targets", title="target")
        two = s.create("targets", title="other")
        select: dict[str, Any] = {"type": "select", "values": ["a", "b", "c"]}
        fields: list[dict[str, Any]] = [
            TEXT,
            NUMBER,
            {"name": "flag", "type": "bool"},
            {"name": "day", "type": "date"},
            {"name": "kind", **select},
            {"name": "tags", **select, "maxSelect": 3},
            {"name": "data", "type": "json"},
            {"name": "place", "type": "geoPoint"},
            relation("owner", target),
            {"name": "email", "type": "email"},
            relation("others", target, maxSelect=5),
            {"name": "created", "type": "autodate", "onCreate": True},
        ]
        records: list[dict[str, Any]] = [
            {},
            {"title": "Alpha", "n": 5, "flag": True, "day": "2025-05-05", "kind": "a", "tags": ["a"], "data": {"a": 1}},
            {"title": "beta", "n": 2.5, "kind": "b", "tags": ["a", "b"], "data": {"a": {"b": "x"}, "list": ["x", "y"]}},
            {"title": "5", "n": -1, "tags": ["c", "b"], "data": "text", "place": {"lon": 2, "lat": 3}, "owner": one},
            {"title": "ALPHABET", "data": [1, 2], "owner": two, "others": [one, two], "email": "a@x.com"},
            {"title": "a", "kind": "a", "data": {"a": "1", "f": True}, "others": [one], "owner": one, "n": 1},
            {"title": "Beta", "data": 5, "n": 15, "flag": True, "tags": ["b"], "day": "2020-01-01 10:00:00Z"},
        ]
        for index, rule in enumerate(rules):
            name = f"r{index}"
            body = {"name": s.name(name), "type": "base", "listRule": rule, "fields": fields}
            made = s.server.request("POST", "/api/collections", body, token=s.server.super_token())
            s.note(rule, made.status)
            if made.status != 200:
                continue
            s.subscribe("one", f"~{name}/*")
            for record in records:
                s.create(name, **record)
            s.expect(rule)

    run("types", script)


def test_relations_and_deletes(run: Compare) -> None:
    def script(s: Session) -> None:
        people = s.collection("people", [{"name": "team", "type": "text"}], type="auth")
        s.collection("owned", [TEXT, relation("owner", people, cascadeDelete=True)], listRule="owner.team = 'red'")
        projects = s.collection("projects", [TEXT])
        s.collection("members", [{"name": "who", "type": "text"}, relation("project", projects, cascadeDelete=True)])
        s.collection("notes", [TEXT, relation("project", projects)], listRule="project.title != 'hidden'")
        s.change_collection("projects", listRule=f"{s.name('members')}_via_project.who ?= 'me'")
        red, blue = s.user("red", team="red"), s.user("blue", team="blue")
        s.subscribe(
            "one",
            "~owned/*",
            "~projects/*",
            "~members/*",
            "~notes/*",
            "~owned/*" + options(expand="owner", fields="title,expand.owner.team,expand.owner.id"),
            "~owned/*" + options(filter="owner.team = 'red'"),
            "~notes/*" + options(expand="project,nope"),
        )
        first, second = s.create("owned", title="1", owner=red), s.create("owned", title="2", owner=red)
        s.create("owned", title="3", owner=blue)
        s.expect("owned", 6)
        s.delete("owned", first)
        s.expect("own delete", 3)
        s.update("people", red, team="green")
        s.update("owned", second, title="now green")
        s.expect("the owner changed", 0)
        s.update("people", red, team="red")
        # Without the expand: PocketBase leaves out a target that goes in the same cascade.
        s.subscribe(
            "one",
            "~owned/*",
            "~owned/*" + options(filter="owner.team = 'red'"),
            "~projects/*",
            "~members/*",
            "~notes/*",
            "~notes/*" + options(expand="project,nope"),
        )
        s.delete("people", red)
        s.expect("cascade", 2)
        mine, other = s.create("projects", title="mine"), s.create("projects", title="other")
        s.create("members", who="me", project=mine)
        s.create("members", who="you", project=other)
        s.expect("members", 2)
        s.update("projects", mine, title="mine too")
        s.update("projects", other, title="other too")
        s.expect("projects", 1)
        note = s.create("notes", title="n", project=mine)
        s.expect("note", 2)
        s.delete("projects", other)
        s.expect("delete unseen", 1)
        s.delete("projects", mine)
        s.expect("delete seen", 4)
        s.delete("notes", note)
        s.expect("note gone", 2)

    run("relations", script)


def test_refused_deletes_are_not_told(run: Compare) -> None:
    def script(s: Session) -> None:
        target = s.collection("targets", [TEXT], listRule="title != '' && @request.query.a != 'x'")
        s.collection("refs", [relation("target", target, required=True)])
        made = s.create("targets", title="t")
        s.create("refs", target=made)
        s.subscribe("one", "~targets/*", "~targets/*" + options(filter="title != ''"))
        s.delete("targets", made)
        s.expect("refused", 0)
        s.do("POST", "~targets/records", {"id": "bad"})
        s.expect("invalid", 0)

    run("refused", script)


def test_emails(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("people", [{"name": "boss", "type": "bool"}], type="auth", manageRule="@request.auth.boss = true")
        for name, boss in (("anna", False), ("boss", True)):
            s.user(name, boss=boss)
        for stream, auth in (("guest", ""), ("anna", "anna"), ("boss", "boss"), ("root", "super")):
            s.subscribe(stream, "~people/*", "~people/*" + options(filter="email != ''"), auth=auth)
        values = {"password": "password123", "passwordConfirm": "password123"}
        made = s.create("people", email="new@x.com", **values)
        s.expect("invisible")
        s.update("people", made, emailVisibility=True)
        s.expect("visible")
        s.delete("people", made)
        s.expect("gone")

    run("emails", script)


def test_binding(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("people", [{"name": "team", "type": "text"}], type="auth")
        s.collection("notes", [TEXT], listRule="@request.auth.team = title")
        anna, ben = s.user("anna", team="red"), s.user("ben", team="blue")
        s.subscribe("one", "~notes/*")
        s.create("notes", title="red")
        s.expect("guest", 0)
        s.subscribe("one", "~notes/*", auth="anna")
        s.create("notes", title="red")
        s.expect("anna", 1)
        s.subscribe("one", "~notes/*", auth="")
        s.subscribe("one", "~notes/*", auth="ben")
        s.subscribe("one", "~notes/*", auth="super")
        s.subscribe("one", "~notes/*", auth="anna")
        s.update("people", anna, team="green")
        s.create("notes", title="red")
        s.create("notes", title="green")
        s.expect("the record changed", 1)
        s.update("people", anna, password="password124", passwordConfirm="password124")
        s.create("notes", title="green")
        s.create("notes", title="")
        s.expect("password changed: a guest", 1)
        s.subscribe("one", "~notes/*", auth="ben")
        s.create("notes", title="blue")
        s.expect("a guest becomes ben", 1)
        s.update("people", ben, email="other@x.com")
        s.create("notes", title="blue")
        s.expect("email changed", 0)
        s.user("carl", team="red")
        s.subscribe("two", "~notes/*", auth="carl")
        s.create("notes", title="red")
        s.expect("carl", 1)
        s.change_collection("people", authToken={"secret": "s" * 50})
        s.create("notes", title="red")
        s.expect("new secret", 0)
        dora = s.user("dora", team="red")
        s.subscribe("three", "~notes/*", f"~people/{dora}", auth="dora")
        s.create("notes", title="red")
        s.expect("dora", 1)
        s.delete("people", dora)
        s.create("notes", title="red")
        s.expect("dora is gone", 1)
        s.subscribe("three", "~notes/*")
        s.collection("temps", [{"name": "team", "type": "text"}], type="auth")
        s.user("erik", collection="temps", team="red")
        s.subscribe("four", "~notes/*", auth="erik")
        s.create("notes", title="red")
        s.expect("erik", 1)
        s.do("DELETE", f"/api/collections/{s.name('temps')}")
        s.create("notes", title="red")
        s.expect("erik's collection is gone", 0)

    run("binding", script)


def test_batch_is_told_after_its_commit(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("posts", [{**TEXT, "required": True}])
        s.subscribe("one", "~posts/*", "~posts/*" + options(filter="title != 'gone'"))
        url = f"/api/collections/{s.name('posts')}/records"
        fine = {"method": "POST", "url": url, "body": {"title": "a"}}
        s.do("POST", "/api/batch", {"requests": [fine, {"method": "POST", "url": url, "body": {}}]})
        s.expect("rolled back", 0)
        s.do("POST", "/api/batch", {"requests": [fine, {**fine, "body": {"title": "b"}}]})
        s.expect("committed", 4)
        made = s.create("posts", title="c")
        s.expect("one", 2)
        again = {"method": "PATCH", "url": f"{url}/{made}", "body": {"title": "d"}}
        s.do("POST", "/api/batch", {"requests": [again, {"method": "DELETE", "url": f"{url}/{made}"}]})
        s.expect("update and delete")

    run("batch", script)


def test_truncate(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("posts", [TEXT], listRule="title = 'seen'")
        for title in ("seen", "seen", "unseen"):
            s.create("posts", title=title)
        s.subscribe("one", "~posts/*")
        s.do("DELETE", f"/api/collections/{s.name('posts')}/truncate")
        s.expect("truncated", 2)

    run("truncate", script)


def test_schema_changes(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("posts", [TEXT], listRule="title = 'a'")
        s.subscribe("one", "~posts/*", "~posts/*" + options(filter="more = 'x'"))
        s.create("posts", title="b")
        s.expect("hidden", 0)
        s.change_collection("posts", listRule="title = 'b'", fields=[TEXT, {"name": "more", "type": "text"}])
        s.create("posts", title="b", more="x")
        s.expect("shown", 2)
        s.change_collection("posts", listRule=None)
        s.create("posts", title="b", more="x")
        s.expect("closed", 0)

    run("schema", script)
