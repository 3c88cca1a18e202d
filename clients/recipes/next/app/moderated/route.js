// POST /moderated: the webhook.
import { NotSigned, verify } from "moderation-client";
import { find, learn } from "../../lib/posts.js";

export async function POST(request) {
  let event;
  try {
    event = await verify(await request.text(), request.headers, { secret: process.env.WEBHOOK_SECRET });
  } catch (error) {
    if (!(error instanceof NotSigned)) throw error;
    return new Response(null, { status: 401 });
  }
  const post = find(event.data.content_id);
  if (post && event.type === "item.decided") learn(post, event.number, event.data.decision);
  return new Response(null, { status: 204 });
}
