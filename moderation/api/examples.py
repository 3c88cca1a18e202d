"""An example of all that calls take and give, by model; tests hold each against its schema, and post the bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ground.web.problems import title_of

_ITEM = "01a1fe22-ffce-7123-bb1a-5c1bfe7efea2"
_AT = "2026-11-21T12:44:31.002620Z"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_FLAG = "01a1fe23-0a11-7c0e-9d52-0d5a3b0e7c11"
_EVENT = f"evt_{_ITEM.replace('-', '')}"
_POLICY = {"name": "pii", "version": _DIGEST}
_DECISION = {
    "outcome": "reject",
    "decided_by": "rules",
    "labels": ["PII/SSN"],
    "reasons": [],
    "reason": "A government number is in the text.",
    "policy": _POLICY,
    "actions": [],
    "decided_at": _AT,
}
_DETECTION = {
    "label": "PII/SSN",
    "parents": ["PII"],
    "confidence": 95.0,
    "detector": {"name": "pii.text", "version": "5"},
    "part": "p0",
    "span": {"start": 14, "end": 25},
}
_TEXT = {"type": "text", "text": "My number is 123-45-6789"}
_ITEM_VIEW = {
    "id": _ITEM,
    "app": "shop",
    "content_id": "post-7",
    "author": "user-42",
    "status": "decided",
    "created_at": _AT,
    "metadata": {"author": "user-42"},
    "parts": [{"id": "p0", **_TEXT, "is_document": False}],
    "detections": [_DETECTION],
    "failures": [],
    "decision": _DECISION,
    "redacted": [],
}
_ACCEPTED = {"id": _ITEM, "status": "pending", "app": "shop", "content_id": "post-7", "created_at": _AT}
_ATTEMPT = {"attempted_at": _AT, "status_code": 200, "reason": "HTTP 200"}
_DELIVERY = {
    "id": f"{_EVENT}_1",
    "item": _ITEM,
    "number": 1,
    "url": "https://shop.example/decided",
    "state": "delivered",
    "attempts": 1,
    "last_result": "HTTP 200",
    "next_attempt_at": None,
    "created_at": _AT,
    "made": [_ATTEMPT],
}
_FLAG_VIEW = {
    "id": _FLAG,
    "item": _ITEM,
    "reason": "spam",
    "reporter": "user-7",
    "status": "received",
    "acts": True,
    "created_at": _AT,
    "settled_at": None,
}
_POLICY_VIEW = {
    "name": "pii",
    "version": _DIGEST,
    "description": "Personal data in texts.",
    "content_types": ["text"],
    "apps": None,
    "queues": ["privacy"],
    "needs": ["pii.text"],
}
_RULE = {
    "rule": "ids.reject",
    "fired_today": 3,
    "rejected_today": 3,
    "at_most_per_day": None,
    "items_today": 120,
    "usual_share": 0.02,
    "alarm": None,
}
_CARD = {"sees": "Personal data in texts.", "does_not_see": "Some names.", "cost": "A millisecond for a text."}
_DETECTOR = {
    "name": "pii.text",
    "version": "5",
    "reads": ["text"],
    "labels": ["PII/EMAIL", "PII/SSN"],
    "makes": [],
    "min_confidence": 0.0,
    "card": {**_CARD, "licence": {"code": "Apache-2.0"}, "figures": [], "leaves_machine": False},
}
_REMODERATION = {
    "id": "5f0c8a4be1d24f0c9a6b7e3d2c1f0a98",
    "status": "running",
    "why": "hate from 85 on",
    "by": "API key 4b1d of ops",
    "app": None,
    "since": "2026-11-01T00:00:00Z",
    "most": 500,
    "pace": 60,
    "with_people": False,
    "decided": 11,
    "asked": 1,
    "position": _ITEM,
    "begun_at": "2026-12-01T09:00:00Z",
}
_LIST = {"name": "banned-authors", "kind": "values", "version": _DIGEST, "entries": 1, "changed_at": _AT}
_ENTRY = {
    "id": 1,
    "list": "banned-authors",
    "value": "user-13",
    "expires_at": None,
    "by": "API key k1 of shop",
    "why": "spam, three times",
    "at": _AT,
}
_CHANGE = {"id": 1, "action": "add", "value": "user-13", "expires_at": None, "by": "API key k1 of shop"} | {
    "why": "spam, three times",
    "at": _AT,
    "digest": _DIGEST,
}
_NOTICE = {
    "number": "N-7K2M-Q4TD",
    "item": _ITEM,
    "status": "upheld",
    "kind": "hate",
    "place": "https://shop.example/posts/7",
    "reason": "It calls for violence against people of a faith.",
    "name": "Ann Lee",
    "mail": "ann@example.org",
    "is_trusted": False,
    "look_after": None,
    "outcome": "reject",
    "decided_by": "people",
    "reasons": ["hate"],
    "answer": None,
    "can_be_appealed": False,
    "created_at": _AT,
    "settled_at": _AT,
}
_DISPUTE = {
    "id": "01a1fe24-3c55-7a0e-8d11-9f2b6c1d4e20",
    "item": _ITEM,
    "decision": 1,
    "body": "Appeals Centre",
    "reference": "2026-1234",
    "submitted_at": _AT,
    "outcome": "reversed",
    "decided_at": _AT,
    "is_to_be_followed": True,
    "followed_at": _AT,
}
_STATEMENT = {
    "id": f"{_ITEM}-1",
    "item": _ITEM,
    "decision": 1,
    "language": "en",
    "words": ["Your content is not shown.", "It has a government number."],
    "outcome": "reject",
    "restriction": "removed",
    "posted_at": _AT,
    "decided_at": _AT,
    "content_types": ["text"],
    "found": ["PII/SSN"],
    "policy": "pii",
    "policy_version": _DIGEST,
    "rules": ["government-id"],
    "ground": {
        "basis": "terms",
        "reference": "Terms, 4.2",
        "explanation": "Nobody may publish numbers of identity documents.",
        "category": "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        "keyword": None,
        "url": "https://shop.example/terms",
        "countries": [],
    },
    "no_ground": None,
    "automated_detection": True,
    "automated_decision": "fully",
    "source": "own_initiative",
    "can_appeal": True,
    "no_appeal": None,
}
_NAMED = {"id": _ITEM, "app": "shop", "content_id": "post-7"}

EXAMPLES: Mapping[str, Any] = {
    # What calls take
    "PostedItem": {"content_id": "post-7", "author": "user-42", "parts": [_TEXT]},
    "PostedBatch": {"items": [{"parts": [_TEXT]}, {"parts": [{"type": "text", "text": "Have a nice day"}]}]},
    "PostedList": [{"parts": [_TEXT]}],
    "Appeal": {"reason": "It is a made-up number in a manual."},
    "NewFlag": {"content_id": "post-7", "reason": "spam", "reporter": "user-7"},
    "ModerationRequest": {"input": "Have a nice day"},
    "TextToRedact": {"text": "Write to jo@example.org", "types": ["EMAIL"]},
    "WantedUpload": {"content_type": "video/mp4", "size_bytes": 12_000_000},
    "NewRemoderation": {"since": "2026-11-01T00:00:00Z", "most": 500, "pace": 60, "why": "hate from 85 on"},
    "NewEntry": {"value": "user-13", "why": "spam, three times"},
    "NewNotice": {
        "place": "https://shop.example/posts/7",
        "kind": "hate",
        "reason": "It calls for violence against people of a faith.",
        "name": "Ann Lee",
        "mail": "ann@example.org",
        "good_faith": True,
    },
    "NoticeAppeal": {"reason": "The picture says more than the text."},
    "NewDispute": {"body": "Appeals Centre", "reference": "2026-1234"},
    "DisputeSettled": {"outcome": "reversed"},
    # What they give
    "NoticeView": _NOTICE,
    "NoticeMade": {**_NOTICE, "receipt": "/notices/shop/receipts/4hT0p9s3vQ8kZr2x"},
    "NoticeList": {"notices": [_NOTICE]},
    "DisputeView": _DISPUTE,
    "DisputeList": {"disputes": [_DISPUTE]},
    "StatementView": _STATEMENT,
    "ItemView": _ITEM_VIEW,
    "LeanItem": {"id": _ITEM, "status": "decided"},
    "Accepted": _ACCEPTED,
    "BatchAnswer": {"items": [{"status": 202, "id": _ITEM, "item": _ACCEPTED}]},
    "ItemPage": {"items": [_ITEM_VIEW], "next_cursor": None},
    "LeanPage": {"items": [{"id": _ITEM, "status": "decided"}], "next_cursor": None},
    "Explanation": {
        "id": _ITEM,
        "status": "decided",
        "outcome": "reject",
        "words": ["It was rejected by the rules: a government number is in the text."],
        "verdict": None,
        "detections": [_DETECTION],
        "failures": [],
        "answers": [],
        "decisions": [_DECISION],
    },
    "DeliveryView": _DELIVERY,
    "DeliveryList": {"deliveries": [_DELIVERY]},
    "DeliveryPage": {"deliveries": [{**_DELIVERY, "made": []}], "next_cursor": None},
    "FlagView": _FLAG_VIEW,
    "FlagList": {"flags": [_FLAG_VIEW]},
    "Moderations": {
        "id": "modr-6f1c2a9f6f0b4a6c8a0f9d6f7e5d4c3b",
        "model": "moderation-0.1.0",
        "results": [
            {
                "flagged": False,
                "outcome": "approve",
                "reason": "Nothing was found that a rule is about.",
                "not_looked_for": ["sexual/minors"],
                "categories": {"harassment": False, "sexual/minors": None},
                "category_scores": {"harassment": 0.01, "sexual/minors": None},
                "category_applied_input_types": {"harassment": ["text"]},
            }
        ],
    },
    "RedactedText": {
        "text": "Write to [EMAIL]",
        "entities": [{"type": "EMAIL", "label": "PII/EMAIL", "confidence": 99.0, "start": 9, "end": 23}],
        "unread": [],
    },
    "UploadView": {
        "id": "6f1c2a9f6f0b4a6c8a0f9d6f7e5d4c3b",
        "url": "https://moderation.example/uploads",
        "fields": {"policy": "eyJhcHAiOiJzaG9wIn0", "signature": _DIGEST},
        "content_type": "video/mp4",
        "max_bytes": 12_000_000,
        "expires_at": _AT,
    },
    "PolicyList": {"policies": [_POLICY_VIEW], "not_in_force": [], "faults": []},
    "PolicyText": {**_POLICY_VIEW, "text": "policy: pii\n...", "rules": [_RULE]},
    "DetectorView": _DETECTOR,
    "DetectorList": {"detectors": [_DETECTOR]},
    "RemoderationPreview": {
        "moves": [{"was": "approve", "would_be": "reject", "items": 12}],
        "examples": [{"item": _ITEM, "was": "approve", "would_be": "reject", "because": "It attacks a group."}],
        "on_hold": 1,
        "left_to_people": 40,
        "is_cut": False,
    },
    "RemoderationView": _REMODERATION,
    "RemoderationList": {"remoderations": [_REMODERATION]},
    "ListOfLists": {"lists": [_LIST]},
    "ListText": {**_LIST, "listed": [_ENTRY]},
    "ListedEntry": _ENTRY,
    "ListChanges": {"changes": [_CHANGE]},
    "Health": {"status": "ok"},
    "Readiness": {"status": "ready", "reasons": []},
    # What callbacks and targets are told
    "DecidedEvent": {
        "id": f"{_EVENT}_2",
        "number": 2,
        "supersedes": 1,
        "type": "item.decided",
        "timestamp": _AT,
        "data": {**_NAMED, "number": 1, "decision": _DECISION, "media": []},
    },
    "InReviewEvent": {
        "id": f"{_EVENT}_1",
        "number": 1,
        "supersedes": None,
        "type": "item.in_review",
        "timestamp": _AT,
        "data": {**_NAMED, "policy": "pii", "queue": "privacy", "reason": "A name may be in the text."},
    },
    "AppealedEvent": {
        "id": f"{_EVENT}_3",
        "number": 3,
        "supersedes": 2,
        "type": "item.appealed",
        "timestamp": _AT,
        "data": _NAMED,
    },
    "WithdrawnEvent": {
        "id": f"{_EVENT}_4",
        "number": 4,
        "supersedes": 3,
        "type": "item.withdrawn",
        "timestamp": _AT,
        "data": {"id": _ITEM, "app": "shop"},
    },
}
"""By the name of the model."""

_SLUGS: Mapping[int, tuple[str, str]] = {
    400: ("not-json", "the body cannot be read as JSON: Expecting value: line 1 column 1 (char 0)"),
    401: ("unauthorized", "send 'Authorization: Bearer KEY' with a key made by `moderation keys add`"),
    403: ("scope", "this key is for read only; this call needs one for 'post'"),
    404: ("not-found", "no such item"),
    409: ("idempotency-in-flight", "the first post with this key waits for its decision"),
    412: ("changed", "the item has changed since you have seen it"),
    413: ("too-large", "the body is larger than accepted"),
    415: ("unsupported-media-type", "send application/json"),
    422: ("invalid", "reason: Field required"),
    429: ("too-many-requests", "app 'shop' calls more often than MODERATION_CALLS_PER_SECOND allows"),
    503: ("unavailable", "the database does not answer"),
}


def problem_example(status: int, path: str, *, has_items: bool = False) -> dict[str, Any]:
    """A problem of this status.

    Args:
        has_items: True for that of a batch.
    """
    slug, detail = _SLUGS[status]
    field, _, message = detail.partition(": ")
    return {
        "type": f"/docs#problem-{slug}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "instance": path.replace("{item_id}", _ITEM),
        "request_id": "5c1bfe7efea24f0b",
        "errors": [{"field": field, "message": message}] if status == 422 else [],
        **({"items": []} if has_items else {}),
    }
