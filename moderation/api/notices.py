"""``/v1/notices``: notices that an app takes itself, and those of its public form, with what became of them."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, g, request

from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation, Parameter
from moderation.api.posting import json_response
from moderation.api.problems import invalid
from moderation.api.schemas.notices import NewNotice, NoticeAppeal, NoticeList, NoticeMade, NoticeView
from moderation.api.strict_json import check_text
from moderation.core.public_notices import GivenNotice
from moderation.notices.entrance import forms_of
from moderation.notices.taking import take
from moderation.service import Service
from moderation.storage.public_notices import PublicNotice

STATES = ("unmatched", "received", "asked", "upheld", "dismissed", "appealed", "reversed", "gone")
STATE = Parameter("status", {"type": "string", "enum": list(STATES)}, "Only those that stand so.")


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    notices = Blueprint("notices", __name__, url_prefix="/v1/notices")
    notices.before_request(gate.admit)
    forms = forms_of(service.settings.notice_forms)

    @notices.post("")
    @Operation(
        "Somebody says what is wrong with an item, in the fields of article 16 of the Digital Services Act. People "
        "look at it; nothing is deleted by this. The answer has the number and, this once, the address of the receipt "
        "for its giver.",
        {201: NoticeMade},
        bodies=(NewNotice,),
        problems=(400, 401, 413, 415, 422, 503),
    )
    def post_notice() -> Response:
        """Keep a notice and have people look."""
        body = read_model(request, NewNotice)
        for field in ("place", "reason", "name", "mail", "signature", "language"):
            check_text(field, getattr(body, field))
        given = GivenNotice(
            place=body.place,
            kind=body.kind,
            reason=body.reason,
            name=body.name,
            mail=body.mail,
            signature=body.signature,
            is_in_good_faith=body.good_faith,
            language=body.language,
        )
        now = datetime.now(UTC)
        made, secret = take(service, g.app_name, given, via="api", flagger_key=body.flagger_key, now=now)
        path = f"/notices/{g.app_name}/receipts/{secret}" if g.app_name in forms else None
        return json_response({**_view(made), "receipt": path}, 201)

    @notices.get("")
    @Operation(
        "Notices of your items, open ones of trusted flaggers first, then the newest.",
        {200: NoticeList},
        parameters=(STATE,),
        problems=(401, 403, 422, 503),
    )
    def list_notices() -> Response:
        """The newest notices of the app's items."""
        state = request.args.get(STATE.name)
        if state is not None and state not in STATES:
            raise invalid(STATE.name, f"one of {', '.join(STATES)}")
        found = service.notices.find(g.app_name, states=[state] if state else ())
        return json_response({"notices": [_view(each) for each in found]})

    @notices.get("/<number>")
    @Operation("A notice and what became of it, so that its giver can be told.", {200: NoticeView})
    def get_notice(number: str) -> Response:
        """One notice."""
        return json_response(_view(service.notices.get(number, g.app_name)))

    @notices.post("/<number>/appeal")
    @Operation(
        "Its giver asks to look again, once: people who have not seen the item decide anew.",
        {202: NoticeView},
        bodies=(NoticeAppeal,),
        problems=(400, 401, 404, 409, 413, 415, 422, 503),
        scope="manage",
    )
    def appeal_notice(number: str) -> Response:
        """Have fresh people look again."""
        body = read_model(request, NoticeAppeal)
        check_text("reason", body.reason)
        notice = service.notices.get(number, g.app_name)
        service.noticing.appeal(notice.number, body.reason)
        return json_response(_view(service.notices.get(number, g.app_name)), 202)

    return notices


def _view(notice: PublicNotice) -> dict[str, object]:
    decided = notice.decided_as or {}
    return NoticeView(
        number=notice.number,
        item=notice.item_id,
        status=notice.state,
        kind=notice.kind,
        place=notice.place,
        reason=notice.reason,
        name=notice.name,
        mail=notice.mail,
        is_trusted=notice.flagger is not None,
        look_after=notice.look_after if notice.is_slowed else None,
        outcome=decided.get("outcome"),
        decided_by=decided.get("by"),
        reasons=list(decided.get("reasons", ())),
        answer=notice.answer,
        can_be_appealed=notice.can_be_appealed,
        created_at=notice.created_at,
        settled_at=notice.settled_at,
    ).model_dump(mode="json")
