"""Backtest: what a changed set of policies would make of stored items, all rules and policies together.

Nothing is detected again: detections and failures are taken as they were recorded. Load is what people get: reviews
that the rules ask for, and samplings.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from ground.statistics import Interval, wilson
from moderation.core.detections import Detection
from moderation.core.policy.policies import PolicySet
from moderation.core.rulings import Ruling
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.forecast import Forecast, Review, reviews_of
from moderation.evidence.history import Case, days_between
from moderation.storage.rule_counts import day_of

NOT_COVERED = "not covered"
MOST_CHANGED = 20
ASSUMED_SECONDS = 60.0
"""A task's time where nobody's was measured."""


@dataclass(slots=True)
class Changed:
    """An item whose outcome changes, and why: the rule of the new set that decides.

    Attributes:
        content: what it looks like, without personal data; empty where it is gone.
        link: where its explanation is; empty where that is not known.
    """

    item_id: str
    app: str
    was: str
    would_be: str
    because: str
    people: str | None
    content: str = ""
    link: str = ""


@dataclass
class Accuracy:
    """Rules against people's answers: counts for precision and recall."""

    right: int = 0
    claimed: int = 0
    true: int = 0

    @property
    def precision(self) -> Interval | None:
        """Of those that the rules say so of, the share that people agree on; with a 95 % Wilson interval."""
        return wilson(self.right, self.claimed)

    @property
    def recall(self) -> Interval | None:
        """Of those that people say so of, the share that the rules say so of too."""
        return wilson(self.right, self.true)


@dataclass
class Side:
    """One of the two sets that are compared.

    Attributes:
        outcomes: how many items came to each outcome.
        reviews: how many human loops, by day (UTC): what the rules send to people, and what samplings pick.
        samples: how many of them samplings picked.
        tasks: reviewers' tasks: a review in a queue of three reviewers is three.
        reject: against people's answers: what the rules reject and people too.
        person: of the items with answers that the rules do not reject: needed a person (people rejected it or did not
            agree among themselves) against sent to people.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    reviews: Counter[str] = field(default_factory=Counter)
    samples: int = 0
    tasks: float = 0.0
    reject: Accuracy = field(default_factory=Accuracy)
    person: Accuracy = field(default_factory=Accuracy)

    def add(self, case: Case, outcome: str, reviews: Sequence[Review], policies: PolicySet) -> None:
        """Count an item; `policies` are those whose queues say how many reviewers a review takes."""
        self.outcomes[outcome] += 1
        for review in reviews:
            self.reviews[day_of(case.judged_at)] += 1
            self.samples += review.is_sample
            self.tasks += _reviewers(policies, review.policy, review.queue)
        if (opinion := case.opinion) is None:
            return
        people_reject = opinion.outcome == "reject"
        _add(self.reject, claimed=outcome == "reject", true=people_reject)
        if outcome != "reject":
            _add(self.person, claimed=outcome == "review", true=people_reject or not opinion.agreed)


def _add(accuracy: Accuracy, *, claimed: bool, true: bool) -> None:
    accuracy.claimed += claimed
    accuracy.true += true
    accuracy.right += claimed and true


@dataclass
class Comparison:
    """What was, and what would be.

    Attributes:
        moves: app, content types, outcome before and after, to how many items; the unmoved are among them.
        rules: rule of the new set that decides items which move, to how many.
        most_changed: items that would be decided against people's answers, then the largest moves, then the surest.
        not_looked_for: labels that the new set asks about and that nobody looked for at the time, to how many items.
        unrecorded: items of which it was not recorded who looked; something may have gone unseen in them.
        answered: items that people answered on.
        seconds: what tasks took, summed, and how many were measured.
        first_day, last_day: of the items, UTC; empty when there are none.
    """

    was: Side = field(default_factory=Side)
    would_be: Side = field(default_factory=Side)
    items: int = 0
    moves: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    not_looked_for: Counter[str] = field(default_factory=Counter)
    unrecorded: int = 0
    answered: int = 0
    seconds: float = 0.0
    timed: int = 0
    first_day: str = ""
    last_day: str = ""
    _changed: list[tuple[tuple[bool, int, float, str], Changed]] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """Items whose outcome changes."""
        return sum(count for (_, _, was, would_be), count in self.moves.items() if was != would_be)

    @property
    def days(self) -> list[str]:
        """Every day from the first item's to the last one's, those without items too."""
        return days_between(self.first_day, self.last_day)

    def at(self, day: str) -> None:
        """Note that there is an item of this day."""
        self.first_day = min(day, self.first_day or day)
        self.last_day = max(day, self.last_day)

    @property
    def most_changed(self) -> list[Changed]:
        """As said above."""
        return [changed for _, changed in sorted(self._changed, key=lambda each: each[0], reverse=True)]

    @property
    def seconds_a_task(self) -> float:
        """The measured mean; `ASSUMED_SECONDS` when none was measured."""
        return self.seconds / self.timed if self.timed else ASSUMED_SECONDS

    def hours_a_day(self, side: Side) -> float:
        """Reviewers' hours a day."""
        return side.tasks * self.seconds_a_task / 3600 / max(len(self.days), 1)

    def reviews_a_day(self, side: Side) -> float:
        """Reviews a day, samples among them."""
        return side.reviews.total() / max(len(self.days), 1)

    def samples_a_day(self, side: Side) -> float:
        """How many of them samplings pick."""
        return side.samples / max(len(self.days), 1)

    def keep(self, changed: Changed, sure: float) -> None:
        """Remember an item among the most changed ones.

        Args:
            sure: the highest confidence of what decided.
        """
        size = abs(_RANKS[changed.was] - _RANKS[changed.would_be])
        is_contrary = changed.people is not None and changed.people != changed.would_be != "review"
        entry = ((is_contrary, size, sure, changed.item_id), changed)
        if len(self._changed) < MOST_CHANGED:
            heapq.heappush(self._changed, entry)
        elif entry[0] > self._changed[0][0]:
            heapq.heapreplace(self._changed, entry)


