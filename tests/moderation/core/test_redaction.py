"""Redaction by the pure rules: what a copy breaks."""

from __future__ import annotations

from moderation.core.detections import Detection
from moderation.core.redaction import RedactedPart, signed_parts
from moderation.storage.records import redacted_view


def test_a_copy_of_what_was_signed_says_that_it_breaks_the_signature_and_others_say_nothing() -> None:
    found = [
        Detection(label="Source/CREDENTIALS_VALID", confidence=99, part="p0"),
        Detection(label="Source/CREDENTIALS_UNCHECKED", confidence=99, part="p1"),
        Detection(label="Source/CREDENTIALS_BROKEN", confidence=99, part="p2"),
        Detection(label="Source/MADE_BY_AI", confidence=99, part="p3"),
    ]
    signed = RedactedPart(part="p0", type="image", breaks_signature=True)

    assert signed_parts(found) == {"p0", "p1"}
    assert redacted_view("i", signed)["breaks_signature"] is True
    assert "breaks_signature" not in redacted_view("i", RedactedPart(part="p3", type="image"))
    assert "breaks_signature" not in RedactedPart(part="p3", type="image").model_dump(mode="json")
