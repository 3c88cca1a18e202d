"""``/v1/lists``: what operators put on lists and take off them, while the service runs. With keys of operators only."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, g, request
from pydantic import BaseModel

from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation, Parameter
from moderation.api.schemas.lists import ListChange, ListChanges, ListedEntry, ListOfLists, ListText, ListView, NewEntry
from moderation.service import Service
from moderation.storage.lists import Entry, ListState

SHOWN = 1000
"""Newest entries, and changes, that one answer has."""
WHY = Parameter("why", {"type": "string", "minLength": 1, "maxLength": 1000}, "Why it is taken off.")


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    lists = Blueprint("lists", __name__, url_prefix="/v1/lists")
    lists.before_request(gate.admit_operator)

    @lists.get("")
    @Operation("All lists at run time.", {200: ListOfLists}, problems=(401, 403, 422, 503))
    def list_lists() -> Response:
        """All lists, by name."""
        return _json(ListOfLists(lists=[_view(state) for state in service.lists.states(_now())]))

    @lists.get("/<list_name>")
    @Operation("A list and what stands on it, newest first.", {200: ListText}, problems=(401, 403, 404, 422, 503))
    def get_list(list_name: str) -> Response:
        """One list with its newest entries."""
        state, entries = service.lists.state(list_name, _now())
        return _json(ListText(**_view(state).model_dump(), listed=[_entry(each) for each in entries[:SHOWN]]))

    @lists.get("/<list_name>/changes")
    @Operation("What happened to a list, newest first.", {200: ListChanges}, problems=(401, 403, 404, 422, 503))
    def get_changes(list_name: str) -> Response:
        """Who put there what and took what away, when and why."""
        service.lists.state(list_name, _now())
        made = [
            ListChange.model_validate(each, from_attributes=True) for each in service.lists.changes(list_name, SHOWN)
        ]
        return _json(ListChanges(changes=made))

    @lists.post("/<list_name>")
    @Operation(
        "Put an entry on a list, which is made when it is new.",
        {201: ListedEntry},
        bodies=(NewEntry,),
        problems=(400, 401, 403, 413, 415, 422, 503),
    )
    def add_entry(list_name: str) -> Response:
        """One entry more; it acts from the next item on."""
        given = read_model(request, NewEntry)
        (made,) = service.lists.add(
            list_name, [given.value], by=_by(), why=given.why, now=_now(), kind=given.kind, expires_at=given.expires_at
        )
        return _json(_entry(made), 201)

    @lists.delete("/<list_name>/entries/<int:entry_id>")
    @Operation("Take an entry off a list.", {200: ListedEntry}, parameters=(WHY,), problems=(401, 403, 404, 422, 503))
    def remove_entry(list_name: str, entry_id: int) -> Response:
        """One entry less, from the next item on; what happened stays readable."""
        why = request.args.get("why", "taken off over the API")
        return _json(_entry(service.lists.remove(list_name, entry_id, by=_by(), why=why, now=_now())))

    return lists


def _by() -> str:
    return f"API key {g.key_id} of {g.app_name}"


def _now() -> datetime:
    return datetime.now(UTC)


def _view(state: ListState) -> ListView:
    return ListView.model_validate(state, from_attributes=True)


def _entry(entry: Entry) -> ListedEntry:
    return ListedEntry.model_validate(entry, from_attributes=True)


def _json(view: BaseModel, status: int = 200) -> Response:
    return Response(view.model_dump_json(), status, content_type="application/json")
