import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { id } from "@instantdb/admin";
import { admin } from "./setup.js";

const whole = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks.join("");
};

/** Writes chunks and waits until all of them are stored. */
async function write(db, clientId, chunks) {
  let stored;
  const stream = db.streams.createWriteStream({ clientId, waitUntil: (promise) => (stored = promise) });
  const writer = stream.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
  await stored;
  return stream.streamId();
}

describe("streams", () => {
  test("written, then read", async () => {
    const [db, clientId, text] = [admin(), id(), "Hëllo, wörld 🌍"];
    const streamId = await write(db, clientId, ["Hëllo, ", "", "wörld 🌍"]);
    assert.equal(await whole(db.streams.createReadStream({ clientId })), text);
    assert.equal(await whole(db.streams.createReadStream({ streamId })), text);
    assert.equal(await whole(db.streams.createReadStream({ clientId, byteOffset: 8 })), "wörld 🌍");
    const reader = db.streams.createReadStream({ clientId });
    assert.equal(await whole(reader), text);
    assert.equal(await reader.streamId(), streamId);
    const { $streams: [row] } = await db.query({ $streams: { $: { where: { clientId } } } });
    assert.deepEqual([row.id, row.done, row.size], [streamId, true, Buffer.byteLength(text)]);
  });

  test("followed while written", async () => {
    const [db, clientId] = [admin(), id()];
    const writer = db.streams.createWriteStream({ clientId }).getWriter();
    await writer.write("0;");
    const early = db.streams.createReadStream({ clientId }).getReader();
    assert.deepEqual(await early.read(), { done: false, value: "0;" });
    const late = admin().streams.createReadStream({ clientId });
    let expected = "";
    for (let number = 1; number < 200; number++) {
      expected += `${number};`;
      await writer.write(`${number};`);
    }
    await writer.close();
    let seen = "";
    for (let next = await early.read(); !next.done; next = await early.read()) seen += next.value;
    assert.equal(seen, expected);
    assert.equal(await whole(late), `0;${expected}`);
  });

  test("aborted", async () => {
    const [db, clientId] = [admin(), id()];
    let stored;
    const stream = db.streams.createWriteStream({ clientId, waitUntil: (promise) => (stored = promise) });
    const writer = stream.getWriter();
    await writer.write("so far");
    await writer.abort("enough");
    await stored;
    assert.equal(await whole(db.streams.createReadStream({ clientId })), "so far");
    const { $streams: [row] } = await db.query({ $streams: { $: { where: { clientId } } } });
    assert.equal(row.abortReason, "enough");
  });

  test("large", async () => {
    const [db, clientId, piece] = [admin(), id(), "0123456789äöü☃🌍\n".repeat(5000)];
    await write(db, clientId, Array(10).fill(piece));
    assert.equal(await whole(db.streams.createReadStream({ clientId })), piece.repeat(10));
  });

  test("a reader that goes", async () => {
    const [db, clientId] = [admin(), id()];
    const writer = db.streams.createWriteStream({ clientId }).getWriter();
    await writer.write("one");
    const reader = db.streams.createReadStream({ clientId }).getReader();
    await reader.read();
    await reader.cancel();
    await writer.write("two");
    await writer.close();
    assert.equal(await whole(db.streams.createReadStream({ clientId })), "onetwo");
  });

  test("refusals", async () => {
    const [db, clientId] = [admin(), id()];
    await assert.rejects(whole(db.streams.createReadStream({ clientId })), /no such stream/);
    await write(db, clientId, ["x"]);
    await assert.rejects(write(db, clientId, ["y"]), /another writer/);
    const guest = db.asUser({ guest: true });
    await assert.rejects(whole(guest.streams.createReadStream({ clientId })), /Permission denied/);
    await assert.rejects(write(guest, id(), ["x"]), /Permission denied/);
  });
});
