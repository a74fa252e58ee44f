import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PASSWORD, client, eventually, inbox, makePosts, makeUsers, superuser } from "./setup.js";

describe("realtime", () => {
  let admin, pb, made, posts;

  before(async () => {
    admin = await superuser();
    made = await makePosts(admin);
    pb = client();
    posts = pb.collection(made.name);
  });

  after(() => pb.realtime.unsubscribe());

  test("a collection's records", async () => {
    const events = inbox();
    const end = await posts.subscribe("*", events);
    assert.equal(pb.realtime.isConnected, true);
    const record = await posts.create({ title: "seen", labels: ["a"] });
    assert.deepEqual(await events.next(), { action: "create", record });
    const changed = await posts.update(record.id, { title: "changed" });
    assert.deepEqual(await events.next(), { action: "update", record: changed });
    await posts.delete(record.id);
    const gone = await events.next();
    assert.equal(gone.action, "delete");
    assert.equal(gone.record.id, record.id);
    await end();
    // Nothing is subscribed any more, so the client hangs up.
    assert.equal(pb.realtime.isConnected, false);
  });

  test("one record", async () => {
    const [first, second] = [await posts.create({ title: "first" }), await posts.create({ title: "second" })];
    const events = inbox();
    await posts.subscribe(second.id, events);
    await posts.update(first.id, { title: "unseen" });
    await posts.update(second.id, { title: "seen" });
    assert.equal((await events.next()).record.title, "seen");
    assert.equal(events.kept.length, 0);
    await posts.unsubscribe(second.id);
  });

  test("filter, fields, expand and headers", async () => {
    const related = await admin.collections.create({
      name: `${made.name}_live`,
      type: "base",
      listRule: "@request.headers.x_key = 'open'",
      fields: [
        { name: "post", type: "relation", collectionId: made.id, maxSelect: 1 },
        { name: "n", type: "number" },
      ],
    });
    const [seen, unseen] = [inbox(), inbox()];
    const options = { filter: "n > 1", fields: "n,expand.post.title", expand: "post" };
    await pb.collection(related.name).subscribe("*", seen, { ...options, headers: { "x-key": "open" } });
    const other = client();
    await other.collection(related.name).subscribe("*", unseen, { headers: { "x-key": "wrong" } });
    const target = await posts.create({ title: "target" });
    await admin.collection(related.name).create({ post: target.id, n: 1 });
    await admin.collection(related.name).create({ post: target.id, n: 2 });
    assert.deepEqual(await seen.next(), {
      action: "create",
      record: { n: 2, expand: { post: { title: "target" } } },
    });
    assert.equal(unseen.kept.length, 0);
    await pb.collection(related.name).unsubscribe();
    await other.realtime.unsubscribe();
  });

  test("rules see who listens", async () => {
    const members = await makeUsers(admin);
    const own = await admin.collections.create({
      name: `${made.name}_own`,
      type: "base",
      listRule: "@request.auth.id != '' && owner = @request.auth.id",
      fields: [{ name: "owner", type: "relation", collectionId: members.collection.id, maxSelect: 1 }],
    });
    const [theirs, nobodys] = [inbox(), inbox()];
    const [them, nobody] = [client(), client()];
    await them.collection(members.collection.name).authWithPassword(members.email, PASSWORD);
    await them.collection(own.name).subscribe("*", theirs);
    await nobody.collection(own.name).subscribe("*", nobodys);
    await admin.collection(own.name).create({ owner: "" });
    const record = await admin.collection(own.name).create({ owner: members.record.id });
    assert.equal((await theirs.next()).record.id, record.id);
    assert.equal(theirs.kept.length, 0);
    assert.equal(nobodys.kept.length, 0);
    await them.realtime.unsubscribe();
    await nobody.realtime.unsubscribe();
  });

  test("subscriptions come and go", async () => {
    const [all, one, again] = [inbox(), inbox(), inbox()];
    const record = await posts.create({ title: "x" });
    const stop = await posts.subscribe("*", all);
    await posts.subscribe(record.id, one);
    await posts.subscribe(record.id, again);
    await posts.update(record.id, { n: 1 });
    for (const events of [all, one, again]) assert.equal((await events.next()).record.n, 1);
    await pb.realtime.unsubscribeByTopicAndListener(`${made.name}/${record.id}`, one);
    await stop();
    await posts.update(record.id, { n: 2 });
    await posts.update(record.id, { n: 3 });
    assert.equal((await again.next()).record.n, 2);
    assert.equal((await again.next()).record.n, 3);
    await pb.realtime.unsubscribeByPrefix(made.name);
    assert.equal(pb.realtime.isConnected, false);
    assert.deepEqual([all.kept, again.kept].flat(), []);
  });

  test("PB_CONNECT tells the client's id", async () => {
    const connected = inbox();
    await pb.realtime.subscribe("PB_CONNECT", connected);
    assert.equal((await connected.next()).clientId, pb.realtime.clientId);
    await pb.realtime.unsubscribe("PB_CONNECT");
  });

  test("a lost connection is taken up again with its subscriptions", async () => {
    const [connected, events] = [inbox(), inbox()];
    await pb.realtime.subscribe("PB_CONNECT", connected);
    await posts.subscribe("*", events);
    const first = (await connected.next()).clientId;
    // What the client does when the stream breaks; it has no method for it.
    pb.realtime.connectErrorHandler(new Error("lost"));
    const second = (await connected.next()).clientId;
    assert.notEqual(second, first);
    await eventually(async () => {
      await posts.create({ title: "after" });
      return events.kept.length > 0;
    });
    await pb.realtime.unsubscribe();
  });

  test("refusals", async () => {
    const refused = (clientId, status) =>
      assert.rejects(pb.send("/api/realtime", { method: "POST", body: { clientId, subscriptions: [] } }), { status });
    await refused("nobody", 404);
    await refused("", 400);
    await assert.rejects(posts.subscribe("", () => null), /topic/i);
  });
});
