"""``/v1/redact``: a text without personal data."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation
from moderation.api.problems import Refused
from moderation.api.schemas.redact import EntityView, RedactedText, TextToRedact
from moderation.containers.layers import CannotRead
from moderation.core.errors import FieldError, InvalidSubmission
from moderation.redacting.styles import Style
from moderation.redacting.texts import NotRedacted, labels_of, redact
from moderation.redacting.tokens import TokenKey
from moderation.service import Service


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`. Nothing of it is stored.

    Raises:
        SettingsError: the key file of tokens cannot be used.
    """
    key_file = service.settings.redact_key_file
    key = TokenKey.read(key_file) if key_file is not None else None
    redaction = Blueprint("redact", __name__, url_prefix="/v1/redact")
    redaction.before_request(gate.admit)

    @redaction.post("")
    @Operation(
        "Take personal data out of a text. Nothing is stored.",
        {200: RedactedText},
        bodies=(TextToRedact,),
        problems=(400, 401, 413, 415, 422, 503),
    )
    def post_redact() -> Response:
        """The text without what was found, and what that was."""
        given = read_model(request, TextToRedact)
        labels = labels_of(given.types, service.taxonomy)
        style = Style.of(given.mode, given.mask, key)
        try:
            done = redact(service.judge, g.app_name, given.text, labels, style, given.format)
        except CannotRead as error:
            raise InvalidSubmission([FieldError("text", str(error))]) from error
        except NotRedacted as error:
            # A text that nobody has looked through must not come back as if it were clean.
            raise Refused(503, "unavailable", str(error), headers={"Retry-After": "5"}) from error
        entities = [
            EntityView(
                type=entity.label.rpartition("/")[2],
                label=entity.label,
                confidence=entity.confidence,
                start=entity.span.start if entity.span else 0,
                end=entity.span.end if entity.span else len(given.text),
            )
            for entity in done.entities
        ]
        body = RedactedText(text=done.text, entities=entities, unread=list(done.unread))
        return Response(body.model_dump_json(), content_type="application/json")

    return redaction
