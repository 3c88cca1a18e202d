/** Webhooks: events that the service sends, believed only with its signature (Standard Webhooks 1.0). */
import type { Event } from "./calls.js";
import { NotSigned } from "./problems.js";

export interface VerifyOptions {
  /** The app's, `whsec_...`; several while one takes the other's place. */
  secret: string | readonly string[];
  /** How old, or how far ahead of this machine's clock, an event may be: what somebody recorded is worth nothing later. 300 unless given. */
  toleranceSeconds?: number;
  /** Seconds since 1970, for tests. */
  now?: number;
}

/** Headers of a request as frameworks have them: `Headers`, or an object whose names are of any case. */
export type GivenHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The event in a request.
 *
 * @param body as it came, byte for byte: not JSON that was parsed and written again.
 * @throws NotSigned it is not from the service, was changed, or is too old. Answer 401.
 */
export async function verify(body: string | Uint8Array, headers: GivenHeaders, options: VerifyOptions): Promise<Event> {
  const { secret, toleranceSeconds = 300, now = Date.now() / 1000 } = options;
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  if (!/^\d{1,12}$/.test(timestamp)) throw new NotSigned("webhook-timestamp is missing, or no number");
  if (!(Math.abs(now - Number(timestamp)) <= toleranceSeconds)) throw new NotSigned("webhook-timestamp is too old, or to come");

  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  // While the app's secret is changed there are two signatures, one for each secret.
  const signatures = header(headers, "webhook-signature").split(" ").filter((each) => each.startsWith("v1,")).slice(0, MOST_SIGNATURES);
  const keys = await Promise.all([secret].flat().map((each) => keyOf(each)));
  const { subtle } = await cryptography();
  for (const signature of signatures) {
    const given = decoded(signature.slice(3));
    for (const key of keys) {
      // By the platform, which compares in constant time.
      if (given !== undefined && (await subtle.verify("HMAC", key, given, signed))) return parsed(bytes);
    }
  }
  throw new NotSigned("no signature that fits");
}

const MOST_SIGNATURES = 8;

function header(headers: GivenHeaders, name: string): string {
  let value: unknown;
  if (headers instanceof Headers) {
    value = headers.get(name);
  } else {
    const found = Object.keys(headers).filter((each) => each.toLowerCase() === name);
    value = found.length === 1 ? headers[found[0]!] : undefined;
  }
  if (typeof value !== "string" || value === "") throw new NotSigned(`${name} is missing`);
  return value;
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const raw = decoded(secret.replace(/^whsec_/, ""));
  if (raw === undefined || raw.length === 0) throw new TypeError("secret is not one of an app's: whsec_ and Base64");
  const { subtle } = await cryptography();
  return subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function parsed(bytes: Uint8Array): Event {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Event;
  } catch (error) {
    throw new NotSigned("it is signed, and no JSON", { cause: error });
  }
}

function decoded(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** The platform's; Node 18 has it in a module only. */
async function cryptography(): Promise<Crypto> {
  return globalThis.crypto ?? ((await import("node:crypto")).webcrypto as unknown as Crypto);
}
