"""``{metadata: {key: seller.age_days, below: 7}}``: a fact that the app sent along."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from moderation.core.policy.terms import Name, PolicyModel, Scalar, Scalars, wrong
from moderation.core.policy.words.word import Word


class MetadataValue(PolicyModel):
    """A test on one value of the app's metadata. A value that is missing or of another type fails every test."""

    key: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="Name of the value; dots lead into mappings: seller.age_days."
    )
    is_: Scalar | None = Field(None, alias="is", description="Equals this text, number or truth value.")
    in_: Scalars | None = Field(None, alias="in", description="Is one of these, or of {list: NAME}.")
    in_list: Name | None = Field(None, description="Stands on a list at run time, which operators keep.")
    has: Scalar | None = Field(None, description="Is a list with this in it.")
    at_least: float | None = Field(None, description="A number from here, inclusive; any scale.")
    below: float | None = Field(None, description="A number up to here, exclusive; any scale.")
    given: bool | None = Field(None, description="true: the app sent it; false: it did not.")

    @model_validator(mode="after")
    def _is_one_test(self) -> MetadataValue:
        kinds = [name for name in ("is", "in", "in_list", "has", "given") if self._value(name) is not None]
        kinds += ["at_least, below"] if self.at_least is not None or self.below is not None else []
        if len(kinds) != 1:
            message = "a metadata test says one of: is, in, in_list, has, given, at_least and below"
            raise wrong(message, hint="such as {key: seller.age_days, below: 7}")
        if self.at_least is not None and self.below is not None and self.below <= self.at_least:
            message = f"below ({self.below:g}) must be more than at_least ({self.at_least:g})"
            raise wrong(message, at="below", hint="swap the two, or leave one out")
        return self

    def _value(self, name: str) -> object:
        return getattr(self, {"is": "is_", "in": "in_"}.get(name, name))


class MetadataCondition(Word):
    """A fact that the app sent along."""

    metadata: MetadataValue = Field(description="A test on one of the app's own facts.")
