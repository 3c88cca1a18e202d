"""Tuning: thresholds for a policy's bands that reach a stated precision and error rate, from people's answers.

People see what the rules send them, so that their answers are not a fair picture of all items. An item that a sampling
of p percent picked stands for 100 / p others; one that the rules sent to review stands for itself.
"""

from __future__ import annotations

import bisect
import difflib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ground.statistics import Interval, bootstrap, weighted, wilson
from moderation.core.errors import NotFound, PolicyFault
from moderation.core.policy.file import Band
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import expand
from moderation.core.policy.thresholds import only
from moderation.core.rules.choosing import choose
from moderation.core.rules.words.label import covered
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.history import Case, Opinion, days_between
from moderation.policies.versions import PolicyVersions
from moderation.storage.rule_counts import day_of
from moderation.storage.suggestions import SuggestedScore
from moderation.yaml_reader import Document, Spot

Groups = Counter[tuple[float, bool]]
"""How many answers there are of each weight, and whether people rejected."""
THRESHOLDS = range(2, 101)
"""Thresholds are tried in whole percent; in (0, 1] they are not allowed."""
SIDES = ("review", "reject")
LEAST_REPRESENTED = 0.5
"""Where the answers, by their weights, stand for less of the items, nothing is concluded for the rest."""
MOST_WANTED = 1_000_000


@dataclass
class BandRecord:
    """What was seen for one band, by whole percent of the highest confidence (rounded down)."""

    items: Counter[int] = field(default_factory=Counter)
    answers: dict[int, Groups] = field(default_factory=dict)

    def between(self, low: int, high: int) -> Groups:
        """The answers on items from `low` up to but not including `high`."""
        found: Groups = Counter()
        for percent, groups in self.answers.items():
            if low <= percent < high:
                found.update(groups)
        return found

    def is_represented(self, low: int, high: int) -> bool:
        """True when the answers stand for at least `LEAST_REPRESENTED` of the items in the range."""
        items = sum(number for percent, number in self.items.items() if low <= percent < high)
        weight = sum(each * number for (each, _), number in self.between(low, high).items())
        return weight >= items * LEAST_REPRESENTED

    def load(self, low: float | None, high: float | None) -> int:
        """How many items a band from `low` to `high` sends to people."""
        if low is None:
            return 0
        return sum(n for percent, n in self.items.items() if low <= percent < (101 if high is None else high))


@dataclass(frozen=True)
class Suggestion:
    """What one side of a band should be.

    Attributes:
        side: ``review_from`` or ``reject_from``.
        now: the threshold; None when the band has none.
        suggested: the threshold that reaches the goal; None when there is too little evidence, or none does.
        reached: the share at the suggested threshold, else at the best one; precision for `reject_from`, error rate for
            `review_from`; with a 95 % bootstrap interval.
        answers: how many it rests on.
        why: a sentence.
    """

    side: str
    now: float | None
    suggested: int | None
    reached: Interval | None
    answers: int
    why: str


@dataclass(frozen=True)
class BandTuning:
    """A band's suggestions, and what they do to the review load.

    Attributes:
        reviews_now: items that the band sends to people a day; before and after.
    """

    name: str
    suggestions: tuple[Suggestion, ...]
    reviews_now: float
    reviews_then: float

    def value(self, side: str) -> float | None:
        """The threshold after the suggestions are taken."""
        for each in self.suggestions:
            if each.side == side:
                return each.suggested if each.suggested is not None else each.now
        return None


