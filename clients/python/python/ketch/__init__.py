"""Ketch in Python: a server in this process, and what the packages `pocketbase` and `instantdb_admin_client` share."""

from ketch._core import __version__

__all__ = ["__version__"]
