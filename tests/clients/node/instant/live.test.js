import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { id, init } from "@instantdb/admin";
import { admin, apiURI, appId, NOBODY } from "./setup.js";

describe("live queries", () => {
  let db;

  before(() => {
    db = admin();
  });

  test("as an iterator", async () => {
    const [kind, one] = [id(), id()];
    const live = db.subscribeQuery({ seen: { $: { where: { kind }, limit: 3 } } });
    const payloads = live[Symbol.asyncIterator]();
    const next = async () => {
      const { value } = await payloads.next();
      assert.equal(value.type, "ok");
      return value;
    };
    assert.deepEqual((await next()).data, { seen: [] });
    assert.equal(live.readyState, "open");
    assert.ok(live.sessionInfo.sessionId);
    await db.transact(db.tx.seen[one].update({ kind, n: 1 }));
    const { data, pageInfo } = await next();
    assert.deepEqual(data.seen, [{ id: one, kind, n: 1 }]);
    assert.equal(pageInfo.seen.hasNextPage, false);
    await db.transact(db.tx.seen[one].update({ n: 2 }));
    assert.equal((await next()).data.seen[0].n, 2);
    live.close();
    assert.equal(live.isClosed, true);
  });

  test("as a callback, by what a user may see", async () => {
    const token = await db.auth.createToken({ email: `${id()}@example.com` });
    const me = (await db.auth.verifyToken(token)).id;
    const mine = id();
    const seen = await new Promise((resolve) => {
      const live = db.asUser({ token }).subscribeQuery({ secrets: {} }, async (payload) => {
        if (payload.data.secrets.length === 0) {
          await db.transact(db.tx.secrets[id()].update({ owner: "another" }));
          await db.transact(db.tx.secrets[mine].update({ owner: me }));
          return;
        }
        live.close();
        resolve(payload.data.secrets);
      });
    });
    assert.deepEqual(seen.map((row) => row.id), [mine]);
  });

  test("refusals", async () => {
    const nobody = init({ appId, apiURI, adminToken: NOBODY });
    const payload = await new Promise((resolve) => {
      const live = nobody.subscribeQuery({ seen: {} }, (payload) => {
        live.close();
        resolve(payload);
      });
    });
    assert.equal(payload.type, "error");
    assert.equal(payload.error.body.type, "record-not-found");
  });

  test("nobody is in an empty room", async () => {
    assert.deepEqual(await db.rooms.getPresence("chat", id()), {});
  });
});
