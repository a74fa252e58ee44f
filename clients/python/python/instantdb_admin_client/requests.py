"""The parts of requests and answers that need no network: the same for blocking and asynchronous clients."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from instantdb_admin_client.constants import ADMIN_TOKEN_VARIABLE, APP_ID_VARIABLE, CORE_VERSION, VERSION
from instantdb_admin_client.errors import InstantAPIError, refused_input, wrong_answer
from instantdb_admin_client.models import DebugCheckResult, QueryDebugResult, StorageFile, User

T = TypeVar("T")

USER_KEYS = ("email", "id", "refresh_token")
UNKNOWN_TYPE = "application/octet-stream"
_TOKEN = "Authorization"
_IMPERSONATION = ("as-email", "as-token", "as-guest")


def given_app_id(app_id: str | None) -> str:
    """The app's id, else that of the environment, else nothing."""
    return _given("app_id", app_id, APP_ID_VARIABLE)


def given_admin_token(admin_token: str | None) -> str:
    """The admin token, else that of the environment, else nothing."""
    return _given("admin_token", admin_token, ADMIN_TOKEN_VARIABLE)


def _given(name: str, value: str | None, variable: str) -> str:
    if value is not None and not isinstance(value, str):
        raise refused_input(f"{name} is a text, not {value!r}")
    return (value if value is not None else os.environ.get(variable, "")).strip()


def admin_headers(app_id: str, admin_token: str) -> dict[str, str]:
    """The headers of calls as the administrator."""
    headers = {
        "Content-Type": "application/json",
        _TOKEN: f"Bearer {admin_token}",
        "App-Id": app_id,
        "Instant-Admin-Version": VERSION,
        "Instant-Core-Version": CORE_VERSION,
    }
    if not admin_token:
        del headers[_TOKEN]
    return headers


def impersonation(email: str | None, token: str | None, guest: bool) -> tuple[str, str]:
    """The header that says as whom to ask.

    Raises:
        InstantInputError: unless exactly one is given.
    """
    given = {"email": email is not None, "token": token is not None, "guest": bool(guest)}
    if sum(given.values()) != 1:
        named = ", ".join(name for name, is_given in given.items() if is_given) or "none"
        raise refused_input(f"as_user takes exactly one of email, token and guest=True; given: {named}")
    for name, value in (("email", email), ("token", token)):
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise refused_input(f"{name} is a text that is not empty, not {value!r}")
    if email is not None:
        return "as-email", email
    if token is not None:
        return "as-token", token
    return "as-guest", "true"


def impersonating(headers: Mapping[str, str], header: tuple[str, str]) -> dict[str, str]:
    """The headers of a client that asks as somebody else."""
    others = {name: value for name, value in headers.items() if name.lower() not in _IMPERSONATION}
    return {**others, header[0]: header[1]}


def without_type(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request whose body is no JSON."""
    return {name: value for name, value in headers.items() if name.lower() != "content-type"}


def query_body(query: Any, rule_params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of a query. Parameters of rules travel in the query itself."""
    if not isinstance(query, Mapping):
        raise refused_input(f'a query is a dictionary such as {{"goals": {{}}}}, not {query!r}')
    if rule_params is None:
        return {"query": query}
    if not isinstance(rule_params, Mapping):
        raise refused_input(f"rule_params is a dictionary, not {rule_params!r}")
    return {"query": {**query, "$$ruleParams": {**query.get("$$ruleParams", {}), **rule_params}}}


def debug_body(
    body: dict[str, Any], rules: Mapping[str, Any] | None, ip: str | None, origin: str | None
) -> dict[str, Any]:
    """Adds what a permission check is to assume."""
    assumed = {"rules-override": rules, "ip-override": ip, "origin-override": origin}
    return {**body, **{name: value for name, value in assumed.items() if value is not None}}


def part(verb: str, answer: Mapping[str, Any], *keys: str, kind: type[T]) -> T:
    """What an answer has under a key, or under a key of what is under a key.

    Raises:
        InstantAPIError: `decode`, if it is not of this kind.
    """
    found: Any = answer
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, kind):
        raise wrong_answer(verb, answer)
    return found


