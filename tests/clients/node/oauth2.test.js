import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { PASSWORD, client, consent, provider, superuser, unique } from "./setup.js";

const BACK = "http://localhost/back";

describe("OAuth2", () => {
  let admin, name;

  before(async () => {
    admin = await superuser();
    const made = await admin.collections.create({
      name: unique("linked"),
      type: "auth",
      createRule: "",
      fields: [
        { name: "name", type: "text" },
        { name: "team", type: "text" },
      ],
      oauth2: { enabled: true, mappedFields: { name: "name" }, providers: [await provider()] },
      authAlert: { enabled: false },
    });
    name = made.name;
  });

  test("listAuthMethods names the provider", async () => {
    const { oauth2 } = await client().collection(name).listAuthMethods();
    assert.equal(oauth2.enabled, true);
    const [listed] = oauth2.providers;
    assert.equal(listed.name, "oidc");
    const url = new URL(listed.authURL);
    assert.equal(url.searchParams.get("state"), listed.state);
    assert.equal(url.searchParams.get("code_challenge"), listed.codeChallenge);
    assert.ok(listed.codeVerifier.length >= 43);
    assert.ok(listed.authURL.endsWith("redirect_uri="));
  });

  test("authWithOAuth2Code", async () => {
    const pb = client();
    const service = pb.collection(name);
    const who = unique("coder");
    const first = await service.authWithOAuth2Code("oidc", await consent(who), "verifier", BACK, { team: "red" });
    assert.equal(first.meta.isNew, true);
    assert.equal(first.meta.email, `person${who}@example.com`);
    assert.equal(first.meta.accessToken.length > 0, true);
    assert.equal(first.record.name, `Person ${who}`);
    assert.equal(first.record.team, "red");
    assert.equal(pb.authStore.record.id, first.record.id);
    const again = await client().collection(name).authWithOAuth2Code("oidc", await consent(who), "verifier", BACK);
    assert.equal(again.meta.isNew, false);
    assert.equal(again.record.id, first.record.id);
  });

  test("authWithOAuth2 in one go", async () => {
    const pb = client();
    const who = unique("onego");
    const code = await consent(who);
    let asked;
    const signed = await pb.collection(name).authWithOAuth2({
      provider: "oidc",
      scopes: ["email", "more"],
      createData: { team: "blue" },
      // What the window of a browser would do, where the person consents at once.
      urlCallback: async (url) => {
        asked = new URL(url);
        const consented = await fetch(`${url}&login_hint=${code}`, { redirect: "manual" });
        const back = await fetch(consented.headers.get("location"), { redirect: "manual" });
        assert.match(back.headers.get("location"), /oauth2-redirect-success$/);
      },
    });
    assert.equal(asked.searchParams.get("redirect_uri"), `${pb.baseURL}/api/oauth2-redirect`);
    assert.equal(asked.searchParams.get("scope"), "email more");
    assert.equal(signed.record.team, "blue");
    assert.equal(signed.meta.isNew, true);
    assert.equal(pb.authStore.isValid, true);
    assert.equal(pb.realtime.isConnected, false);
  });

  test("a provider that refuses", async () => {
    const service = client().collection(name);
    const refusing = service.authWithOAuth2({
      provider: "oidc",
      urlCallback: async (url) => {
        const asked = new URL(url);
        const state = asked.searchParams.get("state");
        await fetch(`${asked.searchParams.get("redirect_uri")}?state=${state}&error=access_denied`);
      },
    });
    await assert.rejects(refusing, (error) => /access_denied/.test(error.originalError.message));
    await assert.rejects(service.authWithOAuth2Code("oidc", "unknown", "verifier", BACK), { status: 400 });
    await assert.rejects(service.authWithOAuth2Code("github", "x", "verifier", BACK), { status: 400 });
    await assert.rejects(service.authWithOAuth2({ provider: "github", urlCallback: () => null }), (error) =>
      /provider/i.test(error.originalError.message),
    );
  });

  test("external auths are listed and unlinked", async () => {
    const pb = client();
    const service = pb.collection(name);
    const who = unique("link");
    const email = `person${who}@example.com`;
    const record = await service.create({ email, password: PASSWORD, passwordConfirm: PASSWORD });
    await service.authWithPassword(email, PASSWORD);
    assert.deepEqual(await service.listExternalAuths(record.id), []);
    // Whoever is signed in is linked.
    const linked = await service.authWithOAuth2Code("oidc", await consent(who), "verifier", BACK);
    assert.equal(linked.record.id, record.id);
    const [link] = await service.listExternalAuths(record.id);
    assert.deepEqual([link.provider, link.providerId, link.recordRef], ["oidc", `sub-${who}`, record.id]);
    assert.equal(await service.unlinkExternalAuth(record.id, "oidc"), true);
    assert.deepEqual(await service.listExternalAuths(record.id), []);
    await assert.rejects(service.unlinkExternalAuth(record.id, "oidc"), { status: 404 });
  });
});
