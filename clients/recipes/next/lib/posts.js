// What the site knows of its posts. In your app a table: this is gone when the program ends.
const posts = (globalThis.posts ??= new Map());

export function add() {
  const post = { id: crypto.randomUUID(), state: "waiting", reason: "", number: 0 };
  posts.set(post.id, post);
  return post;
}

export const find = (id) => posts.get(id);

export const remove = (id) => posts.delete(id);

/** Events come at least once, in no promised order: the highest number is how it stands. */
export function learn(post, number, decision) {
  if (number > post.number) {
    Object.assign(post, { number, state: decision.outcome === "approve" ? "shown" : "hidden", reason: decision.reason });
  }
}

export const shown = ({ id, state, reason }) => ({ id, state, reason });
