import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { isTokenExpired } from "pocketbase";
import { PASSWORD, client, makeUsers, superuser } from "./setup.js";

describe("auth records", () => {
  let admin, pb, users, made;

  before(async () => {
    admin = await superuser();
    made = await makeUsers(admin);
    pb = client();
    users = pb.collection(made.collection.name);
  });

  test("listAuthMethods", async () => {
    const methods = await users.listAuthMethods();
    assert.deepEqual(methods.password, { enabled: true, identityFields: ["email"] });
    assert.deepEqual(methods.oauth2, { enabled: false, providers: [] });
    assert.equal(methods.otp.enabled, false);
    assert.equal(methods.mfa.enabled, false);
  });

  test("authWithPassword and authRefresh", async () => {
    const signed = await users.authWithPassword(made.email, PASSWORD);
    assert.equal(signed.record.id, made.record.id);
    assert.equal(signed.record.email, made.email);
    assert.equal(isTokenExpired(signed.token), false);
    assert.equal(pb.authStore.isValid, true);
    assert.equal(pb.authStore.isSuperuser, false);
    const again = await users.authRefresh();
    assert.equal(again.record.id, made.record.id);
    assert.equal(pb.authStore.token, again.token);
    await assert.rejects(client().collection(made.collection.name).authWithPassword(made.email, "wrong"), { status: 400 });
    await assert.rejects(client().collection(made.collection.name).authRefresh(), { status: 401 });
  });

  test("updating the own record keeps the store up to date", async () => {
    await users.authWithPassword(made.email, PASSWORD);
    await users.update(made.record.id, { name: "Changed" });
    assert.equal(pb.authStore.record.name, "Changed");
    const other = client();
    await assert.rejects(other.collection(made.collection.name).update(made.record.id, { name: "x" }), { status: 404 });
  });

  test("sign up, change the password, delete", async () => {
    const fresh = client();
    const service = fresh.collection(made.collection.name);
    const email = `new-${made.email}`;
    const record = await service.create({ email, password: PASSWORD, passwordConfirm: PASSWORD });
    await service.authWithPassword(email, PASSWORD);
    await service.update(record.id, { oldPassword: PASSWORD, password: "new-password", passwordConfirm: "new-password" });
    await assert.rejects(service.authRefresh(), { status: 401 });
    await service.authWithPassword(email, "new-password");
    assert.equal(await service.delete(record.id), true);
    assert.equal(fresh.authStore.isValid, false);
  });

  test("requests by mail are accepted", async () => {
    assert.equal(await users.requestPasswordReset("nobody@example.com"), true);
    assert.equal(await users.requestVerification("nobody@example.com"), true);
    await assert.rejects(users.confirmPasswordReset("bad", "new-password", "new-password"), { status: 400 });
    await assert.rejects(users.confirmVerification("bad"), { status: 400 });
    await assert.rejects(users.confirmEmailChange("bad", PASSWORD), { status: 400 });
    await assert.rejects(client().collection(made.collection.name).requestEmailChange("x@example.com"), { status: 401 });
    await assert.rejects(users.requestOTP(made.email), { status: 403 });
    await assert.rejects(users.authWithOTP("x", "y"), { status: 403 });
  });

  test("external auths", async () => {
    await users.authWithPassword(made.email, PASSWORD);
    assert.deepEqual(await users.listExternalAuths(made.record.id), []);
  });

  test("impersonate", async () => {
    const them = await admin.collection(made.collection.name).impersonate(made.record.id, 60);
    assert.equal(them.authStore.record.id, made.record.id);
    const service = them.collection(made.collection.name);
    assert.equal((await service.getOne(made.record.id)).id, made.record.id);
    const token = them.authStore.token;
    await service.authRefresh();
    assert.equal(them.authStore.token, token);
    await assert.rejects(users.impersonate(made.record.id, 60), { status: 403 });
  });

  test("superusers", async () => {
    assert.equal(admin.authStore.isSuperuser, true);
    await admin.collection("_superusers").authRefresh();
    const listed = await admin.collection("_superusers").getFullList();
    assert.ok(listed.some((item) => item.email === process.env.TARGET_EMAIL));
    assert.ok((await admin.files.getToken()).split(".").length === 3);
  });
});
