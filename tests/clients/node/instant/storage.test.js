import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { before, describe, test } from "node:test";
import { id } from "@instantdb/admin";
import { admin, refused } from "./setup.js";

describe("storage", () => {
  let db, folder;

  before(() => {
    db = admin();
    folder = id();
  });

  const text = async (url) => (await fetch(url)).text();

  test("uploadFile, getDownloadUrl, list, delete, deleteMany", async () => {
    const paths = ["a b.txt", "c.txt", "d.txt", "e.txt"].map((name) => `${folder}/${name}`);
    const { data } = await db.storage.uploadFile(paths[0], Buffer.from("buffer"), { contentType: "text/plain" });
    await db.storage.uploadFile(paths[1], new TextEncoder().encode("bytes"), { contentDisposition: "attachment" });
    await db.storage.uploadFile(paths[2], Readable.from(["from a ", "stream"]), { fileSize: 13 });
    await db.storage.uploadFile(paths[3], Buffer.alloc(0));
    const urls = await Promise.all(paths.map((path) => db.storage.getDownloadUrl(path)));
    assert.deepEqual(await Promise.all(urls.map(text)), ["buffer", "bytes", "from a stream", ""]);
    assert.equal((await fetch(urls[0])).headers.get("content-type"), "text/plain");
    assert.equal((await fetch(urls[1])).headers.get("content-disposition"), "attachment");
    const { $files } = await db.query({ $files: { $: { where: { path: paths[0] } } } });
    assert.deepEqual([$files[0].id, $files[0].size], [data.id, 6]);
    assert.equal(await text($files[0].url), "buffer");
    const names = async () => (await db.storage.list()).map((file) => file.name).filter((name) => name.startsWith(folder));
    assert.deepEqual((await names()).sort(), paths);
    assert.equal((await db.storage.delete(paths[0])).data.id, data.id);
    assert.equal((await db.storage.deleteMany([...paths.slice(1, 3), `${folder}/none`])).data.ids.length, 2);
    assert.deepEqual(await names(), [paths[3]]);
    assert.equal((await db.storage.delete(`${folder}/none`)).data.id, null);
  });

  test("the old upload goes by a signed URL", async () => {
    const path = `${folder}/old.txt`;
    assert.equal(await db.storage.upload(path, Buffer.from("old"), { contentType: "text/plain" }), true);
    assert.equal(await text(await db.storage.getDownloadUrl(path)), "old");
  });

  test("files are closed to others until a rule opens them", async () => {
    const path = `${folder}/mine.txt`;
    await db.storage.uploadFile(path, Buffer.from("x"));
    const guest = db.asUser({ guest: true });
    assert.deepEqual(await guest.query({ $files: {} }), { $files: [] });
    await assert.rejects(guest.storage.uploadFile(path, Buffer.from("y")), refused("permission-denied"));
    await assert.rejects(guest.storage.delete(path), refused("permission-denied"));
  });
});
