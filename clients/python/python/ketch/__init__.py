"""Ketch in Python: a server in this process, and what `pocketbase` and `instantdb_admin_client` stand on.

```python
import ketch
from pocketbase import PocketBase

with ketch.Server("./data", superuser=("root@example.com", "a good password")) as server:
    pb = PocketBase(server.url)
```

Without a server and without a socket: `PocketBase("file:./data")`.
"""

from typing import TYPE_CHECKING

from ketch._core import __version__

if TYPE_CHECKING:
    from ketch._server import Server

__all__ = ["Server", "__version__"]


def __getattr__(name: str) -> object:
    # The clients come through here as well, and need no server: it is loaded when first asked for.
    if name != "Server":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ketch._server import Server

    globals()[name] = Server
    return Server


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
