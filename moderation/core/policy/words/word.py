"""What all words of a condition have in common, and the bounds that may stand beside some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from moderation.core.policy.terms import Percent, PolicyModel, wrong


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

    at_least: Percent | None = Field(None, description="Beside label or score: from here, inclusive.")
    below: Percent | None = Field(None, description="Beside label or score: up to here, exclusive.")

    @model_validator(mode="after")
    def _hold_something(self) -> Self:
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            message = f"below ({self.below:g}) must be more than at_least ({self.at_least:g})"
            raise wrong(message, at="below", hint="swap the two, or leave one out")
        return self
