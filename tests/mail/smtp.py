"""An SMTP server of the tests: keeps what it is sent, or misbehaves as told."""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from typing import BinaryIO, Self

_HOST = "127.0.0.1"
_POLL_S = 0.02


@dataclass(frozen=True)
class Mail:
    """One delivered message."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    # How the session that brought it began: the name that the client gave itself, whether TLS was
    # spoken, and the method and credentials that it signed in with.
    hello: str = ""
    is_encrypted: bool = False
    auth: tuple[str, str, str] | None = None

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def part(self, kind: str) -> str:
        """The text of the `plain` or `html` part."""
        body = self.message.get_body((kind,))
        assert body is not None, f"no {kind} part in {self.raw!r}"
        return str(body.get_content())

    @property
    def token(self) -> str:
        """The token of the link in the message."""
        found = re.search(r"/_/#/auth/[a-z-]+/([\w.-]+)", self.part("html"))
        assert found, self.part("html")
        return found.group(1)

    @property
    def code(self) -> str:
        """The one-time password in the message."""
        found = re.search(r"<strong>(\d+)</strong>", self.part("html"))
        assert found, self.part("html")
        return found.group(1)


@dataclass
class Behaviour:
    """How the server answers. `refuse` maps a command (`GREETING`, `MAIL`, `RCPT`, `DATA`, `BODY`) to a reply."""

    refuse: dict[str, str] = field(default_factory=dict)
    # Takes connections and never says a word.
    hangs: bool = False
    # Seconds before a message is acknowledged.
    delay: float = 0.0
    # The sign-in methods that are offered.
    auth_methods: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    # TLS from the first byte instead of STARTTLS.
    is_implicit: bool = False


class SmtpServer:
    """Listens on a free port of this machine. Use as a context manager."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.mails: list[Mail] = []
        self.connections = 0
        self._listener = socket.create_server((_HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone would not wake the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def wait(self, count: int = 1, timeout: float = 10) -> list[Mail]:
        """Waits until `count` messages have come, and answers all of them."""
        deadline = time.monotonic() + timeout
        while len(self.mails) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(self.mails)} of {count} mails came in {timeout} s")
            time.sleep(_POLL_S)
        return list(self.mails)

    def next(self, timeout: float = 10) -> Mail:
        """Takes the first message, waiting for it."""
        self.wait(1, timeout)
        return self.mails.pop(0)

    def stays_empty(self, seconds: float = 0.5) -> bool:
        """Whether no message comes for a while."""
        time.sleep(seconds)
        return not self.mails

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            if not self.behaviour.hangs:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        session = _Session(self, connection)
        with contextlib.suppress(OSError, ValueError):
            session.run()
        session.close()


class _Session:
    """One connection."""

    def __init__(self, server: SmtpServer, connection: socket.socket) -> None:
        self.server = server
        self.behaviour = server.behaviour
        self.connection = connection
        self.is_encrypted = False
        self.hello = ""
        self.auth: tuple[str, str, str] | None = None
        self.sender = ""
        self.recipients: list[str] = []
        self.reader: BinaryIO | None = None

    def run(self) -> None:
        if self.behaviour.tls and self.behaviour.is_implicit:
            self._encrypt()
        self.reader = self.connection.makefile("rb")
        if not self._reply("GREETING", "220 tests ESMTP"):
            return
        while line := self._line():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not self._command(text.split(" ")[0].upper(), text):
                return

    def close(self) -> None:
        if self.reader:
            self.reader.close()
        self.connection.close()

    def _encrypt(self) -> None:
        assert self.behaviour.tls
        self.connection = self.behaviour.tls.wrap_socket(self.connection, server_side=True)
        self.is_encrypted = True

    def _reply(self, name: str, answer: str) -> bool:
        """Sends the answer, or the refusal that was asked for. False ends the session."""
        refusal = self.behaviour.refuse.get(name)
        self._send(refusal or answer)
        return refusal is None

    def _send(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")

    def _line(self) -> bytes:
        assert self.reader
        return self.reader.readline()

    def _read(self) -> str:
        return self._line().decode().rstrip("\r\n")

    def _command(self, verb: str, text: str) -> bool:
        match verb:
            case "EHLO" | "HELO":
                self.hello = text.split(" ", 1)[-1]
                self._send("\r\n".join(self._capabilities()))
            case "STARTTLS":
                self._send("220 go on")
                if self.reader:
                    self.reader.close()
                self._encrypt()
                self.reader = self.connection.makefile("rb")
            case "AUTH":
                self._authenticate(text.split(" "))
            case "MAIL":
                self.sender = _address(text)
                self._reply("MAIL", "250 ok")
            case "RCPT":
                if self._reply("RCPT", "250 ok"):
                    self.recipients.append(_address(text))
            case "DATA":
                if self._reply("DATA", "354 go on"):
                    self._data()
            case "RSET" | "NOOP":
                self._send("250 ok")
            case "QUIT":
                self._send("221 bye")
                return False
            case _:
                self._send("502 unknown")
        return True

    def _capabilities(self) -> list[str]:
        offered = ["tests", "8BITMIME", "SMTPUTF8"]
        if self.behaviour.tls and not self.is_encrypted:
            offered.append("STARTTLS")
        if self.behaviour.auth_methods:
            offered.append("AUTH " + " ".join(self.behaviour.auth_methods))
        return [f"250{' ' if entry == offered[-1] else '-'}{entry}" for entry in offered]

    def _authenticate(self, words: list[str]) -> None:
        method = words[1].upper()
        if method not in self.behaviour.auth_methods:
            self._send("504 not offered")
            return
        given = words[2:]
        if method == "PLAIN":
            if not given:
                self._send("334 ")
                given = [self._read()]
            _, user, password = base64.b64decode(given[0]).decode().split("\0")
        else:
            if not given:
                self._send("334 VXNlcm5hbWU6")
                given = [self._read()]
            user = base64.b64decode(given[0]).decode()
            self._send("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self._read()).decode()
        self.auth = (method, user, password)
        self._reply("AUTH", "235 welcome")

    def _data(self) -> None:
        lines: list[bytes] = []
        while (line := self._line()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        time.sleep(self.behaviour.delay)
        if "BODY" not in self.behaviour.refuse:
            mail = Mail(self.sender, tuple(self.recipients), b"".join(lines), self.hello, self.is_encrypted, self.auth)
            self.server.mails.append(mail)
        self.recipients = []
        self._reply("BODY", "250 taken")


def _address(text: str) -> str:
    found = re.search(r"<(.*?)>", text)
    return found.group(1) if found else ""
