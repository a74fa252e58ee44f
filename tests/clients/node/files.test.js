import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { deflateSync, crc32 } from "node:zlib";
import { client, makeUsers, PASSWORD, superuser, unique } from "./setup.js";

/** A PNG of one colour, `width` by `height`. */
function png(width, height) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((width * 3 + 1) * height, 0x40).map((byte, at) => (at % (width * 3 + 1) ? byte : 0)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

const sizeOf = (bytes) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];

describe("files", () => {
  let admin, pb, service, record, members;

  before(async () => {
    admin = await superuser();
    pb = client();
    members = await makeUsers(admin);
    const made = await admin.collections.create({
      name: unique("pictures"),
      type: "base",
      viewRule: "",
      fields: [
        { name: "picture", type: "file", maxSelect: 1, thumbs: ["10x10", "20x0", "0x5f"] },
        { name: "secret", type: "file", maxSelect: 1, protected: true },
        { name: "owner", type: "relation", collectionId: members.collection.id, maxSelect: 1 },
      ],
    });
    service = admin.collection(made.name);
    record = await service.create({
      picture: new File([png(40, 20)], "picture.png", { type: "image/png" }),
      secret: new Blob(["hidden"], { type: "text/plain" }),
      owner: members.record.id,
    });
    await admin.collections.update(made.id, { viewRule: "owner = @request.auth.id" });
  });

  test("getURL", async () => {
    const url = pb.files.getURL(record, record.picture);
    assert.equal(url, `${pb.baseURL}/api/files/${record.collectionId}/${record.id}/${record.picture}`);
    const answer = await fetch(url);
    assert.equal(answer.headers.get("content-type"), "image/png");
    assert.deepEqual(sizeOf(Buffer.from(await answer.arrayBuffer())), [40, 20]);
    assert.match((await fetch(pb.files.getURL(record, record.picture, { download: true }))).headers.get("content-disposition"), /^attachment/);
    assert.equal((await fetch(pb.files.getURL(record, "missing.png"))).status, 404);
    assert.equal(pb.files.getURL({}, "x"), "");
  });

  test("thumbs", async () => {
    for (const [thumb, width, height] of [
      ["10x10", 10, 10],
      ["20x0", 20, 10],
      ["0x5f", 10, 5],
      ["100x100", 100, 100],
      ["7x7", 40, 20],
    ]) {
      const answer = await fetch(pb.files.getURL(record, record.picture, { thumb }));
      assert.equal(answer.status, 200);
      assert.deepEqual(sizeOf(Buffer.from(await answer.arrayBuffer())), [width, height], thumb);
    }
  });

  test("protected files need a token", async () => {
    const look = async (token) => (await fetch(pb.files.getURL(record, record.secret, { token }))).status;
    assert.equal(await look(""), 404);
    assert.equal(await look("nonsense"), 404);
    assert.equal(await look(await admin.files.getToken()), 200);
    const them = client();
    await them.collection(members.collection.name).authWithPassword(members.email, PASSWORD);
    assert.equal(await look(await them.files.getToken()), 200);
    await assert.rejects(client().files.getToken(), { status: 401 });
  });
});
