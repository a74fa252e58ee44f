import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { PASSWORD, client, eventually, mailTo, superuser, unique } from "./setup.js";

const NEW = "new-password";

describe("accounts by mail", () => {
  let admin, name;

  before(async () => {
    admin = await superuser();
    name = await members();
  });

  /** An auth collection with one-time passwords that sends no alerts. */
  async function members(options = {}) {
    const made = await admin.collections.create({
      name: unique("mailed"),
      type: "auth",
      createRule: "",
      viewRule: "",
      otp: { enabled: true, duration: 180, length: 8 },
      authAlert: { enabled: false },
      ...options,
    });
    return made.name;
  }

  async function person(of = name) {
    const pb = client();
    const email = `${unique("anna")}@example.com`;
    const record = await admin
      .collection(of)
      .create({ email, emailVisibility: true, password: PASSWORD, passwordConfirm: PASSWORD });
    return { pb, email, record, service: pb.collection(of) };
  }

  test("verification", async () => {
    const { email, record, service, pb } = await person();
    await service.authWithPassword(email, PASSWORD);
    assert.equal(pb.authStore.record.verified, false);
    assert.equal(await service.requestVerification(email), true);
    const mail = await mailTo(email);
    assert.match(mail.subject, /verify/i);
    assert.equal(await service.confirmVerification(mail.token), true);
    // The client marks the record that it holds.
    assert.equal(pb.authStore.record.verified, true);
    assert.equal((await service.getOne(record.id)).verified, true);
    await assert.rejects(service.confirmVerification(`${mail.token}x`), { status: 400 });
  });

  test("password reset", async () => {
    const { email, service } = await person();
    assert.equal(await service.requestPasswordReset(email), true);
    const mail = await mailTo(email);
    assert.match(mail.subject, /reset/i);
    await assert.rejects(service.confirmPasswordReset(mail.token, NEW, "another"), (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.response.data.passwordConfirm.code, "validation_values_mismatch");
      return true;
    });
    assert.equal(await service.confirmPasswordReset(mail.token, NEW, NEW), true);
    await assert.rejects(service.authWithPassword(email, PASSWORD), { status: 400 });
    await service.authWithPassword(email, NEW);
    await assert.rejects(service.confirmPasswordReset(mail.token, NEW, NEW), { status: 400 });
  });

  test("email change", async () => {
    const { email, service, pb } = await person();
    const moved = `moved-${email}`;
    await service.authWithPassword(email, PASSWORD);
    assert.equal(await service.requestEmailChange(moved), true);
    const mail = await mailTo(moved);
    assert.match(mail.subject, /email/i);
    await assert.rejects(service.confirmEmailChange(mail.token, "wrong"), (error) => {
      assert.equal(error.response.data.password.code, "validation_invalid_password");
      return true;
    });
    assert.equal(await service.confirmEmailChange(mail.token, PASSWORD), true);
    // The token of before has ended, and the client dropped it.
    assert.equal(pb.authStore.isValid, false);
    assert.equal((await service.authWithPassword(moved, PASSWORD)).record.email, moved);
  });

  test("one-time password", async () => {
    const { email, service, pb } = await person();
    const { otpId } = await service.requestOTP(email);
    const mail = await mailTo(email);
    assert.match(mail.code, /^\d{8}$/);
    await assert.rejects(service.authWithOTP(otpId, "00000000"), { status: 400 });
    const signed = await service.authWithOTP(otpId, mail.code, { fields: "token,record.email,record.verified" });
    assert.deepEqual(signed.record, { email, verified: true });
    assert.equal(pb.authStore.token, signed.token);
    await assert.rejects(service.authWithOTP(otpId, mail.code), { status: 400 });
    // An address that nobody has gets an id as well.
    assert.match((await service.requestOTP("nobody@example.com")).otpId, /^[a-z0-9]{15}$/);
  });

  test("two factors", async () => {
    const both = await members({ mfa: { enabled: true, duration: 600, rule: "" } });
    const { email, record, service } = await person(both);
    const methods = await service.listAuthMethods();
    assert.deepEqual(methods.mfa, { enabled: true, duration: 600 });
    assert.deepEqual(methods.otp, { enabled: true, duration: 180 });
    let mfaId;
    await assert.rejects(service.authWithPassword(email, PASSWORD), (error) => {
      assert.equal(error.status, 401);
      mfaId = error.response.mfaId;
      return true;
    });
    await assert.rejects(service.authWithPassword(email, PASSWORD, { mfaId }), { status: 400 });
    const { otpId } = await service.requestOTP(email);
    const { code } = await mailTo(email);
    const signed = await service.authWithOTP(otpId, code, { mfaId });
    assert.equal(signed.record.id, record.id);
  });

  test("an alert when somebody signs in from elsewhere", async () => {
    const alerted = await members({ authAlert: { enabled: true } });
    const { email, service } = await person(alerted);
    await service.authWithPassword(email, PASSWORD, { headers: { "user-agent": "first" } });
    await service.authWithPassword(email, PASSWORD, { headers: { "user-agent": "second" } });
    assert.match((await mailTo(email)).subject, /login/i);
  });

  test("test mails of the settings", async () => {
    for (const template of ["verification", "password-reset", "email-change", "otp", "login-alert"]) {
      const address = `${unique("try")}@example.com`;
      assert.equal(await admin.settings.testEmail(name, address, template), true);
      assert.ok((await mailTo(address)).subject);
    }
    await assert.rejects(admin.settings.testEmail(name, "x@example.com", "nothing"), (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.response.data.template.code, "validation_in_invalid");
      return true;
    });
    await assert.rejects(client().settings.testEmail(name, "x@example.com", "otp"), { status: 401 });
  });

  test("superusers reset their password too", async () => {
    const { email } = await person("_superusers");
    const service = client().collection("_superusers");
    await service.requestPasswordReset(email);
    const { token } = await mailTo(email);
    await service.confirmPasswordReset(token, NEW, NEW);
    await eventually(async () => (await service.authWithPassword(email, NEW)).token);
  });
});
