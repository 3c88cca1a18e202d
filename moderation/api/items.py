"""``/v1/items``: post, batch, read, search, explain."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

from flask import Blueprint, Response, g, request

from ground.ids import is_uuid
from ground.web.hygiene import SANDBOX
from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.conditional import IF_MATCH, check_if_match
from moderation.api.figures import Figures
from moderation.api.lean import FIELDS, LeanItem, LeanPage, only, wanted_fields
from moderation.api.openapi import Operation, Parameter
from moderation.api.posting import IDEMPOTENCY_KEY, WAIT, Posting, json_response, wait_seconds
from moderation.api.problems import invalid
from moderation.api.schemas.items import Appeal, Explanation, ItemPage, ItemView, Status
from moderation.api.schemas.posting import Accepted, BatchAnswer, BatchProblem, PostedBatch, PostedList
from moderation.api.strict_json import check_text
from moderation.api.views import document_of, explanation, item_view
from moderation.core.errors import NotFound
from moderation.intake.submissions import PostedItem
from moderation.service import Service
from moderation.storage.facets import FacetKind
from moderation.storage.records import ItemRecord

PAGE = 50
STATUS = Parameter("status", {"type": "string", "enum": list(get_args(Status))}, "Status.")
APP = Parameter("app", {"type": "string"}, "App; only your own has items.")
LABEL = Parameter("label", {"type": "string"}, "A label that was found, or one above it.")
OUTCOME = Parameter("outcome", {"type": "string", "enum": ["approve", "reject"]}, "Outcome of the decision.")
CONTENT_ID = Parameter("content_id", {"type": "string"}, "Your own name for the content.")
SINCE = Parameter("since", {"type": "string", "format": "date-time"}, "Created at or after.")
CURSOR = Parameter("cursor", {"type": "string", "format": "uuid"}, "next_cursor of the page before.")
LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 200}, f"Items on the page; {PAGE} unless told.")
AUTHOR = Parameter("author", {"type": "string", "maxLength": 200}, "Who wrote it.", example="user-42")
THREAD = Parameter("thread", {"type": "string", "maxLength": 200}, "The conversation that it belongs to.")
PARENT = Parameter("parent", {"type": "string", "maxLength": 200}, "What it answers.")
PLACE = Parameter("place", {"type": "string", "maxLength": 200}, "Where it is from.", example="gate-1")
WORDS = Parameter(
    "words",
    {"type": "string", "maxLength": 500},
    "Words, or their beginnings, that all stand in its texts, or were read in its pictures or heard in its speech.",
    example="gate closed",
)
UNTIL = Parameter("until", {"type": "string", "format": "date-time"}, "Created before.")
FILTERS = (
    *(STATUS, APP, LABEL, OUTCOME, CONTENT_ID, AUTHOR, THREAD, PARENT, PLACE, WORDS),
    *(SINCE, UNTIL, CURSOR, LIMIT, FIELDS),
)
_NAMED: tuple[FacetKind, ...] = ("author", "thread", "parent", "place")
_POSTING = (400, 401, 403, 409, 413, 415, 422, 429, 503)


def blueprint(service: Service, gate: Gate, figures: Figures) -> Blueprint:
    """The resource over `service`."""
    items = Blueprint("items", __name__, url_prefix="/v1/items")
    items.before_request(gate.admit)
    posting = Posting(service, figures)

    def document(record: ItemRecord) -> dict[str, Any]:
        return document_of(item_view(record, service.versions))

    @items.post("")
    @Operation(
        "Post an item to be judged. JSON, or multipart/form-data with `file` fields and the rest as JSON in `item`. "
        "202 when it is stored, or when people are asked within ?wait=; 200 when it is decided within it.",
        {200: ItemView, 202: Accepted},
        bodies=(PostedItem,),
        takes_files=True,
        parameters=(WAIT, IDEMPOTENCY_KEY),
        problems=_POSTING,
    )
    def post_item() -> Response:
        """Post an item. Answers 202 when it is stored, or 200 with the decision when ``?wait=`` was long enough.

        A wait is over when people are asked, too: they take longer than anybody waits for.
        """
        wait = wait_seconds()
        return posting.once(lambda post: posting.take_one(wait, post))

    @items.post("/batch")
    @Operation(
        "Post up to 100 items. Those that are right are stored in one durable commit; an answer per item, in order. "
        "422 when none was accepted.",
        {202: BatchAnswer},
        bodies=(PostedBatch, PostedList),
        parameters=(IDEMPOTENCY_KEY,),
        problems=tuple(status for status in _POSTING if status != 403),
        problem_models={422: BatchProblem},
    )
    def post_batch() -> Response:
        """Post up to 100 items; all good ones are stored in one commit; an answer per item, in order."""
        return posting.once(posting.take_batch)

    @items.get("")
    @Operation("Your items, newest first.", {200: (ItemPage, LeanPage)}, parameters=FILTERS, problems=(401, 422, 503))
    def search_items() -> Response:
        """The app's items, newest first."""
        limit = _number(LIMIT, PAGE)
        status, outcome = _choice(STATUS), _choice(OUTCOME)
        since, until, cursor, fields = _time(SINCE), _time(UNTIL), _cursor(CURSOR), wanted_fields()
        if request.args.get(APP.name, g.app_name) != g.app_name:
            return json_response({"items": [], "next_cursor": None})
        found = service.store.search_items(
            app=g.app_name,
            status=status,
            label=request.args.get(LABEL.name),
            outcome=outcome,
            content_id=request.args.get(CONTENT_ID.name),
            named={kind: request.args[kind].strip() for kind in _NAMED if kind in request.args},
            words=request.args.get(WORDS.name),
            since=since,
            until=until,
            before=cursor,
            limit=limit + 1,
        )
        page = [only(document(record), fields) for record in found[:limit]]
        return json_response({"items": page, "next_cursor": found[limit - 1].item.id if len(found) > limit else None})

    @items.get("/<item_id>")
    @Operation("An item and all that happened to it.", {200: (ItemView, LeanItem)}, parameters=(FIELDS,))
    def get_item(item_id: str) -> Response:
        """An item with its verdict, detections, failures and decision."""
        fields = wanted_fields()
        return json_response(only(document(_record(service, item_id)), fields))

    @items.delete("/<item_id>")
    @Operation(
        "Withdraw an item: nobody judges it any more, open reviews end, its content and all that was found and said of "
        "it are erased. What stays: id, times, outcome, and a salted digest in the audit chain.",
        {202: ItemView},
        parameters=(IF_MATCH,),
        problems=(401, 404, 409, 412, 422, 503),
        scope="manage",
    )
    def delete_item(item_id: str) -> Response:
        """Withdraw an item; a second time changes nothing. What lies outside of the database goes within the hour."""
        record = _record(service, item_id)
        check_if_match(lambda: document(record))
        service.erasing.withdraw([record.item.id], f"withdrawn by its app, with API key {g.key_id}")
        service.pipeline.ports.news.spread()
        return json_response(document(_record(service, item_id)), 202)

    @items.get("/<item_id>/explanation")
    @Operation(
        "Why it was decided so: rules, detections, thresholds and answers, in words and as data.", {200: Explanation}
    )
    def get_explanation(item_id: str) -> Response:
        """Why the item was decided as it was, in words and as data."""
        return json_response(document_of(explanation(_record(service, item_id), service.versions)))

    @items.post("/<item_id>/appeal")
    @Operation(
        "Ask people who have not seen the item to decide it anew; their decision supersedes the one there is.",
        {202: ItemView},
        bodies=(Appeal,),
        parameters=(IF_MATCH,),
        problems=(400, 401, 404, 409, 412, 413, 415, 422, 503),
        scope="manage",
    )
    def post_appeal(item_id: str) -> Response:
        """Ask fresh reviewers to decide it anew."""
        record = _record(service, item_id)
        appeal = read_model(request, Appeal)
        check_text("reason", appeal.reason)
        check_if_match(lambda: document(record))
        service.pipeline.appeal(record, appeal.reason.strip())
        return json_response(document(_record(service, item_id)), 202)

    @items.get("/<item_id>/parts/<part_id>/redacted")
    @Operation(
        "The bytes of a picture, film or sound with places taken out, where a rule asked for it and it was approved.",
        {200: "*/*"},
    )
    def get_redacted(item_id: str, part_id: str) -> Response:
        """The bytes of a redacted copy."""
        for part in _record(service, item_id).redacted:
            if part.part == part_id and part.media is not None:
                answer = Response(service.blobs.get(part.media.uri), content_type=part.media.content_type)
                answer.headers["Content-Disposition"] = "attachment"
                answer.headers["Content-Security-Policy"] = SANDBOX
                return answer
        raise NotFound(f"item {item_id} has no redacted copy of part {part_id}")

    return items


