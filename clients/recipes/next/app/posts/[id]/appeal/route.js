// POST /posts/ID/appeal: have fresh reviewers look again.
import { Refused } from "moderation-client";
import { moderation } from "../../../../lib/moderation.js";
import { find, shown } from "../../../../lib/posts.js";

export async function POST(request, { params }) {
  const post = find((await params).id);
  if (!post) return new Response(null, { status: 404 });
  try {
    await moderation().appeal(post.item, (await request.formData()).get("reason"));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return Response.json({ detail: error.detail }, { status: 409 }); // not decided yet, or appealed already
  }
  return Response.json(shown(post), { status: 202 });
}
