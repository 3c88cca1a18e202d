"""``notices``: what a policy does with an item's copies, and with lists, once a public notice of it was upheld."""

from __future__ import annotations

from pydantic import Field, model_validator

from moderation.core.policy.terms import Ask, Name, PolicyModel, wrong


class Answering(PolicyModel):
    """What follows from public notices: where people look, and what an upheld one does."""

    queue: str | None = Field(None, description="Where people look; left out: the item's queue, or the first.")
    list: Name | None = Field(
        None, description="The list at run time, of hashes, that what was upheld is put on; left out: on none."
    )
    copies: Ask | None = Field(
        None,
        description="What becomes of stored copies that rules had approved: reject, or {review: QUEUE}; left out: "
        "people look at them.",
    )

    @model_validator(mode="after")
    def _acts_on_copies(self) -> Answering:
        if self.copies is not None and self.copies.outcome == "approve":
            raise wrong("copies of what is not allowed are not approved", at="copies", hint="reject or {review: QUEUE}")
        return self
