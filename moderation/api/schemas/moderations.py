"""OpenAI's moderation contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from ground.strict_json import NOT_BLANK
from moderation.api.schemas.bodies import Body

SomeText = Annotated[str, Field(json_schema_extra={"pattern": NOT_BLANK})]


class TextInput(Body):
    """A text among the inputs."""

    type: Literal["text"] = Field(description="`text`.")
    text: SomeText = Field(min_length=1, max_length=200_000, description="The text.")


class PictureUrl(Body):
    """Where a picture is."""

    url: str = Field(
        min_length=1,
        description="`data:image/png;base64,...`, or an address that is fetched.",
        json_schema_extra={"pattern": "^(data:[^,]*;base64,|https?://)"},
    )
    detail: str | None = Field(None, max_length=20, description="Taken, and of no effect.")


class PictureInput(Body):
    """A picture among the inputs."""

    type: Literal["image_url"] = Field(description="`image_url`.")
    image_url: PictureUrl = Field(description="The picture.")


# With names of their own in the API's document: for a list among other things generators write classes only by name.
InputTexts = TypeAliasType("InputTexts", Annotated[list[SomeText], Field(min_length=1, max_length=32)])
InputParts = TypeAliasType(
    "InputParts",
    Annotated[
        list[Annotated[TextInput | PictureInput, Field(discriminator="type")]], Field(min_length=1, max_length=16)
    ],
)


class ModerationRequest(Body):
    """What OpenAI's clients send to be moderated."""

    input: SomeText | InputTexts | InputParts = Field(
        description="A text; texts, each with a result of its own; or texts and pictures as one item."
    )
    model: str | None = Field(None, max_length=200, description="Taken, and of no effect: the policies are yours.")


class ModerationResult(BaseModel):
    """What the policies say of one input."""

    flagged: bool = Field(description="False only where the policies approve; a part that nobody looked at never is.")
    categories: dict[str, bool | None] = Field(
        description="Whether it led to the outcome; null for a category that nobody looked for."
    )
    category_scores: dict[str, float | None] = Field(
        description="Highest confidence, 0-1, of what was found; null for a category that nobody looked for."
    )
    category_applied_input_types: dict[str, list[Literal["text", "image", "video", "audio"]]] = Field(
        description="In which kinds of input somebody looked for it; absent where nobody did."
    )
    not_looked_for: list[str] = Field(description="Categories that no detector here looked for in this input.")
    outcome: Literal["approve", "reject", "review"] = Field(description="What the policies want.")
    reason: str = Field(description="Why, for people.")


class Moderations(BaseModel):
    """OpenAI's answer, with `not_looked_for`, `outcome` and `reason` beside its own fields."""

    id: str = Field(description="Of this answer; nothing is kept under it.")
    model: str = Field(description="This program and its version.")
    results: list[ModerationResult] = Field(description="One for each text, or one for all parts together.")