def _record(service: Service, item_id: str) -> ItemRecord:
    if not is_uuid(item_id):
        raise NotFound("no such item")
    return service.store.get_item(item_id, g.app_name)


def _choice(parameter: Parameter) -> str | None:
    value, allowed = request.args.get(parameter.name), parameter.schema["enum"]
    if value is not None and value not in allowed:
        raise invalid(parameter.name, f"one of {', '.join(allowed)}")
    return value


def _number(parameter: Parameter, default: int) -> int:
    text, low, high = request.args.get(parameter.name), parameter.schema["minimum"], parameter.schema["maximum"]
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not low <= int(text) <= high:
        raise invalid(parameter.name, f"a whole number from {low} to {high}")
    return int(text)


def _cursor(parameter: Parameter) -> str | None:
    text = request.args.get(parameter.name)
    if text is not None and not is_uuid(text):
        raise invalid(parameter.name, "the next_cursor of the page before")
    return text


def _time(parameter: Parameter) -> datetime | None:
    text = request.args.get(parameter.name)
    if text is None:
        return None
    try:
        # An unescaped + of the zone arrives as a space.
        time = datetime.fromisoformat(text.replace(" ", "+"))
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except OverflowError:  # by its zone, a day before the first year, or one after the last
        return (datetime.min if time.year == 1 else datetime.max).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise invalid(parameter.name, "an RFC 3339 time with a zone, such as 2026-01-31T12:00:00Z")
