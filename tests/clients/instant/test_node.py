"""Runs the tests of Instant's JavaScript client for servers, in `node/instant/`, against a fresh server."""

from __future__ import annotations

import pytest

from clients.javascript import NODE, run_javascript
from instant.app import ADMIN_TOKEN, APP_ID, App
from mail.smtp import SmtpServer


@pytest.mark.usefixtures("ruled")
def test_javascript_client(app: App, mailbox: SmtpServer) -> None:
    target = {"TARGET_URL": app.server.base_url, "TARGET_APP": APP_ID, "TARGET_TOKEN": ADMIN_TOKEN}
    run_javascript(NODE / "instant", target)
    assert any(mail.recipients == ("mailed@example.com",) for mail in mailbox.mails)
