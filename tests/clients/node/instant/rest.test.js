// What the other files leave of the client's methods and options.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createInstantRouteHandler, id, init, Webhooks } from "@instantdb/admin";
import { admin, apiURI, appId, NOBODY, refused, typed } from "./setup.js";

describe("options", () => {
  test("of fetch go along", async () => {
    const db = admin();
    const [aborted, one] = [new AbortController(), id()];
    await db.transact(db.tx.fetched[one].update({ n: 1 }));
    const query = { fetched: { $: { where: { id: one } } } };
    const fetchOpts = { signal: aborted.signal, headers: { "x-own": "1" } };
    assert.deepEqual((await db.query(query, { fetchOpts })).fetched, [{ id: one, n: 1 }]);
    aborted.abort();
    await assert.rejects(db.query(query, { fetchOpts }), { name: "AbortError" });
  });

  test("links to one are arrays or objects in what is debugged", async () => {
    const db = typed();
    const [player, team] = [id(), id()];
    await db.transact([db.tx.teams[team].update({ name: "T" }), db.tx.players[player].update({ name: "P" }).link({ team })]);
    const guest = db.asUser({ guest: true });
    const query = { players: { $: { where: { id: player } }, team: {} } };
    const links = async (opts) => (await guest.debugQuery(query, opts)).result.players[0].team;
    assert.deepEqual(await links({}), { id: team, name: "T" });
    assert.deepEqual(await links({ cardinalityInference: false }), [{ id: team, name: "T" }]);
  });

  test("a debugged transaction may stay", async () => {
    const [db, one] = [admin(), id()];
    const guest = db.asUser({ guest: true });
    const seen = async () => (await db.query({ kept: { $: { where: { id: one } } } })).kept;
    const chunk = guest.tx.kept[one].update({ n: 1 });
    const tried = await guest.debugTransact(chunk);
    assert.deepEqual([tried["all-checks-ok?"], tried["committed?"], await seen()], [true, false, []]);
    const rules = { kept: { allow: { create: "false" } } };
    const denied = await guest.debugTransact(chunk, { rules, __dangerouslyCommit: true });
    assert.deepEqual([denied["all-checks-ok?"], denied["committed?"], await seen()], [false, false, []]);
    const kept = await guest.debugTransact(chunk, { __dangerouslyCommit: true });
    assert.deepEqual([kept["committed?"], await seen()], [true, [{ id: one, n: 1 }]]);
    await assert.rejects(db.debugTransact(chunk), refused("validation-failed"));
  });
});

test("rooms are for admins", async () => {
  assert.deepEqual(await admin().asUser({ guest: true }).rooms.getPresence("chat", id()), {});
  const stranger = init({ appId, apiURI, adminToken: NOBODY });
  await assert.rejects(stranger.rooms.getPresence("chat", id()), refused("record-not-found"));
});

test("a user who was synchronised is known by their cookie", async () => {
  const db = admin();
  const token = await db.auth.createToken({ email: `${id()}@example.com` });
  const user = await db.auth.verifyToken(token);
  const handler = createInstantRouteHandler({ appId });
  const sync = (body) => handler.POST(new Request(apiURI, { method: "POST", body: JSON.stringify(body) }));
  const [cookie] = (await sync({ type: "sync-user", appId, user })).headers.getSetCookie()[0].split(";");
  const request = (value) => new Request(apiURI, { headers: { cookie: value } });
  assert.equal((await db.auth.getUserFromRequest(request(cookie))).id, user.id);
  assert.equal(await db.auth.getUserFromRequest(request("other=1")), null);
  assert.equal((await sync({ type: "sync-user", appId: NOBODY, user })).status, 403);
  await db.auth.signOut({ refresh_token: token });
  await assert.rejects(db.auth.getUserFromRequest(request(cookie)), refused("record-not-found"));
});

test("handlers of webhooks are found by namespace and action", async () => {
  const { typedHandlers, combineHandlers } = Webhooks.helpers();
  const seen = [];
  const note = (name) => (record) => seen.push([name, record.id]);
  const handlers = combineHandlers(
    typedHandlers("a", "create", note("a.create")),
    typedHandlers("a", "$default", note("a")),
    typedHandlers("$default", note("other")),
  );
  const data = [["a", "create"], ["a", "delete"], ["b", "update"]].map(([namespace, action], id) => ({ namespace, action, id }));
  await admin().webhooks.processPayload(handlers, { data, idempotencyKey: "x" });
  assert.deepEqual(seen, [["a.create", 0], ["a", 1], ["other", 2]]);
  const { keys: [key] } = await admin().webhooks.fetchJwks();
  assert.equal((await admin().webhooks.keyOfKid(key.kid)).alg.name, "Ed25519");
  await assert.rejects(admin().webhooks.keyOfKid("none"), /matching signing key/);
  const payloadUrl = `${apiURI}/webhooks/payload/${appId}/${id()}/0/1`;
  await assert.rejects(admin().webhooks.fetchPayloads({ payloadUrl, token: "whp_1_00" }), refused("record-not-found"));
});
