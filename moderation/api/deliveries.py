"""Deliveries: what was told of an item, what came of it, and sending it again."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, Response, g, request

from ground.ids import is_uuid
from moderation.api.auth import Gate
from moderation.api.openapi import Operation, Parameter
from moderation.api.posting import json_response
from moderation.api.problems import invalid
from moderation.api.schemas.deliveries import DeliveryList, DeliveryPage, DeliveryState, DeliveryView
from moderation.core.errors import NotFound
from moderation.delivery.outbox import Delivered
from moderation.service import Service

PAGE = 50
STATE = Parameter(
    "state", {"type": "string", "enum": list(get_args(DeliveryState))}, "Only in this state.", example="given_up"
)
CURSOR = Parameter("cursor", {"type": "string", "maxLength": 60}, "next_cursor of the page before.")


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    deliveries = Blueprint("deliveries", __name__, url_prefix="/v1")
    deliveries.before_request(gate.admit)

    @deliveries.get("/deliveries")
    @Operation(
        "Your deliveries, newest first: what was sent to your callbacks, and what was given up.",
        {200: DeliveryPage},
        parameters=(STATE, CURSOR),
        problems=(401, 403, 422, 503),
    )
    def list_deliveries() -> Response:
        """The app's deliveries to callbacks."""
        state = request.args.get(STATE.name)
        if state is not None and state not in get_args(DeliveryState):
            raise invalid(STATE.name, f"one of {', '.join(get_args(DeliveryState))}")
        found = service.outbox.of_app(g.app_name, state, request.args.get(CURSOR.name), PAGE + 1)
        cursor = found[PAGE - 1].id if len(found) > PAGE else None
        page = DeliveryPage(deliveries=[_view(each) for each in found[:PAGE]], next_cursor=cursor)
        return json_response(page.model_dump(mode="json"))

    @deliveries.get("/items/<item_id>/deliveries")
    @Operation(
        "What was sent of an item, each attempt with its answer, and when the next one is.",
        {200: DeliveryList},
        problems=(401, 403, 404, 422, 503),
    )
    def get_deliveries(item_id: str) -> Response:
        """An item's deliveries to its callback, oldest first."""
        _check_mine(item_id)
        found = [_view(each) for each in service.outbox.of_item(item_id)]
        return json_response(DeliveryList(deliveries=found).model_dump(mode="json"))

    @deliveries.post("/items/<item_id>/deliveries/<delivery_id>/resend")
    @Operation(
        "Send it again, with the same id and bytes, whatever came of it before; a receiver tells repeats by the id.",
        {202: DeliveryView},
        problems=(401, 403, 404, 422, 503),
        scope="manage",
    )
    def resend(item_id: str, delivery_id: str) -> Response:
        """Make a delivery due anew."""
        _check_mine(item_id)
        if not service.deliveries.resend(item_id, delivery_id):
            raise NotFound(f"item {item_id} has no delivery {delivery_id[:60]}")
        sent = next(each for each in service.outbox.of_item(item_id) if each.id == delivery_id)
        return json_response(_view(sent).model_dump(mode="json"), 202)

    def _check_mine(item_id: str) -> None:
        if not is_uuid(item_id):
            raise NotFound("no such item")
        service.store.get_item(item_id, g.app_name)

    return deliveries


def _view(delivery: Delivered) -> DeliveryView:
    return DeliveryView.model_validate(delivery, from_attributes=True)
