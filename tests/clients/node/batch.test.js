import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { client, makePosts, superuser } from "./setup.js";

describe("batch", () => {
  let admin, pb, name, posts;

  before(async () => {
    admin = await superuser();
    pb = client();
    name = (await makePosts(admin)).name;
    posts = pb.collection(name);
  });

  test("create, update, upsert, delete", async () => {
    const [old, gone] = [await posts.create({ title: "old", n: 1 }), await posts.create({ title: "gone" })];
    const batch = pb.createBatch();
    batch.collection(name).create({ title: "new", labels: ["a", "b"], data: { deep: [1] } }, { fields: "title,labels" });
    batch.collection(name).update(old.id, { "n+": 4 });
    batch.collection(name).upsert({ id: old.id, title: "upserted" });
    batch.collection(name).upsert({ id: "upsert000000001", title: "inserted" });
    batch.collection(name).delete(gone.id);
    const answers = await batch.send();
    assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200, 200, 204]);
    assert.deepEqual(answers[0].body, { title: "new", labels: ["a", "b"] });
    assert.equal(answers[1].body.n, 5);
    assert.equal(answers[2].body.title, "upserted");
    assert.equal((await posts.getOne("upsert000000001")).title, "inserted");
    await assert.rejects(posts.getOne(gone.id), { status: 404 });
  });

  test("files", async () => {
    const batch = pb.createBatch();
    const file = (text, at) => new File([text], at, { type: "text/plain" });
    batch.collection(name).create({ title: "two", docs: [file("one", "one.txt"), file("two", "two.txt")] });
    const form = new FormData();
    form.append("title", "form");
    form.append("n", "7");
    form.append("docs", file("three", "three.txt"));
    batch.collection(name).create(form);
    const [first, second] = (await batch.send()).map((answer) => answer.body);
    assert.equal(first.docs.length, 2);
    assert.equal(second.n, 7);
    const texts = [...first.docs.map((doc) => pb.files.getURL(first, doc)), pb.files.getURL(second, second.docs[0])];
    const read = await Promise.all(texts.map(async (url) => (await fetch(url)).text()));
    assert.deepEqual(read, ["one", "two", "three"]);
    const more = pb.createBatch();
    more.collection(name).update(first.id, { "docs+": file("four", "four.txt"), "docs-": [first.docs[0]] });
    const [changed] = await more.send();
    assert.equal(changed.body.docs.length, 2);
    assert.equal(changed.body.docs[0], first.docs[1]);
  });

  test("all or nothing", async () => {
    const before = (await posts.getList()).totalItems;
    const batch = pb.createBatch();
    batch.collection(name).create({ title: "kept back" });
    batch.collection(name).create({ n: 1 });
    await assert.rejects(batch.send(), (error) => {
      assert.equal(error.status, 400);
      const refused = error.response.data.requests["1"];
      assert.equal(refused.response.status, 400);
      assert.equal(refused.response.data.title.code, "validation_required");
      return true;
    });
    assert.equal((await posts.getList()).totalItems, before);
    await assert.rejects(pb.createBatch().send(), { status: 400 });
  });
});
