"""Tables of thresholds, made ready: a condition that reads otherwise where a fact of the app has another value."""

from __future__ import annotations

from collections.abc import Callable

from moderation.core.policy.terms import Scalar
from moderation.core.policy.thresholds import Model, Rows, values_of
from moderation.core.policy.words.metadata import MetadataValue
from moderation.core.rules.words.contract import Test
from moderation.core.rules.words.logic import AllTest, AnyTest, NotTest
from moderation.core.rules.words.metadata import MetadataTest


def by_rows(rows: Rows[Model], make: Callable[[Model], Test]) -> Test:
    """The row's test where the fact has the row's value, the default's where it has none of them."""
    ways: list[Test] = [
        AllTest((_is_one_of(rows.key, values_of(row)), make(condition))) for row, condition in rows.rows.items()
    ]
    known = tuple(value for row in rows.rows for value in values_of(row))
    return AnyTest((*ways, AllTest((NotTest(_is_one_of(rows.key, known)), make(rows.default)))))


def _is_one_of(key: str, values: tuple[Scalar, ...]) -> MetadataTest:
    return MetadataTest(MetadataValue.model_construct(key=key, in_=list(values)), values)