class Tuner:
    """Collects what is needed for the bands of a policy.

    Args:
        versions: the texts of the time, which say what share a sampling took.

    Attributes:
        left_out: bands whose thresholds stand in tables; they are not tuned.
        suggestions: verdicts on comments that are no items.
    """

    def __init__(self, policy: Policy, taxonomy: Taxonomy, versions: PolicyVersions) -> None:
        self._policy, self._taxonomy, self._versions = policy, taxonomy, versions
        self._bands = {name: band for name, band in policy.file.bands.items() if band.by_rows() is None}
        self.left_out = tuple(name for name in policy.file.bands if name not in self._bands)
        self._labels = {
            name: covered(expand(band.label, policy.file.lists), taxonomy, exact=band.exact)
            for name, band in self._bands.items()
        }
        # Of each side by itself: rules may set one of them aside.
        self._seen = {(name, side): BandRecord() for name in self._bands for side in SIDES}
        self._overriding = {rule.id: rule.overrides for rule in policy.file.rules if rule.overrides}
        self._shares: dict[tuple[str, str], float | None] = {}
        self._first = self._last = ""
        self.items = self.suggestions = 0
        self.unweighted = 0

    def add_all(self, cases: Iterable[Case]) -> Iterator[Case]:
        """Take each in, and pass it on, so that progress can be shown."""
        for case in cases:
            self.add(case)
            yield case

    def add(self, case: Case) -> None:
        """Take in one item.

        Left out of a band are items of apps that have it otherwise; left out of a side of it, whatever it is tuned to,
        are those on which a rule sets it aside.
        """
        policy, subject = self._policy, case.subject
        if not policy.applies(subject.app, subject.content_types):
            return
        self.items += 1
        day = day_of(case.judged_at)
        self._first, self._last = min(day, self._first or day), max(day, self._last)
        own = policy.file.apps.get(subject.app)
        best: dict[str, float] = {}
        for finding in case.findings:
            label = getattr(finding, "label", None)
            if label is not None:
                best[label] = max(best.get(label, 0.0), getattr(finding, "confidence", 0.0))
        if not best:
            return
        aside = self._set_aside(case)
        for name, labels in self._labels.items():
            highest = max((c for label, c in best.items() if label in labels), default=None)
            if highest is None or (own is not None and name in own.change):
                continue
            sides = [self._seen[name, side] for side in SIDES if f"{name}.{side}" not in aside]
            percent = int(highest)
            for seen in sides:
                seen.items[percent] += 1
            # Who is appealed is no fair pick; what was said before the appeal is.
            opinion = next((each for each in reversed(case.opinions) if each.purpose != "appeal"), None)
            if sides and opinion is not None and (weight := self._weight(opinion)) is not None:
                for seen in sides:
                    seen.answers.setdefault(percent, Counter())[weight, opinion.outcome == "reject"] += 1

    def add_suggestion(self, suggestion: SuggestedScore) -> None:
        """Take in a verdict on a comment that is no item: for the bands it speaks of, as if it had been one.

        It speaks of a band when one of its attributes stands for a label of the band that was found.
        """
        policy = self._policy
        if not policy.applies(suggestion.app, frozenset({"text"})):
            return
        own = policy.file.apps.get(suggestion.app)
        self.suggestions += 1
        day = day_of(suggestion.at)
        self._first, self._last = min(day, self._first or day), max(day, self._last)
        for name, labels in self._labels.items():
            found = {label: each for label, each in suggestion.confidences.items() if label in labels}
            values = [each.value for each in suggestion.said if not found.keys().isdisjoint(each.labels)]
            if not values or (own is not None and name in own.change):
                continue
            percent = int(max(found.values()))
            for side in SIDES:
                seen = self._seen[name, side]
                seen.items[percent] += 1
                seen.answers.setdefault(percent, Counter())[1.0, max(values) >= 0.5] += 1

    def _set_aside(self, case: Case) -> frozenset[str]:
        """Rules and sides of bands that rules which are true of the item, and stand, set aside."""
        if not self._overriding:
            return frozenset()
        standing = choose([self._policy], case.subject, case.findings, self._taxonomy, case.reach).policies[0].rules()
        return frozenset(target for rule in standing for target in self._overriding.get(rule, ()))

    def _weight(self, opinion: Opinion) -> float | None:
        """How many items an answer stands for; None where the text that says so is not kept."""
        if opinion.sampling is None:
            return 1.0
        key = (opinion.policy_version, opinion.sampling)
        if key not in self._shares:
            self._shares[key] = self._share(*key)
        share = self._shares[key]
        if share is None:
            self.unweighted += 1
            return None
        return 100.0 / share

    def _share(self, version: str, sampling: str) -> float | None:
        try:
            policy = self._versions.policy(version, self._taxonomy)
        except (NotFound, PolicyFault):
            return None
        return next((each.percent for each in policy.file.sampling if each.id == sampling), None)

    def suggest(self, precision: float, error_rate: float) -> list[BandTuning]:
        """For each band, what it should be.

        Args:
            precision: share of rejects, 0-1, that people are to agree with.
            error_rate: share of approved items with something of the band found in them, 0-1, that people would reject.
        """
        days = len(days_between(self._first, self._last)) or 1
        tunings = []
        for name, band in self._bands.items():
            reviewed, rejected = (self._seen[name, side] for side in SIDES)
            suggestions = _both_sides(band, reviewed, rejected, precision, error_rate)
            tuning = BandTuning(
                name, suggestions, reviewed.load(only(band.review_from), only(band.reject_from)) / days, 0.0
            )
            after = reviewed.load(tuning.value("review_from"), tuning.value("reject_from")) / days
            tunings.append(BandTuning(name, tuning.suggestions, tuning.reviews_now, after))
        return tunings


