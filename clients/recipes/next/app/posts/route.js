// POST /posts: store a post, have it looked at, and say how it stands.
import { Refused, text } from "moderation-client";
import { moderation } from "../../lib/moderation.js";
import { add, learn, remove, shown } from "../../lib/posts.js";

export async function POST(request) {
  const form = await request.formData();
  const post = add(); // first, because the webhook may be here before the answer
  try {
    const parts = [text(form.get("text"))];
    const photo = form.get("photo");
    if (photo) parts.push(await moderation().upload(photo, photo.type));
    const item = await moderation().post(parts, {
      content_id: post.id,
      idempotencyKey: post.id,
      callback_url: `${process.env.PUBLIC_URL}/moderated`,
      wait: 5,
    });
    post.item = item.id;
    if (item.decision) learn(post, 1, item.decision);
  } catch (error) {
    remove(post.id);
    if (!(error instanceof Refused)) throw error;
    return Response.json({ detail: error.detail }, { status: 422 });
  }
  return Response.json(shown(post), { status: 201 });
}
