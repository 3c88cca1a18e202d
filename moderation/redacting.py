"""Redacting text that is nobody's item: found by the detectors of personal data, replaced, and given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.core.detections import Detection
from moderation.core.errors import FieldError, InvalidSubmission
from moderation.core.items import Part
from moderation.core.redaction import MASKS, mask_text, redact_text
from moderation.core.taxonomy import Taxonomy
from moderation.hookspecs import Detector
from moderation.judging import Judge

PERSONAL = "PII/"


class NotRedacted(Exception):
    """A detector gave no answer, so that nobody knows what would be left in the text."""


@dataclass(frozen=True)
class Redacted:
    """A text without what was found in it.

    Attributes:
        entities: what was taken out, by place.
    """

    text: str
    entities: tuple[Detection, ...]


def labels_of(types: Sequence[str] | None, taxonomy: Taxonomy) -> frozenset[str]:
    """The labels that are wanted: ``EMAIL`` and ``PII/EMAIL`` mean the same; None for all of personal data.

    Raises:
        InvalidSubmission: an unknown type, with what may have been meant.
    """
    known = {label.removeprefix(PERSONAL): label for label in taxonomy.labels if label.startswith(PERSONAL)}
    if types is None:
        return frozenset(known.values())
    errors = []
    for number, name in enumerate(types):
        if name.removeprefix(PERSONAL) not in known:
            close = taxonomy.suggest(f"{PERSONAL}{name.removeprefix(PERSONAL).upper()}")
            hint = f"; did you mean {close.removeprefix(PERSONAL)}?" if close else ""
            errors.append(FieldError(f"types[{number}]", f"unknown type {name!r}{hint}"))
    if errors:
        raise InvalidSubmission(errors)
    return frozenset(known[name.removeprefix(PERSONAL)] for name in types)


def redact(judge: Judge, app: str, text: str, labels: frozenset[str], mask: str | None) -> Redacted:
    """Take personal data out of a text.

    Args:
        mask: one of `MASKS`, to stand for each character; None to put names such as ``[EMAIL]``.

    Raises:
        NotRedacted: a detector that could have found something gave no answer.
        InvalidSubmission: another mask.
    """
    if mask is not None and (len(mask) != 1 or mask not in MASKS):
        raise InvalidSubmission([FieldError("mask", f"one of {' '.join(MASKS)} is wanted")])

    def could_find(detector: Detector) -> bool:
        # What costs money is asked by policies only, never in passing.
        return not labels.isdisjoint(detector.labels) and not getattr(detector, "on_demand", False)

    found, failures = judge.runner.look(app, [Part(id="p0", type="text", text=text)], could_find)
    if failures:
        raise NotRedacted(f"{failures[0].detector.name} gave no answer: {failures[0].message}")
    entities = [detection for detection in found if detection.label in labels]
    entities.sort(key=lambda d: (d.span.start if d.span else 0, d.span.end if d.span else len(text), d.label))
    done = redact_text(text, entities) if mask is None else mask_text(text, entities, mask)
    return Redacted(done, tuple(entities))
