"""Names of the interface that this client speaks."""

from __future__ import annotations

from typing import Final

#: The versions that the client names to the server.
VERSION: Final = "v0.17.31"
CORE_VERSION: Final = "v0.17.31"

#: The server of a client that names none.
DEFAULT_BASE_URL: Final = "https://api.instantdb.com"

#: Environment variables that stand in for missing arguments.
APP_ID_VARIABLE: Final = "INSTANT_APP_ID"
ADMIN_TOKEN_VARIABLE: Final = "INSTANT_APP_ADMIN_TOKEN"

#: How long a call may take, in seconds, unless it or its client says otherwise.
TIMEOUT: Final = 60.0
CONNECT_TIMEOUT: Final = 10.0

#: How addresses of folders begin.
FOLDER: Final = "file:"

#: How long a live query may be silent, in seconds. Servers send a sign of life every 15.
SILENCE: Final = 60.0
