"""Uploads: what is asked for, and where to send it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ground.media.sniffing import CONTENT_TYPES
from moderation.api.schemas.bodies import Body, Whole
from moderation.intake.submissions import LIMIT

Size = Annotated[Whole, Field(json_schema_extra={"minimum": 1, LIMIT: {"maximum": "max_media_bytes"}})]


class WantedUpload(Body):
    """What is to be uploaded."""

    content_type: str = Field(
        max_length=100,
        description="Such as image/jpeg or video/mp4; sent with the upload too.",
        json_schema_extra={"enum": [*sorted(CONTENT_TYPES)]},
    )
    size_bytes: Size | None = Field(None, description="The most it may have; left out: as much as is accepted at all.")


class UploadView(BaseModel):
    """Where to send one object: POST a multipart form of `fields`, and after them the bytes as `file`.

    Attributes:
        url: where to post.
        fields: of the form, as they are.
        content_type: as it was declared.
        max_bytes: the most that is taken.
        expires_at: from when on it cannot be used, UTC.
    """

    id: str = Field(description="For `upload` in a part of an item, within a day.")
    url: str
    fields: dict[str, str]
    content_type: str
    max_bytes: int
    expires_at: datetime


class UploadForm(BaseModel):
    """The form of an upload to this service; S3 takes one of its own."""

    model_config = ConfigDict(extra="forbid")

    policy: str = Field(description="As it was given.")
    signature: str = Field(description="As it was given.")
    file: str = Field(description="The bytes.", json_schema_extra={"contentMediaType": "application/octet-stream"})
