"""``/v1/remoderations``: decided items judged by the policies in force, after these have changed. For operators."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, g, request
from pydantic import BaseModel

from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation
from moderation.api.problems import invalid
from moderation.api.schemas.remoderations import (
    Example,
    Move,
    NewRemoderation,
    RemoderationList,
    RemoderationPreview,
    RemoderationView,
)
from moderation.api.strict_json import check_text
from moderation.pipeline.remoderating import preview
from moderation.service import Service
from moderation.storage.consents import Consents
from moderation.storage.remoderations import MAY_BE_CANCELLED, MAY_BE_UNDONE, Remoderation

LOOKED_AT = 20_000
"""Items that a look goes through while somebody waits for it; `moderation again` goes through all."""
SHOWN = 100


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    remoderations = Blueprint("remoderations", __name__, url_prefix="/v1/remoderations")
    remoderations.before_request(gate.admit_operator)
    runs, consents = service.remoderating.runs, Consents(service.database, service.settings.two_persons_for())

    @remoderations.post("")
    @Operation(
        "Judge decided items by the policies in force. With `dry_run`, say what would change: counts, and examples. "
        "What people have decided stays unless `with_people` says so; what is on legal hold stays in any case.",
        {200: RemoderationPreview, 202: RemoderationView},
        bodies=(NewRemoderation,),
        problems=(400, 401, 403, 409, 413, 415, 422, 503),
    )
    def post_remoderation() -> Response:
        """Begin a run; the service works it off."""
        given = read_model(request, NewRemoderation)
        check_text("why", given.why)
        if not given.why.strip():
            raise invalid("why", "say why; blanks alone are no reason")
        if given.app is not None:
            check_text("app", given.app)
        plan = runs.planned(
            by=_by(),
            app=given.app,
            since=given.since,
            most=given.most,
            with_people=given.with_people,
            why=given.why,
            now=datetime.now(UTC),
            pace=given.pace,
            is_served=True,
        )
        if given.dry_run:
            return _json(_preview(service, plan))
        consents.need("remoderations", plan.in_words, plan.by, datetime.now(UTC))
        run = runs.begin(plan)
        service.remoderating.rounds.ring()
        answer = _json(_view(service, run), 202)
        answer.headers["Location"] = f"/v1/remoderations/{run.id}"
        return answer

    @remoderations.get("")
    @Operation("Runs, newest first.", {200: RemoderationList}, problems=(401, 403, 422, 503))
    def list_remoderations() -> Response:
        """The newest runs, with how far each is."""
        return _json(RemoderationList(remoderations=[_view(service, run) for run in runs.all()[:SHOWN]]))

    @remoderations.get("/<run_id>")
    @Operation("A run, and how far it is.", {200: RemoderationView}, problems=(401, 403, 404, 422, 503))
    def get_remoderation(run_id: str) -> Response:
        """One run."""
        return _json(_view(service, runs.get(run_id)))

    @remoderations.post("/<run_id>/cancel")
    @Operation(
        "Stop a run before its next item. What it has changed stays; `undo` takes it back.",
        {200: RemoderationView},
        problems=(401, 403, 404, 409, 422, 503),
    )
    def cancel_remoderation(run_id: str) -> Response:
        """No more items."""
        run = runs.turn(run_id, to="cancelled", of=MAY_BE_CANCELLED, by=_by(), now=datetime.now(UTC))
        return _json(_view(service, run))

    @remoderations.post("/<run_id>/undo")
    @Operation(
        "Decide as before what a run has changed, but for what was decided since, what people are asked about and what "
        "is on legal hold.",
        {202: RemoderationView},
        problems=(401, 403, 404, 409, 422, 503),
    )
    def undo_remoderation(run_id: str) -> Response:
        """Take it back; the service works that off."""
        run = runs.turn(run_id, to="undoing", of=MAY_BE_UNDONE, by=_by(), now=datetime.now(UTC))
        service.remoderating.rounds.ring()
        return _json(_view(service, run), 202)

    return remoderations


def _by() -> str:
    return f"API key {g.key_id} of {g.app_name}"


def _preview(service: Service, plan: Remoderation) -> RemoderationPreview:
    found = preview(service.remoderating.runs, service.pipeline.ports, plan, LOOKED_AT)
    return RemoderationPreview(
        moves=[
            Move.model_validate({"was": was, "would_be": then, "items": count})
            for (was, then), count in sorted(found.moves.items())
        ],
        examples=[
            Example.model_validate(dict(zip(Example.model_fields, each, strict=True))) for each in found.examples
        ],
        on_hold=found.held,
        left_to_people=found.of_people,
        is_cut=found.is_cut,
    )


def _view(service: Service, run: Remoderation) -> RemoderationView:
    counts = service.remoderating.runs.counts(run.id)
    return RemoderationView.model_validate(
        {
            **{name: getattr(run, name) for name in RemoderationView.model_fields if hasattr(run, name)},
            "status": run.state,
            "position": run.position or None,
            "decided": counts["decided"],
            "asked": counts["asked"],
        }
    )


def _json(view: BaseModel, status: int = 200) -> Response:
    return Response(view.model_dump_json(), status, content_type="application/json")
