"""Grounds: the law or the clause of the terms that a restriction rests on, as a statement of reasons names it.

Article 17(3) of Regulation (EU) 2022/2065 says what such a statement holds; which ground applies is for the policy's
owner and counsel to say. Nothing in a ground changes an outcome.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from moderation.core.dsa import BY_NAME, CATEGORIES, CATEGORY_OF, COUNTRIES, RESTRICTIONS, TERMS_ONLY
from moderation.core.nearest import nearest
from moderation.core.policy.choices import reads, shape
from moderation.core.policy.terms import PolicyModel, no_entries, wrong

Reference = Annotated[dict[str, str], reads(500), shape(500)]
Explanation = Annotated[dict[str, str], reads(2000), shape(2000)]


def _one_of(known: tuple[str, ...], what: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value in known:
            return value
        close = nearest(str(value), known)
        raise wrong(
            f"'{value}' is no {what}", hint=f"did you mean '{close}'?" if close else f"known: {', '.join(known)}"
        )

    return BeforeValidator(check)


_CATEGORY_NAMES = tuple(category.name for category in CATEGORIES)
CategoryName = Annotated[str, _one_of(_CATEGORY_NAMES, "category"), WithJsonSchema({"enum": list(_CATEGORY_NAMES)})]
Keyword = Annotated[str, _one_of(tuple(CATEGORY_OF), "keyword"), WithJsonSchema({"enum": list(CATEGORY_OF)})]
Country = Annotated[str, _one_of(COUNTRIES, "country of the EEA"), WithJsonSchema({"enum": list(COUNTRIES)})]
Restriction = Annotated[str, _one_of(tuple(RESTRICTIONS), "restriction"), WithJsonSchema({"enum": list(RESTRICTIONS)})]


def _address(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/]+[^\s]*", value) or len(value) > 500:
        raise wrong(
            "an address begins with https:// and has at most 500 characters", hint="such as https://example.com/rules#4"
        )
    return value


Address = Annotated[
    str, BeforeValidator(_address), WithJsonSchema({"type": "string", "format": "uri", "maxLength": 500})
]


class Ground(PolicyModel):
    """What a restriction rests on."""

    basis: Literal["law", "terms"] = Field(description="law: the content is illegal; terms: against your own rules.")
    reference: Reference = Field(description="The law or the clause, such as 'Community rules, section 4'.")
    explanation: Explanation = Field(description="Why such content falls under it, in words that users read.")
    category: CategoryName = Field(description="Category of the DSA Transparency Database.")
    keyword: Keyword | None = Field(None, description="What specifies the category; one of its own.")
    url: Address | None = Field(None, description="Where the law or the clause can be read.")
    also_illegal: bool | None = Field(None, description="Of terms: whether you hold such content for illegal, too.")
    countries: list[Country] = Field(
        default_factory=no_entries,
        max_length=30,
        description="Where it is restricted, such as [DE, AT]; left out: not said.",
    )
    restriction: Restriction = Field("removed", description="What your app does with such content.")

    @model_validator(mode="after")
    def _fits(self) -> Ground:
        if self.keyword is not None and CATEGORY_OF[self.keyword] != self.category:
            message = f"'{self.keyword}' is a keyword of category '{CATEGORY_OF[self.keyword]}'"
            own = ", ".join(BY_NAME[self.category].keywords)
            raise wrong(message, at="keyword", hint=f"'{self.category}' has {own}")
        if self.basis == "law" and self.category == TERMS_ONLY:
            raise wrong(f"'{TERMS_ONLY}' is a category of terms, not of law", at="category", hint="write basis: terms")
        if self.basis == "law" and self.also_illegal is not None:
            raise wrong("also_illegal is said of terms", at="also_illegal", hint="remove it: law says so already")
        return self
