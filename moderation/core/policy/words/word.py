"""What all words of a condition have in common, and the bounds that may stand beside some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from moderation.core.policy.terms import PolicyModel
from moderation.core.policy.thresholds import Rows, Threshold, check_order, rows_of


class Word(PolicyModel):
    """A word and what stands beside it: the one field that must be given is the word, the others are its modifiers.

    ``class AppCondition(Word): app: list[AppName]`` reads ``{app: [shop]}``.
    """

    @classmethod
    def check_keys(cls, value: Mapping[Any, Any]) -> None:
        """Raise `wrong` where keys that are right one by one do not go together; the word is among them."""

    @model_serializer(mode="wrap")
    def _word_first(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The word before its modifiers, as people write it."""
        said: dict[str, Any] = handler(self)
        fields = type(self).model_fields.items()
        words = [name for field, about in fields if about.is_required() for name in (about.alias or field, field)]
        return {**{word: said[word] for word in words if word in said}, **said}


class Bounds(Word):
    """Thresholds beside a word."""

    at_least: Threshold | None = Field(None, description="Beside label or score: from here, inclusive.")
    below: Threshold | None = Field(None, description="Beside label or score: up to here, exclusive.")

    @model_validator(mode="after")
    def _hold_something(self) -> Self:
        check_order(self.at_least, self.below, ("at_least", "below"))
        return self

    def by_rows(self) -> Rows[Self] | None:
        """The condition for each row of its tables; None where it has none."""
        return rows_of(self, ("at_least", "below"))
