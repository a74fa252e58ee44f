"""The command line of `ketch typegen`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ketch._core import CoreError
from ketch.typegen import collections, namespaces
from ketch.typegen.render import STYLES, render
from ketch.typegen.shapes import Document
from ketch.typegen.source import Server

_PASSWORD = "KETCH_SUPERUSER_PASSWORD"
_TOKEN = "KETCH_TOKEN"
_ADMIN_TOKEN = "INSTANT_APP_ADMIN_TOKEN"
_FAILED = 1
_MISUSED = 2


def run(arguments: Sequence[str] | None) -> int:
    """Runs it. Returns the exit code: 0, 1 for what went wrong, 2 for options that make no sense."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else _MISUSED
    problem = _problem(options)
    if problem:
        return _say(problem, _MISUSED)
    try:
        text = render(_document(options), options.style)
    except CoreError as error:
        return _say(f"{options.url} did not tell its types: {error.message or error}", _FAILED)
    try:
        return _put(text, options.out, is_check=options.check)
    except OSError as error:
        return _say(f"{options.out} cannot be written: {error}", _FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ketch typegen",
        description="Writes Python types for the records of a running server. Give a superuser for the collections of "
        "the PocketBase interface, an app for the namespaces of the Instant interface, or both.",
    )
    parser.add_argument("--python", action="store_true", help="write Python; there is no other language yet")
    parser.add_argument("--url", default="http://127.0.0.1:8090", help="the server; %(default)s unless given")
    parser.add_argument("--superuser-email", metavar="EMAIL", help="a superuser")
    parser.add_argument(
        "--superuser-password", metavar="TEXT", default=os.environ.get(_PASSWORD), help=f"or ${_PASSWORD}"
    )
    parser.add_argument(
        "--token",
        default=os.environ.get(_TOKEN),
        help=f"a superuser's token, in place of address and password; or ${_TOKEN}",
    )
    parser.add_argument("--app-id", metavar="ID", help="an app")
    parser.add_argument(
        "--admin-token",
        metavar="TOKEN",
        default=os.environ.get(_ADMIN_TOKEN),
        help=f"its admin token; or ${_ADMIN_TOKEN}",
    )
    parser.add_argument("--style", choices=sorted(STYLES), default="typeddict", help="%(default)s unless given")
    parser.add_argument("--system", action="store_true", help="system collections and namespaces as well")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where to; the standard output unless given")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if FILE is out of date")
    return parser


def _problem(options: argparse.Namespace) -> str:
    if not (options.superuser_email or options.token or options.app_id):
        return "nothing to ask for: give --superuser-email and --superuser-password, or --token, or --app-id"
    if options.superuser_email and not options.superuser_password:
        return f"--superuser-email needs --superuser-password, or ${_PASSWORD} in the environment"
    if options.app_id and not options.admin_token:
        return f"--app-id needs --admin-token, or ${_ADMIN_TOKEN} in the environment"
    if options.check and not options.out:
        return "--check needs --out"
    return ""


def _document(options: argparse.Namespace) -> Document:
    made = Document()
    with Server(options.url) as server:
        token = options.token
        if options.superuser_email:
            token = server.sign_in(options.superuser_email, options.superuser_password)
        if token:
            made.extend(collections.document(server.collections(token), with_system=options.system))
        if options.app_id:
            schema = server.schema(options.app_id, options.admin_token)
            made.extend(namespaces.document(schema, with_system=options.system))
    return made


def _put(text: str, target: Path | None, *, is_check: bool) -> int:
    if target is None:
        sys.stdout.write(text)
        return 0
    if is_check:
        is_same = target.is_file() and target.read_text(encoding="utf-8") == text
        return 0 if is_same else _say(f"{target} is out of date: write it again without --check", _FAILED)
    target.write_text(text, encoding="utf-8", newline="\n")
    return 0


def _say(problem: str, code: int) -> int:
    print(f"ketch typegen: {problem}", file=sys.stderr)
    return code
