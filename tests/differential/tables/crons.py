"""Jobs that recur: who may list and start them."""

from __future__ import annotations

from differential.model import R, Table, singles
from differential.tables._auth import COLLECTIONS, RECORDS, USERS

_URL = "/api/crons"
_JOBS = ["__pbDBOptimize__", "__pbMFACleanup__", "__pbOTPCleanup__", "__pbLogsCleanup__"]

_ROWS = [
    R("list", "GET", _URL, auth="super", ordered=True),
    R("ids alone", "GET", _URL, auth="super", q={"fields": "id"}),
    R("list as guest", "GET", _URL, 401),
    R("list as a user", "GET", _URL, 403, auth="anna"),
    R("list with a wrong verb", "POST", _URL, 404, auth="super"),
    R("list with a slash", "GET", f"{_URL}/", 404, auth="super"),
    *(R(f"start {job}", "POST", f"{_URL}/{job}", 204, auth="super") for job in _JOBS),
    R("start with a body", "POST", f"{_URL}/{_JOBS[0]}", 204, auth="super", json={"a": 1}),
    R("start as guest", "POST", f"{_URL}/{_JOBS[0]}", 401),
    R("start as a user", "POST", f"{_URL}/{_JOBS[0]}", 403, auth="anna"),
    R("start another id", "POST", f"{_URL}/nope", 404, auth="super"),
    R("start another id as guest", "POST", f"{_URL}/nope", 401),
    R("start an id in another case", "POST", f"{_URL}/{_JOBS[0].lower()}", 404, auth="super"),
    R("start without an id", "POST", f"{_URL}/", 404, auth="super"),
    R("start with a wrong verb", "DELETE", f"{_URL}/{_JOBS[0]}", 404, auth="super"),
    R("show one", "GET", f"{_URL}/{_JOBS[0]}", 404, auth="super"),
]

TABLE = Table(
    name="crons",
    collections=COLLECTIONS,
    records=RECORDS,
    users=USERS,
    groups=singles(_ROWS),
)
