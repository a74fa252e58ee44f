import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ClientResponseError } from "pocketbase";
import { client, makePosts, superuser } from "./setup.js";

describe("records", () => {
  let admin, pb, posts;

  before(async () => {
    admin = await superuser();
    pb = client();
    posts = pb.collection((await makePosts(admin)).name);
  });

  test("create, getOne, update, delete", async () => {
    const made = await posts.create({ title: "first", n: 1, labels: ["b", "a"], data: { k: [1, null] } });
    assert.match(made.id, /^[a-z0-9]{15}$/);
    assert.deepEqual(made.labels, ["b", "a"]);
    assert.deepEqual(await posts.getOne(made.id), made);
    const changed = await posts.update(made.id, { "n+": 2, "labels-": "b" });
    assert.equal(changed.n, 3);
    assert.deepEqual(changed.labels, ["a"]);
    assert.equal(await posts.delete(made.id), true);
    await assert.rejects(posts.getOne(made.id), { status: 404 });
  });

  test("getList, getFullList and getFirstListItem", async () => {
    const ids = [];
    for (let n = 1; n <= 7; n++) {
      ids.push((await posts.create({ title: `list ${n}`, n }))["id"]);
    }
    const page = await posts.getList(2, 3, { filter: "title ~ 'list '", sort: "n" });
    assert.deepEqual(
      { page: page.page, perPage: page.perPage, totalItems: page.totalItems, totalPages: page.totalPages },
      { page: 2, perPage: 3, totalItems: 7, totalPages: 3 },
    );
    assert.deepEqual(page.items.map((item) => item.n), [4, 5, 6]);
    const bare = await posts.getList(1, 2, { skipTotal: true, sort: "-n", fields: "id,n" });
    assert.equal(bare.totalItems, -1);
    assert.deepEqual(Object.keys(bare.items[0]).sort(), ["id", "n"]);
    const all = await posts.getFullList({ filter: "title ~ 'list '", sort: "n", batch: 2 });
    assert.deepEqual(all.map((item) => item.id), ids);
    const one = await posts.getFirstListItem("n = 5");
    assert.equal(one.id, ids[4]);
    await assert.rejects(posts.getFirstListItem("n = 500"), { status: 404 });
    await assert.rejects(posts.getOne(""), { status: 404 });
  });

  test("filter() escapes what it is given", async () => {
    const title = `it's "odd" \\ || 1=1 //`;
    const made = await posts.create({ title, n: 77 });
    const filter = pb.filter("title = {:title} && n = {:n} && created <= {:now}", {
      title,
      n: 77,
      now: new Date(Date.now() + 60_000),
    });
    assert.equal((await posts.getFirstListItem(filter)).id, made.id);
    for (const value of [null, true, 5, "x", new Date(), { a: 1 }]) {
      const found = await posts.getList(1, 1, { filter: pb.filter("title = {:value}", { value }) });
      assert.equal(found.items.length, 0);
    }
  });

  test("files through FormData and through plain values", async () => {
    const form = new FormData();
    form.append("title", "with files");
    form.append("n", "12");
    form.append("data", JSON.stringify({ a: 1 }));
    form.append("docs", new File(["hello"], "hello world.txt", { type: "text/plain" }));
    form.append("docs", new File(["second"], "second_file.txt", { type: "text/plain" }));
    const made = await posts.create(form);
    assert.equal(made.n, 12);
    assert.deepEqual(made.data, { a: 1 });
    assert.match(made.docs[0], /^hello_world_[a-z0-9]{10}\.txt$/);
    const answer = await fetch(pb.files.getURL(made, made.docs[0]));
    assert.equal(await answer.text(), "hello");
    const more = await posts.update(made.id, { "docs+": new File(["third"], "third_file.txt"), title: "more" });
    assert.equal(more.docs.length, 3);
    const fewer = await posts.update(made.id, { "docs-": [made.docs[0]] });
    assert.deepEqual(fewer.docs, more.docs.slice(1));
    const none = await posts.update(made.id, { docs: [] });
    assert.deepEqual(none.docs, []);
  });

  test("errors carry their status and data", async () => {
    await assert.rejects(posts.create({ n: 1 }), (error) => {
      assert.ok(error instanceof ClientResponseError);
      assert.equal(error.status, 400);
      assert.equal(error.response.message, "Failed to create record.");
      assert.equal(error.response.data.title.code, "validation_required");
      return true;
    });
    await assert.rejects(posts.getList(1, 1, { filter: "nope = 1" }), { status: 400 });
    await assert.rejects(pb.collection("missing").getList(), { status: 404 });
  });

  test("expand and fields", async () => {
    const target = await posts.create({ title: "target" });
    const related = await admin.collections.create({
      name: `${posts.collectionIdOrName}_rel`,
      type: "base",
      listRule: "",
      viewRule: "",
      createRule: "",
      fields: [{ name: "post", type: "relation", collectionId: target.collectionId, maxSelect: 1 }],
    });
    const service = pb.collection(related.name);
    const made = await service.create({ post: target.id }, { expand: "post" });
    assert.equal(made.expand.post.title, "target");
    const seen = await service.getOne(made.id, { expand: "post", fields: "id,expand.post.title" });
    assert.deepEqual(seen, { id: made.id, expand: { post: { title: "target" } } });
    const back = await posts.getOne(target.id, { expand: `${related.name}_via_post` });
    assert.equal(back.expand[`${related.name}_via_post`][0].id, made.id);
  });

  test("concurrent requests", async () => {
    const made = await Promise.all(Array.from({ length: 30 }, (_, n) => posts.create({ title: `many ${n}` })));
    assert.equal(new Set(made.map((item) => item.id)).size, 30);
  });

  test("health", async () => {
    assert.equal((await pb.health.check()).code, 200);
  });
});
