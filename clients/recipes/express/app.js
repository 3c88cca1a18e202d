// Posts with photos that are shown once the moderation service says so. Express.
import { randomUUID } from "node:crypto";
import express from "express";
import { Client, NotSigned, Refused, text, verify } from "moderation-client";
import multer from "multer";

const { MODERATION_URL, MODERATION_KEY, WEBHOOK_SECRET, PUBLIC_URL, PORT = "3000" } = process.env;
const client = new Client(MODERATION_URL, { key: MODERATION_KEY });
const form = multer({ limits: { fileSize: 15_000_000, files: 1 } });
const posts = new Map(); // in your app a table
const app = express();

app.post("/posts", form.single("photo"), async (request, response) => {
  const post = { id: randomUUID(), state: "waiting", reason: "", number: 0 };
  posts.set(post.id, post); // first, because the webhook may be here before the answer
  try {
    const parts = [text(request.body.text)];
    if (request.file) parts.push(await client.upload(request.file.buffer, request.file.mimetype));
    const item = await client.post(parts, {
      content_id: post.id,
      idempotencyKey: post.id,
      callback_url: `${PUBLIC_URL}/moderated`,
      wait: 5,
    });
    post.item = item.id;
    if (item.decision) learn(post, 1, item.decision);
  } catch (error) {
    posts.delete(post.id);
    if (!(error instanceof Refused)) throw error;
    return response.status(422).json({ detail: error.detail });
  }
  response.status(201).json(shown(post));
});

app.get("/posts/:id", (request, response) => {
  const post = posts.get(request.params.id);
  post ? response.json(shown(post)) : response.sendStatus(404);
});

app.post("/posts/:id/appeal", form.none(), async (request, response) => {
  const post = posts.get(request.params.id);
  if (!post) return response.sendStatus(404);
  try {
    await client.appeal(post.item, request.body.reason);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return response.status(409).json({ detail: error.detail }); // not decided yet, or appealed already
  }
  response.status(202).json(shown(post));
});

// express.raw, not express.json: what is signed are the bytes.
app.post("/moderated", express.raw({ type: "application/json", limit: "1mb" }), async (request, response) => {
  let event;
  try {
    event = await verify(request.body, request.headers, { secret: WEBHOOK_SECRET });
  } catch (error) {
    if (!(error instanceof NotSigned)) throw error;
    return response.sendStatus(401);
  }
  const post = posts.get(event.data.content_id);
  if (post && event.type === "item.decided") learn(post, event.number, event.data.decision);
  response.sendStatus(204);
});

/** Events come at least once, in no promised order: the highest number is how it stands. */
function learn(post, number, decision) {
  if (number > post.number) {
    Object.assign(post, { number, state: decision.outcome === "approve" ? "shown" : "hidden", reason: decision.reason });
  }
}

function shown({ id, state, reason }) {
  return { id, state, reason };
}

app.listen(Number(PORT), "127.0.0.1");
