"""Auth collections: defaults, options, templates, providers, and what is refused."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, records

_URL = "/api/collections"


def _patch(title: str, status: int, /, **body: Any) -> R:
    return R(title, "PATCH", f"{_URL}/members", status, auth="super", json=body)


_READ = R("read", "GET", f"{_URL}/members", auth="super", ordered=True)


def _login(title: str, status: int = 200, collection: str = "members") -> R:
    body = {"identity": "mia@example.com", "password": "password123"}
    return R(title, "POST", f"{_URL}/{collection}/auth-with-password", status, json=body)


_METHODS = R("auth methods", "GET", f"{_URL}/members/auth-methods", ordered=True)

_DEFAULTS = Group(
    "defaults",
    [
        R("create", "POST", _URL, auth="super", json={"name": "fresh", "type": "auth"}, ordered=True),
        R("with an id", "POST", _URL, auth="super", json={"name": "fresh2", "type": "auth", "id": "freshcollection"}),
        R(
            "with rules",
            "POST",
            _URL,
            auth="super",
            json={
                "name": "fresh3",
                "type": "auth",
                "listRule": "id = @request.auth.id",
                "authRule": None,
                "manageRule": "id = ''",
            },
        ),
        R(
            "with partial options",
            "POST",
            _URL,
            auth="super",
            json={
                "name": "fresh4",
                "type": "auth",
                "authToken": {"duration": 100},
                "otp": {"enabled": True},
                "passwordAuth": {"enabled": False},
            },
        ),
        R(
            "with an own secret",
            "POST",
            _URL,
            auth="super",
            json={"name": "fresh5", "type": "auth", "authToken": {"secret": "s" * 50, "duration": 1000}},
        ),
        R("auth methods", "GET", f"{_URL}/fresh/auth-methods", ordered=True),
        R("auth methods of otp", "GET", f"{_URL}/fresh4/auth-methods"),
        R("auth methods of a base collection", "GET", f"{_URL}/plain/auth-methods", 404),
        R("auth methods of nothing", "GET", f"{_URL}/nope/auth-methods", 404),
        R("auth methods of superusers", "GET", f"{_URL}/_superusers/auth-methods"),
        R("auth methods by id", "GET", f"{_URL}/_pb_users_auth_/auth-methods"),
    ],
)

_TOKENS = ("authToken", "passwordResetToken", "emailChangeToken", "verificationToken", "fileToken")
_DURATIONS = Group(
    "token options",
    [
        *[
            _patch(f"{token} {duration}", status, **{token: {"duration": duration}})
            for token in _TOKENS
            for duration, status in ((9, 400), (10, 200), (94670856, 200), (94670857, 400), (0, 400))
        ],
        _patch("short secret", 400, authToken={"secret": "short"}),
        _patch("long secret", 400, authToken={"secret": "s" * 256}),
        _patch("own secret", 200, authToken={"secret": "s" * 30, "duration": 432000}),
        _patch("empty secret", 400, fileToken={"secret": ""}),
        _patch("duration is text", 400, authToken={"duration": "x"}),
        _READ,
    ],
)

_OPTIONS = Group(
    "options",
    [
        _patch("otp too short", 400, otp={"enabled": True, "length": 3, "duration": 100}),
        _patch("otp too brief", 400, otp={"enabled": True, "length": 6, "duration": 9}),
        _patch("otp too long", 400, otp={"enabled": True, "length": 6, "duration": 86401}),
        _patch("otp off keeps bad values", 200, otp={"enabled": False, "length": 6, "duration": 300}),
        _patch("otp on", 200, otp={"enabled": True, "length": 6, "duration": 300}),
        _METHODS,
        _patch("mfa too brief", 400, mfa={"enabled": True, "duration": 9}),
        _patch("mfa broken rule", 400, mfa={"enabled": True, "duration": 600, "rule": "nope = 1"}),
        _patch("mfa on", 200, mfa={"enabled": True, "duration": 600, "rule": "verified = true"}),
        _METHODS,
        _patch("mfa with one method only", 400, otp={"enabled": False}),
        _patch("mfa off", 200, mfa={"enabled": False}),
        _patch("otp off", 200, otp={"enabled": False}),
        _patch("no method at all", 200, passwordAuth={"enabled": False}),
        _METHODS,
        _login("login while off", 403),
        _patch("password login back", 200, passwordAuth={"enabled": True}),
        _login("login while on"),
        _patch("empty template", 400, verificationTemplate={"subject": "", "body": ""}),
        _patch("partial template", 200, verificationTemplate={"subject": "Hello"}),
        _patch(
            "all templates",
            400,
            resetPasswordTemplate={"body": ""},
            confirmEmailChangeTemplate={"subject": ""},
            otp={"emailTemplate": {"subject": ""}},
            authAlert={"emailTemplate": {"body": ""}},
        ),
        _patch("alert off", 200, authAlert={"enabled": False}),
        _patch("options of the wrong type", 400, passwordAuth="yes"),
        _patch("unknown options", 200, nope={"a": 1}),
        _READ,
    ],
)

_RULES = Group(
    "auth rule",
    [
        _login("before"),
        _patch("never", 200, authRule=None),
        _login("refused to all", 403),
        _patch("verified only", 200, authRule="verified = true"),
        _login("not verified", 403),
        R("verify", "PATCH", f"{records('members')}/mia000000000001", auth="super", json={"verified": True}),
        _login("verified"),
        _patch("by query", 200, authRule="@request.query.key = 'k'"),
        _login("without the key", 403),
        R(
            "with the key",
            "POST",
            f"{_URL}/members/auth-with-password?key=k",
            json={"identity": "mia@example.com", "password": "password123"},
        ),
        _patch("by context", 200, authRule="@request.context = 'password'"),
        _login("in the context"),
        _patch("broken", 400, authRule="nope = 1"),
        _patch("everybody", 200, authRule=""),
        _login("after"),
        R(
            "wrong password",
            "POST",
            f"{_URL}/members/auth-with-password",
            400,
            json={"identity": "mia@example.com", "password": "nope"},
        ),
    ],
)


def _provider(title: str, status: int, *providers: dict[str, Any], enabled: bool = True, **oauth2: Any) -> R:
    body = {"oauth2": {"enabled": enabled, "providers": list(providers), **oauth2}}
    return R(title, "PATCH", f"{_URL}/members", status, auth="super", json=body)


_GITHUB = {"name": "github", "clientId": "client", "clientSecret": "secret"}
_RANDOM = [
    f"{where}.*.{key}"
    for where in ("oauth2.providers", "authProviders")
    for key in ("state", "codeVerifier", "codeChallenge", "authURL", "authUrl", "logo")
]
_PROVIDERS = Group(
    "oauth2 providers",
    [
        _provider("github", 200, _GITHUB),
        _READ,
        R("auth methods", "GET", f"{_URL}/members/auth-methods", redact=_RANDOM),
        _provider("secret kept", 200, {"name": "github", "clientId": "other"}),
        _provider("unknown provider", 400, {"name": "nope", "clientId": "c", "clientSecret": "s"}),
        _provider("no client id", 400, {"name": "google", "clientSecret": "s"}),
        _provider("no secret", 400, {"name": "google", "clientId": "c"}),
        _provider("twice", 400, _GITHUB, _GITHUB),
        _provider("no providers", 200),
        _provider("oidc without urls", 200, {"name": "oidc", "clientId": "c", "clientSecret": "s"}),
        _provider(
            "oidc bad urls",
            400,
            {"name": "oidc", "clientId": "c", "clientSecret": "s", "authURL": "x", "tokenURL": "y", "userInfoURL": "z"},
        ),
        _provider(
            "oidc",
            200,
            {
                "name": "oidc",
                "clientId": "c",
                "clientSecret": "s",
                "authURL": "https://id.example.com/auth",
                "tokenURL": "https://id.example.com/token",
                "userInfoURL": "https://id.example.com/me",
                "displayName": "Own",
                "pkce": False,
            },
            _GITHUB,
        ),
        R("auth methods of two", "GET", f"{_URL}/members/auth-methods", redact=_RANDOM),
        _provider("mapped to nothing", 200, _GITHUB, mappedFields={"name": "nope", "id": "", "username": "name"}),
        _provider("mapped", 200, _GITHUB, mappedFields={"name": "name", "username": "name"}),
        _provider("off", 200, enabled=False),
        R("auth methods off", "GET", f"{_URL}/members/auth-methods"),
        R(
            "oauth2 login while off",
            "POST",
            f"{_URL}/members/auth-with-oauth2",
            403,
            json={"provider": "github", "code": "c", "redirectURL": "https://a.example.com"},
        ),
    ],
)

TABLE = Table(
    name="collections_auth",
    collections=[
        {"name": "members", "type": "auth", "fields": [{"name": "name", "type": "text"}]},
        {"name": "plain", "type": "base", "fields": []},
    ],
    records={
        "members": [
            {
                "id": "mia000000000001",
                "email": "mia@example.com",
                "password": "password123",
                "passwordConfirm": "password123",
            }
        ]
    },
    groups=[_DEFAULTS, _DURATIONS, _OPTIONS, _RULES, _PROVIDERS],
)
