/** Against a service: MODERATION_URL and MODERATION_KEY say which. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Client, Conflict, Invalid, KeyRefused, NotFound, text } from "moderation-client";

const { MODERATION_URL: url = "", MODERATION_KEY: key = "", PICTURE: picture = "" } = process.env;
const NUMBER = "My social security number is 536-90-4399, card 4539 1488 0343 6467";

// Not a test that is skipped: one that does not run says nothing.
if (url !== "") {
  const client = new Client(url, { key });

  test("an item is posted, waited for, explained, appealed and withdrawn", async () => {
    const posted = await client.post([text(NUMBER)], { content_id: "post-7", author: "user-42" });
    assert.equal(posted.content_id, "post-7");

    const item = await client.wait(posted.id, { seconds: 120 });
    assert.deepEqual([item.status, item.decision?.outcome, item.decision?.decided_by], ["decided", "reject", "rules"]);
    assert.ok((await client.explanation(item.id)).words);

    assert.equal((await client.appeal(item.id, "It is a made-up number.")).status, "in_review");
    await assert.rejects(client.appeal(item.id, "again"), (error) => error instanceof Conflict && error.kind === "appeal-refused");
    assert.equal((await client.withdraw(item.id)).status, "withdrawn");
  });

  test("the same post is made once", async () => {
    const idempotencyKey = `k-${process.pid}`;
    const first = await client.post([text("Have a nice day")], { idempotencyKey });

    assert.equal((await client.post([text("Have a nice day")], { idempotencyKey })).id, first.id);
    await assert.rejects(client.post([text("Another day")], { idempotencyKey }), (error) => error instanceof Invalid && error.kind === "idempotency-conflict");
  });

  test("what is refused says why", async () => {
    await assert.rejects(client.post([text(" ")]), (error) => error instanceof Invalid && error.errors[0]!.field === "parts[0].text");
    await assert.rejects(client.get("00000000-0000-7000-8000-000000000000"), NotFound);
    await assert.rejects(new Client(url, { key: "mod_wrong" }).get("00000000-0000-7000-8000-000000000000"), KeyRefused);
  });

  test("a picture is uploaded and judged", async () => {
    const part = await client.upload(new Uint8Array(readFileSync(picture)), "image/jpeg");
    const posted = await client.post([part]);

    const item = await client.wait(posted.id, { seconds: 120 });
    assert.notEqual(item.status, "pending");
    assert.equal(item.parts?.[0]?.type, "image");
  });

  test("pages are walked to their end", async () => {
    const author = `walker-${process.pid}`;
    const ids = new Set<string>();
    for (let n = 0; n < 5; n++) ids.add((await client.post([text(`Nice weather, ${n}`)], { author })).id);

    const found: string[] = [];
    for await (const item of client.items({ author, limit: 2 })) found.push(item.id);
    assert.deepEqual(new Set(found), ids);
    assert.equal(found.length, 5);
  });

  test("any other call is typed, too", async () => {
    assert.ok((await client.call("GET", "/v1/policies")).policies.length > 0);
    const redacted = await client.call("POST", "/v1/redact", { body: { text: NUMBER } });
    assert.ok(!redacted.text.includes("4539"));
    assert.ok((await client.call("GET", "/metrics")).includes("# HELP"));
    const posted = await client.post([text("Is this fine?")]);
    assert.ok((await client.flag({ item: posted.id, reason: "spam", reporter: "user-1" })).id);
  });
}
