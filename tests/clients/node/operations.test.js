import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { before, describe, test } from "node:test";
import { client, eventually, makePosts, superuser, unique } from "./setup.js";

describe("settings", () => {
  let admin;

  before(async () => {
    admin = await superuser();
  });

  test("getAll and update", async () => {
    const settings = await admin.settings.getAll();
    assert.equal(settings.smtp.host, "127.0.0.1");
    assert.equal(settings.smtp.password, undefined);
    const appName = unique("App");
    const changed = await admin.settings.update({ meta: { appName } });
    assert.equal(changed.meta.appName, appName);
    assert.equal(changed.meta.senderAddress, settings.meta.senderAddress);
    const bare = await admin.settings.getAll({ fields: "meta.appName" });
    assert.deepEqual(bare, { meta: { appName } });
    await assert.rejects(admin.settings.update({ meta: { appName: "" } }), (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.response.data.meta.appName.code, "validation_required");
      return true;
    });
    await assert.rejects(client().settings.getAll(), { status: 401 });
    await assert.rejects(client().settings.update({}), { status: 401 });
  });

  test("testS3 refuses what is not set up", async () => {
    for (const filesystem of ["storage", "backups", "nothing"]) {
      await assert.rejects(admin.settings.testS3(filesystem), { status: 400 });
    }
  });

  test("generateAppleClientSecret", async () => {
    const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
    const { secret } = await admin.settings.generateAppleClientSecret("client", "a".repeat(10), "b".repeat(10), key, 600);
    const [head, payload] = secret.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
    assert.deepEqual([head.alg, head.kid], ["ES256", "b".repeat(10)]);
    assert.deepEqual([payload.sub, payload.iss], ["client", "a".repeat(10)]);
    assert.deepEqual(payload.aud, ["https://appleid.apple.com"]);
    assert.equal(payload.exp - payload.iat, 600);
    await assert.rejects(admin.settings.generateAppleClientSecret("client", "short", "b".repeat(10), key, 600), (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.response.data.teamId.code, "validation_length_invalid");
      return true;
    });
  });
});

describe("logs", () => {
  let admin;

  before(async () => {
    admin = await superuser();
  });

  test("getList, getOne, getStats", async () => {
    const url = `/api/collections/${unique("nowhere")}/records`;
    await assert.rejects(admin.send(url, {}), { status: 404 });
    const filter = admin.filter("data.url ~ {:url}", { url });
    const page = await eventually(async () => {
      const found = await admin.logs.getList(1, 5, { filter, sort: "-@rowid" });
      return found.totalItems > 0 && found;
    });
    const [row] = page.items;
    assert.equal(row.data.status, 404);
    assert.equal(row.message, `GET ${url}`);
    assert.deepEqual(await admin.logs.getOne(row.id), row);
    const stats = await admin.logs.getStats({ filter });
    assert.equal(stats.reduce((sum, hour) => sum + hour.total, 0), page.totalItems);
    await assert.rejects(admin.logs.getOne("missing"), { status: 404 });
    await assert.rejects(admin.logs.getList(1, 5, { filter: "nope = 1" }), { status: 400 });
    await assert.rejects(client().logs.getList(), { status: 401 });
  });

  test("truncate", async () => {
    assert.equal(await admin.logs.truncate(), true);
    await assert.rejects(client().logs.truncate(), { status: 401 });
  });
});

describe("crons", () => {
  test("getFullList and run", async () => {
    const admin = await superuser();
    const jobs = await admin.crons.getFullList();
    assert.ok(jobs.length > 0);
    for (const job of jobs) assert.match(job.expression, /^\S+( \S+){4}$/);
    const id = "__pbLogsCleanup__";
    assert.ok(jobs.some((job) => job.id === id));
    assert.equal(await admin.crons.run(id), true);
    await assert.rejects(admin.crons.run("missing"), { status: 404 });
    await assert.rejects(client().crons.getFullList(), { status: 401 });
  });
});

describe("sql", () => {
  test("run", async () => {
    const admin = await superuser();
    const { name } = await makePosts(admin);
    await admin.collection(name).create({ title: "found", n: 3 });
    const result = await admin.sql.run(`select title, n from ${name}`);
    assert.ok(JSON.stringify(result).includes("found"));
    await assert.rejects(admin.sql.run("select nothing from nowhere"), { status: 400 });
    await assert.rejects(client().sql.run("select 1"), { status: 401 });
  });
});

describe("health and send", () => {
  test("check", async () => {
    assert.equal((await client().health.check()).code, 200);
    assert.ok("canBackup" in (await (await superuser()).health.check()).data);
  });

  test("send reaches any path", async () => {
    const pb = client();
    pb.beforeSend = (url, options) => ({ url, options: { ...options, headers: { ...options.headers, "X-Test": "1" } } });
    pb.afterSend = (response, data) => ({ status: response.status, ...data });
    assert.equal((await pb.send("/api/health", { query: { fields: "code" } })).status, 200);
    await assert.rejects(pb.send("/api/nowhere", {}), { status: 404 });
  });

  test("a newer request cancels the one before", async () => {
    const admin = await superuser();
    const { name } = await makePosts(admin);
    const pb = client();
    pb.autoCancellation(true);
    const first = pb.collection(name).getList();
    const second = pb.collection(name).getList();
    await assert.rejects(first, { isAbort: true });
    assert.equal((await second).totalItems, 0);
  });
});
