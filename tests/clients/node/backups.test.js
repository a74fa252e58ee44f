import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { client, superuser, unique } from "./setup.js";

describe("backups", () => {
  let admin;

  before(async () => {
    admin = await superuser();
  });

  const keys = async () => (await admin.backups.getFullList()).map((backup) => backup.key);
  const name = () => `${unique("sdk")}.zip`;

  test("create, getFullList, getDownloadURL, delete", async () => {
    const key = name();
    assert.equal(await admin.backups.create(key), true);
    const [made] = (await admin.backups.getFullList()).filter((backup) => backup.key === key);
    assert.ok(made.size > 0);
    assert.ok(Date.now() - Date.parse(made.modified) < 60_000);
    const answer = await fetch(admin.backups.getDownloadURL(await admin.files.getToken(), key));
    assert.equal(answer.status, 200);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    assert.equal(bytes.length, made.size);
    assert.deepEqual([...bytes.slice(0, 4)], [0x50, 0x4b, 3, 4]);
    assert.equal((await fetch(admin.backups.getDownloadURL("nobody", key))).status, 403);
    assert.equal(await admin.backups.delete(key), true);
    assert.ok(!(await keys()).includes(key));
    await assert.rejects(admin.backups.delete(key), { status: 400 });
  });

  test("upload what was downloaded", async () => {
    const [made, brought] = [name(), name()];
    await admin.backups.create(made);
    const answer = await fetch(admin.backups.getDownloadURL(await admin.files.getToken(), made));
    const file = new File([await answer.arrayBuffer()], brought, { type: "application/zip" });
    assert.equal(await admin.backups.upload({ file }), true);
    assert.ok((await keys()).includes(brought));
    await assert.rejects(admin.backups.upload({ file }), (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.response.data.file.code, "validation_backup_name_exists");
      return true;
    });
    await admin.backups.delete(made);
    await admin.backups.delete(brought);
  });

  test("refusals", async () => {
    await assert.rejects(admin.backups.create("Not A Name"), { status: 400 });
    await assert.rejects(admin.backups.restore("missing.zip"), { status: 400 });
    await assert.rejects(client().backups.getFullList(), { status: 401 });
  });
});
