"""The API's problems: their kinds, and the service's own errors as answers."""

from __future__ import annotations

from collections.abc import Mapping

from ground.web import problems
from ground.web.problems import CONTENT_TYPE, Refused, answer, document, invalid
from moderation.core.errors import (
    AppealRefused,
    FieldError,
    IdempotencyConflict,
    IdempotencyInFlight,
    InvalidSubmission,
    ItemHeld,
    NoGround,
    PolicyMissing,
    RemoderationRefused,
)
from moderation.intake.submissions import OtherApp, PartRefused
from moderation.storage.consents import ConsentNeeded

__all__ = ["CONTENT_TYPE", "KINDS", "Refused", "answer", "document", "invalid", "refusal_of"]

KINDS: Mapping[str, str] = {
    "not-json": "The body is not JSON, or JSON beyond our bounds (doubled keys, NaN, depth, 64 bits).",
    "malformed-request": "The request is not HTTP as we read it; the connection is closed.",
    "unauthorized": "No API key, or not a valid one. Make one with `moderation keys add --app APP`.",
    "other-app": "The key belongs to another app than the one the item names.",
    "not-an-operator": "The key is an app's; this is for operators. `moderation keys add --operator` makes one.",
    "scope": "The key is for less than this call; `moderation keys add --scope` says what a key is for.",
    "changed": "The item has changed since you have seen it (If-Match). Nothing was done.",
    "forbidden": "Figures are not shown to this address; see MODERATION_METRICS_FROM and MODERATION_METRICS_TOKEN.",
    "not-found": "No such thing, or not yours.",
    "method-not-allowed": "The resource is there, but not with this method; see the Allow header.",
    "idempotency-in-flight": "The first post with this Idempotency-Key waits for its decision; see Retry-After.",
    "idempotency-conflict": "The Idempotency-Key was used with another body. Use a new key for a new post.",
    "appeal-refused": "The item is not decided yet, is being looked at again, or was appealed often enough.",
    "consent-needed": "The settings ask for a second person: the request waits for one, then is made again.",
    "remoderation-refused": "The run is over, or still under way: it cannot be cancelled, or taken back, now.",
    "no-ground": "The decision restricts nothing, or its policy names no ground; there is nothing to file.",
    "on-hold": "The item is under a legal hold of the operator's, and nothing of it is erased until that is released.",
    "too-large": "The body, or one of its parts, is larger than accepted.",
    "unsupported-media-type": "Send application/json or multipart/form-data, without Content-Encoding.",
    "invalid": "Fields are wrong or missing; `errors` says which and what to do.",
    "media": "A picture, film or sound is damaged, too large, in no format we accept, or not what it is declared as.",
    "policy-missing": "No policy in force covers the type of a part for the app. `errors` names each such part by its "
    "number; files of a form count after the parts. GET /v1/policies lists those in force.",
    "upload-refused": "The upload address is forged, of another service, or over. POST /v1/uploads gives a new one.",
    "batch-refused": "No item of the batch was accepted; `items` has the problem of each.",
    "overloaded": "Too many items wait, of all apps or of yours. Nothing was stored; try again after Retry-After.",
    "too-many-requests": "Your app calls too often, or too many wrong keys came from your address; see Retry-After.",
    "unavailable": "The database or the media store does not answer. Nothing was stored; try again after Retry-After.",
    "internal": "A failure of the service. The log has the request id.",
}
"""The kinds of problems, by the end of their ``type``; shown at ``/docs``."""


def refusal_of(error: Exception) -> Refused | None:
    """Our own errors as answers; None for what is no error of ours."""
    if isinstance(error, PolicyMissing):
        return Refused(422, "policy-missing", str(error), error.errors)
    if isinstance(error, OtherApp):
        return Refused(403, "other-app", str(error), [FieldError("app", str(error))])
    if isinstance(error, PartRefused):
        return Refused(422, "media", str(error), error.errors)
    if isinstance(error, InvalidSubmission):
        return Refused(422, "invalid", str(error), error.errors)
    if isinstance(error, ItemHeld):
        return Refused(409, "on-hold", str(error))
    if isinstance(error, NoGround):
        return Refused(409, "no-ground", str(error))
    if isinstance(error, AppealRefused):
        return Refused(409, "appeal-refused", str(error))
    if isinstance(error, ConsentNeeded):
        return Refused(409, "consent-needed", str(error))
    if isinstance(error, RemoderationRefused):
        return Refused(409, "remoderation-refused", str(error))
    if isinstance(error, IdempotencyConflict):
        return Refused(422, "idempotency-conflict", str(error), [FieldError("Idempotency-Key", str(error))])
    if isinstance(error, IdempotencyInFlight):
        return Refused(409, "idempotency-in-flight", str(error), headers={"Retry-After": "1"})
    return problems.refusal_of(error)
