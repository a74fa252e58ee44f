import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { id, init, lookup } from "@instantdb/admin";
import { admin, apiURI, appId, NOBODY, post, refused, typed } from "./setup.js";

describe("transactions and queries", () => {
  let db;

  before(() => {
    db = admin();
  });

  test("create, update, merge, link, unlink, delete", async () => {
    const [goal, todo] = [id(), id()];
    const $ = { where: { id: goal } };
    const first = await db.transact([
      db.tx.goals[goal].create({ title: "fit", meta: { a: 1 } }),
      db.tx.todos[todo].update({ title: "run" }),
      db.tx.goals[goal].link({ todos: todo }),
    ]);
    const todos = [{ id: todo, title: "run" }];
    const query = { goals: { $, todos: {} } };
    assert.deepEqual(await db.query(query), { goals: [{ id: goal, title: "fit", meta: { a: 1 }, todos }] });
    const second = await db.transact(db.tx.goals[goal].merge({ meta: { a: null, b: [1] } }).unlink({ todos: todo }));
    assert.ok(second["tx-id"] > first["tx-id"]);
    assert.deepEqual(await db.query(query), { goals: [{ id: goal, title: "fit", meta: { b: [1] }, todos: [] }] });
    await db.transact([db.tx.goals[goal].delete(), db.tx.todos[todo].delete()]);
    assert.deepEqual(await db.query(query), { goals: [] });
  });

  test("upsert and create are strict where they are told so", async () => {
    const one = id();
    await assert.rejects(
      db.transact(db.tx.goals[one].update({ title: "x" }, { upsert: false })),
      refused("validation-failed"),
    );
    await db.transact(db.tx.goals[one].update({ title: "x" }));
    await assert.rejects(db.transact(db.tx.goals[one].create({ title: "y" })), refused("validation-failed"));
  });

  test("lookups", async () => {
    const slug = id();
    await db.transact(db.tx.posts[lookup("slug", slug)].update({ title: "one" }));
    await db.transact(db.tx.posts[lookup("slug", slug)].update({ title: "two" }));
    const { posts } = await db.query({ posts: { $: { where: { slug } } } });
    assert.deepEqual(posts.map((post) => post.title), ["two"]);
    await assert.rejects(db.transact(db.tx.posts[id()].update({ slug })), refused("record-not-unique"));
  });

  test("where, order, limit, fields", async () => {
    const kind = id();
    await db.transact([1, 2, 3, 4].map((n) => db.tx.items[id()].update({ kind, n })));
    const found = async ($) => (await db.query({ items: { $ } })).items.map((item) => item.n);
    assert.deepEqual(await found({ where: { kind }, limit: 2, order: { serverCreatedAt: "desc" } }), [4, 3]);
    assert.deepEqual(await found({ where: { kind, or: [{ n: 1 }, { n: { $in: [3] } }] } }), [1, 3]);
    assert.deepEqual(await found({ where: { kind }, offset: 1, first: 1 }), [2]);
    assert.deepEqual(await found({ where: { kind, n: { $ne: 2 } }, fields: ["n"] }), [1, 3, 4]);
    await assert.rejects(db.query({ items: { $: { where: { n: { $between: 1 } } } } }), refused("validation-failed"));
  });

  test("with a schema, links to one are objects and unknown names are refused", async () => {
    const blob = (namespace, label) => ({
      id: id(),
      "value-type": "blob",
      cardinality: "one",
      "forward-identity": [id(), namespace, label],
      "unique?": false,
      "index?": false,
    });
    const link = {
      ...blob("players", "team"),
      "value-type": "ref",
      "reverse-identity": [id(), "teams", "players"],
    };
    const ids = ["teams", "players"].map((namespace) => ({ ...blob(namespace, "id"), "unique?": true }));
    const attrs = [...ids, blob("teams", "name"), blob("players", "name"), link];
    await post("/admin/transact", { steps: attrs.map((attr) => ["add-attr", attr]) });
    const strict = typed();
    const [team, player, lonely] = [id(), id(), id()];
    await strict.transact([
      strict.tx.teams[team].update({ name: "T" }),
      strict.tx.players[player].update({ name: "P" }).link({ team }),
      strict.tx.players[lonely].update({ name: "L" }),
    ]);
    const { players } = await strict.query({ players: { team: {} } });
    assert.deepEqual(players, [
      { id: player, name: "P", team: { id: team, name: "T" } },
      { id: lonely, name: "L", team: null },
    ]);
    const { teams } = await strict.query({ teams: { players: {} } });
    assert.deepEqual(teams[0].players.map((one) => one.name), ["P"]);
    // Without a schema, the same links are lists.
    assert.deepEqual((await db.query({ players: { team: {} } })).players[0].team, [{ id: team, name: "T" }]);
    const unknown = strict.tx.players[id()].update({ nickname: "x" });
    await assert.rejects(strict.transact(unknown), refused("validation-failed"));
  });

  test("strangers", async () => {
    const nobody = init({ appId, apiURI, adminToken: NOBODY });
    await assert.rejects(nobody.query({ goals: {} }), refused("record-not-found"));
    const guest = init({ appId, apiURI }).asUser({ guest: true });
    assert.ok((await guest.query({ goals: {} })).goals);
  });
});
