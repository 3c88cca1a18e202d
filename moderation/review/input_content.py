"""What reviewers are shown: the InputContent of a human loop, made of the case that they are to look at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.detections import Detection, Failure
from moderation.core.items import Part
from moderation.core.policy.policies import Policy, Queue
from moderation.core.rulings import Ruling
from moderation.core.wording import waiting_words
from moderation.storage.records import ItemRecord, LoopRecord
from review_ui.care.severity import LIKELY

SCHEMA = "moderation-item/1"
"""Says what an InputContent of ours looks like; see `input_content`."""
MAX_INPUT_BYTES = 3_145_728
"""Amazon A2I: InputContent has at most 3 MiB."""
MAX_DETECTIONS, MAX_LABELS = 2000, 60


@dataclass(frozen=True)
class ReviewCase:
    """An item in the hands of people: all that the page they are shown is made of.

    Attributes:
        record: the item with what was found in it.
        ruling: what the rules wanted.
        policy: by which it is looked at; another one than the ruling's where a sample is.
        queue: of that policy.
        earlier: sentences on decisions on nearly the same content.
    """

    record: ItemRecord
    ruling: Ruling
    loop: LoopRecord
    policy: Policy
    queue: Queue
    earlier: Sequence[str] = ()


def input_content(case: ReviewCase) -> dict[str, Any]:
    """What reviewers are shown, as references and facts: no media bytes, and within A2I's limit.

    Of a blind sample they see the content and the policy, not what was found or what the rules wanted. ``not_for``
    names reviewers of an appealed item who have seen it before, and those whose disagreement is to be settled; our own
    endpoint gives them none of its tasks.
    ``comes_first`` puts it before all else of its queue.
    ``clearance`` names what people have to hold to be given it; our own endpoint sees to that.
    ``alone`` says that it is to be judged by itself, and not together with others that are nearly the same.
    ``harms`` names what was found where that is not shown, so that only those get it who chose to look at such things.

    ``schema``, ``item``, ``parts`` (text, ``uri`` of media, or the ``problem`` that kept it from being fetched),
    ``detections``, ``failures``, ``why`` (sentences),
    ``policy`` (name, version, description), ``labels`` to choose from, with ``names`` that people read by label and
    language, ``reasons`` to choose from (name, words by language), ``queue``, ``decide_by`` (until when they are to
    decide, RFC 3339) and ``decide_by_because`` (what says so) where the policies set a time, ``earlier`` (sentences on
    decisions on nearly the same content). Of the last, who looks at a blind sample or an appeal is not told: they
    are to say what they see themselves.
    """
    record, loop, policy = case.record, case.loop, case.policy
    item = record.item
    # What was found is kept from them, but not from routing, which keeps severe content from who did not choose it.
    detections: Sequence[Detection] = () if loop.is_blind else record.detections
    failures: Sequence[Failure] = () if loop.is_blind else record.failures
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "item": {
            "id": item.id,
            "app": item.app,
            "content_id": item.content_id,
            "metadata": dict(item.metadata),
            "created_at": item.created_at.isoformat(),
        },
        "parts": [_part(part) for part in record.parts],
        "detections": [d.model_dump(mode="json", exclude_none=True) for d in detections][:MAX_DETECTIONS],
        "failures": [f.model_dump(mode="json") for f in failures],
        "why": _why(case),
        "policy": {"name": policy.name, "version": policy.version, "description": policy.description},
        "labels": _labels(case),
        "names": policy.file.labels,
        "reasons": [{"name": name, "words": words} for name, words in policy.file.reasons.items()],
        "queue": case.queue.name,
    }
    if loop.due_at is not None:
        content["decide_by"], content["decide_by_because"] = loop.due_at.isoformat(), loop.due_because
    if record.clearances:
        content["clearance"] = list(record.clearances)
    if loop.comes_first:
        content["comes_first"] = True
    if loop.is_blind and (harms := _harms(record.detections)):
        content["harms"] = harms
    if loop.is_blind or loop.sampling is not None or loop.appeal is not None or loop.notice is not None:
        content["alone"] = True
    if case.ruling.not_examined and not loop.is_blind:
        content["not_examined"] = [waiting_words(each) for each in case.ruling.not_examined]
    if case.earlier and not loop.is_blind and loop.purpose != "appeal":
        content["earlier"] = list(case.earlier)
    if not_for := _not_for(record, loop):
        content["not_for"] = not_for
    return _within_limit(content)


def _not_for(record: ItemRecord, loop: LoopRecord) -> list[str]:
    """Who is not to judge: of an appeal all who have seen the item, else those who disagreed in another queue."""
    if loop.purpose == "appeal":
        seen = record.loops
    else:
        seen = tuple(each for each in record.loops if each.queue != loop.queue and _is_split(each))
    return sorted({answer.reviewer for each in seen for answer in each.answers})


def _is_split(loop: LoopRecord) -> bool:
    return len({answer.outcome for answer in loop.answers}) > 1


def _part(part: Part) -> dict[str, Any]:
    media, extraction = part.media, part.extraction
    return {
        "id": part.id,
        "type": part.type,
        "text": part.text,
        "uri": media.uri if media else None,
        "problem": part.source.problem if part.source else None,
        "content_type": media.content_type if media else None,
        "width": media.width if media else None,
        "height": media.height if media else None,
        "extracted_from": extraction.part if extraction else None,
        "extractor": extraction.extractor.name if extraction else None,
        "places": [p.model_dump(mode="json", exclude_none=True) for p in extraction.places] if extraction else [],
    }


def _why(case: ReviewCase) -> list[str]:
    """Why they are asked, in sentences; the most telling first."""
    loop, policy, ruling, decision = case.loop, case.policy, case.ruling, case.record.decision
    if loop.is_blind:
        return [f"{policy.name}: a sample for quality; say what you see, by the policy"]
    why = [f"{v.policy.name}: {v.because}" for v in ruling.policies if v.outcome == ruling.outcome]
    if loop.sampling is not None:
        why = [f"{policy.name}: a sample for quality; the rules wanted {ruling.outcome}", *why]
    if loop.notice is not None and not loop.appeal:
        why = [loop.notice, *why]
    if loop.appeal is not None and decision is not None:
        why = [f"Appeal against {decision.outcome}: {loop.appeal}", *why]
    return why or [ruling.reason]


def _labels(case: ReviewCase) -> list[str]:
    """The labels to choose from, likely ones first."""
    own = case.policy.file.labels
    labels = list(own or case.policy.labels())
    if not case.loop.is_blind:
        detections = sorted(case.record.detections, key=lambda d: -d.confidence)
        likely = [*case.ruling.labels, *(name for d in detections for name in (d.label, *(d.parents if own else ())))]
        labels = [*(label for label in likely if not own or label in own), *labels]
    return list(dict.fromkeys(labels))[:MAX_LABELS]


def _harms(detections: Sequence[Detection]) -> list[str]:
    likely = [d for d in detections if d.confidence >= LIKELY]
    return sorted({name for d in likely for name in (d.label, *d.parents)})


def _within_limit(content: dict[str, Any]) -> dict[str, Any]:
    """Shorten texts, longest first, until A2I takes it; a shortened part says so."""
    while len(json.dumps(content)) > MAX_INPUT_BYTES - 1024:
        longest = max(content["parts"], key=lambda part: len(part["text"] or ""))
        if len(longest["text"] or "") < 2000:
            content["detections"] = content["detections"][: len(content["detections"]) // 2]
            continue
        longest["text"] = longest["text"][: len(longest["text"]) // 2]
        longest["shortened"] = True
    return content
