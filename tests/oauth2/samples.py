"""What the providers answer about a person, as their public documentation describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EMAILS = [
    {"email": "other@example.com", "primary": False, "verified": True},
    {"email": "open@example.com", "primary": True, "verified": False},
    {"email": "ada@example.com", "primary": True, "verified": True},
]
BITBUCKET_EMAILS = {
    "values": [
        {"email": "other@example.com", "is_primary": False, "is_confirmed": True},
        {"email": "ada@example.com", "is_primary": True, "is_confirmed": True},
    ]
}


@dataclass(frozen=True)
class Sample:
    """A description of a person; `emails` is what the second address lists, None if it refuses."""

    provider: str
    user: Any
    emails: Any = None
    status: int = 200
    """What PocketBase answers to the sign-in."""
    token: tuple[tuple[str, Any], ...] = ()


def _graph(key: str, **values: Any) -> dict[str, Any]:
    return {"data": {key: values}}


_MICROSOFT = {"id": "m-1", "displayName": "Ada Lovelace", "givenName": "Ada", "mobilePhone": None}
_YANDEX = {"id": "1000034426", "login": "ada", "display_name": "ada.l", "real_name": "Ada Lovelace", "sex": "female"}
_YANDEX_FULL = {**_YANDEX, "default_email": "ada@example.com", "default_avatar_id": "1/ab", "is_avatar_empty": False}
_GITHUB = {"login": "ada", "id": 583231, "node_id": "MDQ6", "avatar_url": "https://img.example/gh", "name": "Ada L"}
_GITLAB = {"id": 7, "username": "ada", "name": "Ada L", "state": "active", "email": "ada@example.com"}
_GITLAB_FULL = {**_GITLAB, "avatar_url": "https://img.example/gl", "confirmed_at": "2012-05-23T09:05:22Z"}
_BITBUCKET = {"uuid": "{b-1}", "username": "ada", "display_name": "Ada L", "account_status": "active"}
_BITBUCKET_FULL = {**_BITBUCKET, "nickname": "nick", "links": {"avatar": {"href": "https://img.example/bb"}}}
_GITEE = {"id": 9, "login": "ada", "name": "Ada L", "avatar_url": "https://img.example/ge", "email": "ada@example.com"}
_GITEA = {"id": 9, "login": "ada", "full_name": "Ada L", "avatar_url": "https://img.example/gt", "active": True}
_DISCORD = {"id": "80351110224678912", "username": "nelly", "verified": True, "email": "ada@example.com"}
_DISCORD_FULL = {**_DISCORD, "global_name": "Nell", "discriminator": "0", "avatar": "8342729096ea36"}
_TWITTER = {"id": "2244994945", "name": "Ada L", "username": "ada", "profile_image_url": "https://img.example/x"}
_KAKAO_ACCOUNT = {"is_email_valid": True, "is_email_verified": True, "email": "ada@example.com", "name": "Ada"}
_KAKAO = {"nickname": "ada", "profile_image": "https://img.example/kk", "thumbnail_image": "https://img.example/t"}
_VK = {
    "id": 210700286,
    "first_name": "Ada",
    "last_name": "L",
    "screen_name": "ada",
    "photo_max": "https://img.example/v",
}
_LINEAR = {
    "id": "l-1",
    "displayName": "ada",
    "name": "Ada L",
    "email": "ada@example.com",
    "avatarUrl": "https://i.example",
}
_NOTION = {"object": "user", "id": "n-1", "name": "Ada L", "avatar_url": "https://img.example/n", "type": "person"}
_MONDAY = {"id": "4012689", "name": "Ada L", "email": "ada@example.com", "photo_small": "https://img.example/m"}
_LARK = {
    "name": "Ada",
    "avatar_url": "https://img.example/l",
    "open_id": "ou-1",
    "union_id": "on-1",
    "email": "a@b.example",
}
_BOX = {
    "id": "11446498",
    "type": "user",
    "name": "Ada L",
    "login": "ada@example.com",
    "avatar_url": "https://i.example",
}
_SPOTIFY = {"id": "s-1", "display_name": "Ada L", "email": "ada@example.com", "product": "premium"}
_TRAKT = {"username": "ada", "name": "Ada L", "ids": {"slug": "ada", "uuid": "t-1"}, "private": False}
_TWITCH = {"id": "141981764", "login": "ada", "display_name": "Ada D", "email": "ada@example.com"}
_PATREON = {"full_name": "Ada L", "email": "ada@example.com", "vanity": "ada", "image_url": "https://img.example/p"}
_STRAVA = {"id": 227615, "username": "ada", "firstname": "Ada", "lastname": "L", "profile": "https://img.example/s"}
_WAKATIME = {"id": "w-1", "username": "ada", "display_name": "Ada D", "full_name": "Ada L", "email": "ada@example.com"}
_LIVECHAT = {"account_id": "lc-1", "name": "Ada L", "email": "ada@example.com", "avatar_url": "https://img.example/lc"}
_MAILCOW = {
    "id": "mc-1",
    "identifier": "x",
    "username": "ada@example.com",
    "email": "ada@example.com",
    "full_name": "Ada",
}
_OIDC = {
    "sub": "o-1",
    "name": "Ada L",
    "preferred_username": "ada",
    "picture": "https://i.example",
    "email": "ada@example.com",
}

SAMPLES = [
    Sample(
        "google",
        {"sub": "g-1", "name": "Ada", "picture": "https://i.example", "email": "a@b.example", "email_verified": True},
    ),
    Sample("google", {"sub": "g-1", "email": "ada@example.com", "email_verified": False}),
    Sample("google", {"sub": "g-1", "email": "ada@example.com", "email_verified": "true"}, status=400),
    Sample("microsoft", {**_MICROSOFT, "mail": "ada@example.com", "userPrincipalName": "ada@tenant.example"}),
    Sample("microsoft", {**_MICROSOFT, "mail": None, "userPrincipalName": "ada@tenant.example"}),
    Sample("yandex", _YANDEX_FULL),
    Sample("yandex", {**_YANDEX, "default_avatar_id": "0/0-0", "is_avatar_empty": True}),
    Sample(
        "facebook",
        {"id": "f-1", "name": "Ada", "email": "a@b.example", "picture": {"data": {"url": "https://i.example"}}},
    ),
    Sample("facebook", {"id": 5}, status=400),
    Sample(
        "instagram2",
        {"id": "app", "user_id": "178", "username": "ada", "name": "A", "profile_picture_url": "https://i.example"},
    ),
    Sample("github", {**_GITHUB, "email": "public@example.com"}, EMAILS),
    Sample("github", {**_GITHUB, "name": None, "email": None}, EMAILS[:2]),
    Sample("github", {**_GITHUB, "email": "public@example.com"}),
    Sample("github", _GITHUB, {"not": "a list"}, status=400),
    Sample("gitlab", _GITLAB_FULL),
    Sample("gitlab", {**_GITLAB, "confirmed_at": None}),
    Sample("bitbucket", _BITBUCKET_FULL, BITBUCKET_EMAILS),
    Sample("bitbucket", _BITBUCKET),
    Sample("bitbucket", {**_BITBUCKET, "account_status": "closed"}, BITBUCKET_EMAILS, status=400),
    Sample("gitee", _GITEE),
    Sample("gitea", _GITEA, EMAILS),
    Sample("gitea", {**_GITEA, "email": "public@example.com"}, EMAILS[:2]),
    Sample("gitea", _GITEA),
    Sample("gitea", {**_GITEA, "active": False}, EMAILS, status=400),
    Sample("discord", _DISCORD_FULL),
    Sample("discord", {**_DISCORD, "verified": False, "discriminator": "1337", "avatar": None, "global_name": None}),
    Sample("discord", {**_DISCORD, "avatar": "a_1"}),
    Sample("twitter", {"data": {**_TWITTER, "confirmed_email": "ada@example.com"}}),
    Sample("twitter", {"data": _TWITTER}),
    Sample("kakao", {"id": 123456789, "properties": _KAKAO, "kakao_account": _KAKAO_ACCOUNT}),
    Sample("kakao", {"id": 1, "properties": _KAKAO, "kakao_account": {**_KAKAO_ACCOUNT, "is_email_verified": False}}),
    Sample("kakao", {"id": 1, "kakao_account": {**_KAKAO_ACCOUNT, "is_email_valid": False}}),
    Sample("vk", {"response": [_VK]}, token=(("email", "ada@example.com"), ("user_id", 210700286))),
    Sample("vk", {"response": [{**_VK, "last_name": ""}]}),
    Sample("vk", {"response": []}, status=400),
    Sample("linear", _graph("viewer", **_LINEAR, active=True)),
    Sample("linear", _graph("viewer", **_LINEAR, active=False), status=400),
    Sample("notion", {"bot": {"owner": {"type": "user", "user": {**_NOTION, "person": {"email": "ada@example.com"}}}}}),
    Sample("notion", {"bot": {"owner": {"type": "workspace", "workspace": True}}}, status=400),
    Sample("monday", _graph("me", **_MONDAY, enabled=True, is_verified=True)),
    Sample("monday", _graph("me", **_MONDAY, enabled=True, is_verified=False)),
    Sample("monday", _graph("me", **_MONDAY, enabled=False, is_verified=True), status=400),
    Sample("lark", {"code": 0, "msg": "success", "data": _LARK}),
    Sample("lark", {"code": 20005, "msg": "invalid"}, status=400),
    Sample("box", {**_BOX, "status": "active"}),
    Sample("box", {**_BOX, "status": "inactive"}, status=400),
    Sample("spotify", {**_SPOTIFY, "images": [{"url": "https://img.example/1"}, {"url": "https://img.example/2"}]}),
    Sample("spotify", {**_SPOTIFY, "images": []}),
    Sample("trakt", {"user": {**_TRAKT, "images": {"avatar": {"full": "https://img.example/t"}}}, "account": {}}),
    Sample("twitch", {"data": [{**_TWITCH, "profile_image_url": "https://img.example/tw"}]}),
    Sample("twitch", {"data": []}, status=400),
    Sample("patreon", {"data": {"id": "p-1", "attributes": {**_PATREON, "is_email_verified": True}}}),
    Sample("patreon", {"data": {"id": "p-1", "attributes": {**_PATREON, "is_email_verified": False}}}),
    Sample("strava", _STRAVA),
    Sample("strava", {**_STRAVA, "id": 1234567890987654321}),
    Sample("strava", {**_STRAVA, "id": 0}, status=400),
    Sample(
        "wakatime",
        {"data": {**_WAKATIME, "is_email_confirmed": True, "photo": "https://i.example", "photo_public": True}},
    ),
    Sample(
        "wakatime",
        {"data": {**_WAKATIME, "is_email_confirmed": False, "photo": "https://i.example", "photo_public": False}},
    ),
    Sample("livechat", {**_LIVECHAT, "email_verified": True}),
    Sample("livechat", {**_LIVECHAT, "email_verified": False}),
    Sample("mailcow", {**_MAILCOW, "active": 1}),
    Sample("mailcow", {**_MAILCOW, "active": 2}, status=400),
    Sample("mailcow", {**_MAILCOW, "active": True}, status=400),
    Sample("planningcenter", {"data": {"id": "pc-1", "attributes": {"status": "inactive", "name": "Ada"}}}, status=400),
    *(
        Sample("oidc", {**_OIDC, "email_verified": flag})
        for flag in (True, False, None, "true", "false", "TRUE", "yes", 1, 0)
    ),
    Sample("oidc2", _OIDC),
    Sample("oidc3", {**_OIDC, "email_verified": True}),
    Sample("oidc", {**_OIDC, "sub": 5}, status=400),
    Sample("oidc", {**_OIDC, "name": ["Ada"]}, status=400),
    Sample("oidc", {"SUB": "o-1", "Email": "ada@example.com"}, status=400),
    Sample("oidc", None, status=400),
]
