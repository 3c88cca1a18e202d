"""Recounting: what counters would have said of stored items, in the order in which they were posted, under other rules.

Of each item two histories are counted side by side: what became of the items before it, and what would have. What was
recorded for it is moved by their difference, so that rules which change nothing count what was counted, whatever was
judged at the same time then; a counter that was not there yet counts what would have become.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from moderation.core.counting import Facts, Mark, Question, marks, questions
from moderation.core.detections import Detection
from moderation.core.policy.policies import Policy
from moderation.detection.counting import highest
from moderation.evidence.history import Case
from moderation.storage.item_ids import first_item_id


class Recount:
    """Goes through cases in the order of their ids: for each first `counts`, and when it is judged `judged`."""

    def __init__(self) -> None:
        self._was, self._would_be = _Kept(), _Kept()

    def counts(self, case: Case, policies: Sequence[Policy]) -> Mapping[str, int | None]:
        """The numbers for a case, as `Subject.counts` has them.

        Pictures and texts are not recognised again: counters that do have what was recorded, or None.

        Args:
            policies: those that would judge it.
        """
        told: dict[str, int | None] = {}
        for name, question in questions(policies, _facts(case), _as_it_is, first_item_id):
            recorded = case.subject.counts.get(name)
            if question is None or (name in case.subject.counts and recorded is None):
                told[name] = recorded  # what could not be read at the time stays unknown
            elif recorded is None:
                told[name] = self._would_be.number(question)
            else:
                moved = self._would_be.number(question) - self._was.number(question)
                told[name] = min(max(recorded + moved, 0), question.most)
        return told

    def judged(self, case: Case, policies: Sequence[Policy], would_be: str) -> None:
        """Remember a case for those after it; people's word counts at once.

        Args:
            would_be: the outcome that the rules would want.
        """
        found = highest(each for each in case.findings if isinstance(each, Detection))
        facts = _facts(case)
        for kept, outcome in ((self._was, case.outcome), (self._would_be, would_be)):
            kept.add(marks(policies, facts, _as_it_is, ("posted", outcome, *_said(case, outcome)), found))


class _Kept:
    """Marks by what they are counted by, oldest first."""

    def __init__(self) -> None:
        self._marks: defaultdict[str, list[Mark]] = defaultdict(list)

    def add(self, made: Sequence[Mark]) -> None:
        for mark in made:
            self._marks[mark.key].append(mark)

    def number(self, question: Question) -> int:
        found: set[str] = set()
        for key, _ in question.keys:
            there = self._marks.get(key, [])
            if question.is_days:
                found |= question.found(there[:1])
                continue
            for mark in reversed(there):
                if mark.item_id <= question.after or len(found) >= question.most:
                    break
                found |= question.found((mark,))
        return question.number(found)


def _said(case: Case, outcome: str) -> tuple[str, ...]:
    """What people made of a case, where the rules leave it to them."""
    opinion = case.opinion
    return (opinion.outcome,) if opinion is not None and outcome == "review" else ()


def _facts(case: Case) -> Facts:
    subject = case.subject
    return Facts(subject.app, case.item_id, case.created_at, subject.metadata, None, None, None)


def _as_it_is(text: str) -> str:
    return text