def _both_sides(
    band: Band, reviewed: BandRecord, rejected: BandRecord, precision: float, error_rate: float
) -> tuple[Suggestion, ...]:
    """Suggestions that make a band together: it rejects from higher on than it reviews."""
    floor = 0.0
    while True:
        reject = None if band.reject_from is None else _reject_from(band, rejected, precision, floor)
        limit = None if reject is None else float(reject.suggested or only(band.reject_from) or 101)
        review = None if band.review_from is None else _review_from(band, reviewed, error_rate, limit)
        found = tuple(each for each in (reject, review) if each is not None)
        if review is None or limit is None or (review.suggested or only(band.review_from) or 0.0) < limit:
            return found
        # People must go on looking from there, so that rejecting may begin above only.
        floor = only(band.review_from) or 0.0


def _reject_from(band: Band, seen: BandRecord, precision: float, floor: float) -> Suggestion:
    """The lowest threshold over `floor` from which the lower end of the precision's interval reaches the goal."""
    now = only(band.reject_from)
    best: tuple[float, int] | None = None
    newly = 101 if now is None else math.ceil(now)
    for threshold in (percent for percent in THRESHOLDS if percent in seen.answers):
        found = weighted(seen.between(threshold, 101))
        # What is rejected already may be looked at by nobody; what would be rejected newly must have been.
        is_enough = found is not None and found.low >= precision and seen.is_represented(threshold, newly)
        if is_enough and threshold > floor and bootstrap(seen.between(threshold, 101))[0] >= precision:
            return _made("reject_from", now, threshold, seen.between(threshold, 101), band, "precision", precision)
        if found is not None and (best is None or found.share > best[0]):
            best = (found.share, threshold)
    at = 101 if best is None else best[1]
    return _too_little("reject_from", now, seen.between(at, 101), at, precision, is_error=False)


def _review_from(band: Band, seen: BandRecord, error_rate: float, limit: float | None) -> Suggestion:
    """The highest threshold under which the upper end of the error rate's interval stays within the goal."""
    now = only(band.review_from)
    is_dark = False
    for threshold in (percent for percent in reversed(THRESHOLDS) if percent - 1 in seen.answers):
        if limit is not None and threshold >= limit:
            continue
        found = weighted(seen.between(0, threshold))
        if found is not None and found.high <= error_rate:
            if not seen.is_represented(0, threshold):
                is_dark = True
                continue
            if bootstrap(seen.between(0, threshold))[1] > error_rate:
                continue  # both intervals keep to the goal, the one that decides and the one that is shown
            return _made("review_from", now, threshold, seen.between(0, threshold), band, "error rate", error_rate)
    at = math.floor(now or 0)
    evidence = Counter() if is_dark else seen.between(0, at)
    return _too_little("review_from", now, evidence, at, error_rate, is_error=True)


