"""Forecast: what a set of policies would have made of stored items, one after the other, as they came.

Sampling, roll-outs and what apps change follow from the item alone. What follows from the items before it is kept here:
a rule's rejects of the day, and what counters say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from moderation.core.policy.policies import PolicySet
from moderation.core.rules.caps import RuleName, cap_of, caps, fired
from moderation.core.rules.ruling import rule_on
from moderation.core.rulings import Ruling
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Sample
from moderation.evidence.history import Case
from moderation.evidence.recounting import Recount
from moderation.storage.rule_counts import day_of


class Review(NamedTuple):
    """A human loop that an item leads to: a policy's name, its queue, and whether a sampling asks for it."""

    policy: str
    queue: str | None
    is_sample: bool


def reviews_of(outcome: str, policy: str, queue: str | None, samples: Sequence[Sample]) -> tuple[Review, ...]:
    """The human loops that a ruling leads to, as the pipeline opens them: one that decides, or all that look after."""
    if outcome == "review":
        return (Review(policy, queue, is_sample=False),)
    held = [sample for sample in samples if sample.hold][:1]
    return tuple(Review(sample.policy, sample.queue, is_sample=True) for sample in held or samples)


def looks_back(policies: PolicySet) -> timedelta:
    """How long before an item others may matter for it: the longest time of a counter."""
    spans = [counter.within_seconds for policy in policies.policies for counter in policy.file.counters.values()]
    return timedelta(seconds=max(spans, default=0))


class Forecast:
    """One set of policies over the past.

    The order of items matters for those that a daily cap has a say in (`waits_for_its_turn`): they are given `in_turn`,
    in the order in which they were judged. Where there are counters (`counts_items`), all are, as they were posted.
    As long as a rule has used up its cap as it did at the time, by the same text, what was recorded holds: two items
    that were judged at the same time are taken in the order that they had.

    Args:
        reach: for each detector and extractor that is loaded today, the labels that its answer can lead to.
    """

    def __init__(self, policies: PolicySet, taxonomy: Taxonomy, reach: Mapping[str, frozenset[str]]) -> None:
        self.policies, self._taxonomy, self._reach = policies, taxonomy, reach
        self._capped = {
            (policy.name, rule)
            for policy in policies.policies
            for rule in (*(f"{name}.reject" for name in policy.file.bands), *(each.id for each in policy.file.rules))
            if cap_of(policy.file, rule) is not None
        }
        self._versions = {policy.name: policy.version for policy in policies.policies}
        self.counts_items = any(policy.file.counters for policy in policies.policies)
        self._recount = Recount()
        self._used = Counter[tuple[str, RuleName]]()
        self._strayed: set[tuple[str, RuleName]] = set()

    def by_itself(self, case: Case) -> Ruling | None:
        """The ruling as if no cap were used up; None where no policy is for such an item."""
        return self._judge(case, ())

    def waits_for_its_turn(self, case: Case, ruling: Ruling | None) -> bool:
        """True when the rejects of the day matter for it, or it counts among them, now or at the time."""
        if not self._capped:
            return False
        now = caps(ruling, self.policies) if ruling is not None else {}
        return bool(now) or not self._capped.isdisjoint(case.record.rejecting)

    def in_turn(self, case: Case) -> Ruling | None:
        """The ruling after the items before; the item counts for those after it."""
        if not self.counts_items:
            return self._in_turn(case)
        applicable = self.policies.for_content(case.subject.app, case.subject.content_types)
        counts = self._recount.counts(case, applicable)
        ruling = self._in_turn(replace(case, subject=replace(case.subject, counts=counts)))
        if ruling is not None:
            self._recount.judged(case, applicable, ruling.outcome)
        return ruling

    def _in_turn(self, case: Case) -> Ruling | None:
        day, spent = day_of(case.judged_at), set[str]()
        ruling = self._judge(case, spent)
        while ruling is not None and not any(sample.hold for sample in ruling.samples):
            limits = caps(ruling, self.policies)
            over = {"/".join(name) for name, cap in limits.items() if self._is_used_up(day, name, cap, case)}
            if over <= spent:
                break
            spent |= over
            ruling = self._judge(case, spent)
        self._note(day, case, ruling)
        return ruling

    def _is_used_up(self, day: str, name: RuleName, cap: int, case: Case) -> bool:
        is_as_it_was = (day, name) not in self._strayed and case.record.versions.get(name[0]) == self._versions[name[0]]
        return "/".join(name) in case.record.spent if is_as_it_was else self._used[day, name] >= cap

    def _note(self, day: str, case: Case, ruling: Ruling | None) -> None:
        rejecting = {name for name, rejects in fired(ruling).items() if rejects} if ruling is not None else set()
        for name in self._capped:
            is_used = name in rejecting
            self._used[day, name] += is_used
            if is_used is not (name in case.record.rejecting):
                self._strayed.add((day, name))

    def _judge(self, case: Case, spent: Collection[str]) -> Ruling | None:
        subject = case.subject
        applicable = self.policies.for_content(subject.app, subject.content_types)
        if not applicable:
            return None
        reach = {**self._reach, **case.reach}
        return rule_on(
            applicable, subject, case.findings, self._taxonomy, reach, frozenset(spent), case.record.coverage
        )
