"""What reviewers may choose beside approve and reject: labels and reasons, in words that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from moderation.core.policy.terms import wrong

ANY_LANGUAGE = ""
"""Of words that a file gives without saying in which language they are."""


def reads(most: int) -> BeforeValidator:
    """Takes a text of up to `most` characters, for all languages or one for each."""

    def check(value: Any) -> Any:
        if isinstance(value, str):
            value = {ANY_LANGUAGE: value}
        if not isinstance(value, Mapping) or not value:
            raise wrong("write the words that people read", hint="a text, or one for each language: {en: ..., es: ...}")
        for language, text in value.items():
            if not isinstance(language, str) or not re.fullmatch(r"|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
                raise wrong(f"'{language}' is no language", at=str(language), hint="such as en, es or pt-BR")
            if not isinstance(text, str) or not 0 < len(text.strip()) <= most:
                raise wrong(f"words are a text of 1 to {most} characters", at=str(language))
        return dict(value)

    return BeforeValidator(check)


def shape(most: int) -> WithJsonSchema:
    """The schema of what `reads` takes."""
    each = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string", "maxLength": most}}
    of = [{"type": "string", "minLength": 1, "maxLength": most}, each]
    return WithJsonSchema({"description": "A text, or one for each language.", "anyOf": of})


Words = Annotated[dict[str, str], reads(200), shape(200)]
"""What people read in place of a name, by language: ``{"en": "A weapon", "es": "Un arma"}``."""


def in_english(words: Mapping[str, str]) -> str:
    """The words in English, or else those for any language, or the first."""
    return in_language(words, "en")


def in_language(words: Mapping[str, str], language: str) -> str:
    """The words in a language, or else those for any language, in English, or the first."""
    return words.get(language) or words.get(ANY_LANGUAGE) or words.get("en") or next(iter(words.values()))
