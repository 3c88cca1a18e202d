"""Event notifications of own buckets: what is put into them becomes items of the app whose bucket it is.

Of all destinations there is one here, the intake, which has an SQS queue's ARN: `intake_arn`. An object that cannot
become an item is kept as a dead letter, as one that a queue tells of is (`moderation intake dead`).
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from flask import Response, request

from ground.awswire.errors import ApiError
from ground.awswire.times import iso
from ground.media.sniffing import sniff
from moderation.aws.s3.documents import document, element, read_document
from moderation.core.errors import InputError
from moderation.intake.ledger import Found, Ledger
from moderation.intake.s3_events import ObjectEvent
from moderation.intake.submissions import MAX_CONTENT_ID, Submissions
from moderation.service import Service

logger = logging.getLogger(__name__)

CREATED = ("s3:ObjectCreated:*", "s3:ObjectCreated:Put")
MOST_RULES = 100
Rules = list[dict[str, str]]


def intake_arn(region: str) -> str:
    """What a notification names as its queue."""
    return f"arn:aws:sqs:{region}:000000000000:moderation-intake"


def answer(service: Service, bucket: str, body: bytes) -> Response:
    """A request about the notifications of a bucket that is the caller's."""
    if request.method == "PUT":
        rules = read_rules(body, intake_arn(service.settings.a2i_region))
        if rules and not service.buckets.owner(bucket):
            raise ApiError("InvalidArgument", "Items are of apps, and this bucket is an operator's", 400)
        service.buckets.set_notifications(bucket, rules)
        return Response("", 200)
    if request.method != "GET":
        raise ApiError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    inner = "".join(_shown(rule) for rule in service.buckets.notifications(bucket))
    return document("NotificationConfiguration", inner)


def read_rules(body: bytes, arn: str) -> Rules:
    """The rules of a NotificationConfiguration: ``id``, ``queue``, ``event``, ``prefix`` and ``suffix`` of each.

    Raises:
        ApiError: it is none, or tells anybody but the intake, or of anything but new objects.
    """
    root = read_document(body, "NotificationConfiguration")
    if len(root) > MOST_RULES:
        raise ApiError("InvalidArgument", f"There are more than {MOST_RULES} notifications", 400)
    rules: Rules = []
    for child in root:
        destination = next(
            (each.text or "" for each in child if _name(each) in ("Queue", "Topic", "CloudFunction")), ""
        )
        if _name(child) != "QueueConfiguration" or destination.strip() != arn:
            given = destination.strip()[:200] or _name(child)[:60]
            raise ApiError("InvalidArgument", f"{given} is not told of objects here; the queue {arn} is", 400)
        events = [(each.text or "").strip() for each in child if _name(each) == "Event"]
        if not events or any(event not in CREATED for event in events):
            raise ApiError("InvalidArgument", f"Of events there are {' and '.join(CREATED)} here", 400)
        filters = _filters(child)
        named = next(((each.text or "").strip()[:255] for each in child if _name(each) == "Id"), "")
        rules += [{"id": named, "queue": arn, "event": event, **filters} for event in events]
    return rules


def tell(service: Service, bucket: str, key: str, data: bytes, md5: str) -> None:
    """Make an item of an object that was just put, where the bucket's notifications say so.

    An object whose content is the same as before makes no second item.

    Raises:
        ApiError: too many items wait.
        StoreUnavailable: the item was not stored; the client puts the object again.
    """
    app = service.buckets.owner(bucket)
    if not app or not any(_is_meant(rule, key) for rule in service.buckets.notifications(bucket)):
        return
    waiting, settings = service.backlog(), service.settings
    if waiting.get(app, 0) >= settings.max_app_backlog or sum(waiting.values()) >= settings.max_backlog:
        raise ApiError("SlowDown", "Too many items wait; put the object again later", 503)
    ledger, now = Ledger(service.database), service.pipeline.now()
    event = ObjectEvent(bucket, key, md5, happened_at=iso(now))
    try:
        submission = Submissions(service, app).of_posted(_posted(event, data))
        item = service.pipeline.prepare(submission)
    except InputError as error:
        logger.error("an object of app=%s is kept as a dead letter: %s", app, error)
        ledger.bury(app, json.dumps({"bucket": bucket, "key": key}), event.uri, str(error), now)
        return
    if ledger.take(app, [Found(event, md5, item)]):
        service.doorbell.ring()


def _posted(event: ObjectEvent, data: bytes) -> dict[str, Any]:
    """An object as an item with one part. Raises `InputError` for bytes that are of no kind."""
    kind = (sniff(data) or "").partition("/")[0]
    if kind in ("image", "video", "audio"):
        part = {"type": kind, "base64": base64.b64encode(data).decode()}
    else:
        try:
            part = {"type": "text", "text": data.decode("utf-8-sig")}
        except UnicodeDecodeError as error:
            raise InputError("neither a picture, film or sound that is known, nor a text") from error
    facts = {"s3_bucket": event.bucket, "s3_key": event.key, "s3_event_time": event.happened_at}
    named = {"content_id": event.uri} if len(event.uri) <= MAX_CONTENT_ID else {}
    return {"parts": [part], "metadata": facts, **named}


def _is_meant(rule: Mapping[str, str], key: str) -> bool:
    return key.startswith(rule["prefix"]) and key.endswith(rule["suffix"])


def _filters(child: ElementTree.Element) -> dict[str, str]:
    found = {"prefix": "", "suffix": ""}
    for rule in child.iter():
        if _name(rule) == "FilterRule":
            pair = {_name(each): (each.text or "") for each in rule}
            name = pair.get("Name", "").lower()
            if name not in found or len(pair.get("Value", "")) > 1024:
                raise ApiError("InvalidArgument", "filter rule name must be either prefix or suffix", 400)
            found[name] = pair.get("Value", "")
    return found


def _shown(rule: Mapping[str, str]) -> str:
    filtered = "".join(
        f"<FilterRule>{element('Name', name.title())}{element('Value', rule[name])}</FilterRule>"
        for name in ("prefix", "suffix")
        if rule[name]
    )
    filters = f"<Filter><S3Key>{filtered}</S3Key></Filter>" if filtered else ""
    inner = element("Id", rule["id"]) + element("Queue", rule["queue"]) + element("Event", rule["event"])
    return f"<QueueConfiguration>{inner}{filters}</QueueConfiguration>"


def _name(child: ElementTree.Element) -> str:
    return child.tag.rpartition("}")[2]
