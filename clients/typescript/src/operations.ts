/** What the client can ask beside single items, each a call with its types. */
import type { Answer, Arguments, Flag, Method, NewFlag, PathOf, Request } from "./calls.js";

type Query<M extends Method, P extends PathOf<M>> = Request<M, P> extends { query?: infer Q } ? Exclude<Q, undefined> : never;
type Body<M extends Method, P extends PathOf<M>> = Request<M, P> extends { body: infer B } ? Exclude<B, FormData> : never;

export abstract class Operations {
  abstract call<M extends Method, P extends PathOf<M>>(method: M, path: P, ...[request]: Arguments<M, P>): Promise<Answer<M, P>>;

  // Items

  /** Post up to 100 items at once; answers come in their order. */
  postBatch(items: Body<"POST", "/v1/items">[], idempotencyKey?: string) {
    const headers = idempotencyKey === undefined ? {} : { headers: { "Idempotency-Key": idempotencyKey } };
    return this.call("POST", "/v1/items/batch", { body: { items }, ...headers });
  }

  /** The copy of a part that may be shown, as bytes. */
  redactedPart(id: string, part: string) {
    return this.call("GET", "/v1/items/{item_id}/parts/{part_id}/redacted", { path: { item_id: id, part_id: part } });
  }

  /** The statement of reasons of a decision, for the user who was moderated. */
  statement(id: string, query: Query<"GET", "/v1/items/{item_id}/statement"> = {}) {
    return this.call("GET", "/v1/items/{item_id}/statement", { path: { item_id: id }, query });
  }

  /** What was sent of an item, what receivers answered, and when the next try is. */
  deliveries(id: string) {
    return this.call("GET", "/v1/items/{item_id}/deliveries", { path: { item_id: id } });
  }

  /** Deliver once more. */
  resend(id: string, delivery: string) {
    return this.call("POST", "/v1/items/{item_id}/deliveries/{delivery_id}/resend", { path: { item_id: id, delivery_id: delivery } });
  }

  /** A page of the app's deliveries. */
  allDeliveries(query: Query<"GET", "/v1/deliveries"> = {}) {
    return this.call("GET", "/v1/deliveries", { query });
  }

  // Users' reports, and public notices

  /** Pass on what a user says is wrong with an item. */
  flag(flag: NewFlag): Promise<Flag> {
    return this.call("POST", "/v1/flags", { body: flag });
  }

  /** Reports, by who gave them or of an item. */
  flags(query: Query<"GET", "/v1/flags"> = {}) {
    return this.call("GET", "/v1/flags", { query });
  }

  /** A report, and what became of it. */
  getFlag(id: string) {
    return this.call("GET", "/v1/flags/{flag_id}", { path: { flag_id: id } });
  }

  /** Hand in a public notice. */
  notice(notice: Body<"POST", "/v1/notices">) {
    return this.call("POST", "/v1/notices", { body: notice });
  }

  /** Public notices about the app's items. */
  notices(query: Query<"GET", "/v1/notices"> = {}) {
    return this.call("GET", "/v1/notices", { query });
  }

  /** A public notice. */
  getNotice(number: string) {
    return this.call("GET", "/v1/notices/{number}", { path: { number } });
  }

  /** Have another person look at a notice again. */
  appealNotice(number: string, reason: string) {
    return this.call("POST", "/v1/notices/{number}/appeal", { path: { number }, body: { reason } });
  }

  // Out-of-court disputes

  /** Disputes about decisions on an item. */
  disputes(id: string) {
    return this.call("GET", "/v1/items/{item_id}/disputes", { path: { item_id: id } });
  }

  /** Record that a decision lies before an out-of-court body. */
  addDispute(id: string, dispute: Body<"POST", "/v1/items/{item_id}/disputes">) {
    return this.call("POST", "/v1/items/{item_id}/disputes", { path: { item_id: id }, body: dispute });
  }

  /** Record what the body said. */
  settleDispute(id: string, dispute: string, said: Body<"POST", "/v1/items/{item_id}/disputes/{dispute_id}/outcome">) {
    return this.call("POST", "/v1/items/{item_id}/disputes/{dispute_id}/outcome", { path: { item_id: id, dispute_id: dispute }, body: said });
  }

  // Lists at run time

  /** The lists. */
  lists() {
    return this.call("GET", "/v1/lists");
  }

  /** What is on a list. */
  getList(name: string) {
    return this.call("GET", "/v1/lists/{list_name}", { path: { list_name: name } });
  }

  /** Who put what on a list or took it off, when and why. */
  listChanges(name: string) {
    return this.call("GET", "/v1/lists/{list_name}/changes", { path: { list_name: name } });
  }

  /** Put a value on a list; one that is there is there once. */
  addToList(name: string, entry: Body<"POST", "/v1/lists/{list_name}">) {
    return this.call("POST", "/v1/lists/{list_name}", { path: { list_name: name }, body: entry });
  }

  /** Take an entry off a list. */
  removeFromList(name: string, entry: number, why: string) {
    return this.call("DELETE", "/v1/lists/{list_name}/entries/{entry_id}", { path: { list_name: name, entry_id: entry }, query: { why } });
  }

  // Remoderations, for operators

  /** Have decided items judged by the policies in force; with `dry_run` it is only said what would change. */
  remoderate(run: Body<"POST", "/v1/remoderations">) {
    return this.call("POST", "/v1/remoderations", { body: run });
  }

  /** Runs, newest first. */
  remoderations() {
    return this.call("GET", "/v1/remoderations");
  }

  /** A run, and how far it is. */
  getRemoderation(id: string) {
    return this.call("GET", "/v1/remoderations/{run_id}", { path: { run_id: id } });
  }

  /** Stop a run before its next item. */
  cancelRemoderation(id: string) {
    return this.call("POST", "/v1/remoderations/{run_id}/cancel", { path: { run_id: id } });
  }

  /** Decide as before what a run has changed. */
  undoRemoderation(id: string) {
    return this.call("POST", "/v1/remoderations/{run_id}/undo", { path: { run_id: id } });
  }

  // What is in force, and what is done at once

  /** The policies in force. */
  policies() {
    return this.call("GET", "/v1/policies");
  }

  /** A policy, with its version. */
  policy(name: string) {
    return this.call("GET", "/v1/policies/{name}", { path: { name } });
  }

  /** The detectors, with their cards. */
  detectors() {
    return this.call("GET", "/v1/detectors");
  }

  /** The card of a detector: what it sees, and what it does not. */
  detector(name: string) {
    return this.call("GET", "/v1/detectors/{detector}", { path: { detector: name } });
  }

  /** A text without personal data, and what was found; nothing of it is stored. */
  redact(text: Body<"POST", "/v1/redact">) {
    return this.call("POST", "/v1/redact", { body: text });
  }
}
