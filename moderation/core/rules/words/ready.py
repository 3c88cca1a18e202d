"""Every condition made ready to be tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, assert_never

from moderation.core.policy.file import PolicyFile
from moderation.core.policy.words.counter import CounterCondition
from moderation.core.policy.words.facts import AppCondition, ContentTypeCondition
from moderation.core.policy.words.label import LabelCondition
from moderation.core.policy.words.listed import CONTENT, METADATA, ContentCondition
from moderation.core.policy.words.logic import AllOf, AnyOf, Condition, NotOf, OnePart
from moderation.core.policy.words.measured import MeasuredCondition
from moderation.core.policy.words.metadata import MetadataCondition
from moderation.core.policy.words.people import PeopleCondition
from moderation.core.policy.words.score import ScoreCondition
from moderation.core.policy.words.word import Bounds
from moderation.core.rules.words.contract import Test
from moderation.core.rules.words.counter import CounterTest
from moderation.core.rules.words.facts import AppTest, ContentTypeTest
from moderation.core.rules.words.label import LabelTest
from moderation.core.rules.words.listed import ListedTest
from moderation.core.rules.words.logic import AllTest, AnyTest, NotTest, OnePartTest
from moderation.core.rules.words.measured import measured_test
from moderation.core.rules.words.metadata import MetadataTest
from moderation.core.rules.words.people import PeopleTest
from moderation.core.rules.words.related import RelatedTest
from moderation.core.rules.words.score import ScoreTest
from moderation.core.rules.words.tables import by_rows
from moderation.core.taxonomy import Taxonomy


def ready(condition: Condition, taxonomy: Taxonomy, file: PolicyFile) -> Test:
    """Make a condition ready: its labels with all that stand under them, its lists and scores filled in."""
    match condition:
        case LabelCondition():
            return _by_row(condition, lambda row: _label_test(row, taxonomy, file))
        case ScoreCondition():
            score = file.scores[condition.score]
            return _by_row(condition, lambda row: ScoreTest.of(row, score, taxonomy, file.lists))
        case PeopleCondition():
            return PeopleTest.of(condition.people)
        case ContentCondition():
            return ListedTest(condition.content.in_list, CONTENT)
        case MetadataCondition():
            if condition.metadata.in_list is not None:
                return ListedTest(condition.metadata.in_list, f"{METADATA}{condition.metadata.key}")
            return MetadataTest.of(condition, file.lists)
        case CounterCondition():
            return CounterTest.of(condition, file.policy)
        case MeasuredCondition():
            return measured_test(condition)
        case AppCondition():
            return AppTest(frozenset(condition.app))
        case ContentTypeCondition():
            return ContentTypeTest(frozenset(condition.content_type))
        case AllOf():
            return AllTest(tuple(ready(part, taxonomy, file) for part in condition.all))
        case AnyOf():
            return AnyTest(tuple(ready(part, taxonomy, file) for part in condition.any))
        case NotOf():
            return NotTest(ready(condition.not_, taxonomy, file))
        case OnePart():
            return OnePartTest(ready(condition.one_part, taxonomy, file))
        case _:
            assert_never(condition)


Thresholds = TypeVar("Thresholds", bound=Bounds)


def _by_row(condition: Thresholds, make: Callable[[Thresholds], Test]) -> Test:
    """The test for a condition that may have tables."""
    rows = condition.by_rows()
    return make(condition) if rows is None else by_rows(rows, make)


def _label_test(condition: LabelCondition, taxonomy: Taxonomy, file: PolicyFile) -> Test:
    """The test for a condition without tables."""
    kind = RelatedTest if condition.relations else LabelTest
    return kind.of(condition, taxonomy, file.lists)
