/** Which webhooks are believed. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { NotSigned, verify } from "moderation-client";

const SECRET = `whsec_${Buffer.from("a secret of 32 bytes for webhooks").toString("base64")}`;
const NEXT = `whsec_${Buffer.from("the secret that comes after that").toString("base64")}`;
const NOW = 1_790_000_000;
const BODY = JSON.stringify({ id: "evt_1", type: "item.decided", number: 1, supersedes: null, data: { content_id: "ü" } });

function sign(secret: string, body = BODY, at = NOW): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return `v1,${createHmac("sha256", key).update(`evt_1.${at}.${body}`).digest("base64")}`;
}

function headers(signature = sign(SECRET), at: number | string = NOW): Record<string, string> {
  return { "Webhook-Id": "evt_1", "Webhook-Timestamp": String(at), "Webhook-Signature": signature };
}

const by = { secret: SECRET, now: NOW };

test("an event with its signature is believed, from text or bytes, and from any kind of headers", async () => {
  assert.equal((await verify(BODY, headers(), by)).type, "item.decided");
  assert.equal((await verify(new TextEncoder().encode(BODY), new Headers(headers()), by)).number, 1);
});

test("while the secret is changed one of two signatures is enough, whichever secret the receiver has", async () => {
  const both = `${sign(NEXT)} ${sign(SECRET)}`;

  for (const secret of [SECRET, NEXT, [NEXT, SECRET]]) assert.ok(await verify(BODY, headers(both), { secret, now: NOW }));
  assert.ok(await verify(BODY, headers(), { secret: [NEXT, SECRET], now: NOW }));
  await assert.rejects(verify(BODY, headers(), { secret: NEXT, now: NOW }), NotSigned);
});

test("five minutes before and after are believed, and no more", async () => {
  for (const off of [-300, 300]) assert.ok(await verify(BODY, headers(sign(SECRET, BODY, NOW + off), NOW + off), by));
  for (const off of [-301, 301]) await assert.rejects(verify(BODY, headers(sign(SECRET, BODY, NOW + off), NOW + off), by), NotSigned);
  assert.ok(await verify(BODY, headers(sign(SECRET, BODY, NOW - 900), NOW - 900), { ...by, toleranceSeconds: 900 }));
});

const refused: [string, string | Uint8Array, Record<string, string>][] = [
  ["was changed", `${BODY} `, headers()],
  ["has another time", BODY, headers(sign(SECRET), NOW + 1)],
  ["has no signature", BODY, { "Webhook-Id": "evt_1", "Webhook-Timestamp": String(NOW) }],
  ["has no headers", BODY, {}],
  ["has a time that is none", BODY, headers(sign(SECRET), "soon")],
  ["has a header twice", BODY, { ...headers(), "webhook-id": "evt_2" }],
  ["has a signature of another version", BODY, headers(sign(SECRET).replace("v1,", "v2,"))],
  ["has a signature that is no Base64", BODY, headers("v1,%%%")],
  ["has an empty signature", BODY, headers("v1,")],
  ["is signed and no JSON", "{", headers(sign(SECRET, "{"))],
];
for (const [name, body, given] of refused) {
  test(`what ${name} is not believed`, () => assert.rejects(verify(body, given, by), NotSigned));
}

test("a secret that is none is the receiver's mistake, not the sender's", async () => {
  await assert.rejects(verify(BODY, headers(), { secret: "", now: NOW }), TypeError);
});
