"""``/v1/items/{id}/statement``: the statement of reasons of a decision, as JSON, text, or for the DSA database."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from ground.ids import is_uuid
from moderation.api.auth import Gate
from moderation.api.openapi import Operation, Parameter
from moderation.api.posting import json_response
from moderation.api.problems import invalid
from moderation.api.schemas.statements import DsaStatement, GroundView, StatementView
from moderation.core.dsa import BY_NAME
from moderation.core.errors import NotFound
from moderation.core.policy.choices import in_language
from moderation.core.statement_rows import dsa_row, puid
from moderation.core.statement_words import STATED_IN, Language, sentences, text
from moderation.core.statements import Statement
from moderation.reporting.statements import statement_of
from moderation.service import Service

FORMATS = ("json", "text", "dsa")
FORMAT = Parameter(
    "format",
    {"type": "string", "enum": list(FORMATS)},
    "`text` for the user, `dsa` for the DSA Transparency Database; else as `Accept` says, JSON without either.",
)
LANGUAGE = Parameter(
    "language", {"type": "string", "enum": list(STATED_IN)}, "Of the words; else as `Accept-Language` says, or English."
)
DECISION = Parameter(
    "decision", {"type": "integer", "minimum": 1, "maximum": 9999}, "Number of the decision; else the one in force."
)


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    statements = Blueprint("statements", __name__, url_prefix="/v1/items")
    statements.before_request(gate.admit)

    @statements.get("/<item_id>/statement")
    @Operation(
        "The statement of reasons of a decision, for the user whose content it is about: what was found, which rule "
        "and ground, automated or not, how to appeal. It has no content, no notes of reviewers and no personal data. "
        "409 where `dsa` is asked for and nothing is restricted, or the policy names no ground.",
        {200: (StatementView, DsaStatement)},
        parameters=(FORMAT, LANGUAGE, DECISION),
        problems=(401, 404, 409, 422, 503),
        also=("text/plain",),
    )
    def get_statement(item_id: str) -> Response:
        """The reasons of one decision."""
        form, language, number = _format(), _language(), _number()
        if not is_uuid(item_id):
            raise NotFound("no such item")
        record = service.store.get_item(item_id, g.app_name)
        said = statement_of(record, service.database, service.versions, number)
        if form == "text":
            return Response(text(said, language), content_type="text/plain; charset=utf-8")
        if form == "dsa":
            return json_response(dsa_row(said))
        return json_response(view(said, language).model_dump(mode="json"))

    return statements


def view(said: Statement, language: Language) -> StatementView:
    """A statement as the API shows it."""
    ground = said.ground
    return StatementView(
        id=puid(said),
        item=said.item_id,
        decision=said.number,
        language=language,
        words=list(sentences(said, language)),
        outcome=said.outcome,
        restriction=said.restriction,
        posted_at=said.posted_at,
        decided_at=said.decided_at,
        content_types=list(said.content_types),
        found=list(said.labels),
        policy=said.policy.name,
        policy_version=said.policy.version,
        rules=list(said.rules),
        ground=None
        if ground is None
        else GroundView(
            basis=ground.basis,
            reference=in_language(ground.reference, language),
            explanation=in_language(ground.explanation, language),
            category=BY_NAME[ground.category].code,
            keyword=f"KEYWORD_{ground.keyword.upper()}" if ground.keyword else None,
            url=ground.url,
            countries=sorted(ground.countries),
        ),
        no_ground=said.no_ground,
        automated_detection=said.is_detected,
        automated_decision=said.automation,
        source=said.source,
        can_appeal=said.redress.refused is None,
        no_appeal=said.redress.refused,
    )


def _format() -> str:
    asked = request.args.get(FORMAT.name)
    if asked is None:
        best = request.accept_mimetypes.best_match(["application/json", "text/plain"], "application/json")
        return "text" if best == "text/plain" else "json"
    if asked not in FORMATS:
        raise invalid(FORMAT.name, f"one of {', '.join(FORMATS)}")
    return asked


def _language() -> Language:
    asked = request.args.get(LANGUAGE.name)
    for language in STATED_IN:
        if asked == language:
            return language
    if asked is not None:
        raise invalid(LANGUAGE.name, f"one of {', '.join(STATED_IN)}")
    for tag, _ in request.accept_languages:  # by quality, best first
        for language in STATED_IN:
            if tag.partition("-")[0].lower() == language:
                return language
    return "en"


def _number() -> int | None:
    asked = request.args.get(DECISION.name)
    if asked is None:
        return None
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked[:9]) <= 9999:
        raise invalid(DECISION.name, "a whole number from 1 to 9999")
    return int(asked)
