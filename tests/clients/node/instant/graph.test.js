import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { id } from "@instantdb/admin";
import { admin, post, refused } from "./setup.js";

const attr = (namespace, label, more = {}) => ({
  id: id(),
  "value-type": "blob",
  cardinality: "one",
  "forward-identity": [id(), namespace, label],
  "unique?": false,
  "index?": false,
  ...more,
});

const addAttrs = (attrs) => post("/admin/transact", { steps: attrs.map((one) => ["add-attr", one]) });

describe("links", () => {
  let db;

  before(() => {
    db = admin();
  });

  test("both ways, in conditions and in lists", async () => {
    const [book, other, ann, bob] = [id(), id(), id(), id()];
    await db.transact([
      db.tx.writers[ann].update({ name: "Ann" }),
      db.tx.writers[bob].update({ name: "Bob" }),
      db.tx.books[book].update({ title: "One" }).link({ writers: [ann, bob] }),
      db.tx.books[other].update({ title: "Two" }),
      db.tx.writers[bob].link({ books: other }),
    ]);
    const titles = async (where) =>
      (await db.query({ books: { $: { where } } })).books.map((one) => one.title);
    assert.deepEqual(await titles({ "writers.name": "Ann" }), ["One"]);
    assert.deepEqual(await titles({ writers: bob }), ["One", "Two"]);
    assert.deepEqual(await titles({ "writers.name": { $ne: "Bob" } }), ["One"]);
    const { writers } = await db.query({ writers: { $: { where: { "books.title": "Two" } }, books: { writers: {} } } });
    assert.deepEqual(writers[0].books.map((one) => one.writers.length), [2, 1]);
    await db.transact(db.tx.books[book].unlink({ writers: [ann, bob] }));
    assert.deepEqual(await titles({ writers: { $isNull: true } }), ["One"]);
    await db.transact(db.tx.writers[bob].delete());
    assert.deepEqual(await titles({ writers: { $isNull: true } }), ["One", "Two"]);
  });

  test("what is deleted takes along what cannot be without it", async () => {
    await addAttrs([
      { ...attr("threads", "id", { "unique?": true }) },
      { ...attr("replies", "id", { "unique?": true }) },
      attr("replies", "thread", {
        "value-type": "ref",
        "reverse-identity": [id(), "threads", "replies"],
        "on-delete": "cascade",
      }),
    ]);
    const [thread, reply, free] = [id(), id(), id()];
    await db.transact([
      db.tx.threads[thread].update({}),
      db.tx.replies[reply].update({}).link({ thread }),
      db.tx.replies[free].update({}),
    ]);
    await db.transact(db.tx.threads[thread].delete());
    assert.deepEqual(await db.query({ threads: {}, replies: {} }), { threads: [], replies: [{ id: free }] });
  });

  test("files and users are linked like anything else", async () => {
    const path = `${id()}/face.png`;
    const { data } = await db.storage.uploadFile(path, Buffer.from("face"), { contentType: "image/png" });
    const token = await db.auth.createToken({ email: `${id()}@example.com` });
    const user = await db.auth.verifyToken(token);
    const profile = id();
    await db.transact([
      db.tx.profiles[profile].update({ nickname: "Us" }).link({ $files: data.id, $users: user.id }),
      db.tx.$users[user.id].update({ nickname: "me" }),
    ]);
    const query = { profiles: { $: { where: { "$users.id": user.id } }, $files: {}, $users: {} } };
    const [seen] = (await db.query(query)).profiles;
    assert.equal(await (await fetch(seen.$files[0].url)).text(), "face");
    assert.deepEqual([seen.$users[0].email, seen.$users[0].nickname], [user.email, "me"]);
    // A user sees the own row and nobody else's.
    const them = db.asUser({ token });
    assert.deepEqual((await them.query({ $users: {} })).$users.map((row) => row.id), [user.id]);
    assert.deepEqual(await db.asUser({ guest: true }).query({ $users: {} }), { $users: [] });
    await them.transact(them.tx.$users[user.id].update({ nickname: "changed" }));
    for (const chunk of [
      them.tx.$users[user.id].update({ email: "other@example.com" }),
      them.tx.$users[user.id].delete(),
      them.tx.$users[id()].create({ nickname: "x" }),
    ]) {
      await assert.rejects(them.transact(chunk), (error) => error.status === 400);
    }
    assert.equal((await db.auth.getUser({ id: user.id })).nickname, "changed");
  });
});

