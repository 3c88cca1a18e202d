"""Counting: how many items were judged before one that is judged now, and what is kept of each to be counted by.

For each counter that an item is of, a *mark* is kept: a hash of what it is counted by, and the item's id. An item's id
begins with the time at which it was posted, so that *within* is a range of ids, and an item counts at the time it was
posted, whoever decides about it when. *Before* is the order of commits. Values of the app's metadata are personal data:
only a keyed hash of them is kept.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from moderation.core.fingerprints import MAX_DISTANCE, Fingerprint, bands, distance
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import is_number
from moderation.core.policy.words.counter import FOUND_AT_LEAST, KNOWN_DAYS, METADATA, Counter, CounterCondition
from moderation.core.policy.words.logic import conditions
from moderation.core.rules.scene import MISSING, value_at

COUNTED_TO = 100
"""What is counted to at least, so that people see more than that a rule's number was reached."""
KeyedHash = Callable[[str], str]
"""A text's hash under the installation's own key."""


@dataclass(frozen=True)
class Facts:
    """What an item is counted by.

    Attributes:
        posted_at: UTC.
        contents: digests of the given parts that are here; None when one is not.
        pictures: fingerprints of the given pictures; None when one of them could not be made.
        texts: fingerprints of the given texts that are long enough for one; None when that is not known.
    """

    app: str
    item_id: str
    posted_at: datetime
    metadata: Mapping[str, JsonValue]
    contents: tuple[str, ...] | None = ()
    pictures: tuple[Fingerprint, ...] | None = ()
    texts: tuple[Fingerprint, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What is kept of an item for one counter.

    Attributes:
        key: hash of what it is counted by.
        of: what happened to it, or the label that was found.
        who: hash of the value of which different ones are counted; empty where items are.
        bits: of a picture or text that others are nearly the same as; None where the key says it all.
    """

    key: str
    item_id: str
    of: str
    who: str = ""
    bits: int | None = None


@dataclass(frozen=True)
class Question:
    """How many came before an item, by one counter.

    Attributes:
        name: of the counter, as ``policy/counter``.
        keys: hashes, each with the bits that marks under it must nearly have; None where they need none.
        after: id that marks are after; empty where all count.
        own: the item's own id, which does not count.
        edges: the numbers at which a rule's truth changes, sorted.
    """

    name: str
    keys: tuple[tuple[str, int | None], ...]
    after: str
    own: str
    is_distinct: bool
    is_days: bool
    edges: tuple[int, ...] = ()

    @property
    def most(self) -> int:
        """What is counted to: a number that no rule asks for is the same as the next one."""
        return max((COUNTED_TO, *self.edges))

    def matches(self, mark: Mark) -> bool:
        """True when a mark is counted."""
        if mark.item_id <= self.after or mark.item_id == self.own:
            return False
        return any(
            key == mark.key and (bits is None or (mark.bits is not None and distance(bits, mark.bits) <= MAX_DISTANCE))
            for key, bits in self.keys
        )

    def found(self, marks: Iterable[Mark]) -> set[str]:
        """What is counted among marks: ids of items, or hashes of different values."""
        return {mark.who if self.is_distinct else mark.item_id for mark in marks if self.matches(mark)}

    def number(self, found: set[str]) -> int:
        """The number for what was found."""
        if self.is_days:
            return _days(min(found), self.own) if found else 0
        return min(len(found), self.most)

    def is_alike(self, one: int | None, other: int | None) -> bool:
        """True when no rule can tell the two numbers apart."""
        if one is None or other is None:
            return one is other
        return bisect_right(self.edges, one) == bisect_right(self.edges, other)


@dataclass(frozen=True)
class Counted:
    """What was counted for an item before the rules were asked.

    Attributes:
        numbers: as `Subject.counts` has them.
        problem: why some are unknown; empty when none is.
        facts: what the item itself is counted by; None where nothing is remembered.
    """

    questions: tuple[Question, ...] = ()
    numbers: Mapping[str, int | None] = field(default_factory=dict)
    problem: str = ""
    facts: Facts | None = None


@dataclass(frozen=True)
class Marks:
    """What is kept of an item, and what it was judged by.

    Attributes:
        counted: what the rules were told; the numbers must not have moved meanwhile. None where people decide.
        replaces: True when what became of the item before is not counted any more.
    """

    item_id: str
    marks: tuple[Mark, ...]
    counted: Counted | None = None
    replaces: bool = False


def counts_anything(policies: Iterable[Policy]) -> bool:
    """True when one of the policies has a counter."""
    return any(policy.file.counters for policy in policies)


def wants_prints(policies: Iterable[Policy]) -> bool:
    """True when a counter of one of the policies looks for nearly the same pictures or texts."""
    return any(counter.same is not None for policy in policies for counter in policy.file.counters.values())


def longest_seconds(policies: Iterable[Policy]) -> int:
    """How far back the counters of the policies look."""
    return max((c.within_seconds for policy in policies for c in policy.file.counters.values()), default=0)


def questions(
    policies: Iterable[Policy], facts: Facts, keyed: KeyedHash, first_id: Callable[[datetime], str]
) -> list[tuple[str, Question | None]]:
    """What is to be counted for an item, by the name of the counter; None for what cannot be known of this item.

    Args:
        first_id: the lowest id of an item that is posted at a time.
    """
    found: list[tuple[str, Question | None]] = []
    for policy in policies:
        edges = _edges(policy) if policy.file.counters else {}
        for name, counter in policy.file.counters.items():
            full = f"{policy.name}/{name}"
            keys = _keys(counter, facts, keyed)
            if keys is None:
                found.append((full, None))
                continue
            since = facts.posted_at.timestamp() - counter.within_seconds
            after = first_id(datetime.fromtimestamp(since, facts.posted_at.tzinfo)) if counter.within_seconds else ""
            is_distinct, is_days = counter.distinct is not None, counter.of == KNOWN_DAYS
            question = Question(full, keys, after, facts.item_id, is_distinct, is_days, edges.get(name, ()))
            found.append((full, question))
    return found


def marks(
    policies: Iterable[Policy],
    facts: Facts,
    keyed: KeyedHash,
    happened: Sequence[str],
    labels: Mapping[str, float],
) -> tuple[Mark, ...]:
    """What is to be kept of an item.

    Args:
        happened: such as ``posted`` and ``reject``.
        labels: what was found in it, and what stands above that, each with the highest confidence.
    """
    made: dict[Mark, None] = {}
    for policy in policies:
        for counter in policy.file.counters.values():
            if not _is_of(counter, happened, labels):
                continue
            whos = _whos(counter, facts, keyed)
            for key, bits in _keys(counter, facts, keyed) or ():
                for who in whos:
                    made[Mark(key, facts.item_id, counter.of, who, bits)] = None
    return tuple(made)


def _is_of(counter: Counter, happened: Sequence[str], labels: Mapping[str, float]) -> bool:
    if counter.of == KNOWN_DAYS:
        return "posted" in happened
    if counter.is_of_happening:
        return counter.of in happened
    low = FOUND_AT_LEAST if counter.at_least is None else counter.at_least
    return labels.get(counter.of, -1.0) >= low


def _edges(policy: Policy) -> Mapping[str, tuple[int, ...]]:
    known: Mapping[str, tuple[int, ...]] | None = policy.programs.get("counter edges")
    if known is None:
        edges: dict[str, set[int]] = {}
        for rule in policy.file.rules:
            for _, condition in conditions(rule.when, ()):
                if isinstance(condition, CounterCondition):
                    edges.setdefault(condition.counter, set()).update(condition.edges)
        known = policy.programs["counter edges"] = {name: tuple(sorted(each)) for name, each in edges.items()}
    return known


def _keys(counter: Counter, facts: Facts, keyed: KeyedHash) -> tuple[tuple[str, int | None], ...] | None:
    """What an item is counted by; none where it has nothing of that kind, None where that cannot be known."""
    values, places = _values(counter, facts), _places(counter, facts)
    if values is None or places is None:
        return None
    what = [counter.of, counter.at_least, counter.by, counter.same, counter.distinct, facts.app]
    return tuple(
        dict.fromkeys((keyed(_canonical([*what, value, place])), bits) for value in values for place, bits in places)
    )


def _values(counter: Counter, facts: Facts) -> Sequence[Any] | None:
    if counter.by is None or counter.by == "app":
        return [""]
    return _fact(counter.by, facts)


def _fact(name: str, facts: Facts) -> Sequence[Any] | None:
    """The values that a ``by`` or ``distinct`` means; none where there is no such, None where it cannot be known."""
    if name == "content":
        return facts.contents
    value = value_at(name.removeprefix(METADATA), facts.metadata)
    if is_number(value):
        number: Any = value
        return [int(number) if number == int(number) else number]  # 5 is 5.0
    return [value] if isinstance(value, str | bool) and value is not MISSING else []


def _whos(counter: Counter, facts: Facts, keyed: KeyedHash) -> Sequence[str]:
    if counter.distinct is None:
        return [""]
    return [keyed(_canonical(["distinct", counter.distinct, value])) for value in _fact(counter.distinct, facts) or ()]


def _places(counter: Counter, facts: Facts) -> Sequence[tuple[str, int | None]] | None:
    """Where marks of the same picture or text are found: under its digest, and under each band of its bits."""
    if counter.same is None:
        return [("", None)]
    prints = facts.pictures if counter.same == "picture" else facts.texts
    return None if prints is None else list(_places_of(prints))


def _places_of(prints: Iterable[Fingerprint]) -> Iterator[tuple[str, int | None]]:
    for each in prints:
        yield each.digest, None
        if each.bits is not None:
            for number, band in enumerate(bands(each.bits)):
                yield f"{number}:{band}", each.bits


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _days(first: str, last: str) -> int:
    """Whole days between the times with which two ids begin."""
    return max(0, (_milliseconds(last) - _milliseconds(first)) // 86_400_000)


def _milliseconds(item_id: str) -> int:
    return int(item_id.replace("-", "")[:12], 16)
