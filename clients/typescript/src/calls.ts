/** What the API's calls take and answer, by method and path, as the generated schema says. */
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

export type Item = Schemas["ItemView"];
export type Accepted = Schemas["Accepted"];
export type Decision = Schemas["Decision"];
export type Explanation = Schemas["Explanation"];
export type PostedItem = Schemas["PostedItem"];
export type Part = PostedItem["parts"][number];
export type NewFlag = Schemas["NewFlag"];
export type Flag = Schemas["FlagView"];
export type Upload = Schemas["UploadView"];
export type MediaType = Schemas["WantedUpload"]["content_type"];
export type Problem = Schemas["Problem"];
export type FieldProblem = Schemas["FieldProblem"];
export type Event =
  | Schemas["DecidedEvent"]
  | Schemas["InReviewEvent"]
  | Schemas["AppealedEvent"]
  | Schemas["WithdrawnEvent"];

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, object> ? P : never;
}[keyof paths];

type OperationOf<M extends Method, P extends PathOf<M>> = paths[P] extends Record<Lowercase<M>, infer O> ? O : never;

type Place<O, Name extends string> = O extends { parameters: infer A } ? (Name extends keyof A ? A[Name] : undefined) : undefined;

type Body<O> = O extends { requestBody?: { content: infer C } }
  ? JsonOf<C> | (C extends { "multipart/form-data": unknown } ? FormData : never)
  : undefined;
type JsonOf<C> = C extends { "application/json": infer J } ? J : never;

/** An object with `Name`, which may be left out where all of it may, and has to be where nothing is taken. */
type Given<Name extends string, V> = [V] extends [undefined]
  ? { [K in Name]?: undefined }
  : undefined extends V
    ? { [K in Name]?: V }
    : { [K in Name]: V };

/** What a call is given beside its method and path. */
export type Request<M extends Method, P extends PathOf<M>> = Given<"path", Place<OperationOf<M, P>, "path">> &
  Given<"query", Place<OperationOf<M, P>, "query">> &
  Given<"headers", Place<OperationOf<M, P>, "header">> &
  Given<"body", Body<OperationOf<M, P>>> & {
    /** Ends the call; it throws the signal's reason. */
    signal?: AbortSignal;
  };

type Succeeded = 200 | 201 | 202 | 204;
type Content<R> = R extends { content: infer C }
  ? C extends { "application/json": infer J }
    ? J | (C extends { "text/plain": string } ? string : never)
    : C extends { "text/plain": unknown }
      ? string
      : ArrayBuffer
  : null;

/** What a call answers when it succeeds: JSON as an object, text as a string, media as bytes, nothing as null. */
export type Answer<M extends Method, P extends PathOf<M>> =
  OperationOf<M, P> extends { responses: infer R } ? { [S in keyof R & Succeeded]: Content<R[S]> }[keyof R & Succeeded] : never;

/** The third argument of a call, which is left out where a call needs nothing. */
export type Arguments<M extends Method, P extends PathOf<M>> =
  Record<never, never> extends Request<M, P> ? [request?: Request<M, P>] : [request: Request<M, P>];

/** What is sent, once it is known to be a call of the API. */
export interface Sent {
  readonly method: Method;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | FormData;
  readonly signal?: AbortSignal;
  /** Whether doing it twice is the same as doing it once, so that it may be sent again when nobody knows if it arrived. */
  readonly isRepeatable: boolean;
}

const WITH_KEY: readonly string[] = ["/v1/items", "/v1/items/batch"];
/** POSTs that store nothing that a second one would store again. */
const HARMLESS: readonly string[] = ["/v1/redact", "/v1/uploads"];

interface Untyped {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
}

/** A call as it is sent. Posts of items get an `Idempotency-Key` where they have none, so that they become one item. */
export function prepare(method: Method, template: string, request: Untyped = {}): Sent {
  const headers: Record<string, string> = { Accept: "application/json, */*;q=0.5" };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (value !== undefined && value !== null) headers[name] = String(value);
  }
  if (method === "POST" && WITH_KEY.includes(template)) headers["Idempotency-Key"] ??= randomKey();
  let body: string | FormData | undefined;
  if (request.body instanceof FormData) {
    body = request.body;
  } else if (request.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(request.body);
  }
  return {
    method,
    path: filled(template, request.path ?? {}) + asked(request.query ?? {}),
    headers,
    ...(body === undefined ? {} : { body }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
    isRepeatable: method === "GET" || method === "DELETE" || "Idempotency-Key" in headers || HARMLESS.includes(template),
  };
}

function filled(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(values[name] ?? "");
    // A dot segment would be taken out of the address, and lead to another call.
    if (value === "" || value === "." || value === "..") throw new TypeError(`path.${name} is missing: ${template}`);
    return encodeURIComponent(value);
  });
}

function asked(query: Record<string, unknown>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

function randomKey(): string {
  // Not a secret: it only has to be one that no other post has. Old Node and pages without TLS have no crypto.randomUUID.
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
}
