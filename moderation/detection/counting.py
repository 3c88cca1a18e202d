"""Counting for items that are judged: how many came before, asked once for each item, before the rules are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moderation.core import counting
from moderation.core.counting import Counted, Facts, KeyedHash, Mark, Question, counts_anything
from moderation.core.detections import Detection, Failure
from moderation.core.errors import StoreUnavailable
from moderation.core.fingerprints import Fingerprint, content_digest
from moderation.core.items import Item, Tool
from moderation.core.policy.policies import Policy
from moderation.core.policy.words.counter import COUNTERS
from moderation.storage.item_ids import first_item_id

if TYPE_CHECKING:
    from ground.database import Database
    from moderation.storage.counters import Found

logger = logging.getLogger(__name__)

NOT_READ = "the database did not answer, so that nobody knows how many came before"
NOT_KNOWN = "a part could not be read, so that nobody knows how many like it came before"


@dataclass(frozen=True)
class Asked:
    """What is to be counted for one item, and what the database has of it.

    Attributes:
        found: for each question, in order; None when the database did not answer.
    """

    facts: Facts
    questions: tuple[tuple[str, Question | None], ...]
    found: tuple[Found, ...] | None

    def counted(self, among: Sequence[Mark] = ()) -> Counted:
        """The numbers.

        Args:
            among: marks of items that are judged together with this one, before it.
        """
        from moderation.storage.counters import number_of  # there is a database

        asked = tuple(question for _, question in self.questions if question is not None)
        numbers: dict[str, int | None] = {name: None for name, _ in self.questions}
        if self.found is not None:
            for question, found in zip(asked, self.found, strict=True):
                numbers[question.name] = number_of(question, found, among)
        problem = NOT_READ if self.found is None else NOT_KNOWN if None in numbers.values() else ""
        return Counted(asked, numbers, problem, self.facts)


class Counting:
    """Counts in the database of the service.

    Args:
        prints: fingerprints of an item's given parts.
        clock: for the key that values are hashed under, when it is made.
    """

    def __init__(
        self,
        database: Database,
        prints: Callable[[Item], Sequence[Fingerprint]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        from moderation.storage.counters import Counters  # without a database nothing is counted

        self._database, self._counters = database, Counters(database)
        self._prints, self._clock = prints, clock
        self._keyed: KeyedHash | None = None

    def ask(self, items: Sequence[Item], policies: Sequence[Policy]) -> list[Asked]:
        """What the policies count for each of several items, all of it read at once."""
        facts = [self.facts(item, policies) for item in items]
        try:
            keyed = self._key()
            asked = [tuple(counting.questions(policies, each, keyed, first_item_id)) for each in facts]
            found = self._counters.found([[q for _, q in each if q is not None] for each in asked])
        except StoreUnavailable as error:
            logger.warning("counters cannot be read: %s", error)
            names = tuple((f"{policy.name}/{name}", None) for policy in policies for name in policy.file.counters)
            return [Asked(each, names, None) for each in facts]
        return [Asked(*each) for each in zip(facts, asked, map(tuple, found), strict=True)]

    def facts(self, item: Item, policies: Sequence[Policy]) -> Facts:
        """What an item is counted by."""
        prints = self._prints(item) if counting.wants_prints(policies) else ()
        pictures = tuple(each for each in prints if each.kind == "picture")
        contents = [content_digest(part) for part in item.parts]
        known = tuple(digest for digest in contents if digest is not None)
        return Facts(
            item.app,
            item.id,
            item.created_at,
            item.metadata,
            contents=tuple(dict.fromkeys(known)) if len(known) == len(contents) else None,
            # Without its fingerprint nobody knows whether a picture was there before.
            pictures=pictures if len(pictures) == sum(part.type == "image" for part in item.parts) else None,
            texts=tuple(each for each in prints if each.kind == "text"),
        )

    def marks(
        self, facts: Facts, policies: Iterable[Policy], happened: Sequence[str], labels: Mapping[str, float]
    ) -> tuple[Mark, ...]:
        """What is to be kept of an item; see `moderation.core.counting.marks`.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        return counting.marks(policies, facts, self._key(), happened, labels)

    def marks_of(
        self, counted: Counted | None, policies: Sequence[Policy], happened: Sequence[str], found: Sequence[Detection]
    ) -> tuple[Mark, ...]:
        """What is to be kept of an item for which it was counted, and in which that was found."""
        if counted is None or counted.facts is None:
            return ()
        return self.marks(counted.facts, policies, happened, highest(found))

    def _key(self) -> KeyedHash:
        from moderation.storage.counters import keyed_hash

        if self._keyed is None:
            self._keyed = keyed_hash(self._database, self._clock())
        return self._keyed


class InARow:
    """The numbers for items that are judged one after the other: each is told of those before it.

    Args:
        counting: None where nothing is remembered.
    """

    def __init__(self, counting: Counting | None, items: Sequence[Item], policies: Sequence[Policy]) -> None:
        self._counting, self._policies = counting, policies
        self._before: list[Mark] = []
        self._asked: Iterator[Asked] | None = None
        self._counts = counts_anything(policies)
        if counting is not None and self._counts:
            self._asked = iter(counting.ask(items, policies))

    def next(self) -> Counted | None:
        """What was counted for the next item; None where the policies do not count."""
        if self._asked is not None:
            return next(self._asked).counted(self._before)
        return nothing_before(self._policies) if self._counts else None

    def judged(self, counted: Counted | None, outcome: str, found: Sequence[Detection]) -> None:
        """What the rules want of it; those after it are told."""
        if self._counting is not None:
            self._before += self._counting.marks_of(counted, self._policies, ("posted", outcome), found)


def nothing_before(policies: Sequence[Policy]) -> Counted:
    """The numbers where nothing is remembered, as on the command line: nothing came before."""
    return Counted((), {f"{policy.name}/{name}": 0 for policy in policies for name in policy.file.counters})


def highest(detections: Iterable[Detection]) -> dict[str, float]:
    """The labels that were found, and those above them, each with its highest confidence."""
    found: dict[str, float] = {}
    for detection in detections:
        for label in (detection.label, *detection.parents):
            found[label] = max(detection.confidence, found.get(label, 0.0))
    return found


def failure_of(counted: Counted, version: str) -> list[Failure]:
    """That something could not be counted, as the failure that people see; none when all was."""
    if not counted.problem:
        return []
    return [Failure(detector=Tool(name=COUNTERS, version=version), kind="raised", message=counted.problem)]