def maybe_user(verb: str, answer: Mapping[str, Any], key: str) -> User | None:
    """The user of an answer, where there need not be one."""
    return None if answer.get(key) is None else user(verb, answer, key)


def user(verb: str, answer: Mapping[str, Any], key: str = "user") -> User:
    """The user of an answer."""
    found: dict[str, Any] = part(verb, answer, key, kind=dict)
    return cast("User", found)


def check_results(verb: str, answer: Mapping[str, Any]) -> QueryDebugResult:
    """The answer of a permission check of a query."""
    result: dict[str, Any] = part(verb, answer, "result", kind=dict)
    checks: list[Any] = part(verb, answer, "check-results", kind=list)
    if not all(isinstance(check, Mapping) for check in checks):
        raise wrong_answer(verb, answer)
    return {"result": result, "checkResults": [DebugCheckResult.of(check) for check in checks]}


def user_key(name: str, keys: Mapping[str, str | None]) -> tuple[str, str]:
    """The one key that a user is named by.

    Raises:
        InstantInputError: unless exactly one is given.
    """
    given = {key: value for key, value in keys.items() if value is not None}
    if len(given) != 1:
        raise refused_input(f"{name} takes exactly one of {', '.join(keys)}; given: {', '.join(given) or 'none'}")
    [(key, value)] = given.items()
    if not isinstance(value, str):
        raise refused_input(f"{key} is a text, not {value!r}")
    return key, value


def is_unknown_user(error: InstantAPIError) -> bool:
    """Whether the server says that there is no such user."""
    hint = error.hint if isinstance(error.hint, Mapping) else {}
    return error.type == "record-not-found" and hint.get("record-type") == "app-user"


def file_path(path: Any) -> str:
    """A path in the storage."""
    if not isinstance(path, str) or not path.strip():
        raise refused_input(f"the path of a file is a text that is not empty, not {path!r}")
    return path


def file_paths(paths: Any) -> list[str]:
    """Paths in the storage. A single text is no list of its letters."""
    if isinstance(paths, (str, bytes)) or not isinstance(paths, Sequence):
        raise refused_input(f"the paths of files are a list of texts, not {paths!r}")
    return [file_path(path) for path in paths]


def fits_header(path: str) -> bool:
    """Whether a path can travel in a header as it is."""
    return path.isascii() and path.isprintable() and path == path.strip()


def upload_headers(
    options: Mapping[str, str] | None, content_type: str | None, content_disposition: str | None
) -> dict[str, str]:
    """What the headers of an upload say of the file: options of the document's form, else keywords."""
    if options is not None and not isinstance(options, Mapping):
        raise refused_input(f'options is a dictionary such as {{"contentType": "image/jpeg"}}, not {options!r}')
    told = options or {}
    headers = {"content-type": content_type or told.get("contentType") or UNKNOWN_TYPE}
    if disposition := content_disposition or told.get("contentDisposition"):
        headers["content-disposition"] = disposition
    return headers


def stored_files(verb: str, answer: Mapping[str, Any]) -> list[StorageFile]:
    """The list of files."""
    files: list[Any] = part(verb, answer, "data", kind=list)
    if not all(isinstance(each, Mapping) for each in files):
        raise wrong_answer(verb, answer)
    return [StorageFile.of(each) for each in files]


def no_such_file(path: str) -> InstantAPIError:
    """The error of a download of what is not there, in the server's words for other records."""
    message = f"there is no file {path!r}, or it may not be seen"
    return InstantAPIError(
        f"Download failed: {message}",
        status=404,
        type="record-not-found",
        message=message,
        hint={"record-type": "file", "args": [{"filename": path}]},
    )


def split_url(url: str) -> tuple[str, str, list[tuple[str, str]]]:
    """An address in three parts: the server, the path, the query."""
    from urllib.parse import parse_qsl, urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/", parse_qsl(parts.query, keep_blank_values=True)
