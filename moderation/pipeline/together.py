"""Together: texts that wait at the same time are judged with one call of each detector, and decided in one commit.

Those that the rules want people to see are put into review in that commit, too. Whatever takes another way (a sample
that is held, a copy to be redacted, a daily cap) goes on one by one with its judgement; where a detector gave no
answer, each is moderated by itself from its beginning.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from ground.once import Once
from moderation.core.decisions import Decision
from moderation.core.errors import CountsMoved, StoreUnavailable
from moderation.core.items import Item
from moderation.core.rules.caps import caps
from moderation.core.rulings import Ruling
from moderation.core.started_loops import started
from moderation.detection.judgement import Judgement
from moderation.detection.subjects import content_types_of
from moderation.pipeline.counting import MOST_MOVES, marks_of_rules
from moderation.pipeline.deciding import decision_of_rules, is_recognised, media_kept_until, tell
from moderation.pipeline.loops import first_loop, sample_loop
from moderation.pipeline.ports import Ports
from moderation.storage.deciding import Ruled
from moderation.storage.records import Claim

logger = logging.getLogger(__name__)

CHARS_TOGETHER = 200_000
"""Of the texts that one call has, which is to be answered within the time limit of one look."""

MOST_ALIKE = 8
"""Rulings of a group that others are compared with: that nothing was found, by each of the outcomes that has."""


@dataclass
class Together:
    """What became of items that were moderated together; others of them are not judged.

    Attributes:
        done: ids of those that need nothing more.
        judged: the judgements on those that nothing is done about yet, by id.
    """

    done: set[str] = field(default_factory=set)
    judged: dict[str, Judgement] = field(default_factory=dict)


def moderate_texts(ports: Ports, claims: Sequence[Claim]) -> Together:
    """Moderate what can be done together."""
    # Which policies are for an item, and so which detectors are asked about it, follows from these two.
    alike: defaultdict[tuple[str, frozenset[str]], list[Item]] = defaultdict(list)
    for claim in claims:
        item = claim.item
        if claim.attempts <= ports.max_attempts and all(part.type == "text" for part in item.parts):
            alike[item.app, content_types_of(item.parts)].append(item)
    became = Together()
    # The fewest first: an app with one text does not wait for another's two hundred.
    for together in chain.from_iterable(_portions(each) for each in sorted(alike.values(), key=len)):
        try:
            _moderate(ports, together, became)
        except (StoreUnavailable, CountsMoved) as error:
            logger.warning("%d items are moderated one by one: %s", len(together), error)
        except Exception:  # one of them may be what does it: alone, it harms no other
            logger.exception("%d items are moderated one by one", len(together))
    return became


def _portions(alike: Sequence[Item]) -> Iterator[list[Item]]:
    """Items in order, so many at a time that their texts are not longer than one call should have."""
    portion: list[Item] = []
    chars = 0
    for item in alike:
        length = sum(len(part.text or "") for part in item.parts)
        if portion and chars + length > CHARS_TOGETHER:
            yield portion
            portion, chars = [], 0
        portion.append(item)
        chars += length
    yield portion


def _moderate(ports: Ports, together: Sequence[Item], became: Together) -> None:
    judgements = ports.judge.judge_texts(together)
    if judgements is None:
        return
    for moved in range(MOST_MOVES + 1):
        ruled = []
        alike = _Alike(ports.clock())
        for item, judgement in zip(together, judgements, strict=True):
            if _is_plain(judgement):
                ruled.append(_ruled(ports, item, judgement, alike))
            else:
                became.judged[item.id] = judgement
        try:
            decided = ports.store.decide_together(ruled) if ruled else set()
            break
        except CountsMoved as news:
            if moved == MOST_MOVES:
                raise
            logger.info("%d items are judged again: %s", len(together), news)
            became.judged.clear()
            judgements = ports.judge.count_again(together, judgements)
    if any(each.loops for each in ruled):
        ports.ask()
        ports.news.spread()
    told = [(each.item, each.decision) for each in ruled if each.decision is not None and each.item.id in decided]
    if told:
        tell(ports, *told)
    became.done.update(each.item.id for each in ruled)


def _is_plain(judgement: Judgement) -> bool:
    """True when there is nothing to do but to write down what the rules want."""
    ruling = judgement.ruling
    if any(sample.hold for sample in ruling.samples) or started(judgement.detections):
        return False
    if ruling.outcome == "review":
        return True
    hides = ruling.outcome == "approve" and ruling.to_redact(judgement.detections)
    return not hides and not caps(ruling, judgement.policies)


class _Alike:
    """Has equal rulings of a group be the same object, and their decisions: what follows is worked out once for all."""

    def __init__(self, at: datetime) -> None:
        self._kept: list[Ruling] = []
        self.decision = Once[Ruling, Decision](lambda ruling: decision_of_rules(ruling, at))

    def ruling(self, ruling: Ruling) -> Ruling:
        """The first that says the same."""
        said = vars(ruling)  # a model's own comparison takes ten times as long
        for each in self._kept:
            if vars(each) == said:
                return each
        if len(self._kept) < MOST_ALIKE:
            self._kept.append(ruling)
        return ruling


def _ruled(ports: Ports, item: Item, judgement: Judgement, alike: _Alike) -> Ruled:
    ruling = alike.ruling(judgement.ruling)
    if ruling.outcome == "review":
        return Ruled(
            item=item,
            decision=None,
            findings=judgement.findings,
            ruling=ruling,
            loops=[first_loop(ports, item, judgement, None)],
            media_until=None,
            fingerprints=ports.judge.fingerprints(item),
            marks=marks_of_rules(ports, item.id, judgement, "review"),
        )
    decision = alike.decision(ruling)
    samples = enumerate(ruling.samples, 1)
    loops = [sample_loop(ports, item, judgement, number, sample) for number, sample in samples]
    is_known = is_recognised(decision, loops, judgement.applicable)
    return Ruled(
        item=item,
        decision=decision,
        findings=judgement.findings,
        ruling=ruling,
        loops=loops,
        media_until=media_kept_until(ports, decision, judgement.applicable),
        fingerprints=ports.judge.fingerprints(item) if is_known else (),
        marks=marks_of_rules(ports, item.id, judgement, decision.outcome),
    )
