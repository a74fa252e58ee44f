"""Rate limits: which rule counts, what counts together, who is free. Saving the settings starts all counts anew."""

from __future__ import annotations

from typing import Any

from differential.model import UNSET, Group, R, Table
from differential.tables._auth import COLLECTIONS, RECORDS, USERS

_OWN = "/api/collections/own/records"
_OPEN = "/api/collections/open/records"
_LOGIN = "/api/collections/people/auth-with-password"
_HEALTH = "/api/health"


def rule(label: str, most: int = 1, audience: str = "", duration: int = 600) -> dict[str, Any]:
    return {"label": label, "audience": audience, "maxRequests": most, "duration": duration}


def limits(*rules: dict[str, Any], status: int = 200, **more: Any) -> R:
    settings = {"rateLimits": {"enabled": True, "excludedIPs": [], "rules": list(rules), **more}}
    return R("settings", "PATCH", "/api/settings", status, auth="super", json=settings)


def times(method: str, url: str, *statuses: int, auth: str = "", json: Any = UNSET) -> list[R]:
    body = {} if json is UNSET and method in ("POST", "PATCH", "PUT") else json
    return [R(f"{method} {url} as {auth or 'guest'}", method, url, status, auth=auth, json=body) for status in statuses]


def _until(most: int) -> tuple[int, ...]:
    return (*[200] * most, 429)


_PAIRS = [
    ("posts first", [rule("open:list", 1), rule("*:list", 2)], 1),
    ("posts last", [rule("*:list", 2), rule("open:list", 1)], 1),
    ("tag before path", [rule(_OPEN, 2), rule("*:list", 1)], 1),
    ("tag before verb and path", [rule(f"GET {_OPEN}", 2), rule("*:list", 1)], 1),
    ("verb and path before path", [rule(_OPEN, 2), rule(f"GET {_OPEN}", 1)], 1),
    ("verb and prefix before path", [rule(_OPEN, 2), rule("GET /api/", 1)], 1),
    ("path before prefix", [rule("/api/", 2), rule(_OPEN, 1)], 1),
    ("prefixes in order", [rule("/api/collections/", 1), rule("/api/", 2)], 1),
    ("prefixes in the other order", [rule("/api/", 2), rule("/api/collections/", 1)], 2),
    ("root", [rule("/", 1)], 1),
]
_IGNORED = [
    ("a name in another case", rule("OPEN:list")),
    ("a bare tag", rule("list")),
    ("another tag", rule("*:view")),
    ("another verb", rule(f"POST {_OPEN}")),
    ("a prefix without its slash", rule("/api")),
]
_TAGS = [
    ("listAuthMethods", "GET", "auth-methods", 200),
    ("authRefresh", "POST", "auth-refresh", 401),
    ("authWithPassword", "POST", "auth-with-password", 400),
    ("authWithOTP", "POST", "auth-with-otp", 403),
    ("requestOTP", "POST", "request-otp", 403),
    ("requestPasswordReset", "POST", "request-password-reset", 400),
    ("confirmPasswordReset", "POST", "confirm-password-reset", 400),
    ("requestVerification", "POST", "request-verification", 400),
    ("confirmVerification", "POST", "confirm-verification", 400),
    ("requestEmailChange", "POST", "request-email-change", 401),
    ("confirmEmailChange", "POST", "confirm-email-change", 400),
    ("view", "GET", "records/x", 404),
    ("update", "PATCH", "records/x", 404),
    ("delete", "DELETE", "records/x", 404),
]


def batch(title: str, status: int, *requests: tuple[str, str, Any], auth: str = "") -> R:
    items = [{"method": method, "url": url, "body": body} for method, url, body in requests]
    return R(title, "POST", "/api/batch", status, auth=auth, json={"requests": items})


_CREATE = ("POST", _OPEN, {"title": "b"})
_KNOWN = ("PUT", _OPEN, {"id": "open00000000001", "title": "u"})

