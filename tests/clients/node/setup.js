// A superuser client, the collections that the tests use, and what stands beside the server.
import { EventSource } from "eventsource";
import PocketBase from "pocketbase";

// The client brings no EventSource of its own, and Node 20 has none.
globalThis.EventSource ??= EventSource;

export const PASSWORD = "password123";

/** A client without any session. Requests of one kind do not cancel each other. */
export function client() {
  const url = process.env.TARGET_URL;
  if (!url) throw new Error("set TARGET_URL, TARGET_EMAIL and TARGET_PASSWORD");
  const pb = new PocketBase(url);
  pb.autoCancellation(false);
  return pb;
}

export async function superuser() {
  const pb = client();
  const { TARGET_EMAIL, TARGET_PASSWORD } = process.env;
  await pb.collection("_superusers").authWithPassword(TARGET_EMAIL, TARGET_PASSWORD);
  return pb;
}

/** A name that no other test uses. */
export function unique(stem) {
  unique.count = (unique.count ?? 0) + 1;
  return `${stem}_${process.pid}_${unique.count}`;
}

export async function makePosts(pb) {
  return pb.collections.create({
    name: unique("posts"),
    type: "base",
    listRule: "",
    viewRule: "",
    createRule: "",
    updateRule: "",
    deleteRule: "",
    fields: [
      { name: "title", type: "text", required: true },
      { name: "n", type: "number" },
      { name: "labels", type: "select", values: ["a", "b", "c"], maxSelect: 3 },
      { name: "data", type: "json" },
      { name: "docs", type: "file", maxSelect: 3 },
      { name: "created", type: "autodate", onCreate: true },
    ],
  });
}

export async function makeUsers(pb) {
  const collection = await pb.collections.create({
    name: unique("members"),
    type: "auth",
    listRule: "",
    viewRule: "id = @request.auth.id",
    createRule: "",
    updateRule: "id = @request.auth.id",
    deleteRule: "id = @request.auth.id",
    fields: [{ name: "name", type: "text" }],
  });
  const email = `${unique("anna")}@example.com`;
  const record = await pb.collection(collection.name).create({
    email,
    name: "Anna",
    password: PASSWORD,
    passwordConfirm: PASSWORD,
  });
  return { collection, email, record };
}

async function beside(path, query = {}) {
  const answer = await fetch(`${process.env.BESIDE_URL}/${path}?${new URLSearchParams(query)}`);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** Takes the oldest mail to an address, waiting for it: its subject, and the token or code in it. */
export const mailTo = (address) => beside("mail", { to: address });

/** The OAuth2 provider of the tests as a collection names it. */
export const provider = () => beside("provider");

/** Makes a code of the provider good for a person; the address is `person<name>@example.com`. */
export async function consent(person) {
  const code = unique(`code_${person}`);
  await beside("consent", { code, person });
  return code;
}

/** Calls until the answer is truthy, and answers it. */
export async function eventually(call, seconds = 15) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await call();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`nothing in ${seconds} s: ${call}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A callback that keeps what it is given; `next` takes the oldest, waiting for it. */
export function inbox() {
  const kept = [];
  const waiting = [];
  const take = (item) => (waiting.length ? waiting.shift()(item) : kept.push(item));
  take.kept = kept;
  take.next = (seconds = 10) => {
    if (kept.length) return Promise.resolve(kept.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no event in ${seconds} s`)), seconds * 1000);
      waiting.push((item) => {
        clearTimeout(timer);
        resolve(item);
      });
    });
  };
  return take;
}
