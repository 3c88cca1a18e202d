"""``/v1/flags``: what users report, and what became of their reports."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, g, request

from ground.ids import is_uuid
from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation, Parameter
from moderation.api.posting import json_response
from moderation.api.problems import invalid
from moderation.api.schemas.flags import FlagList, FlagView, NewFlag
from moderation.api.strict_json import check_text
from moderation.core.errors import NotFound
from moderation.service import Service
from moderation.storage.flags import Flag

SHOWN = 200
REPORTER = Parameter("reporter", {"type": "string", "maxLength": 200}, "Only this reporter's.", example="user-42")
ITEM = Parameter("item", {"type": "string", "maxLength": 36}, "Only of this item.")


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    flags = Blueprint("flags", __name__, url_prefix="/v1/flags")
    flags.before_request(gate.admit)

    @flags.post("")
    @Operation(
        "A user reports an item. Reported enough, by the policies, it is judged again after an approval. A second "
        "report by the same user of the same item is answered with the first.",
        {202: FlagView},
        bodies=(NewFlag,),
        problems=(400, 401, 404, 413, 415, 422, 503),
    )
    def post_flag() -> Response:
        """Keep a user's report."""
        given = read_model(request, NewFlag)
        for field in ("item", "content_id", "reason", "reporter"):
            check_text(field, getattr(given, field) or "")
        reason, reporter = given.reason.strip(), given.reporter.strip()
        for field, said in (("reason", reason), ("reporter", reporter)):
            if not said:
                raise invalid(field, "it is empty")
        if (given.item is None) == (given.content_id is None):
            raise invalid("item", "say item or content_id, one of them")
        item_id = given.item or service.flags.item_of(g.app_name, given.content_id or "")
        if not is_uuid(item_id):
            raise NotFound("no such item")
        made, is_new = service.flags.add(g.app_name, item_id, reporter, reason, datetime.now(UTC))
        if is_new:
            service.flagging.rounds.ring()
        return json_response(_view(made), 202)

    @flags.get("")
    @Operation(
        "Reports of your items, newest first.",
        {200: FlagList},
        parameters=(REPORTER, ITEM),
        problems=(401, 403, 422, 503),
    )
    def list_flags() -> Response:
        """The newest reports of the app's items."""
        found = service.flags.find(
            g.app_name, reporter=request.args.get(REPORTER.name), item=request.args.get(ITEM.name), limit=SHOWN
        )
        return json_response({"flags": [_view(each) for each in found]})

    @flags.get("/<flag_id>")
    @Operation("A report and what became of it, so that its reporter can be told.", {200: FlagView})
    def get_flag(flag_id: str) -> Response:
        """One report."""
        if not is_uuid(flag_id):
            raise NotFound("no such flag")
        return json_response(_view(service.flags.get(flag_id, g.app_name)))

    def _view(flag: Flag) -> dict[str, object]:
        return FlagView(
            id=flag.id,
            item=flag.item,
            reason=flag.reason,
            reporter=flag.reporter,
            status=flag.outcome or "received",
            acts=service.flagging.matters(service.store.get_item(flag.item)),
            created_at=flag.created_at,
            settled_at=flag.settled_at,
        ).model_dump(mode="json")

    return flags
