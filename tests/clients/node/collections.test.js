import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { client, makePosts, superuser, unique } from "./setup.js";

describe("collections", () => {
  let admin;

  before(async () => {
    admin = await superuser();
  });

  test("create, getOne, update, delete", async () => {
    const made = await makePosts(admin);
    assert.equal(made.type, "base");
    assert.equal(made.fields[0].name, "id");
    assert.deepEqual(await admin.collections.getOne(made.name), made);
    assert.deepEqual(await admin.collections.getOne(made.id), made);
    const name = unique("renamed");
    const changed = await admin.collections.update(made.name, {
      name,
      fields: [...made.fields, { name: "extra", type: "bool" }],
      listRule: null,
    });
    assert.equal(changed.id, made.id);
    assert.equal(changed.listRule, null);
    assert.ok(changed.fields.some((field) => field.name === "extra"));
    assert.equal(await admin.collections.delete(name), true);
    await assert.rejects(admin.collections.getOne(made.id), { status: 404 });
  });

  test("getList, getFullList and getFirstListItem", async () => {
    const made = await makePosts(admin);
    const page = await admin.collections.getList(1, 5, { sort: "-name" });
    assert.equal(page.items.length, 5);
    const all = await admin.collections.getFullList({ sort: "name", batch: 3 });
    assert.ok(all.length >= 7);
    const found = await admin.collections.getFirstListItem(admin.filter("name = {:name}", made));
    assert.equal(found.id, made.id);
  });

  test("auth and view collections", async () => {
    const posts = await makePosts(admin);
    const auth = await admin.collections.create({ name: unique("auth"), type: "auth" });
    assert.equal(auth.passwordAuth.enabled, true);
    assert.equal(auth.authToken.secret, undefined);
    const view = await admin.collections.create({
      name: unique("view"),
      type: "view",
      viewQuery: `select id, title, n from ${posts.name}`,
    });
    assert.deepEqual(view.fields.map((field) => field.name), ["id", "title", "n"]);
    const dry = await admin.collections.dryRunViewQuery(`select id, title from ${posts.name}`);
    assert.ok(dry);
  });

  test("import and truncate", async () => {
    const name = unique("imported");
    assert.equal(
      await admin.collections.import([{ name, type: "base", fields: [{ name: "title", type: "text" }] }]),
      true,
    );
    await admin.collection(name).create({ title: "x" });
    assert.equal(await admin.collections.truncate(name), true);
    assert.equal((await admin.collection(name).getList()).totalItems, 0);
    await assert.rejects(admin.collections.import([{ name: "bad name", type: "base" }]), { status: 400 });
  });

  test("scaffolds", async () => {
    const scaffolds = await admin.collections.getScaffolds();
    assert.deepEqual(Object.keys(scaffolds).sort(), ["auth", "base", "view"]);
    assert.equal(scaffolds.base.fields[0].name, "id");
  });

  test("only for superusers", async () => {
    await assert.rejects(client().collections.getList(), { status: 401 });
    await assert.rejects(client().collections.create({ name: unique("x") }), { status: 401 });
  });
});
