/** The client: calls of one app, sent again where that is safe. */
import { prepare } from "./calls.js";
import type { Accepted, Answer, Arguments, Explanation, Item, MediaType, Method, Part, PathOf, PostedItem, Sent } from "./calls.js";
import { Operations } from "./operations.js";
import { Unreachable, refused } from "./problems.js";

export interface Options {
  /** Of the app; `moderation keys add` makes one. Whoever has it may call: keep it on your server. */
  key: string;
  /** For proxies and tests; the platform's own unless given. */
  fetch?: typeof fetch;
  /** How long one attempt may take. 60 unless given. */
  timeoutSeconds?: number;
  /** How often a call is made in all. 5 unless given. */
  attempts?: number;
  /** For tests. */
  sleep?: (seconds: number, signal?: AbortSignal) => Promise<void>;
}

export interface PostOptions extends Omit<PostedItem, "parts"> {
  /** Seconds, 0-30, to wait for the decision. */
  wait?: number;
  /** Give one of yours to have the same post made once, even after this program was restarted. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

const PAUSES = [0.5, 1, 2, 4];
const LONGEST_PAUSE_SECONDS = 60;
const FIRST_LOOK_SECONDS = 0.25;
const LONGEST_LOOK_SECONDS = 5;

/** A text, as a part of an item. */
export function text(content: string): Part {
  return { type: "text", text: content };
}

export class Client extends Operations {
  readonly #url: string;
  readonly #options: Required<Options>;

  /** @param url of the service, such as `http://127.0.0.1:8000`. */
  constructor(url: string, options: Options) {
    super();
    this.#url = url.replace(/\/+$/, "");
    // Not the bare function: browsers want `fetch` to be called on the window.
    const { fetch = (...given: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...given), sleep = pause } = options;
    this.#options = { timeoutSeconds: 60, attempts: 5, ...options, fetch, sleep };
  }

  /**
   * Any call of the API, typed by its method and path:
   * `call("GET", "/v1/lists/{list_name}", { path: { list_name: "banned-authors" } })`.
   *
   * What the service is too busy for (429, 503) is sent again, as it asks. What was lost on the way is sent again where twice
   * is the same as once.
   *
   * @throws Refused it is not taken, and why; by status one of its subclasses.
   * @throws Unreachable no answer, after all attempts.
   */
  async call<M extends Method, P extends PathOf<M>>(method: M, path: P, ...[request]: Arguments<M, P>): Promise<Answer<M, P>> {
    const response = await this.#send(prepare(method, path as string, request as Parameters<typeof prepare>[2]));
    return (await answer(response)) as Answer<M, P>;
  }

