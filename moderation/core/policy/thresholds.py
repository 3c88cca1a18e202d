"""Thresholds, and tables of them: ``at_least: {by: metadata.category, toys: 40, default: 60}``.

A table reads a fact of the app. What it has no row for takes ``default``: a value that is missing, a list, a mapping,
and every one that nobody thought of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from moderation.core.policy.terms import Percent, PolicyModel, Scalar, wrong

_BY = "metadata."
_MOST_ROWS = 200


class ThresholdTable(PolicyModel):
    """A threshold for each value of a fact that the app sent along, and one for all others."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Percent]

    by: str = Field(description="The fact that says which row counts: metadata.KEY; dots lead into mappings.")
    default: Percent = Field(description="For every value that has no row, and where the app sent none.")

    @model_validator(mode="before")
    @classmethod
    def _has_rows(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        by = value.get("by")
        if "by" in value and not (isinstance(by, str) and by.startswith(_BY) and len(by) <= 200 + len(_BY)):
            raise wrong("a table goes by a fact that the app sends", at="by", hint="such as metadata.category")
        if by == _BY:
            raise wrong("'metadata.' names no fact", at="by", hint="such as metadata.category")
        rows = [key for key in value if key not in ("by", "default")]
        if "by" in value and not rows:
            raise wrong("a table has a row for one value at least", hint="such as {by: .., toys: 40, default: 60}")
        if len(rows) > _MOST_ROWS:
            raise wrong(f"a table has at most {_MOST_ROWS} rows", hint="let default stand for most of them")
        return value

    @property
    def key(self) -> str:
        """Of the metadata."""
        return self.by.removeprefix(_BY)

    @property
    def rows(self) -> Mapping[str, float]:
        """Each value that has a row, with its threshold."""
        return self.__pydantic_extra__


def _shape(value: Any) -> str:
    return "table" if isinstance(value, Mapping | ThresholdTable) else "one"


Threshold = Annotated[
    Annotated[Percent, Tag("one")] | Annotated[ThresholdTable, Tag("table")],
    Discriminator(_shape),
]
"""Percent, or a table of them."""


def values_of(row: str) -> tuple[Scalar, ...]:
    """The values that a row is for: the text, and the whole number or truth value that is written so."""
    if re.fullmatch(r"0|-?[1-9]\d{0,14}", row):
        return row, int(row)
    return (row, row == "true") if row in ("true", "false") else (row,)


def spread(threshold: float | ThresholdTable | None) -> Iterator[tuple[tuple[str, ...], float]]:
    """Each number of a threshold, with the keys that lead to it from where the threshold stands; nothing for None."""
    if isinstance(threshold, ThresholdTable):
        for key, each in {**threshold.rows, "default": threshold.default}.items():
            yield (key,), each
    elif threshold is not None:
        yield (), threshold


def least(threshold: float | ThresholdTable | None, without: float) -> float:
    """Its lowest number; `without` where there is no threshold."""
    return min((each for _, each in spread(threshold)), default=without)


def most(threshold: float | ThresholdTable | None, without: float) -> float:
    """Its highest number; `without` where there is no threshold."""
    return max((each for _, each in spread(threshold)), default=without)


def pairs(
    one: float | ThresholdTable | None, other: float | ThresholdTable | None, without: float
) -> list[tuple[float, float]]:
    """What two thresholds can be at the same time, `without` standing for one that is not there."""
    if isinstance(one, ThresholdTable) and isinstance(other, ThresholdTable) and one.by == other.by:
        keys = [None, *dict.fromkeys([*one.rows, *other.rows])]
        return [(at(one, key, without), at(other, key, without)) for key in keys]
    ones = [each for _, each in spread(one)] or [without]
    return [(each, another) for each in ones for another in [n for _, n in spread(other)] or [without]]


def only(threshold: float | ThresholdTable | None) -> float | None:
    """The number of a threshold that is no table; of a table the default."""
    return None if threshold is None else at(threshold, None, 0.0)


def said(threshold: float | ThresholdTable) -> str:
    """For people: ``60 %``, or ``40 to 60 % (by metadata.category)``."""
    if isinstance(threshold, ThresholdTable):
        return f"{least(threshold, 0.0):g} to {most(threshold, 0.0):g} % (by {threshold.by})"
    return f"{threshold:g} %"


def at(threshold: float | ThresholdTable | None, row: str | None, without: float) -> float:
    """Its number in a row; None stands for the values that have none."""
    if isinstance(threshold, ThresholdTable):
        return threshold.default if row is None else threshold.rows.get(row, threshold.default)
    return without if threshold is None else threshold


Model = TypeVar("Model", bound=BaseModel)


class Rows(NamedTuple, Generic[Model]):
    """A model without tables for each row of those that it has.

    Attributes:
        key: of the metadata.
        rows: by the value that they are for.
        default: for all other values.
    """

    key: str
    rows: Mapping[str, Model]
    default: Model


def rows_of(model: Model, names: Sequence[str]) -> Rows[Model] | None:
    """What becomes of a model in each row of the tables among its fields `names`; None where there is no table."""
    tables = {name: each for name in names if isinstance(each := getattr(model, name), ThresholdTable)}
    if not tables:
        return None
    keys = dict.fromkeys(key for table in tables.values() for key in table.rows)

    def of_row(row: str | None) -> Model:
        return model.model_copy(update={name: at(table, row, 0.0) for name, table in tables.items()})

    return Rows(next(iter(tables.values())).key, {key: of_row(key) for key in keys}, of_row(None))


def check_order(
    low: float | ThresholdTable | None, high: float | ThresholdTable | None, names: tuple[str, str]
) -> None:
    """Raise `wrong` unless the higher of two thresholds is more than the lower one, in each row.

    Args:
        names: the keys of the two, the lower one's first.
    """
    if isinstance(low, ThresholdTable) and isinstance(high, ThresholdTable) and low.by != high.by:
        message = f"{names[0]} goes by {low.by}, {names[1]} by {high.by}"
        raise wrong(message, at=names[1], hint="let both tables go by the same fact, or make two rules")
    if low is None or high is None:
        return
    for first, second in pairs(low, high, 0.0):
        if second <= first:
            message = f"{names[1]} ({second:g}) must be more than {names[0]} ({first:g})"
            raise wrong(message, at=names[1], hint="swap the two, or leave one out")
