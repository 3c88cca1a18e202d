/** Client of the moderation service: post, wait, appeal, and verify its webhooks. */
export { Client, text } from "./client.js";
export type { Options, PostOptions } from "./client.js";
export type * from "./calls.js";
export { Busy, Changed, Conflict, Invalid, KeyRefused, ModerationError, NotAllowed, NotFound, NotSigned, Refused, Unreachable } from "./problems.js";
export { verify } from "./webhooks.js";
export type { GivenHeaders, VerifyOptions } from "./webhooks.js";
