"""``{people: {lacking: {head: head_cover}}}``: who lacks which protective cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from moderation.core.policy.terms import Count, Percent, PolicyModel, Range, TimeShare, wrong
from moderation.core.policy.words.word import Word

BodyPart = Literal["face", "head", "left_hand", "right_hand", "torso"]
Cover = Literal["face_cover", "head_cover", "hand_cover", "vest"]
COVERS: Mapping[str, str] = {
    "face": "face_cover",
    "head": "head_cover",
    "left_hand": "hand_cover",
    "right_hand": "hand_cover",
    "torso": "vest",
}
"""What each body part can wear, as Amazon Rekognition's protective equipment types have it; the vest is ours."""


class Unprotected(PolicyModel):
    """Who lacks which protective cover, by the detections with label ``Person``."""

    at_least: Percent = Field(50.0, description="How sure that it is a person.")
    lacking: dict[BodyPart, Cover] = Field(
        min_length=1, description="Body part to the cover it should have; who lacks any of them counts."
    )
    covered_at_least: Percent = Field(50.0, description="How sure the cover must be to count as worn.")
    bare_below: Percent | None = Field(
        None,
        description="Below, the part is bare; from here to covered_at_least nobody can tell, and people look. "
        "Left out: the same as covered_at_least.",
    )
    if_part_not_visible: Literal["ignore", "counts_as_lacking", "review"] = Field(
        "ignore", description="What a part that cannot be seen means; review only where the rule asks for a review."
    )
    count: Count = Field(Count.model_construct(at_least=1), description="How many such people make the condition true.")

    seconds: Range | None = Field(None, description="For how long without a break, in seconds of a film.")
    share_of_time: TimeShare | None = Field(None, description="For how much of the film, in percent.")
    runs: Count | None = Field(None, description="How many separate times in the film.")

    @model_validator(mode="after")
    def _covers_fit(self) -> Unprotected:
        for part, cover in self.lacking.items():
            if COVERS[part] != cover:
                raise wrong(f"a {cover} is not worn on the {part}", at="lacking", hint=f"did you mean {COVERS[part]}?")
        if self.bare_below is not None and self.bare_below > self.covered_at_least:
            message = f"bare_below ({self.bare_below:g}) is more than covered_at_least ({self.covered_at_least:g})"
            raise wrong(message, at="bare_below")
        return self


class PeopleCondition(Word):
    """People who lack covers, counted."""

    people: Unprotected = Field(description="People who lack protective covers.")