  /** Post an item of these parts. With `wait` it is a whole item if it is decided in that time. */
  async post(parts: Part[], options: PostOptions = {}): Promise<Item | Accepted> {
    const { wait, idempotencyKey, signal, ...more } = options;
    return this.call("POST", "/v1/items", {
      body: { ...more, parts },
      ...(wait ? { query: { wait } } : {}),
      ...(idempotencyKey === undefined ? {} : { headers: { "Idempotency-Key": idempotencyKey } }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** An item. Throws `NotFound` for one that is not there. */
  async get(id: string, signal?: AbortSignal): Promise<Item> {
    return (await this.call("GET", "/v1/items/{item_id}", { path: { item_id: id }, ...(signal ? { signal } : {}) })) as Item;
  }

  /** An item once it is decided or withdrawn, or as it stands after so many seconds. */
  async wait(id: string, { seconds, signal }: { seconds: number; signal?: AbortSignal }): Promise<Item> {
    const until = Date.now() + seconds * 1000;
    for (let look = FIRST_LOOK_SECONDS; ; look = Math.min(look * 1.5, LONGEST_LOOK_SECONDS)) {
      const item = await this.get(id, signal);
      const left = (until - Date.now()) / 1000;
      if (item.status === "decided" || item.status === "withdrawn" || left <= 0) return item;
      await this.#options.sleep(Math.min(look, left), signal);
    }
  }

  /** Why an item was decided so, in words and as data. */
  async explanation(id: string): Promise<Explanation> {
    return this.call("GET", "/v1/items/{item_id}/explanation", { path: { item_id: id } });
  }

  /** Have fresh reviewers look again. Throws `Conflict` where that is not to be had. */
  async appeal(id: string, reason: string): Promise<Answer<"POST", "/v1/items/{item_id}/appeal">> {
    return this.call("POST", "/v1/items/{item_id}/appeal", { path: { item_id: id }, body: { reason } });
  }

  /** Take an item back and have it erased. */
  async withdraw(id: string): Promise<Answer<"DELETE", "/v1/items/{item_id}">> {
    return this.call("DELETE", "/v1/items/{item_id}", { path: { item_id: id } });
  }

  /** Send media that is too large for a post, and get the part of an item that names it. */
  async upload(data: Blob | Uint8Array<ArrayBuffer>, mediaType: MediaType): Promise<Part> {
    const blob = data instanceof Blob ? data : new Blob([data], { type: mediaType });
    const made = await this.call("POST", "/v1/uploads", { body: { content_type: mediaType, size_bytes: blob.size } });
    const form = new FormData();
    for (const [name, value] of Object.entries(made.fields)) form.append(name, value);
    form.append("file", blob, "file");
    // The address has its own signature, and may be another service's: the key does not go there.
    await answer(await this.#sendTo(made.url, { method: "POST", path: "/uploads", headers: {}, body: form, isRepeatable: true }));
    return { type: mediaType.split("/")[0], upload: made.id } as Part;
  }

  /** All items that fit, newest first, page after page. */
  async *items(query: Omit<NonNullable<Arguments<"GET", "/v1/items">[0]>["query"] & object, "cursor" | "fields"> = {}): AsyncGenerator<Item> {
    let cursor: string | undefined;
    do {
      const page = await this.call("GET", "/v1/items", { query: { ...query, ...(cursor === undefined ? {} : { cursor }) } });
      yield* page.items as Item[];
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  #send(sent: Sent): Promise<Response> {
    return this.#sendTo(this.#url + sent.path, { ...sent, headers: { ...sent.headers, Authorization: `Bearer ${this.#options.key}` } });
  }

  async #sendTo(url: string, sent: Sent): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      let seconds: number | undefined;
      let response: Response | undefined;
      try {
        response = await this.#attempt(url, sent);
        seconds = pauseOf(response.status, response.headers.get("retry-after"), attempt, sent.isRepeatable);
      } catch (error) {
        sent.signal?.throwIfAborted();
        if (error instanceof TypeError || (error as Error).name === "TimeoutError") {
          seconds = pauseOf(0, null, attempt, sent.isRepeatable);
          if (seconds === undefined || attempt >= this.#options.attempts) {
            throw new Unreachable(`${sent.method} ${sent.path}: ${(error as Error).message}`, { cause: error });
          }
        } else {
          throw error;
        }
      }
      if (response !== undefined && (seconds === undefined || attempt >= this.#options.attempts)) return response;
      await response?.body?.cancel();
      await this.#options.sleep(seconds ?? 0, sent.signal);
    }
  }

  async #attempt(url: string, sent: Sent): Promise<Response> {
    const ending = new AbortController();
    const stop = () => ending.abort(sent.signal?.reason);
    sent.signal?.throwIfAborted();
    sent.signal?.addEventListener("abort", stop, { once: true });
    const late = new DOMException(`no answer in ${this.#options.timeoutSeconds} s`, "TimeoutError");
    const timer = setTimeout(() => ending.abort(late), this.#options.timeoutSeconds * 1000);
    try {
      const { method, headers, body = null } = sent;
      // No redirect: the service answers none, and the key goes nowhere else.
      const response = await this.#options.fetch(url, { method, headers, body, redirect: "error", signal: ending.signal });
      // Read within the time: what stops in the middle of an answer is lost as one that never came.
      return new Response(NO_BODY.has(response.status) ? null : await response.arrayBuffer(), response);
    } finally {
      clearTimeout(timer);
      sent.signal?.removeEventListener("abort", stop);
    }
  }
}

const NO_BODY = new Set([204, 205, 304]);
const REFUSED_FOR_NOW = new Set([429, 503]);
/** No answer, or one of a proxy that does not know what became of the call. */
const LOST = new Set([0, 502, 504]);

/**
 * Seconds to wait before it is sent again; undefined where that would not help, or not be safe.
 *
 * @param status of the answer; 0 where none came.
 * @param said the `Retry-After` of the answer.
 * @param attempt how many were made, from 1 on.
 */
export function pauseOf(status: number, said: string | null, attempt: number, isRepeatable: boolean): number | undefined {
  const isForNow = REFUSED_FOR_NOW.has(status) || (status === 409 && said !== null);
  if (!isForNow && !(LOST.has(status) && isRepeatable)) return undefined;
  if (said !== null && /^\d+$/.test(said)) return Math.min(Number(said), LONGEST_PAUSE_SECONDS);
  return PAUSES[Math.min(attempt, PAUSES.length) - 1];
}

async function answer(response: Response): Promise<unknown> {
  const type = response.headers.get("content-type") ?? "";
  const isJson = /^application\/(.+\+)?json\b/.test(type);
  if (!response.ok) throw refused(response.status, isJson ? await response.json().catch(() => null) : null);
  if (isJson) return response.json();
  if (response.status === 204) return null;
  return type.startsWith("text/plain") ? response.text() : response.arrayBuffer();
}

function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
