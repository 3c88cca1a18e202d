"""``/v1/items``: post, batch, read, search, explain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, request, url_for

from moderation.api.auth import authenticate
from moderation.api.parsing import Intake, read_items, read_json
from moderation.api.problems import Refused, document, invalid, refusal_of
from moderation.api.schemas import Accepted, BatchAnswer, BatchEntry, ItemPage, explanation, item_view
from moderation.core.items import Item
from moderation.service import Service

MAX_BATCH = 100
MAX_WAIT_SECONDS = 30.0
PAGE, MAX_PAGE = 50, 200


def blueprint(service: Service) -> Blueprint:
    """The resource over `service`."""
    items = Blueprint("items", __name__, url_prefix="/v1/items")
    items.before_request(lambda: authenticate(service.accounts))

    @items.post("")
    def post_item() -> Response:
        """Post an item. Answers 202 when it is stored, or 200 with the decision when ``?wait=`` was long enough."""
        wait = _wait_seconds()
        _refuse_overload(service)
        key = _idempotency_key()
        if key is None:
            return _take_one(service, wait, None)
        stored = service.store.reserve_key(g.app_name, key, _body_digest(), service.pipeline.now())
        if stored is not None:
            return _again(stored)
        try:
            return _take_one(service, wait, key)
        except BaseException:
            service.store.release_key(g.app_name, key)
            raise

    @items.post("/batch")
    def post_batch() -> Response:
        """Post up to 100 items; all good ones are stored in one commit; an answer per item, in order."""
        _refuse_overload(service)
        key = _idempotency_key()
        if key is None:
            return _take_batch(service, None)
        stored = service.store.reserve_key(g.app_name, key, _body_digest(), service.pipeline.now())
        if stored is not None:
            return _again(stored)
        try:
            return _take_batch(service, key)
        except BaseException:
            service.store.release_key(g.app_name, key)
            raise

    @items.get("/<item_id>")
    def get_item(item_id: str) -> Response:
        """An item with its verdict, detections, failures and decision."""
        return _model(item_view(service.store.get_item(item_id, g.app_name)))

    @items.get("/<item_id>/explanation")
    def get_explanation(item_id: str) -> Response:
        """Why the item was decided as it was, in words and as data."""
        return _model(explanation(service.store.get_item(item_id, g.app_name)))

    @items.get("")
    def search_items() -> Response:
        """The app's items, newest first."""
        known = {"status", "app", "label", "outcome", "content_id", "since", "cursor", "limit"}
        for name in request.args:
            if name not in known:
                raise invalid(name, f"unknown parameter; known: {', '.join(sorted(known))}")
        wanted_app = request.args.get("app", g.app_name)
        limit = _number("limit", PAGE, 1, MAX_PAGE)
        if wanted_app != g.app_name:
            return _model(ItemPage(items=[]))
        status = _choice("status", ("pending", "in_review", "decided"))
        outcome = _choice("outcome", ("approve", "reject"))
        found = service.store.search_items(
            app=g.app_name,
            status=status,
            label=request.args.get("label"),
            outcome=outcome,
            content_id=request.args.get("content_id"),
            since=_time("since"),
            before=request.args.get("cursor"),
            limit=limit + 1,
        )
        cursor = found[limit - 1].item.id if len(found) > limit else None
        return _model(ItemPage(items=[item_view(record) for record in found[:limit]], next_cursor=cursor))

    return items


def _take_one(service: Service, wait: float, key: str | None) -> Response:
    data, files = read_items(request)
    intake = Intake(service.settings, service.blobs, g.app_name)
    item = service.pipeline.prepare(intake.submission(data, files))
    location = url_for("items.get_item", item_id=item.id)
    kept = {"status": 202, "location": location, "body": _accepted(item)}
    service.pipeline.intake([item], (g.app_name, key, kept) if key is not None else None)
    if wait:
        record = service.pipeline.wait_decided(item.id, wait)
        if record.status == "decided":
            body = item_view(record).model_dump(mode="json")
            kept = {"status": 200, "location": location, "body": body}
            if key is not None:
                service.store.save_response(g.app_name, key, kept)
    return _again(kept)


