"""Ketch in Python: a server in this process, and what `pocketbase` and `instantdb_admin_client` stand on.

```python
import ketch
from pocketbase import PocketBase

with ketch.Server("./data", superuser=("root@example.com", "a good password")) as server:
    pb = PocketBase(server.url)
```

Without a server and without a socket: `PocketBase("file:./data")`.
"""

from ketch._core import __version__
from ketch._server import Server

__all__ = ["Server", "__version__"]
