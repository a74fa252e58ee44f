// A superuser client and the collections that the tests use.
import PocketBase from "pocketbase";

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
