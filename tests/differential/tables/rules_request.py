"""What rules see: `@request.*`, its modifiers, the stored record and the would-be record.

Each group sets one rule on the collection and then sends requests that it lets pass or refuses.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from differential.model import Group, R, Table, User, collection_id, records

_ANNA, _BEN = "anna00000000001", "ben000000000001"
_URL = records("posts")
_NUMBERS = count(1)


def _id() -> str:
    return f"made{next(_NUMBERS):05}0000xx"


def _relation(name: str, target: str, kind: str = "base", many: int = 1) -> dict[str, Any]:
    return {"name": name, "type": "relation", "collectionId": collection_id(target, kind), "maxSelect": many}


_COLLECTIONS: list[dict[str, Any]] = [
    {"name": "teams", "type": "base", "fields": [{"name": "name", "type": "text"}]},
    {
        "name": "people",
        "type": "auth",
        "fields": [
            {"name": "name", "type": "text"},
            {"name": "role", "type": "select", "values": ["admin", "reader"], "maxSelect": 2},
            {"name": "hush", "type": "text", "hidden": True},
            _relation("team", "teams"),
        ],
    },
    {"name": "others", "type": "auth", "fields": []},
    {
        "name": "posts",
        "type": "base",
        "fields": [
            {"name": "title", "type": "text"},
            {"name": "auto", "type": "text", "autogeneratePattern": "[a-z]{8}"},
            {"name": "n", "type": "number"},
            {"name": "flag", "type": "bool"},
            {"name": "when", "type": "date"},
            {"name": "labels", "type": "select", "values": ["red", "green", "blue"], "maxSelect": 3},
            _relation("owner", "people", "auth"),
            _relation("owners", "people", "auth", 3),
            {"name": "data", "type": "json"},
            {"name": "loc", "type": "geoPoint"},
            {"name": "hush", "type": "text", "hidden": True},
            {"name": "file", "type": "file", "maxSelect": 2},
            {"name": "made", "type": "autodate", "onCreate": True},
        ],
    },
]


def _person(key: str, name: str, **fields: Any) -> dict[str, Any]:
    secret = {"password": "password123", "passwordConfirm": "password123"}
    return {"id": key, "email": f"{name.lower()}@example.com", "name": name, **secret, **fields}


_RECORDS: dict[str, list[dict[str, Any]]] = {
    "teams": [{"id": "team0000000000a", "name": "red"}, {"id": "team0000000000b", "name": "blue"}],
    "people": [
        _person(_ANNA, "Anna", role=["admin"], team="team0000000000a", hush="h", verified=True, emailVisibility=True),
        _person(_BEN, "Ben", role=["reader"], team="team0000000000b"),
    ],
    "others": [_person("oda000000000001", "Oda")],
    "posts": [
        {
            "id": "post0000000000a",
            "title": "one",
            "auto": "a",
            "n": 5,
            "labels": ["red"],
            "owner": _ANNA,
            "owners": [_ANNA, _BEN],
            "data": {"k": "v"},
            "hush": "h",
        },
        {"id": "post0000000000b", "title": "two", "auto": "b", "owner": _BEN, "owners": [_BEN]},
        {"id": "post0000000000c", "title": "free", "auto": "c"},
    ],
}


def _set(kind: str, rule: str) -> R:
    return R(
        "set rule", "PATCH", "/api/collections/posts", auth="super", json={f"{kind}Rule": rule}, q={"fields": "id"}
    )


def _listing(rule: str, *found: tuple[str, str], query: dict[str, str] | None = None) -> Group:
    """`found`: a requester and the letters of the posts that it is shown."""
    asked = {"sort": "id", "fields": "id", "filter": "id ~ 'post'", **(query or {})}
    rows = [
        R(actor or "guest", "GET", _URL, auth=actor, q=asked, ids=[f"post0000000000{c}" for c in letters.split()])
        for actor, letters in found
    ]
    return Group(f"list {rule} {query or ''}".strip(), [_set("list", rule), *rows])


def _view(rule: str, *asked: tuple[str, str, int], headers: dict[str, str] | None = None, query: str = "") -> Group:
    rows = [
        R(
            f"{actor or 'guest'} {letter}",
            "GET",
            f"{_URL}/post0000000000{letter}{query}",
            status,
            auth=actor,
            headers=headers,
        )
        for actor, letter, status in asked
    ]
    return Group(f"view {rule} {query}{headers or ''}", [_set("view", rule), *rows])


def _create(rule: str, *sent: tuple[dict[str, Any], int], actor: str = "anna") -> Group:
    rows = [
        R(f"{number} {body}", "POST", _URL, status, auth=actor, json={"id": _id(), **body}, redact=["auto"])
        for number, (body, status) in enumerate(sent)
    ]
    return Group(f"create {rule} / {actor or 'guest'}", [_set("create", rule), *rows])


def _update(rule: str, *sent: tuple[dict[str, Any], int], actor: str = "anna") -> Group:
    key = _id()
    base = {"id": key, "title": "one", "n": 5, "labels": ["red"], "owner": _ANNA, "owners": [_ANNA], "data": {"k": "v"}}
    make = R("make", "POST", _URL, auth="super", json=base, redact=["auto"])
    rows = [
        R(f"{number} {body}", "PATCH", f"{_URL}/{key}", status, auth=actor, json=body, redact=["auto"])
        for number, (body, status) in enumerate(sent)
    ]
    return Group(f"update {rule} / {actor or 'guest'}", [_set("update", rule), make, *rows])


_INVALID = Group(
    "rules that cannot be saved",
    [
        R(rule, "PATCH", "/api/collections/posts", 400, auth="super", json={"viewRule": rule})
        for rule in (
            "@request.body.n+ > 3",
            "@request.body.title:length = 2",
            "@request.body.nope:changed = true",
            "@request.query.a:length = 1",
            "@request.method:lower = 'get'",
            "@request.nope = 1",
            "@request.auth = 1",
            "@request.query = 1",
            "collectionName = 'posts'",
            "nope = 1",
            "title",
            "title = ",
            "@collection.nope.id = ''",
            "title:nope = 1",
            "   ",
            "||".join(["n=1"] * 201),
        )
    ],
)

_FILE = Group(
    "create @request.body.file of an upload",
    [
        _set("create", "@request.body.file:length = 1 && @request.body.file:isset = true"),
        R(
            "one file",
            "POST",
            _URL,
            auth="anna",
            parts=[("id", "fileone0000001a"), ("file", "letter.txt", "text/plain", b"a")],
            redact=["auto"],
        ),
        R(
            "two files",
            "POST",
            _URL,
            400,
            auth="anna",
            parts=[
                ("id", "filetwo0000001a"),
                ("file", "letter.txt", "text/plain", b"a"),
                ("file", "second.txt", "text/plain", b"b"),
            ],
        ),
        _set("create", "@request.body.file.0.size < 4 && @request.body.file.0.originalName ~ '.txt'"),
        R(
            "small file",
            "POST",
            _URL,
            auth="anna",
            parts=[("id", "filesmall00001a"), ("file", "letter.txt", "text/plain", b"a")],
            redact=["auto"],
        ),
        R(
            "large file",
            "POST",
            _URL,
            400,
            auth="anna",
            parts=[("id", "filelarge00001a"), ("file", "letter.txt", "text/plain", b"aaaaaaa")],
        ),
    ],
)

_LISTS = [
    _listing("@request.auth.id != ''", ("", ""), ("anna", "a b c"), ("oda", "a b c")),
    _listing("owner = @request.auth.id", ("", "c"), ("anna", "a"), ("ben", "b"), ("oda", "")),
    _listing("owners ?= @request.auth.id", ("", ""), ("anna", ""), ("ben", "")),
    _listing("owners.id ?= @request.auth.id", ("", "c"), ("anna", "a"), ("ben", "a b")),
    _listing("owners:each ?= @request.auth.id", ("anna", "a"), ("ben", "a b")),
    _listing("owners.id = @request.auth.id", ("anna", ""), ("ben", "b")),
    _listing("@request.auth.name = 'Anna'", ("", ""), ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.role:each ?= 'admin'", ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.role:length = 1", ("", ""), ("anna", "a b c")),
    _listing("@request.auth.role ~ 'reader'", ("anna", ""), ("ben", "a b c")),
    _listing("@request.auth.team.name = 'red'", ("", ""), ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.team = owner.team", ("", "c"), ("anna", "a"), ("ben", "b")),
    _listing("@request.auth.hush = 'h'", ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.email = 'ben@example.com'", ("anna", ""), ("ben", "a b c")),
    _listing("@request.auth.email:lower ~ 'ANNA'", ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.verified = true", ("", ""), ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.emailVisibility = true", ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.collectionName = 'people'", ("", ""), ("anna", "a b c"), ("oda", "")),
    _listing(f"@request.auth.collectionId = '{collection_id('others', 'auth')}'", ("anna", ""), ("oda", "a b c")),
    _listing("@request.auth.nope = ''", ("", "a b c"), ("anna", "a b c")),
    _listing("@request.auth.nope.deeper != ''", ("", ""), ("anna", "")),
    _listing("@request.auth.posts_via_owner.title ?= 'one'", ("", ""), ("anna", "a b c"), ("ben", "")),
    _listing("@request.auth.created != ''", ("anna", "")),
    _listing("@request.auth.tokenKey != ''", ("", ""), ("anna", "a b c")),
    _listing(
        "@collection.people.id ?= @request.auth.id && @collection.people.name ?= 'Anna'", ("anna", "a b c"), ("ben", "")
    ),
    _listing("@collection.posts.owner ?= @request.auth.id", ("", "a b c"), ("anna", "a b c"), ("oda", "")),
    _listing("hush = 'h'", ("", "a"), ("anna", "a")),
    _listing("@request.context = 'default' && @request.method = 'GET'", ("", "a b c")),
    _listing("@request.query.key = 'k'", ("", ""), ("super", "a b c")),
    _listing("@request.query.key = 'k'", ("", "a b c"), query={"key": "k"}),
    _listing("@request.query.key:isset = true", ("", "a b c"), query={"key": ""}),
    _listing("@request.query.key:lower = 'k'", ("", "a b c"), query={"key": "K"}),
    _listing("@request.query.n = n", ("", "a"), query={"n": "5"}),
    _listing("@request.query.n > 4", ("", "a b c"), query={"n": "5"}),
    _listing("title = @request.query.title", ("", "b"), query={"title": "two"}),
    _listing("data.k = @request.query.v", ("", "a"), query={"v": "v"}),
    _listing("made <= @now && @todayStart <= @now", ("", "a b c")),
    _listing("n = 5 || @request.auth.id != ''", ("", "a"), ("anna", "a b c")),
]

_VIEWS = [
    _view(
        "owner = @request.auth.id",
        ("", "a", 404),
        ("", "c", 200),
        ("anna", "a", 200),
        ("ben", "a", 404),
        ("super", "a", 200),
    ),
    _view("@request.headers.x_key = 'k'", ("", "a", 404)),
    _view("@request.headers.x_key = 'k'", ("", "a", 200), headers={"X-Key": "k"}),
    _view("@request.headers.x_key:isset = true", ("", "a", 200), headers={"x-kEy": "anything"}),
    _view("@request.headers.user_agent = 'probe/1'", ("", "a", 200), headers={"User-Agent": "probe/1"}),
    _view("@request.headers.x_xss_protection = '1'", ("", "a", 200), headers={"X-XSS-Protection": "1"}),
    _view("@request.headers.x_y2_z = '1'", ("", "a", 200), headers={"X-Y2-Z": "1"}),
    _view("@request.headers.xapikey = '1'", ("", "a", 200), headers={"xApiKey": "1"}),
    _view("@request.headers.nope = ''", ("", "a", 200)),
    _view("@request.query.a = '1'", ("", "a", 200), query="?a=1&a=2"),
    _view("@request.query.a = '2'", ("", "a", 404), query="?a=1&a=2"),
    _view("@request.query.a_b = '1'", ("", "a", 200), query="?a_b=1"),
    _view("@request.body.title = ''", ("", "a", 200)),
    _view("@request.body.title:isset = false", ("", "a", 200)),
]

_CREATES = [
    _create("@request.body.title = 'ok'", ({"title": "ok"}, 200), ({"title": "no"}, 400), ({}, 400)),
    _create("title = 'ok'", ({"title": "ok"}, 200), ({"title": "no"}, 400), ({"title": 5}, 400)),
    _create("title = ''", ({}, 200), ({"title": None}, 200), ({"title": ["x"]}, 200), ({"title": "a"}, 400)),
    _create("n > 3", ({"n": 4}, 200), ({"n": "4"}, 200), ({"n": 3}, 400), ({"n+": 4}, 200), ({}, 400)),
    _create("@request.body.n > 3", ({"n": 4}, 200), ({"n": "4"}, 200), ({"n": "3"}, 400), ({"n+": 9}, 200)),
    _create("owner = @request.auth.id", ({"owner": _ANNA}, 200), ({"owner": _BEN}, 400), ({}, 400)),
    _create("owner = @request.auth.id", ({}, 200), ({"owner": _ANNA}, 400), actor=""),
    _create("owner.name = 'Ben'", ({"owner": _BEN}, 200), ({"owner": _ANNA}, 400), ({"owner": "missing00000000"}, 400)),
    _create("owners.name ?= 'Ben'", ({"owners": [_ANNA, _BEN]}, 200), ({"owners": [_ANNA]}, 400)),
    _create("owners.name = 'Ben'", ({"owners": [_BEN]}, 200), ({"owners": [_ANNA, _BEN]}, 400)),
    _create("@request.body.owner.name = 'Ben'", ({"owner": _BEN}, 200), ({"owner": _ANNA}, 400), ({}, 400)),
    _create("@request.body.owners.name ?= 'Ben'", ({"owners": [_ANNA, _BEN]}, 200), ({"owners": [_ANNA]}, 400)),
    _create("@request.body.owners.team.name = 'red'", ({"owners": [_ANNA]}, 200), ({"owners": [_ANNA, _BEN]}, 400)),
    _create(
        "@request.body.labels:length = 2", ({"labels": ["red", "green"]}, 200), ({"labels": ["red"]}, 400), ({}, 400)
    ),
    _create(
        "@request.body.labels:each ~ 're'", ({"labels": ["red", "green"]}, 200), ({"labels": ["red", "blue"]}, 400)
    ),
    _create("@request.body.labels:each ?= 'red'", ({"labels": ["red", "blue"]}, 200), ({"labels": ["blue"]}, 400)),
    _create("labels:each = 'red'", ({"labels": ["red"]}, 200), ({"labels": ["red", "blue"]}, 400)),
    _create("labels:length = 0", ({}, 200), ({"labels": ["red"]}, 400)),
    _create("@request.body.title:isset = true", ({"title": ""}, 200), ({"title": None}, 200), ({}, 400)),
    _create("@request.body.title:isset = false", ({}, 200), ({"title": "a"}, 400)),
    _create("@request.body.nope:isset = true", ({"nope": 1}, 200), ({}, 400)),
    _create("@request.body.nope = 'x'", ({"nope": "x"}, 200), ({"nope": "y"}, 400)),
    _create("@request.body.nope.a.b = 5", ({"nope": {"a": {"b": 5}}}, 200), ({"nope": {"a": 5}}, 400)),
    _create("@request.body.title:changed = false", ({}, 200), ({"title": "a"}, 200)),
    _create("@request.body.title:changed = true", ({}, 400), ({"title": "a"}, 400)),
    _create("@request.body.title:lower = 'ok'", ({"title": "OK"}, 200), ({"title": "NO"}, 400)),
    _create(
        "@request.body.flag = true",
        ({"flag": True}, 200),
        ({"flag": "true"}, 200),
        ({"flag": "yes"}, 400),
        ({"flag": 1}, 200),
        ({"flag": False}, 400),
    ),
    _create("flag = true", ({"flag": True}, 200), ({"flag": "true"}, 200), ({"flag": 1}, 200), ({}, 400)),
    _create(
        "@request.body.data.k = 'v'",
        ({"data": {"k": "v"}}, 200),
        ({"data": {"k": "w"}}, 400),
        ({"data": '{"k":"v"}'}, 200),
    ),
    _create("data.k = 'v'", ({"data": {"k": "v"}}, 200), ({"data": '{"k":"v"}'}, 200), ({}, 400)),
    _create("@request.body.loc.lon > 5", ({"loc": {"lon": 6, "lat": 1}}, 200), ({"loc": {"lon": 4, "lat": 1}}, 400)),
    _create("loc.lon > 5", ({"loc": {"lon": 6, "lat": 1}}, 200), ({}, 400)),
    _create("@request.body.when > '2024-01-01'", ({"when": "2024-05-05"}, 200), ({"when": "2023-05-05"}, 400)),
    _create("@request.body.when = '2024-05-05 00:00:00.000Z'", ({"when": "2024-05-05"}, 200)),
    _create("@request.body.when = '2024-05-05'", ({"when": "2024-05-05"}, 400)),
    _create("@request.body.title = '5'", ({"title": 5}, 200), ({"title": "5"}, 200)),
    _create("@request.body.title = 5", ({"title": 5}, 400)),
    _create("@request.body.title = ''", ({"title": ["x"]}, 200), ({}, 200)),
    _create("@request.body.labels = '[\"red\"]'", ({"labels": "red"}, 200), ({"labels": ["red"]}, 200)),
    _create("@request.body.labels = 'red'", ({"labels": "red"}, 400)),
    _create("@request.body.n = 0", ({"n": "many"}, 200), ({}, 400)),
    _create("when ~ '2024-05-05 00:00:00.000Z'", ({"when": "2024-05-05"}, 200)),
    _create("made = ''", ({}, 200)),
    _create("auto = ''", ({}, 200), ({"auto": "x"}, 400)),
    _create("id ~ 'made'", ({}, 200)),
    _create("@request.body.id = id", ({}, 200)),
    _create("hush = ''", ({"hush": "x"}, 200), ({}, 200)),
    _create("@request.body.hush:isset = false", ({"hush": "x"}, 200)),
    _create("@request.method = 'POST' && @request.context = 'default'", ({}, 200)),
    _create("@collection.posts.title ?= title", ({"title": "one"}, 200), ({"title": "never seen"}, 400)),
    _create("@collection.posts.id ?= id", ({}, 400)),
    _create("@collection.people.id ?= owner", ({"owner": _ANNA}, 200), ({"owner": ""}, 400)),
    _create("", ({"title": "open"}, 200), ({"n": "many"}, 200), ({"labels": "nope"}, 400), actor=""),
]

_UPDATES = [
    _update("@request.auth.id:changed = true", ({}, 404)),
    _update("title = 'one'", ({"title": "two"}, 200), ({"title": "one"}, 404)),
    _update("@request.body.title = 'two'", ({"title": "three"}, 404), ({"title": "two"}, 200), ({}, 404)),
    _update("@request.body.title = title", ({"title": "one"}, 200), ({"title": "two"}, 404), ({}, 404)),
    _update("@request.body.title:changed = false", ({"title": "one"}, 200), ({}, 200), ({"title": "two"}, 404)),
    _update("@request.body.title:changed = true", ({"title": "one"}, 404), ({}, 404), ({"title": "two"}, 200)),
    _update("@request.body.n:changed = false", ({"n": 5}, 200), ({"n": "5"}, 200), ({"n+": 0}, 200), ({"n+": 1}, 404)),
    _update(
        "@request.body.labels:changed = false",
        ({"labels": ["red"]}, 200),
        ({"labels": "red"}, 200),
        ({"labels+": "red"}, 200),
        ({"labels+": "blue"}, 404),
    ),
    _update("@request.body.data:changed = false", ({"data": {"k": "v"}}, 200), ({"data": {"k": "w"}}, 404)),
    _update(
        "@request.body.owner:changed = false", ({"owner": _ANNA}, 200), ({"owner": _BEN}, 404), ({"owner": ""}, 404)
    ),
    _update("@request.body.owner:isset = false", ({"title": "x"}, 200), ({"owner": _ANNA}, 404)),
    _update("@request.body.n > n", ({"n": 6}, 200), ({"n": 5}, 404), ({"n+": 1}, 200), ({"n-": 1}, 404)),
    _update("@request.body.n:isset = true", ({"n+": 1}, 200), ({"n-": 1}, 200), ({}, 404)),
    _update("@request.body.labels:length = 2", ({"labels+": "blue"}, 200), ({"labels-": "blue"}, 404)),
    _update("@request.body.labels:each != 'blue'", ({"labels+": "green"}, 200), ({"labels+": "blue"}, 404)),
    _update("owners.id ?= @request.auth.id", ({"title": "x"}, 200)),
    _update("owners.id ?= @request.auth.id", ({"title": "x"}, 404), actor="ben"),
    _update("@request.body.owners:length <= owners:length", ({"owners": [_BEN]}, 200), ({"owners+": _ANNA}, 404)),
    _update("@request.method = 'PATCH'", ({}, 200)),
    _update("@request.body.hush:isset = false", ({"hush": "new"}, 200)),
    _update(
        "@request.auth.id = owner && @request.body.owner:changed = false", ({"title": "x"}, 200), ({"owner": _BEN}, 404)
    ),
]

TABLE = Table(
    name="rules_request",
    collections=_COLLECTIONS,
    records=_RECORDS,
    users={
        "anna": User("people", "anna@example.com"),
        "ben": User("people", "ben@example.com"),
        "oda": User("others", "oda@example.com"),
    },
    groups=[*_LISTS, *_VIEWS, *_CREATES, *_UPDATES, _FILE, _INVALID],
)
