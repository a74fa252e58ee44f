"""Instant's command line tool: schemas and rules are pushed, pulled and planned, and data are queried."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from instant.app import ADMIN_TOKEN, APP_ID, App

PACKAGE = Path(__file__).parent.with_name("instant_cli")
TIMEOUT_S = 90
NOTHING_TO_DO = "No schema changes"

SCHEMA = """import { i } from "@instantdb/core";
const _schema = i.schema({
  entities: {
    $users: i.entity({ email: i.string().unique().indexed().optional(), nickname: i.string().optional() }),
    posts: i.entity({ title: i.string().indexed(), slug: i.string().unique(), due: i.date().indexed().optional()MORE }),
    comments: i.entity({ text: i.string() }),
  },
  links: {
    postComments: {
      forward: { on: "comments", has: "one", label: "post", onDelete: "cascade" },
      reverse: { on: "posts", has: "many", label: "comments" },
    },
  },
});
type _AppSchema = typeof _schema;
interface AppSchema extends _AppSchema {}
const schema: AppSchema = _schema;
export type { AppSchema };
export default schema;
"""
RULES = {"posts": {"allow": {"view": "auth.id != null", "create": "isAuthor"}, "bind": ["isAuthor", "auth.id != null"]}}


class Project:
    """A folder with a schema and rules, as a developer has one."""

    def __init__(self, folder: Path, app: App) -> None:
        self.folder = folder
        self.app = app
        (folder / "node_modules").symlink_to(PACKAGE / "node_modules")
        manifest = {"name": "project", "type": "module", "dependencies": {"@instantdb/core": "*"}}
        (folder / "package.json").write_text(json.dumps(manifest))

    def write(self, more: str = "", rules: Any = None) -> None:
        (self.folder / "instant.schema.ts").write_text(SCHEMA.replace("MORE", more))
        (self.folder / "instant.perms.ts").write_text(
            f"export default {json.dumps(RULES if rules is None else rules)};\n"
        )

    def run(self, *args: str, token: str = ADMIN_TOKEN) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "INSTANT_CLI_API_URI": self.app.server.base_url,
            "INSTANT_CLI_AUTH_TOKEN": token,
            "INSTANT_APP_ID": APP_ID,
            "CI": "1",
            "NO_COLOR": "1",
        }
        return subprocess.run(
            ["node", str(PACKAGE / "node_modules" / "instant-cli" / "bin" / "index.js"), *args],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def done(self, *args: str) -> str:
        done = self.run(*args)
        assert done.returncode == 0, f"{args}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def project(app: App, tmp_path: Path) -> Project:
    assert (PACKAGE / "node_modules" / "instant-cli").is_dir(), f"run `npm ci` in {PACKAGE} first"
    return Project(tmp_path, app)


def test_push_pull_and_query(project: Project) -> None:
    app = project.app
    project.write()
    pushed = project.done("push", "all", "--yes", "--app", APP_ID)
    assert "posts" in pushed, pushed
    schema = app.ok("GET", "/admin/schema")["schema"]
    assert {"id", "title", "slug", "due"} <= set(schema["blobs"]["posts"])
    assert schema["blobs"]["posts"]["slug"]["unique?"] is True
    assert schema["blobs"]["posts"]["due"]["checked-data-type"] == "date"
    assert schema["blobs"]["$users"]["nickname"]
    (link,) = [ref for ref in schema["refs"].values() if ref["forward-identity"][1] == "comments"]
    assert (link["cardinality"], link.get("on-delete")) == ("one", "cascade")
    assert app.ok("GET", f"/dash/apps/{APP_ID}/perms/pull")["perms"] == RULES

    again = project.done("push", "schema", "--yes", "--app", APP_ID)
    assert NOTHING_TO_DO in again, again

    # Only what is new is planned and done.
    project.write(", score: i.number().optional()")
    more = project.done("push", "schema", "--yes", "--app", APP_ID)
    assert "score" in more, more
    assert app.ok("GET", "/admin/schema")["schema"]["blobs"]["posts"]["score"]["checked-data-type"] == "number"

    app.transact(["update", "posts", "7e4ad1a5-3b0b-4c0e-9f7e-000000000001", {"title": "One", "slug": "one"}])
    found = project.done("query", "--app", APP_ID, "--admin", json.dumps({"posts": {}}))
    assert "One" in found, found
    assert "One" not in project.done("query", "--app", APP_ID, "--as-guest", json.dumps({"posts": {}}))

    for name in ("instant.schema.ts", "instant.perms.ts"):
        (project.folder / name).unlink()
    project.done("pull", "all", "--yes", "--app", APP_ID)
    pulled = (project.folder / "instant.schema.ts").read_text()
    for part in ("score: i.number().optional()", "slug: i.string().unique()", "due: i.date().indexed().optional()"):
        assert part in pulled, pulled
    assert "isAuthor" in (project.folder / "instant.perms.ts").read_text()
    # What was pulled is what there is.
    assert NOTHING_TO_DO in project.done("push", "schema", "--yes", "--app", APP_ID)


def test_what_is_refused(project: Project) -> None:
    project.write(rules={"posts": {"allow": {"view": "auth.id =="}}})
    refused = project.run("push", "perms", "--yes", "--app", APP_ID)
    assert refused.returncode != 0
    assert "posts" in refused.stdout + refused.stderr
    project.write()
    stranger = project.run("push", "schema", "--yes", "--app", APP_ID, token="00000000-0000-4000-8000-00000000dead")
    assert stranger.returncode != 0
    assert "app-admin-token" in stranger.stdout + stranger.stderr
