"""What every decision brings with it, whoever made it: how long media is kept, and who is told."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime

from moderation.core.decisions import Decision
from moderation.core.derivatives import Derivative, derivatives_of
from moderation.core.detections import Failure
from moderation.core.egress import stays_here
from moderation.core.items import Item, Part
from moderation.core.policy.policies import Policy
from moderation.core.redaction import RedactedPart
from moderation.core.retention import media_until
from moderation.core.rulings import Ruling
from moderation.detection.judgement import Judgement
from moderation.detection.subjects import content_types_of
from moderation.pipeline.counting import marks_of_people
from moderation.pipeline.ports import Ports
from moderation.storage.records import ItemRecord, LoopEnd, LoopRecord

logger = logging.getLogger(__name__)

SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.02, 0.25
"""Another process may moderate an item without waking anybody here, so waits are cut into pieces."""


def decision_of_rules(ruling: Ruling, at: datetime) -> Decision:
    """What the rules decide: a ruling of approve or reject."""
    if ruling.outcome == "review":
        raise ValueError("people decide what is to be reviewed")
    return Decision(
        outcome=ruling.outcome,
        decided_by="rules",
        labels=ruling.labels,
        reason=ruling.reason,
        policy=ruling.policy,
        actions=ruling.actions,
        decided_at=at,
    )


def is_recognised(decision: Decision, loops: Sequence[LoopRecord], applicable: Sequence[Policy]) -> bool:
    """Whether fingerprints are kept of an item that rules decide: what they reject, and what people look at.

    Of what they approve and nobody will look at, which nearly all is, only where a policy answers public notices: then
    it may have to be found as somebody's copy. Reviewers are not told of that one: there is nothing to learn from it.
    """
    return decision.outcome == "reject" or bool(loops) or any(each.file.notices is not None for each in applicable)


def media_kept_until(ports: Ports, decision: Decision, applicable: Sequence[Policy]) -> datetime | None:
    """When an item's media may go, by the policies for the item; None for never."""
    until = media_until(applicable, decision.outcome, decision.decided_at, ports.media_keep_days)
    if ports.media_kept_at_most is None:
        return until
    latest: datetime = decision.decided_at + ports.media_kept_at_most
    return latest if until is None else min(until, latest)


def derivatives_wanted(
    item: Item,
    decision: Decision,
    applicable: Sequence[Policy],
    redacted: Sequence[RedactedPart],
    failures: Sequence[Failure],
    parts: Sequence[Part],
) -> tuple[Derivative, ...]:
    """What the policies for an item want done with its pictures and films; nothing where it has to stay here."""
    return () if stays_here(failures) else derivatives_of(applicable, item, decision, redacted, parts)


def decide_anew(ports: Ports, record: ItemRecord, decision: Decision) -> bool:
    """Have a decision supersede the one there is, without looking again, and say so.

    Returns:
        False when the item is not decided any more, and nothing was done.
    """
    applicable = ports.judge.policies.for_content(record.item.app, content_types_of(record.parts))
    made = ports.store.decide(
        record.item.id,
        decision,
        None,
        None,
        media_until=media_kept_until(ports, decision, applicable),
        derivatives=derivatives_wanted(record.item, decision, applicable, (), record.failures, record.parts),
        is_anew=True,
    )
    if made is None:
        return False
    tell(ports, (record.item, made), kept={record.item.id} if record.stays_here else ())
    return True


def decide_by_people(
    ports: Ports,
    record: ItemRecord,
    decision: Decision,
    ended: Sequence[LoopEnd],
    heard: Judgement | None = None,
    *,
    is_anew: bool = False,
) -> None:
    """Store what people decided, with the loops that settled it, and say so.

    Args:
        heard: the judgement with what they said, where the rules had the word again.
        is_anew: the item is decided, and nobody was asked here; this decision supersedes.
    """
    findings, ruling = (heard.findings, heard.ruling) if heard is not None else (None, None)
    last = ruling or record.ruling
    redacted: list[RedactedPart] = []
    detections = findings.detections if findings is not None else record.detections
    failures = findings.failures if findings is not None else record.failures
    if decision.outcome == "approve" and last is not None and last.to_redact(detections):
        # People have approved it: what cannot be redacted is withheld.
        redacted, _ = ports.judge.redact(record.item, record.parts, detections, last, failures)
    applicable = ports.judge.policies.for_content(record.item.app, content_types_of(record.parts))
    until = media_kept_until(ports, decision, applicable)
    marks = marks_of_people(ports, record, applicable, decision)
    made = ports.store.decide(
        record.item.id,
        decision,
        findings,
        ruling,
        ended,
        redacted=redacted,
        media_until=until,
        derivatives=derivatives_wanted(record.item, decision, applicable, redacted, failures, record.parts),
        marks=marks,
        is_anew=is_anew,
    )
    if made is not None:
        tell(ports, (record.item, made), kept={record.item.id} if stays_here(failures) else ())


def tell(ports: Ports, *decided: tuple[Item, Decision], kept: Collection[str] = ()) -> None:
    """Say that items are decided.

    Args:
        kept: ids of those of which nothing may leave this machine: plugins are not told of them, since nobody knows
            where they tell it.
    """
    for item, decision in decided:
        logger.info("item=%s outcome=%s by=%s", item.id, decision.outcome, decision.decided_by)
    ports.news.spread()
    ports.deliver()
    for item, decision in decided:
        if item.id in kept:
            continue
        try:
            ports.decided(item=item, decision=decision)
        except Exception:  # a plugin's fault changes nothing about the decision
            logger.exception("item=%s a plugin's item_decided failed", item.id)


def wait_decided(ports: Ports, item_id: str, seconds: float) -> ItemRecord:
    """The item as soon as it is decided or people are asked, or as it is when the time is over."""
    deadline = time.monotonic() + seconds
    pause = SHORTEST_WAIT_SECONDS
    while True:
        known = ports.news.count
        record = ports.store.get_item(item_id)
        left = deadline - time.monotonic()
        if record.status != "pending" or left <= 0 or ports.news.is_over:
            return record
        ports.news.wait(known, min(left, pause))
        pause = min(pause * 1.5, LONGEST_WAIT_SECONDS)
