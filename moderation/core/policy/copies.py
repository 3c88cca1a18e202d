"""What a policy wants done with pictures and films once they are decided: copies, thumbnails, originals."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from moderation.core.policy.terms import PolicyModel, wrong

_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(?:[A-Za-z0-9!_.*'() -]+/)*")
_FOLDER = re.compile(r"/(?:[^/\0]+/)+")


def _place(value: Any) -> Any:
    if not isinstance(value, str) or not (_S3.fullmatch(value) or _FOLDER.fullmatch(value)):
        message = "a place for copies is s3://BUCKET/, s3://BUCKET/PREFIX/ or a folder, from its root to a slash"
        raise wrong(message, hint="such as s3://shop-public/ or /srv/shop/public/")
    if {".", ".."} & set(value.split("/")):
        raise wrong("a place for copies has no . or .. in it")
    return value


CopyPlace = Annotated[
    str, BeforeValidator(_place), WithJsonSchema({"type": "string", "pattern": "^(s3://[^/]+/|/).*/$|^s3://[^/]+/$"})
]


class Copies(PolicyModel):
    """Where copies of decided pictures and films go, and what becomes of rejected originals in buckets of apps."""

    redacted: CopyPlace | None = Field(
        None, description="Where redacted copies of approved items are written, under the key of the original."
    )
    thumbnails: CopyPlace | None = Field(
        None, description="Where thumbnails of approved pictures are written, under the key of the original."
    )
    delete_rejected_after_days: int | None = Field(
        None, ge=0, le=3650, description="So many days after the decision the rejected original is deleted from S3."
    )

    @model_validator(mode="after")
    def _are_apart(self) -> Copies:
        if self.redacted is not None and self.redacted == self.thumbnails:
            message = "redacted copies and thumbnails have the same keys, and would lie on one another"
            raise wrong(message, at="thumbnails", hint=f"such as {self.redacted}thumbnails/")
        if not self.places() and self.delete_rejected_after_days is None:
            raise wrong("copies says nothing", hint="name redacted, thumbnails or delete_rejected_after_days")
        return self

    def places(self) -> dict[str, str]:
        """The places that it names, by key."""
        named = {"redacted": self.redacted, "thumbnails": self.thumbnails}
        return {key: place for key, place in named.items() if place is not None}
