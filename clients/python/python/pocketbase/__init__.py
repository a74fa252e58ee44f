"""Client of a PocketBase-compatible server, such as Ketch: records, auth, files, realtime and administration.

    from pocketbase import PocketBase

    with PocketBase("http://127.0.0.1:8090") as pb:
        pb.collection("users").auth_with_password("test@example.com", "123456")
        page = pb.collection("posts").get_list(1, 20, {"filter": "stars > 3"})

`AsyncPocketBase` is the same for asyncio. The address `file:./data` runs a Ketch inside of this process
on the folder `data`: no server is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pocketbase.async_client import AsyncPocketBase
    from pocketbase.client import PocketBase
    from pocketbase.client_response_error import (
        AbortedError,
        BadRequestError,
        ClientResponseError,
        ConflictError,
        ForbiddenError,
        NotFoundError,
        ServerError,
        TooManyRequestsError,
        UnauthorizedError,
        UnreachableError,
    )

    __version__: str

__all__ = [
    "AbortedError",
    "AsyncPocketBase",
    "BadRequestError",
    "ClientResponseError",
    "ConflictError",
    "ForbiddenError",
    "NotFoundError",
    "PocketBase",
    "ServerError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnreachableError",
    "__version__",
]

# Everything is loaded when it is first asked for, so that `import pocketbase` costs next to nothing.
_HOMES = {"AsyncPocketBase": "pocketbase.async_client", "PocketBase": "pocketbase.client"}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from ketch._core import __version__

        value: object = __version__
    elif name in __all__:
        from importlib import import_module

        value = getattr(import_module(_HOMES.get(name, "pocketbase.client_response_error")), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
