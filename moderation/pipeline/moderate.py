"""Moderate: waiting items are claimed and judged, and what the judgement asks for is done.

Every step may run twice and has one effect: rows are claimed under a lease, loop names follow from the item's id, and a
unique index keeps the first decision the only one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from ground import tracing
from ground.holding import LEASE_SECONDS, Hold
from ground.tally import WAIT_SECONDS, Tally
from moderation.core.detections import Failure
from moderation.core.egress import stays_here
from moderation.core.errors import CapReached, CountsMoved, ModerationError, StoreUnavailable
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import MODERATED, Item, Lane
from moderation.core.redaction import RedactedPart
from moderation.core.rules.caps import caps
from moderation.detection.judgement import Judgement
from moderation.pipeline import together
from moderation.pipeline.counting import marks_of_rules
from moderation.pipeline.deciding import decision_of_rules, derivatives_wanted, is_recognised, media_kept_until, tell
from moderation.pipeline.loops import first_loop, sample_loop
from moderation.pipeline.ports import Ports
from moderation.pipeline.started import loops_started
from moderation.storage.records import Claim
from moderation.storage.turns import TOGETHER, TOGETHER_BESIDE

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 10.0
"""Before an item that could not be moderated is tried again; doubled with each attempt, at most the longest lease."""

WAITS, RETRIES = "item_wait_seconds", "item_retries"
"""Figures: how long items waited for their first try, by lane, and further tries."""


@dataclass(frozen=True)
class Learned:
    """What acting on a judgement brought up, and the rules did not know when they judged.

    Attributes:
        spent: rules, as ``policy/rule``, that have rejected as many items today as they may.
        failures: of those who were to redact a copy; one of a detector and part.
        moved: how often another item came between what was counted and this item's own commit.
    """

    spent: frozenset[str] = frozenset()
    failures: tuple[Failure, ...] = ()
    moved: int = 0

    def __or__(self, other: Learned) -> Learned:
        failures = self.failures + _not_among(other.failures, self.failures)
        return Learned(self.spent | other.spent, failures, self.moved + other.moved)


CLAIMED_AT_ONCE: dict[Lane, int] = {"texts": TOGETHER, "media": 4}
"""Texts share calls and commits. What takes long is taken by few, so that others who are free get the next."""
TEXTS_IN_SHORT_TURNS = 20
"""Of whoever keeps to texts: soon free again, for an app that posts one text while another posts thousands."""


def moderate_waiting(
    ports: Ports,
    lanes: Sequence[Lane] = MODERATED,
    make_ready: Callable[[Lane], None] = lambda _: None,
    *,
    of_few: bool = False,
) -> int:
    """Claim waiting items of each lane once and moderate them; says how many were claimed.

    Args:
        make_ready: called before items of a lane are claimed.
        of_few: leave apps that have many items waiting to others; see `Turns`.
    """
    most = {"texts": TEXTS_IN_SHORT_TURNS} if tuple(lanes) == ("texts",) else CLAIMED_AT_ONCE
    claimed = 0
    for lane in lanes:
        make_ready(lane)
        claimed += _moderate_lane(ports, lane, most[lane], of_few=of_few)
    return claimed


def _moderate_lane(ports: Ports, lane: Lane, limit: int, *, of_few: bool) -> int:
    claims = ports.store.claim(lane, limit, LEASE_SECONDS, ports.clock(), of_few=of_few)
    if not claims:
        return 0
    _count(ports.tally, lane, claims, ports.clock())
    if len(claims) >= min(limit, TOGETHER_BESIDE):  # there may be more, for whoever is free
        ports.ring(lane)
    began = time.monotonic()
    ids = [each.item.id for each in claims]
    with (
        tracing.span("claim", items=ids, moderation__lane=lane, moderation__items=len(ids)),
        ports.holding.hold(ids, claims[0].held_until, ports.lease_seconds) as hold,
    ):
        became = together.moderate_texts(ports, claims)
        others = [claim for claim in claims if claim.item.id not in became.done]
        for number, claim in enumerate(others):
            # Items at the end of a long claim must not outlive its lease unseen; but of each claim one is looked at.
            if number and time.monotonic() - began > ports.lease_seconds / 2:
                late = [each.item.id for each in others[number:]]
                with hold.let_go(*late) as until:
                    ports.store.release(late, until)
                break
            with tracing.span("moderate", item=claim.item.id, moderation__attempt=claim.attempts):
                is_done = _moderate(ports, claim, became.judged.get(claim.item.id))
            if not is_done:
                _put_off(ports, claim, hold)
    return len(claims)


def _count(tally: Tally, lane: Lane, claims: Sequence[Claim], now: datetime) -> None:
    for claim in claims:
        if claim.attempts == 1:
            tally.observe(WAITS, (now - claim.item.created_at).total_seconds(), WAIT_SECONDS, lane)
        else:
            tally.add(RETRIES)


def _put_off(ports: Ports, claim: Claim, hold: Hold) -> None:
    """An item that could not be moderated waits, longer after each attempt, so that an outage uses up none of them."""
    pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(claim.attempts - 1, 20), ports.lease_seconds)
    try:
        with hold.let_go(claim.item.id) as until:
            ports.store.move_leases([claim.item.id], until, ports.clock() + timedelta(seconds=pause))
    except StoreUnavailable as error:
        logger.warning("item=%s is tried again soon: %s", claim.item.id, error)


def _moderate(ports: Ports, claim: Claim, judgement: Judgement | None) -> bool:
    """Moderate an item; False when it is to be tried again.

    Args:
        judgement: on it, where it was judged already.
    """
    item = claim.item
    is_given_up = claim.attempts > ports.max_attempts
    try:
        if is_given_up:
            judgement = ports.judge.give_up(item, f"given up after {ports.max_attempts} attempts")
        elif judgement is None:
            judgement = ports.judge.judge(item)
        conclude(ports, item, judgement, remember=not is_given_up)
    except StoreUnavailable as error:
        logger.warning("item=%s waits: %s", item.id, error)
        return False
    except Exception as error:
        # It is tried again; after max_attempts it goes to people as it is.
        logger.exception("item=%s attempt=%d failed", item.id, claim.attempts)
        _note(ports, item, error)
        return False
    return True


def _note(ports: Ports, item: Item, error: Exception) -> None:
    """Where somebody who runs the service can see it. Words of errors that are not ours may quote the content."""
    said = str(error) if isinstance(error, ModerationError) else f"a fault of the service ({type(error).__name__})"
    try:
        ports.store.note_problem(item.id, f"it could not be judged: {said}")
    except StoreUnavailable as unavailable:
        logger.warning("item=%s waits: %s", item.id, unavailable)


def conclude(ports: Ports, item: Item, judgement: Judgement, *, remember: bool = True) -> None:
    """Do what a judgement asks for; where that brings up what the rules did not know, what they ask for knowing it.

    Args:
        remember: keep fingerprints of an item that people see or the rules reject; False where it harms who reads it.

    Ends: each time strictly more is known than before, and there is only so much to know, because an item has so many
    rules, and so many parts that so many redactors may fail on; and what is counted may move so often.
    """

    @cache
    def prints() -> Sequence[Fingerprint]:
        return ports.judge.fingerprints(item) if remember else ()

    known, latest = Learned(), judgement
    while (new := _act(ports, item, latest, prints, known.moved)) is not None:
        more = known | new
        if more == known:
            raise RuntimeError(f"item {item.id} was judged again, and nothing new came up")
        known = more
        if new.moved:
            (judgement,) = ports.judge.count_again([item], [judgement])
        latest = ports.judge.judge_again(item, judgement, known.spent, known.failures)


def _act(
    ports: Ports, item: Item, judgement: Judgement, prints: Callable[[], Sequence[Fingerprint]], moved: int
) -> Learned | None:
    """Send an item to people or decide it; says what came up instead when neither was done."""
    try:
        return _do(ports, item, judgement, prints, moved)
    except CapReached as reached:
        logger.warning("item=%s %s", item.id, reached)
        return Learned(spent=frozenset(reached.rules))
    except CountsMoved as news:
        logger.info("item=%s is judged again: %s", item.id, news)
        return Learned(moved=1)


def _do(
    ports: Ports, item: Item, judgement: Judgement, prints: Callable[[], Sequence[Fingerprint]], moved: int
) -> Learned | None:
    ruling = judgement.ruling
    elsewhere = loops_started(ports, item, judgement)
    if elsewhere and ruling.outcome != "reject":
        marks = marks_of_rules(ports, item.id, judgement, "review", moved)
        ports.store.send_to_people(item.id, judgement.findings, ruling, elsewhere, prints(), marks=marks)
        ports.news.spread()
        return None
    held = [sample for sample in ruling.samples if sample.hold]
    if ruling.outcome == "review" or held:
        loop = first_loop(ports, item, judgement, held[0] if held else None)
        # Who is picked as a sample has done nothing for it.
        marks = marks_of_rules(ports, item.id, judgement, "review" if ruling.outcome == "review" else "", moved)
        ports.store.send_to_people(item.id, judgement.findings, ruling, [loop], prints(), marks=marks)
        ports.news.spread()
        ports.ask()
        return None
    redacted: list[RedactedPart] = []
    if ruling.outcome == "approve" and ruling.to_redact(judgement.detections):
        redacted, failures = ports.judge.redact(item, judgement.parts, judgement.detections, ruling)
        if unknown := _not_among(failures, judgement.failures):
            # What cannot be shown redacted is no clean approval: the policies have the word again.
            return Learned(failures=unknown)
    decision = decision_of_rules(ruling, ports.clock())
    samples = [sample_loop(ports, item, judgement, n, sample) for n, sample in enumerate(ruling.samples, 1)]
    loops = [*samples, *elsewhere]
    decided = ports.store.decide(
        item.id,
        decision,
        judgement.findings,
        ruling,
        redacted=redacted,
        samples=loops,
        caps=caps(ruling, judgement.policies),
        media_until=media_kept_until(ports, decision, judgement.applicable),
        derivatives=derivatives_wanted(
            item, decision, judgement.applicable, redacted, judgement.failures, judgement.parts
        ),
        fingerprints=prints() if is_recognised(decision, loops, judgement.applicable) else (),
        marks=marks_of_rules(ports, item.id, judgement, decision.outcome, moved),
    )
    if loops:
        ports.ask()
    if decided is not None:
        tell(ports, (item, decided), kept={item.id} if stays_here(judgement.failures) else ())
    return None


def _not_among(failures: Sequence[Failure], known: Sequence[Failure]) -> tuple[Failure, ...]:
    """Those of a detector and part that are not among the known ones."""
    seen = {(failure.detector.name, failure.part) for failure in known}
    return tuple(failure for failure in failures if (failure.detector.name, failure.part) not in seen)