describe("typed attrs", () => {
  let db;
  const typed = { "index?": true };

  before(async () => {
    db = admin();
    await addAttrs([
      attr("events", "id", { "unique?": true }),
      attr("events", "name", { ...typed, "checked-data-type": "string" }),
      attr("events", "seats", { ...typed, "checked-data-type": "number" }),
      attr("events", "at", { ...typed, "checked-data-type": "date" }),
      attr("events", "slug", { "unique?": true, "index?": true, "checked-data-type": "string" }),
    ]);
    await db.transact(
      [
        ["Apple", 10, "2026-01-02"],
        ["apricot", 30, "2026-01-01T12:00:00Z"],
        ["Pear", 20, 1_767_000_000_000],
      ].map(([name, seats, at]) => db.tx.events[id()].update({ name, seats, at })),
    );
  });

  const names = async ($) => (await db.query({ events: { $ } })).events.map((one) => one.name);

  test("compare, order, match", async () => {
    assert.deepEqual(await names({ order: { seats: "desc" } }), ["apricot", "Pear", "Apple"]);
    assert.deepEqual(await names({ order: { at: "asc" } }), ["Pear", "apricot", "Apple"]);
    assert.deepEqual(await names({ where: { and: [{ seats: { $gt: 10 } }, { seats: { $lte: 20 } }] } }), ["Pear"]);
    assert.deepEqual(await names({ where: { name: { $like: "%p%l%" } } }), ["Apple"]);
    assert.deepEqual(await names({ where: { name: { $ilike: "ap%" } }, order: { name: "asc" } }), ["Apple", "apricot"]);
    assert.deepEqual(await names({ where: { at: { $gte: "2026-01-02" } } }), ["Apple"]);
    assert.deepEqual(await names({ order: { seats: "asc" }, limit: 1, offset: 1 }), ["Pear"]);
  });

  test("values of another type are refused, by name", async () => {
    await assert.rejects(db.transact(db.tx.events[id()].update({ seats: "many" })), (error) => {
      assert.equal(error.body.type, "validation-failed");
      assert.match(error.message, /events\.seats.*number/);
      return true;
    });
    await assert.rejects(names({ where: { seats: "many" } }), refused("validation-failed"));
    await assert.rejects(names({ where: { seats: { $like: "1%" } } }), refused("validation-failed"));
    await assert.rejects(names({ order: { nowhere: "asc" } }), refused("validation-failed"));
  });

  test("unique values are unique, and lookups find them", async () => {
    const slug = id();
    await db.transact(db.tx.events[id()].update({ slug, name: "once", seats: 0 }));
    await assert.rejects(db.transact(db.tx.events[id()].update({ slug })), (error) => {
      assert.equal(error.body.type, "record-not-unique");
      assert.deepEqual([error.body.hint.etype, error.body.hint.label], ["events", "slug"]);
      return true;
    });
    await db.transact(db.tx.events.lookup("slug", slug).delete());
    assert.deepEqual(await names({ where: { slug } }), []);
  });

  test("dates come back as they were written", async () => {
    const one = id();
    const at = new Date("2026-05-06T07:08:09.123Z");
    await db.transact(db.tx.events[one].update({ name: "dated", at }));
    const found = await db.query({ events: { $: { where: { at: { $gte: at.getTime() } } } } });
    assert.deepEqual(found.events.map((row) => [row.id, row.at]), [[one, at.toISOString()]]);
    await db.transact(db.tx.events[one].delete());
  });
});
