"""An item as leads see it: its content without personal data until they ask, what was found, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.redaction import places, redact_text
from moderation.core.verdicts import Verdict
from moderation.core.wording import policy_words, unseen_words
from moderation.evidence.glimpses import glimpse
from moderation.storage.records import ItemRecord

LONGEST_TEXT = 20_000
PICTURES = 6
"""Extracted pictures that are shown of a film."""


@dataclass(frozen=True)
class ShownPart:
    """A part.

    Attributes:
        text: of a text; None for the others, and for a text that nobody has looked at yet.
        has_picture: True where there is a picture to show.
        note: what else to say of it, such as its size.
    """

    id: str
    type: str
    text: str | None
    has_picture: bool
    note: str
    extracted: bool


@dataclass(frozen=True)
class Happened:
    """One line of an item's story.

    Attributes:
        kind: ``posted``, ``asked``, ``answered`` or ``decided``.
        who: whose act it was: an app, a policy, a reviewer.
        what: the outcome, the queue, or the problem.
        why: in words.
    """

    at: datetime
    kind: str
    who: str
    what: str = ""
    why: str = ""


def is_personal(label: str) -> bool:
    """True of the taxonomy's labels of personal data."""
    return label == "PII" or label.startswith("PII/")


def first_line(record: ItemRecord, unmasked: bool) -> str:
    """What a list says of an item; empty for a text that nobody has looked at yet."""
    if record.ruling is None and not unmasked and any(part.text is not None for part in record.item.parts):
        return ""
    return glimpse(record.item, record.parts, () if unmasked else record.detections)


def shown_parts(record: ItemRecord, unmasked: bool) -> list[ShownPart]:
    """The parts that are shown; personal data is masked unless somebody asked for it."""
    personal = [] if unmasked else [each for each in record.detections if is_personal(each.label)]
    hidden = places(record.parts, personal)
    is_judged = record.ruling is not None or unmasked
    found, pictures = [], 0
    for part in record.parts:
        extracted = part.extraction is not None
        has_picture = part.type == "image" and part.media is not None and record.media_deleted_at is None
        if extracted and part.type == "image":
            pictures += 1
            if pictures > PICTURES:
                continue
        text = None
        if part.text is not None and is_judged:
            # What is hidden is cut out first: half of a number is as good as all of it.
            text = redact_text(part.text, hidden.get(part.id, []))[:LONGEST_TEXT]
        found.append(ShownPart(part.id, part.type, text, has_picture, _facts(part), extracted))
    return found


def picture_of(record: ItemRecord) -> Part | None:
    """The picture that stands for an item: its first, or the first frame of its film."""
    return next((part for part in record.parts if part.type == "image" and part.media is not None), None)


def found_labels(detections: Sequence[Detection]) -> list[tuple[str, float, str, int]]:
    """Label, highest confidence, by whom, and how often; surest first."""
    best: dict[str, Detection] = {}
    number: dict[str, int] = {}
    for each in detections:
        number[each.label] = number.get(each.label, 0) + 1
        if each.label not in best or each.confidence > best[each.label].confidence:
            best[each.label] = each
    rows = [
        (label, each.confidence, each.detector.name if each.detector else "", number[label])
        for label, each in best.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def why(verdict: Verdict) -> list[str]:
    """Why the rules wanted what they wanted, sentence by sentence."""
    return [verdict.reason, *(line for policy in verdict.policies for line in policy_words(policy))]


def unseen(verdict: Verdict) -> list[str]:
    """What nobody looked at or for."""
    return list(unseen_words(verdict))


def story(record: ItemRecord, names: Mapping[str, str]) -> list[Happened]:
    """What happened to an item, newest first.

    Args:
        names: of reviewers, by the ids that answers have.
    """
    return sorted(_story(record, names), key=lambda each: each.at, reverse=True)


def _story(record: ItemRecord, names: Mapping[str, str]) -> Iterator[Happened]:
    yield Happened(record.item.created_at, "posted", record.item.app)
    for loop in record.loops:
        yield Happened(loop.created_at, "asked", loop.policy, loop.queue, loop.appeal or loop.problem or "")
        for answer in loop.answers:
            yield Happened(answer.submitted_at, "answered", names.get(answer.reviewer, ""), answer.outcome, answer.note)
    for decision in record.decisions:
        by = decision.policy.name if decision.decided_by == "rules" else ""
        yield Happened(decision.decided_at, "decided", by, decision.outcome, decision.reason)


def _facts(part: Part) -> str:
    media = part.media
    if media is None:
        return ""
    size = f"{media.width} × {media.height}" if media.width and media.height else ""
    return ", ".join(each for each in (media.content_type, size) if each)
