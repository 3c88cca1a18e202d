"""``/v1/items/{id}/disputes``: decisions before out-of-court dispute settlement bodies, and what these said."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, g, request

from ground.ids import is_uuid
from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation
from moderation.api.posting import json_response
from moderation.api.problems import invalid
from moderation.api.schemas.disputes import DisputeList, DisputeSettled, DisputeView, NewDispute
from moderation.api.strict_json import check_text
from moderation.core.errors import NotFound
from moderation.service import Service
from moderation.storage.disputes import Dispute

_POSTING = (400, 401, 404, 413, 415, 422, 503)


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    disputes = Blueprint("disputes", __name__, url_prefix="/v1/items/<item_id>/disputes")
    disputes.before_request(gate.admit)

    @disputes.post("")
    @Operation(
        "Record that the decision in force then was taken to an out-of-court dispute settlement body. The same body "
        "and reference again is answered with the first.",
        {201: DisputeView},
        bodies=(NewDispute,),
        problems=_POSTING,
        scope="manage",
    )
    def post_dispute(item_id: str) -> Response:
        """Record a dispute."""
        _own(item_id)
        given, now = read_model(request, NewDispute), datetime.now(UTC)
        body, reference = (_said(field, getattr(given, field)) for field in ("body", "reference"))
        by = f"{g.app_name}, with API key {g.key_id}"
        made, _ = service.disputes.add(item_id, body, reference, given.submitted_at or now, by, now, g.app_name)
        return json_response(view(made), 201)

    @disputes.get("")
    @Operation("The disputes about an item, oldest first.", {200: DisputeList})
    def list_disputes(item_id: str) -> Response:
        """The disputes about an item."""
        _own(item_id)
        return json_response({"disputes": [view(each) for each in service.disputes.of_item(item_id)]})

    @disputes.post("/<dispute_id>/outcome")
    @Operation(
        "Record what the body said, once. Where it reverses the decision and you follow it, the item is decided anew "
        "within seconds, as after an appeal. What is reversed in part is for you to do.",
        {200: DisputeView},
        bodies=(DisputeSettled,),
        problems=_POSTING,
        scope="manage",
    )
    def post_outcome(item_id: str, dispute_id: str) -> Response:
        """Record what the body said."""
        _own(item_id)
        given, now = read_model(request, DisputeSettled), datetime.now(UTC)
        if all(each.id != dispute_id for each in service.disputes.of_item(item_id)):
            raise NotFound("no such dispute about this item")
        made = service.disputes.settle(
            dispute_id,
            given.outcome,
            given.decided_at or now,
            f"{g.app_name}, with API key {g.key_id}",
            now,
            is_followed=given.is_followed,
            app=g.app_name,
        )
        service.disputing.rounds.ring()
        return json_response(view(made))

    def _own(item_id: str) -> None:
        if not is_uuid(item_id):
            raise NotFound("no such item")
        service.store.get_item(item_id, g.app_name)

    return disputes


def _said(field: str, value: str) -> str:
    check_text(field, value)
    if not value.strip():
        raise invalid(field, "it is empty")
    return value.strip()


def view(dispute: Dispute) -> dict[str, object]:
    """A dispute as the API shows it."""
    return DisputeView(
        id=dispute.id,
        item=dispute.item_id,
        decision=dispute.number,
        body=dispute.body,
        reference=dispute.reference,
        submitted_at=dispute.submitted_at,
        outcome=dispute.outcome,
        decided_at=dispute.decided_at,
        is_to_be_followed=dispute.is_to_be_followed,
        followed_at=dispute.followed_at,
    ).model_dump(mode="json")
