"""Judging again: a decided item is looked at anew because something came up since, such as users' reports."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from moderation.core.egress import stays_here
from moderation.core.errors import CapReached, HumanLoopRefused, StoreUnavailable
from moderation.core.redaction import RedactedPart
from moderation.core.rules.caps import caps
from moderation.detection.judgement import Judgement
from moderation.pipeline.deciding import decision_of_rules, derivatives_wanted, media_kept_until, tell
from moderation.pipeline.loops import loop_anew
from moderation.pipeline.ports import Ports
from moderation.storage.records import ItemRecord

logger = logging.getLogger(__name__)

Became = Literal["same", "decided", "asked"]
"""What came of it: nothing new, a decision of the rules that supersedes, or people are asked."""


def judge_anew(ports: Ports, item_id: str, known: Callable[[ItemRecord], Judgement | None] = lambda _: None) -> Became:
    """Judge a decided item by the policies in force, and act where they want another outcome than the one there is.

    Rules never overrule what people have decided, but for a locked rejection: there people are asked. An item whose
    media is not kept any longer stays as it is: nobody could look at it.

    Args:
        known: what is found in an item as it stands; None to look at it again.

    Raises:
        StoreUnavailable: try again.
        NotFound: there is no such item any more.
    """
    record = ports.store.get_item(item_id)
    if record.status != "decided" or record.decision is None or record.not_kept:
        return "same"
    try:
        judgement = known(record) or ports.judge.judge(record.item)
    except StoreUnavailable:
        raise
    except Exception:
        # As an item that cannot be judged at first: the policies say what then.
        logger.exception("item=%s cannot be judged anew", item_id)
        judgement = ports.judge.give_up(record.item, "it could not be judged anew")
    ruling, decision = judgement.ruling, record.decision
    if ruling.outcome == decision.outcome:
        return "same"
    is_peoples = decision.decided_by == "people" and not ruling.has_locked_reject
    if ruling.outcome == "review" or is_peoples:
        return _ask(ports, record, judgement)
    redacted: list[RedactedPart] = []
    if ruling.outcome == "approve" and ruling.to_redact(judgement.detections):
        redacted, failures = ports.judge.redact(record.item, judgement.parts, judgement.detections, ruling)
        if failures:
            return _ask(ports, record, judgement)
    made = decision_of_rules(ruling, ports.clock())
    try:
        stored = ports.store.decide(
            item_id,
            made,
            judgement.findings,
            ruling,
            redacted=redacted,
            caps=caps(ruling, judgement.policies),
            media_until=media_kept_until(ports, made, judgement.applicable),
            derivatives=derivatives_wanted(
                record.item, made, judgement.applicable, redacted, judgement.failures, judgement.parts
            ),
            is_anew=True,
        )
    except CapReached as reached:
        logger.warning("item=%s %s", item_id, reached)
        return _ask(ports, record, judgement)
    if stored is None:
        return "same"
    tell(ports, (record.item, stored), kept={item_id} if stays_here(judgement.failures) else ())
    return "decided"


def _ask(ports: Ports, record: ItemRecord, judgement: Judgement) -> Became:
    try:
        loop = loop_anew(ports, record, judgement)
    except HumanLoopRefused as error:
        logger.error("item=%s stays as it was decided, because nobody can be asked: %s", record.item.id, error)
        return "same"
    if not ports.store.ask_anew(record.item, judgement.findings, judgement.ruling, loop):
        return "same"
    logger.info("item=%s people are asked anew", record.item.id)
    ports.news.spread()
    ports.ask()
    return "asked"
