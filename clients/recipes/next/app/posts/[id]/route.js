// GET /posts/ID: how a post stands.
import { find, shown } from "../../../lib/posts.js";

export async function GET(_request, { params }) {
  const post = find((await params).id);
  return post ? Response.json(shown(post)) : new Response(null, { status: 404 });
}