def _made(
    side: str, now: float | None, threshold: int, groups: Groups, band: Band, what: str, goal: float
) -> Suggestion:
    reached = _bootstrapped(groups)
    answers = sum(groups.values())
    shown = f"{what} {reached.share:.1%} ({reached.low:.1%} to {reached.high:.1%}), wanted {goal:.1%}"
    if band.locked and now is not None and threshold > now:
        return Suggestion(side, now, None, reached, answers, f"{threshold} would do ({shown}), but the band is locked")
    if threshold == now:
        return Suggestion(side, now, None, reached, answers, f"stays: {shown}")
    return Suggestion(side, now, threshold, reached, answers, shown)


def _too_little(side: str, now: float | None, groups: Groups, at: int, goal: float, *, is_error: bool) -> Suggestion:
    answers = sum(groups.values())
    where = f"under {at}" if is_error else f"from {at}"
    if not answers:
        outcome = "approve" if is_error else "reject"
        why = (
            f"no answers {where if at <= 100 else 'at all'}: add a sampling of: {outcome}, so that people look at some"
        )
        return Suggestion(side, now, None, None, 0, why)
    reached = _bootstrapped(groups)
    shown = f"{where} it is {reached.share:.1%} ({reached.low:.1%} to {reached.high:.1%}) in {answers} answers"
    is_short = reached.share < goal if is_error else reached.share > goal
    if is_short:
        more = _answers_wanted(reached.share, goal, is_error=is_error) - answers
        why = f"too little evidence: {shown}; about {max(more, 1):,} more answers there would do"
    else:
        why = f"no threshold reaches {goal:.1%}: {shown}"
    return Suggestion(side, now, None, reached, answers, why)


def _bootstrapped(groups: Groups) -> Interval:
    estimate = weighted(groups)
    assert estimate is not None  # there are answers
    low, high = bootstrap(groups)
    return Interval(estimate.share, low, high)


def _answers_wanted(share: float, goal: float, *, is_error: bool) -> int:
    """How many answers with this share would bring the interval's end to the goal."""

    def reaches(number: int) -> bool:
        found = wilson(share * number, number)
        assert found is not None
        return found.high <= goal if is_error else found.low >= goal

    return bisect.bisect_left(range(1, MOST_WANTED), True, key=reaches) + 1


def patch(policy: Policy, document: Document, tunings: Iterable[BandTuning]) -> str:
    """The suggestions as a unified diff of the policy's file; only numbers change. Empty when nothing does."""
    edits: list[tuple[Spot, str]] = []
    for tuning in tunings:
        for each in tuning.suggestions:
            if each.suggested is not None:
                edits.append((document.at(("bands", tuning.name, each.side)), str(each.suggested)))
    before = document.source.splitlines(keepends=True)
    after = list(before)
    for place, number in sorted(edits, key=lambda edit: (edit[0].line, -edit[0].column)):
        line, start = after[place.line - 1], place.column - 1
        after[place.line - 1] = line[:start] + number + line[start + place.length :]
    return "".join(difflib.unified_diff(before, after, f"a/{policy.path}", f"b/{policy.path}"))


def as_data(tunings: Iterable[BandTuning]) -> list[Mapping[str, object]]:
    """The suggestions for machines; shares are 0-1."""
    return [
        {
            "band": tuning.name,
            "reviews_per_day": {"now": tuning.reviews_now, "then": tuning.reviews_then},
            "suggestions": [
                {
                    "side": each.side,
                    "now": each.now,
                    "suggested": each.suggested,
                    "share": None if each.reached is None else each.reached.share,
                    "interval": None if each.reached is None else [each.reached.low, each.reached.high],
                    "answers": each.answers,
                    "why": each.why,
                }
                for each in tuning.suggestions
            ],
        }
        for tuning in tunings
    ]