_GROUPS = [
    Group(
        "one counter for all that a rule covers",
        [
            limits(rule("/api/", 2)),
            *times("GET", _HEALTH, 200),
            *times("GET", "/api/settings", 401, 429),
            *times("GET", _HEALTH, 429),
            *times("POST", "/api/realtime", 429),
            *times("GET", "/api/nope", 429),
            *times("POST", "/api/nope", 429),
            *times("PUT", _OPEN, 429),
            *times("OPTIONS", _HEALTH, 204),
            *times("GET", "/elsewhere", 404),
            *times("GET", _HEALTH, 200, 200, auth="super"),
        ],
    ),
    Group(
        "routes of collections count apart",
        [
            limits(rule("/api/", 2)),
            *times("GET", _OPEN, *_until(2)),
            *times("GET", "/api/collections/OPEN/records", 429),
            *times("GET", _OWN, 200, 200, 429),
            *times("POST", _OPEN, 200, 200, 429),
            *times("GET", f"{_OPEN}/x", 404, 404, 429),
            *times("GET", "/api/files/open/x/y", 404, 404, 429),
            *times("GET", "/api/collections/nope/records", 404, 404, 404),
            *times("GET", _HEALTH, 200),
        ],
    ),
    *[Group(title, [limits(*rules), *times("GET", _OPEN, *_until(most))]) for title, rules, most in _PAIRS],
    *[Group(f"not by {title}", [limits(one), *times("GET", _OPEN, 200, 200)]) for title, one in _IGNORED],
    *[
        Group(
            f"tag {tag}",
            [limits(rule(f"*:{tag}")), *times(verb, f"/api/collections/people/{end}", status, 429)],
        )
        for tag, verb, end, status in _TAGS
    ],
    Group("tag file", [limits(rule("*:file")), *times("GET", "/api/files/own/x/y", 404, 429)]),
    Group(
        "names before stars among two tags",
        [limits(rule("*:authWithPassword", 2), rule("people:auth")), *times("POST", _LOGIN, 400, 429)],
    ),
    Group("default rules", [limits(rule("*:auth", 2, duration=3)), *times("POST", _LOGIN, 400, 400, 429)]),
    Group(
        "of a base collection",
        [
            limits(rule("*:auth")),
            *times("POST", "/api/collections/own/auth-with-password", 404, 429),
        ],
    ),
    Group(
        "audiences",
        [
            limits(rule(_HEALTH, 1, "@guest"), rule("/api/", 2, "@auth")),
            *times("GET", _HEALTH, 200, 429),
            *times("GET", _HEALTH, 200, 200, 429, auth="anna"),
            *times("GET", _HEALTH, 429, auth="not.a.token"),
        ],
    ),
    Group(
        "guests and others count together",
        [limits(rule(_HEALTH, 2)), *times("GET", _HEALTH, 200), *times("GET", _HEALTH, 200, 429, auth="anna")],
    ),
    Group(
        "free addresses",
        [
            limits(rule(_HEALTH), excludedIPs=["127.0.0.0/8"]),
            *times("GET", _HEALTH, 200, 200),
            limits(rule(_HEALTH), excludedIPs=["10.0.0.1"]),
            *times("GET", _HEALTH, 200, 429),
        ],
    ),
    Group("off", [limits(rule(_HEALTH), enabled=False), *times("GET", _HEALTH, 200, 200)]),
    Group(
        "verbs",
        [
            limits(rule(f"GET {_HEALTH}")),
            *times("HEAD", _HEALTH, 200, 200),
            *times("GET", _HEALTH, 200, 429),
            *times("GET", f"{_HEALTH}?a=1", 429),
        ],
    ),
    Group("static files", [limits(rule("/")), *times("GET", "/x.txt", 404, 429), *times("GET", "/y/", 429)]),
    Group(
        "other settings start the counts anew",
        [
            limits(rule(_HEALTH)),
            *times("GET", _HEALTH, 200, 429),
            R("nothing", "PATCH", "/api/settings", auth="super", json={}),
            *times("GET", _HEALTH, 200, 429),
            R("refused", "PATCH", "/api/settings", 400, auth="super", json={"meta": {"appName": ""}}),
            *times("GET", _HEALTH, 429),
        ],
    ),
    Group(
        "addresses behind a proxy",
        [
            limits(rule(_HEALTH)),
            R(
                "trust",
                "PATCH",
                "/api/settings",
                auth="super",
                json={"trustedProxy": {"headers": ["X-Forwarded-For"], "useLeftmostIP": False}},
            ),
            R("a", "GET", _HEALTH, headers={"X-Forwarded-For": "1.1.1.1, 2.2.2.2"}),
            R("b", "GET", _HEALTH, headers={"X-Forwarded-For": "1.1.1.1, 3.3.3.3"}),
            R("a again", "GET", _HEALTH, 429, headers={"X-Forwarded-For": "4.4.4.4, 2.2.2.2"}),
            R("ipv6", "GET", _HEALTH, headers={"X-Forwarded-For": "2001:db8::1"}),
            R("ipv6 in full", "GET", _HEALTH, 429, headers={"X-Forwarded-For": "2001:0db8:0:0:0:0:0:1"}),
            R("none", "GET", _HEALTH),
            R("junk is the connection's", "GET", _HEALTH, 429, headers={"X-Forwarded-For": "junk"}),
            R(
                "what the server sees",
                "GET",
                _HEALTH,
                auth="super",
                headers={"X-Forwarded-For": "1.1.1.1, 2001:db8::1, junk"},
            ),
            R(
                "leftmost",
                "PATCH",
                "/api/settings",
                auth="super",
                json={"trustedProxy": {"headers": ["X-Nope", "X-Forwarded-For"], "useLeftmostIP": True}},
            ),
            R("left", "GET", _HEALTH, auth="super", headers={"X-Forwarded-For": "junk, 1.1.1.1, 2.2.2.2"}),
            R("distrust", "PATCH", "/api/settings", auth="super", json={"trustedProxy": {"headers": []}}),
            R("the connection's", "GET", _HEALTH, auth="super", headers={"X-Forwarded-For": "1.1.1.1"}),
        ],
    ),
    Group(
        "batches",
        [
            R("allow", "PATCH", "/api/settings", auth="super", json={"batch": {"enabled": True}}),
            limits(rule("*:create", 2)),
            batch("three creates", 400, _CREATE, _CREATE, _CREATE),
            *times("POST", _OPEN, 200, 200, 429),
            batch("one more", 400, _CREATE),
            batch("upserts of what is there", 200, _KNOWN, _KNOWN, _KNOWN),
            limits(rule("*:update")),
            batch("upserts are updates", 400, _KNOWN, _KNOWN),
            limits(rule("*:delete")),
            batch("a delete", 400, ("DELETE", f"{_OPEN}/x", None)),
            batch("another delete", 400, ("DELETE", f"{_OPEN}/x", None)),
            limits(rule(_OPEN)),
            batch("by path", 400, _CREATE, _CREATE),
            limits(rule("/api/", 2)),
            batch("inside and outside", 400, _CREATE, _CREATE, _CREATE),
            batch("outside still one", 400, _CREATE),
            batch("outside no more", 429, _CREATE),
            limits(rule("/api/batch")),
            batch("the whole", 200, _CREATE),
            batch("the whole again", 429, _CREATE),
            limits(rule("*:create")),
            batch("a superuser", 200, _CREATE, _CREATE, auth="super"),
        ],
    ),
    Group(
        "refused settings",
        [
            limits(status=400),
            limits(rule(""), status=400),
            limits(rule("a b"), status=400),
            limits(rule("posts:*"), status=400),
            limits(rule("/a?b"), status=400),
            limits(rule("GET  /a"), status=400),
            limits(rule("a", 0), status=400),
            limits(rule("a", -1, duration=0), status=400),
            limits(rule("a", duration=-1), status=400),
            limits(rule("a", audience="@nobody"), status=400),
            limits(rule("a"), rule("a"), status=400),
            limits(rule("a"), rule("a", audience="@guest"), status=400),
            limits(rule("a", audience="@auth"), rule("a", audience="@guest")),
            limits(rule("a"), rule("b"), excludedIPs=["x", "", "10.0.0.0/33"], status=400),
            limits(rule("*:a1_B"), rule("/a/b-c_1/"), rule("GET /x"), rule("a:b")),
        ],
    ),
]

TABLE = Table(
    name="rate_limits",
    collections=[
        *COLLECTIONS,
        {
            "name": "open",
            "type": "base",
            "listRule": "",
            "viewRule": "",
            "createRule": "",
            "updateRule": "",
            "deleteRule": "",
            "fields": [{"name": "title", "type": "text"}],
        },
    ],
    records={**RECORDS, "open": [{"id": "open00000000001", "title": "t"}]},
    users=USERS,
    groups=_GROUPS,
)
