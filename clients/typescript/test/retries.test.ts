/** What is sent again, and what is not: without a service. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Busy, Client, Invalid, NotFound, Refused, Unreachable, text } from "moderation-client";

type Step = Response | Error;

function problem(status: number, kind: string, headers: Record<string, string> = {}): Response {
  const document = { type: `/docs#problem-${kind}`, title: "", status, detail: "why", instance: "/", request_id: "r1", errors: [{ field: "parts", message: "m" }] };
  return new Response(JSON.stringify(document), { status, headers: { "Content-Type": "application/problem+json", ...headers } });
}

const made = () => Response.json({ id: "1", status: "pending" }, { status: 202 });
const lost = () => new TypeError("fetch failed");

function against(...steps: Step[]): { client: Client; asked: Request[]; slept: number[] } {
  const asked: Request[] = [];
  const slept: number[] = [];
  const client = new Client("http://service/", {
    key: "mod_k",
    sleep: async (seconds) => void slept.push(seconds),
    fetch: async (url, init) => {
      asked.push(new Request(url as string, init));
      const step = steps.shift();
      if (step instanceof Response) return step;
      throw step ?? new Error("asked once too often");
    },
  });
  return { client, asked, slept };
}

test("a post that was lost is made again under the same key, and waits as long as it is told", async () => {
  const { client, asked, slept } = against(lost(), problem(429, "too-many-requests", { "Retry-After": "7" }), made());

  assert.equal((await client.post([text("hi")])).id, "1");

  const keys = asked.map((request) => request.headers.get("Idempotency-Key"));
  assert.equal(new Set(keys).size, 1);
  assert.ok(keys[0]);
  assert.deepEqual(slept, [0.5, 7]);
});

test("the caller's own idempotency key is the one that is sent", async () => {
  const { client, asked } = against(made());

  await client.post([text("hi")], { idempotencyKey: "post-7", content_id: "post-7", wait: 3 });

  assert.equal(asked[0]!.headers.get("Idempotency-Key"), "post-7");
  assert.equal(asked[0]!.url, "http://service/v1/items?wait=3");
  assert.deepEqual(await asked[0]!.json(), { content_id: "post-7", parts: [{ type: "text", text: "hi" }] });
});

test("an appeal that was lost is not made again: nobody knows whether it arrived", async () => {
  const { client, asked } = against(lost());

  await assert.rejects(client.appeal("1", "look again"), Unreachable);

  assert.equal(asked.length, 1);
});

test("an appeal for which the service is too busy is made again: nothing was done", async () => {
  const { client, asked } = against(problem(503, "overloaded", { "Retry-After": "1" }), made());

  await client.appeal("1", "look again");

  assert.equal(asked.length, 2);
});

test("nobody is asked for ever", async () => {
  const { client, asked } = against(...Array.from({ length: 5 }, lost));
  await assert.rejects(client.get("1"), Unreachable);
  assert.equal(asked.length, 5);

  const busy = against(...Array.from({ length: 5 }, () => problem(503, "overloaded", { "Retry-After": "9999" })));
  await assert.rejects(busy.client.get("1"), Busy);
  assert.deepEqual(busy.slept, [60, 60, 60, 60]);
});

test("what is refused for good says why, and is asked once", async () => {
  const { client, asked } = against(problem(422, "invalid"));

  await assert.rejects(client.post([text(" ")]), (error) => {
    assert.ok(error instanceof Invalid && error instanceof Refused);
    assert.deepEqual([error.status, error.kind, error.requestId, error.errors[0]!.field], [422, "invalid", "r1", "parts"]);
    return true;
  });
  assert.equal(asked.length, 1);
});

test("a proxy's page is a refusal too, of which nothing more is known", async () => {
  const { client } = against(new Response("<h1>Not Found</h1>", { status: 404, headers: { "Content-Type": "text/html" } }));

  await assert.rejects(client.get("1"), (error) => error instanceof NotFound && error.kind === "unknown");
});

test("ids cannot lead to another call", async () => {
  const { client, asked } = against(Response.json({}));

  await client.get("../lists?x=1");
  assert.equal(asked[0]!.url, "http://service/v1/items/..%2Flists%3Fx%3D1");

  await assert.rejects(client.get(".."), TypeError);
  await assert.rejects(client.get(""), TypeError);
});

test("an attempt ends after its time, and the caller may end all of them", async () => {
  const never: typeof fetch = (_, init) => new Promise((_, reject) => init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason)));
  const slow = new Client("http://service", { key: "k", timeoutSeconds: 0.01, attempts: 2, sleep: async () => {}, fetch: never });
  await assert.rejects(slow.get("1"), Unreachable);

  const client = new Client("http://service", { key: "k", fetch: never });
  const why = new Error("the user left");
  const ending = new AbortController();
  const asking = client.get("1", ending.signal);
  ending.abort(why);
  await assert.rejects(asking, why);
});

test("the types know paths, values and bodies", () => {
  const client = new Client("http://service", { key: "k" });
  // Never called: the compiler reads it.
  const never = async () => {
    // @ts-expect-error no such path
    await client.call("GET", "/v1/item");
    // @ts-expect-error no such method there
    await client.call("DELETE", "/v1/policies");
    // @ts-expect-error the path's values are missing
    await client.call("GET", "/v1/items/{item_id}");
    // @ts-expect-error no such status
    await client.call("GET", "/v1/items", { query: { status: "done" } });
    // @ts-expect-error a body is missing
    await client.call("POST", "/v1/redact");
    // @ts-expect-error a part has a type
    await client.post([{ text: "hi" }]);
    const redacted = await client.call("POST", "/v1/redact", { body: { text: "hi" } });
    redacted.entities.map((entity) => entity.label.length);
    const policies = await client.call("GET", "/v1/policies");
    policies.policies.map((policy) => policy.version.length);
    const media: ArrayBuffer = await client.call("GET", "/v1/items/{item_id}/parts/{part_id}/redacted", { path: { item_id: "1", part_id: "p0" } });
    const figures: string = await client.call("GET", "/metrics");
    return [media, figures];
  };
  assert.equal(typeof never, "function");
});