def _take_batch(service: Service, key: str | None) -> Response:
    data = read_json(request.get_data(cache=True)) if request.mimetype in ("application/json", "") else None
    listed = data.get("items") if isinstance(data, dict) and set(data) == {"items"} else data
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_BATCH:
        raise invalid("items", f"send application/json with a list of 1 to {MAX_BATCH} items")
    intake = Intake(service.settings, service.blobs, g.app_name)
    entries: list[BatchEntry] = []
    good: list[Item] = []
    for posted in listed:
        try:
            item = service.pipeline.prepare(intake.submission(posted))
        except Exception as error:
            refused = refusal_of(error)
            if refused is None or refused.status >= 500:
                raise
            entries.append(BatchEntry(status=refused.status, problem=document(refused)))
            continue
        good.append(item)
        entries.append(BatchEntry(status=202, id=item.id, item=Accepted.model_validate(_accepted(item))))
    body = BatchAnswer(items=entries).model_dump(mode="json", exclude_none=True)
    kept = {"status": 202 if good else 422, "location": None, "body": body}
    if good:
        service.pipeline.intake(good, (g.app_name, key, kept) if key is not None else None)
    elif key is not None:
        service.store.release_key(g.app_name, key)
    return _again(kept)


def _accepted(item: Item) -> dict[str, Any]:
    view = Accepted(id=item.id, status="pending", app=item.app, content_id=item.content_id, created_at=item.created_at)
    return view.model_dump(mode="json")


def _again(kept: Mapping[str, Any]) -> Response:
    """A kept answer, byte for byte the same each time."""
    response = Response(json.dumps(kept["body"]), kept["status"], content_type="application/json")
    if kept["location"]:
        response.headers["Location"] = kept["location"]
    return response


def _model(model: Any) -> Response:
    return Response(model.model_dump_json(), content_type="application/json")


def _body_digest() -> str:
    """What makes a post the same post; the boundary of a multipart body differs each time, so its parts count."""
    digest = hashlib.sha256()
    if request.mimetype == "multipart/form-data":
        for name, value in sorted(request.form.items(multi=True)):
            digest.update(f"{name}\x00{value}\x00".encode("utf-8", "surrogatepass"))
        for file in request.files.getlist("file"):
            digest.update((file.filename or "").encode() + b"\x00")
            digest.update(hashlib.sha256(file.stream.read()).digest())
            file.stream.seek(0)
    else:
        digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (1 <= len(key) <= 255 and key.isprintable()):
        raise invalid("Idempotency-Key", "1 to 255 printable characters")
    return key


def _refuse_overload(service: Service) -> None:
    if service.backlog() >= service.settings.max_backlog:
        raise Refused(429, "overloaded", "too many items wait; try again later", headers={"Retry-After": "10"})


def _wait_seconds() -> float:
    text = request.args.get("wait")
    if text is None:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MAX_WAIT_SECONDS:
        raise invalid("wait", f"a number of seconds from 0 to {MAX_WAIT_SECONDS:g}")
    return seconds


def _choice(name: str, allowed: tuple[str, ...]) -> str | None:
    value = request.args.get(name)
    if value is not None and value not in allowed:
        raise invalid(name, f"one of {', '.join(allowed)}")
    return value


def _number(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not low <= int(text) <= high:
        raise invalid(name, f"a whole number from {low} to {high}")
    return int(text)


def _time(name: str) -> datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise invalid(name, "an RFC 3339 time such as 2026-01-31T12:00:00Z") from error
    if time.tzinfo is None:
        raise invalid(name, "an RFC 3339 time with a zone, such as 2026-01-31T12:00:00Z")
    return time
