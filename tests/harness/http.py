"""A raw HTTP/1.1 client: sends paths, headers and bodies exactly as written, follows no redirect."""

from __future__ import annotations

import contextlib
import http.client
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

TIMEOUT_S = 60
# Part of a multipart body: (field name, text) or (field name, file name, content type, bytes).
Part = tuple[str, str] | tuple[str, str, str, bytes]
# Everything printable in ASCII stays as written in a row; spaces and non-ASCII text are escaped.
_URL_SAFE = "".join(chr(c) for c in range(0x21, 0x7F))


@dataclass(frozen=True)
class Response:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


def with_query(url: str, query: Mapping[str, str] | None) -> str:
    """Appends percent-encoded query parameters to a URL."""
    if not query:
        return url
    pairs = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query.items())
    return f"{url}{'&' if '?' in url else '?'}{pairs}"


def encode_form(pairs: Iterable[tuple[str, str]]) -> bytes:
    return "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in pairs).encode()


def encode_multipart(parts: Iterable[Part]) -> tuple[bytes, str]:
    """Returns the body and its content type."""
    boundary = f"----ketch{uuid.uuid4().hex}"
    out = bytearray()
    for part in parts:
        out += f"--{boundary}\r\n".encode()
        if len(part) == 2:
            out += f'Content-Disposition: form-data; name="{part[0]}"\r\n\r\n'.encode()
            out += part[1].encode() + b"\r\n"
        else:
            field, filename, content_type, content = part
            out += f'Content-Disposition: form-data; name="{field}"; filename="{filename}"\r\n'.encode()
            out += f"Content-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n"
    out += f"--{boundary}--\r\n".encode()
    return bytes(out), f"multipart/form-data; boundary={boundary}"


def send(
    port: int,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    chunked: bool = False,
    timeout: float = TIMEOUT_S,
) -> Response:
    """Sends one request on a connection of its own.

    A `Content-Length` in `headers` is sent as given, even when it contradicts the body.
    """
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        conn.putrequest(method, quote(url, safe=_URL_SAFE), skip_accept_encoding=True)
        given = {name.lower() for name in headers or {}}
        for name, value in (headers or {}).items():
            conn.putheader(name, value)
        if chunked:
            conn.putheader("Transfer-Encoding", "chunked")
        elif body is not None and "content-length" not in given:
            conn.putheader("Content-Length", str(len(body)))
        # A server may answer and hang up before it has read a large body; its answer still counts.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            conn.endheaders()
            if body:
                conn.send(_chunks(body) if chunked else body)
        if conn.sock is None:
            raise ConnectionResetError("the server hung up at once")
        answer = conn.getresponse()
        return Response(answer.status, answer.getheaders(), answer.read())
    finally:
        conn.close()


def _chunks(body: bytes) -> bytes:
    out = bytearray()
    for start in range(0, len(body), 1 << 20):
        piece = body[start : start + (1 << 20)]
        out += f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    return bytes(out + b"0\r\n\r\n")


def send_json(
    port: int,
    method: str,
    url: str,
    payload: Any = None,
    *,
    token: str = "",
    timeout: float = TIMEOUT_S,
) -> Response:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = token
    body = None if payload is None else json.dumps(payload).encode()
    return send(port, method, url, headers=headers, body=body, timeout=timeout)
