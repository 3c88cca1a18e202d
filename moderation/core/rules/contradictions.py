"""Two conditions of which one thing at most can be true: facts of the app and scores that exclude each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderation.core.policy.terms import ListRef, Scalar, is_number
from moderation.core.policy.thresholds import least, most
from moderation.core.policy.words.logic import Condition
from moderation.core.policy.words.metadata import MetadataCondition, MetadataValue
from moderation.core.policy.words.score import ScoreCondition

Lists = Mapping[str, Sequence[Scalar]]


def contradiction(one: Condition, other: Condition, lists: Lists) -> str | None:
    """Why no item can meet both; None where one may, or where that is not known."""
    if isinstance(one, ScoreCondition) and isinstance(other, ScoreCondition):
        is_apart = _apart(_widest(one), _widest(other))
        return f"no score '{one.score}' lies in both ranges" if one.score == other.score and is_apart else None
    if isinstance(one, MetadataCondition) and isinstance(other, MetadataCondition):
        first, second = one.metadata, other.metadata
        if first.key == second.key and (_excludes(first, second, lists) or _excludes(second, first, lists)):
            return f"no '{first.key}' meets both of its tests"
    return None


def _apart(one: tuple[float | None, float | None], other: tuple[float | None, float | None]) -> bool:
    """True when two ranges, each from its first and up to but not including its second number, share nothing."""
    low = max((each for each in (one[0], other[0]) if each is not None), default=None)
    high = min((each for each in (one[1], other[1]) if each is not None), default=None)
    return low is not None and high is not None and high <= low


def _widest(score: ScoreCondition) -> tuple[float | None, float | None]:
    """The range that holds those of all rows of its tables."""
    low = None if score.at_least is None else least(score.at_least, 0.0)
    return low, None if score.below is None else most(score.below, 101.0)


def _excludes(one: MetadataValue, other: MetadataValue, lists: Lists) -> bool:
    """True when a value that meets `one` cannot meet `other`."""
    if one.given is False:
        return other.given is not False
    if one.given is True or other.given is not None:
        return False
    if one.has is not None:
        return other.has is None  # a list is no single value
    values = _values(one, lists)
    if values is None:
        is_range = one.is_ is None and one.in_ is None
        both = other.at_least is not None or other.below is not None
        return is_range and both and _apart((one.at_least, one.below), (other.at_least, other.below))
    if other.has is not None:
        return True
    return not any(_meets(value, other, lists) for value in values)


def _values(test: MetadataValue, lists: Lists) -> Sequence[Scalar] | None:
    """The values that meet it; None where it names none."""
    if test.is_ is not None:
        return [test.is_]
    if test.in_ is None:
        return None
    return lists.get(test.in_.name, []) if isinstance(test.in_, ListRef) else test.in_


def _meets(value: Scalar, test: MetadataValue, lists: Lists) -> bool:
    wanted = _values(test, lists)
    if wanted is not None:
        return any(_is_same(value, each) for each in wanted)
    if not isinstance(value, int | float) or not is_number(value):
        return False
    return (test.at_least is None or value >= test.at_least) and (test.below is None or value < test.below)


def _is_same(one: Scalar, other: Scalar) -> bool:
    """Equal, where truth values and numbers are never the same."""
    return isinstance(one, bool) is isinstance(other, bool) and one == other
