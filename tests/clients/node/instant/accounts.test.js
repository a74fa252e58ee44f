import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { id } from "@instantdb/admin";
import { admin, appId, NOBODY, refused } from "./setup.js";

describe("accounts", () => {
  let db;

  before(async () => {
    db = admin();
    await db.transact(db.tx.$users[id()].update({ email: `${id()}@example.com`, nickname: "first" }));
  });

  test("magic codes", async () => {
    const email = `${id()}@example.com`;
    const { code } = await db.auth.generateMagicCode(email);
    await assert.rejects(db.auth.verifyMagicCode(email, "999999"), refused("record-not-found"));
    const { user, created } = await db.auth.checkMagicCode(email, code, { extraFields: { nickname: "Al" } });
    assert.deepEqual([user.email, user.nickname, created], [email, "Al", true]);
    await assert.rejects(db.auth.verifyMagicCode(email, code), refused("record-not-found"));
    const again = await db.auth.generateMagicCode(email);
    assert.equal((await db.auth.verifyMagicCode(email, again.code)).id, user.id);
  });

  test("magic codes by mail", async () => {
    const { code } = await db.auth.sendMagicCode("mailed@example.com");
    const user = await db.auth.verifyMagicCode("mailed@example.com", code);
    assert.equal(user.email, "mailed@example.com");
    assert.ok(user.refresh_token);
  });

  test("tokens and users", async () => {
    const email = `a+${id()}@example.com`;
    const token = await db.auth.createToken({ email });
    assert.notEqual(await db.auth.createToken(email), token);
    const user = await db.auth.verifyToken(token);
    for (const by of [{ email }, { id: user.id }, { refresh_token: token }]) {
      assert.equal((await db.auth.getUser(by)).id, user.id);
    }
    await db.auth.signOut({ refresh_token: token });
    await assert.rejects(db.auth.verifyToken(token), refused("record-not-found"));
    for (const by of [email, { email }, { id: user.id }]) {
      const next = await db.auth.createToken({ id: user.id });
      await db.auth.signOut(by);
      await assert.rejects(db.auth.verifyToken(next), refused("record-not-found"));
    }
    assert.equal((await db.auth.deleteUser({ id: user.id })).email, email);
    assert.equal(await db.auth.deleteUser({ email }), null);
    assert.equal(await db.auth.getUser({ email }), null);
    await assert.rejects(db.auth.signOut({ email }), refused("record-not-found"));
    await assert.rejects(db.auth.verifyToken("no token"), refused("param-malformed"));
  });

  test("getUserFromRequest reads the cookie", async () => {
    const token = await db.auth.createToken({ email: `${id()}@example.com` });
    const user = await db.auth.verifyToken(token);
    const cookie = `instant_user_${appId}=${encodeURIComponent(JSON.stringify(user))}`;
    const request = (headers) => new Request("http://localhost/", { headers });
    assert.equal((await db.auth.getUserFromRequest(request({ cookie }))).id, user.id);
    assert.equal(await db.auth.getUserFromRequest(request({})), null);
  });
});

describe("rules", () => {
  test("asUser is bound by them", async () => {
    const db = admin();
    const email = `${id()}@example.com`;
    const token = await db.auth.createToken({ email });
    const me = (await db.auth.verifyToken(token)).id;
    const [mine, other] = [id(), id()];
    await db.transact(db.tx.secrets[other].update({ owner: id() }));
    const query = { secrets: { $: { where: { id: { $in: [mine, other] } } } } };
    for (const user of [db.asUser({ email }), db.asUser({ token })]) {
      await user.transact(user.tx.secrets[mine].create({ owner: me }));
      assert.deepEqual((await user.query(query)).secrets.map((row) => row.id), [mine]);
      for (const chunk of [user.tx.secrets[id()].create({ owner: other }), user.tx.secrets[other].delete()]) {
        await assert.rejects(user.transact(chunk), refused("permission-denied"));
      }
      await user.transact(user.tx.secrets[mine].delete());
    }
    await assert.rejects(db.asUser({ token: NOBODY }).query(query), refused("record-not-found"));
    await assert.rejects(db.asUser({ email: "nobody@example.com" }).query(query), refused("record-not-found"));
  });

  test("ruleParams", async () => {
    const db = admin();
    const one = id();
    await db.transact(db.tx.keyed[one].update({ key: "k", n: 1 }));
    const guest = db.asUser({ guest: true });
    const query = { keyed: { $: { where: { id: one } } } };
    assert.deepEqual(await guest.query(query), { keyed: [] });
    assert.equal((await guest.query(query, { ruleParams: { key: "k" } })).keyed[0].n, 1);
    await assert.rejects(guest.transact(guest.tx.keyed[one].update({ n: 2 })), refused("permission-denied"));
    await guest.transact(guest.tx.keyed[one].ruleParams({ key: "k" }).update({ n: 2 }));
    assert.equal((await db.query(query)).keyed[0].n, 2);
  });

  test("debugQuery and debugTransact", async () => {
    const db = admin();
    const one = id();
    await db.transact(db.tx.secrets[one].update({ owner: "nobody" }));
    const guest = db.asUser({ guest: true });
    const query = { secrets: { $: { where: { id: one } } } };
    const { result, checkResults } = await guest.debugQuery(query);
    assert.deepEqual(result, { secrets: [] });
    assert.deepEqual(checkResults.map(({ id, entity, check }) => ({ id, entity, check })), [
      { id: one, entity: "secrets", check: false },
    ]);
    const rules = { secrets: { allow: { view: "ruleParams.open == true && request.ip == '9.9.9.9'", update: "true" } } };
    const opened = await guest.debugQuery(query, { rules, ruleParams: { open: true }, ip: "9.9.9.9", origin: "http://a" });
    assert.deepEqual(opened.result.secrets.map((row) => row.id), [one]);
    const chunk = guest.tx.secrets[one].update({ owner: "me" });
    assert.equal((await guest.debugTransact(chunk))["all-checks-ok?"], false);
    assert.equal((await guest.debugTransact(chunk, { rules }))["all-checks-ok?"], true);
    assert.equal((await db.query(query)).secrets[0].owner, "nobody");
  });
});
