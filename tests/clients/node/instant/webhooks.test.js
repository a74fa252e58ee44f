import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { id, Webhooks } from "@instantdb/admin";
import { admin, apiURI, appId, refused } from "./setup.js";

const actions = ["create", "update", "delete"];

describe("webhooks", () => {
  const [db, namespace] = [admin(), `heard_${id().slice(0, 8)}`];
  const { manager } = db.webhooks;
  const heard = [];
  let server, url, hook, wake;

  /** Waits until so many records came. */
  const records = async (count) => {
    while (heard.length < count) await new Promise((resolve) => (wake = resolve));
    return heard;
  };

  before(async () => {
    const handle = async (request, answer) => {
      try {
        // Checks the signature and fetches what the delivery is about.
        await db.webhooks.processNodeRequest({ $default: (record) => heard.push(record) }, request);
        answer.writeHead(200).end();
      } catch (error) {
        answer.writeHead(500).end(String(error));
      }
      wake?.();
    };
    server = createServer(handle);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${server.address().port}/`;
    hook = await manager.create({ url, namespaces: [namespace], actions });
  });

  after(async () => {
    await manager.delete(hook.id);
    server.close();
  });

  test("are told", async () => {
    const one = id();
    await db.transact(db.tx[namespace][one].update({ n: 1 }));
    await records(1);
    await db.transact(db.tx[namespace][one].update({ n: 2 }));
    await records(2);
    await db.transact(db.tx[namespace][one].delete());
    await records(3);
    const told = heard.map(({ action, before, after }) => [action, before?.n, after?.n]);
    assert.deepEqual(told, [["create", undefined, 1], ["update", 1, 2], ["delete", 2, undefined]]);
    assert.equal(new Set(heard.map((record) => record.idempotencyKey)).size, 3);
  });

  test("and what they were told is kept", async () => {
    const { events, pageInfo } = await manager.listEvents(hook.id);
    assert.equal(events.length, 3);
    assert.deepEqual(pageInfo, { startCursor: events[0].isn, endCursor: events[2].isn, hasNextPage: false });
    assert.deepEqual((await manager.listEvents(hook.id, { after: events[1].isn })).events.length, 1);
    const [{ isn, createdAt }] = events;
    assert.ok(createdAt instanceof Date && !Number.isNaN(createdAt.getTime()));
    const payload = await manager.getPayload(hook.id, isn);
    assert.equal(payload.data[0].action, "delete");
    const before = heard.length;
    await manager.resendEvent(hook.id, isn);
    assert.deepEqual((await records(before + 1))[before], payload.data[0]);
    let event = await manager.getEvent(hook.id, isn);
    while (event.attempts.length < 2) event = await manager.getEvent(hook.id, isn);
    assert.equal(event.status, "success");
    assert.deepEqual(event.attempts.map((attempt) => [attempt.success, attempt.statusCode]), Array(2).fill([true, 200]));
  });

  test("are managed", async () => {
    assert.ok((await manager.list()).some((known) => known.id === hook.id));
    const other = await manager.create({ url, namespaces: ["a"], actions: ["create"] });
    const changed = await manager.update(other.id, { namespaces: ["b"] });
    assert.deepEqual([changed.namespaces, changed.actions, changed.sink.url], [["b"], ["create"], url]);
    const off = await manager.disable(other.id, { reason: "why" });
    assert.deepEqual([off.status, off.disabledReason], ["disabled", "why"]);
    assert.equal((await manager.enable(other.id)).status, "active");
    assert.equal((await manager.delete(other.id)).id, other.id);
    await assert.rejects(manager.delete(other.id), refused("record-not-found"));
    await assert.rejects(manager.create({ url: "x", namespaces: ["a"], actions }), refused("validation-failed"));
    const stranger = new Webhooks({ appId, apiURI, adminToken: id() });
    await assert.rejects(stranger.manager.list(), refused("record-not-found"));
  });

  test("deliveries of others are refused", async () => {
    const [key] = (await db.webhooks.fetchJwks()).keys;
    const forged = `t=${Math.floor(Date.now() / 1000)},kid=${key.kid},v1=${"00".repeat(64)}`;
    await assert.rejects(db.webhooks.validate(forged, "{}"), /did not validate/);
    const body = JSON.stringify({ payloadUrl: url, token: "x" });
    const request = new Request(url, { method: "POST", body, headers: { "instant-signature": forged } });
    await assert.rejects(db.webhooks.validateRequest(request), /did not validate/);
    await assert.rejects(db.webhooks.processRequest({}, new Request(url, { method: "POST", body })), /missing/);
  });
});
