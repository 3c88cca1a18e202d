/**
 * What can go wrong.
 *
 *     ModerationError
 *     ├── Refused          the service says no, and why (RFC 9457)
 *     │   ├── KeyRefused   401: no key, or not a valid one
 *     │   ├── NotAllowed   403: the key is for less, or of another app
 *     │   ├── NotFound     404: no such thing, or not yours
 *     │   ├── Conflict     409: not now; `kind` says why
 *     │   ├── Changed      412: not as you have seen it
 *     │   ├── Invalid      400, 413, 415, 422: `errors` says which field
 *     │   └── Busy         429, 503: still, after all attempts
 *     ├── Unreachable      no answer; nobody knows whether it arrived
 *     └── NotSigned        a webhook that is not from the service, or is too old
 */
import type { FieldProblem, Problem } from "./calls.js";

export class ModerationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The service refuses a call, as a problem document says. */
export class Refused extends ModerationError {
  /** Of the problem, such as `invalid`; all are at `/docs` of the service. */
  readonly kind: string;
  /** What is wrong, in words. */
  readonly detail: string;
  /** Faulty fields. */
  readonly errors: readonly FieldProblem[];
  /** To be found in the service's log; undefined where something else answered, such as a proxy. */
  readonly requestId: string | undefined;

  constructor(
    /** Of HTTP. */
    readonly status: number,
    /** The whole document: of a refused batch it says more. Empty where something else answered. */
    readonly problem: Partial<Problem> & Record<string, unknown>,
  ) {
    const kind = typeof problem.type === "string" && problem.type.includes("problem-") ? problem.type.split("problem-").pop()! : "unknown";
    const detail = typeof problem.detail === "string" ? problem.detail : "";
    super(`${status} ${kind}: ${detail}`);
    this.kind = kind;
    this.detail = detail;
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
    this.requestId = problem.request_id;
  }
}

export class KeyRefused extends Refused {}
export class NotAllowed extends Refused {}
export class NotFound extends Refused {}
export class Conflict extends Refused {}
export class Changed extends Refused {}
export class Invalid extends Refused {}
export class Busy extends Refused {}

/** No answer. A post under an idempotency key of yours may be made again under the same one; look before you repeat others. */
export class Unreachable extends ModerationError {}

/** A webhook without a signature that fits: do not believe it. */
export class NotSigned extends ModerationError {}

const OF_STATUS: Readonly<Record<number, typeof Refused>> = {
  400: Invalid, 401: KeyRefused, 403: NotAllowed, 404: NotFound, 409: Conflict, 412: Changed, 413: Invalid, 415: Invalid,
  422: Invalid, 429: Busy, 503: Busy,
};

/** The error for an answer; `document` is whatever came, if it was JSON. */
export function refused(status: number, document: unknown): Refused {
  const problem = typeof document === "object" && document !== null && !Array.isArray(document) ? document : {};
  return new (OF_STATUS[status] ?? Refused)(status, problem as Record<string, unknown>);
}