_RANKS: Mapping[str, int] = {"approve": 0, "review": 1, "reject": 2, NOT_COVERED: 0}


class Comparer:
    """Holds a new set of policies against what was, or against another set.

    Args:
        new: the changed set.
        old: what to compare with; None for the rulings of the time.
        reach: for each detector and extractor that is loaded today, the labels that its answer can lead to.
        in_force: whose queues say how many reviewers an item took at the time; None for `old`, else `new`.
        since: what was judged before only counts for the caps of its day.
    """

    def __init__(
        self,
        new: PolicySet,
        old: PolicySet | None,
        taxonomy: Taxonomy,
        reach: Mapping[str, frozenset[str]],
        in_force: PolicySet | None = None,
        since: datetime | None = None,
    ) -> None:
        self._taxonomy, self._reach, self._since = taxonomy, reach, since
        self._new = Forecast(new, taxonomy, reach)
        self._old = Forecast(old, taxonomy, reach) if old is not None else None
        self._queues_then = in_force or old or new
        self._unseen = lru_cache(maxsize=256)(self._not_looked_for)
        self.result = Comparison()

    def add_all(self, cases: Iterable[Case], again: Callable[[Sequence[str]], Iterable[Case]]) -> Iterator[Case]:
        """Compare each, and pass it on, so that progress can be shown.

        Args:
            again: gives items once more, by their ids and in that order: those that a daily cap has a say in are
                compared at the end, in the order in which they were judged.
        """
        waiting: list[tuple[datetime, str]] = []
        is_in_order = self._new.counts_items or (self._old is not None and self._old.counts_items)
        for case in cases:
            if is_in_order:
                self._add_in_turn(case)
                yield case
                continue
            new = self._new.by_itself(case)
            old = self._old.by_itself(case) if self._old is not None else None
            is_old_waiting = self._old is not None and self._old.waits_for_its_turn(case, old)
            if is_old_waiting or self._new.waits_for_its_turn(case, new):
                waiting.append((case.judged_at, case.item_id))
            else:
                self._add(case, new, old)
                yield case
        waiting.sort()
        for case in again([item_id for _, item_id in waiting]):
            self._add_in_turn(case)
            yield case

    def _add_in_turn(self, case: Case) -> None:
        old = self._old.in_turn(case) if self._old is not None else None
        self._add(case, self._new.in_turn(case), old)

    def _add(self, case: Case, new: Ruling | None, old: Ruling | None) -> None:
        """Compare one item."""
        if self._since is not None and case.created_at < self._since:
            return
        result, subject = self.result, case.subject
        would_be = new.outcome if new is not None else NOT_COVERED
        if self._old is None:
            was, reviews, old_set = case.outcome, _reviews_then(case), self._queues_then
        else:
            was, reviews, old_set = old.outcome if old else NOT_COVERED, _reviews(old), self._old.policies
        result.items += 1
        result.at(day_of(case.judged_at))
        result.moves[subject.app, ", ".join(sorted(subject.content_types)), was, would_be] += 1
        result.was.add(case, was, reviews, old_set)
        result.would_be.add(case, would_be, _reviews(new), self._new.policies)
        for opinion in case.opinions:
            result.seconds += sum(opinion.seconds)
            result.timed += len(opinion.seconds)
        result.answered += bool(case.opinions)
        result.unrecorded += case.tools is None
        if case.tools is not None:
            policies = self._new.policies.for_content(subject.app, subject.content_types)
            for label in self._unseen(case.tools, tuple(policy.name for policy in policies)):
                result.not_looked_for[label] += 1
        if was != would_be:
            because = _because(new)
            result.rules[because.partition(":")[0]] += 1
            people = case.opinion.outcome if case.opinion is not None else None
            labels = new.labels if new is not None else ()
            found = [each for each in case.findings if isinstance(each, Detection) and each.label in labels]
            sure = max((each.confidence for each in found), default=0.0)
            result.keep(Changed(case.item_id, subject.app, was, would_be, because, people), sure)

    def _not_looked_for(self, tools: tuple[str, ...], policies: tuple[str, ...]) -> tuple[str, ...]:
        """Labels that the policies ask about, that somebody finds today, and that nobody could find with `tools`."""
        known = set(tools)
        wanted = {
            label for policy in self._new.policies.policies if policy.name in policies for label in policy.labels()
        }
        unseen = []
        for label in sorted(wanted):
            covered = {each for each in self._taxonomy.labels if self._taxonomy.covers(label, each)}
            finders = {name for name, labels in self._reach.items() if not covered.isdisjoint(labels)}
            if finders and not finders & known:
                unseen.append(label)
        return tuple(unseen)


def _reviewers(policies: PolicySet, policy: str, queue: str | None) -> int:
    """Answers that a review in this queue takes; 1 where the queue is not known."""
    for each in policies.policies:
        if not policy or each.name == policy:
            for known in each.file.queues:
                if known.name == queue:
                    return known.reviewers
    return 1


def _reviews(ruling: Ruling | None) -> tuple[Review, ...]:
    if ruling is None:
        return ()
    return reviews_of(ruling.outcome, ruling.policy.name, ruling.queue, ruling.samples)


def _reviews_then(case: Case) -> tuple[Review, ...]:
    return reviews_of(case.outcome, case.record.policy, case.queue, case.record.samples)


def _because(ruling: Ruling | None) -> str:
    if ruling is None:
        return f"{NOT_COVERED}: no policy is for such an item"
    winner = next(each for each in ruling.policies if each.policy == ruling.policy)
    rule = winner.deciding[0] if winner.deciding else "no rule"
    return f"{ruling.policy.name}/{rule}: {ruling.reason}"
