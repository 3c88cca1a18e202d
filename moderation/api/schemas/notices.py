"""Notices that anybody gives of items."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from ground.strict_json import NOT_BLANK
from moderation.api.schemas.bodies import Body
from moderation.core.public_notices import KINDS, MOST


class NewNotice(Body):
    """What somebody says is wrong with an item."""

    place: str = Field(
        min_length=1,
        max_length=MOST["place"],
        description="Id of the item, `content_id`, or an address of it.",
        json_schema_extra={"pattern": NOT_BLANK},
    )
    kind: str = Field(
        max_length=40,
        description="What is wrong; docs/notices.md says what each means.",
        json_schema_extra={"enum": list(KINDS)},
    )
    reason: str = Field(
        min_length=1,
        max_length=MOST["reason"],
        description="Why they think so, in their words.",
        json_schema_extra={"pattern": NOT_BLANK},
    )
    name: str = Field("", max_length=200, description="Of who gives it; may be empty for `child_abuse` alone.")
    mail: str = Field("", max_length=320, description="Their mail address; may be empty for `child_abuse` alone.")
    signature: str = Field("", max_length=200, description="Their name again, for kinds that are signed.")
    good_faith: bool = Field(
        description="They believe in good faith that it is accurate and complete.", json_schema_extra={"const": True}
    )
    language: str = Field("en", max_length=20, description="That they read.")
    flagger_key: str = Field("", max_length=100, description="Of a trusted flagger; empty for anybody else.")


class NoticeAppeal(Body):
    """Why it is to be looked at again."""

    reason: str = Field(min_length=1, max_length=5000, description="In the words of who gave the notice.")


NoticeStatus = Literal["unmatched", "received", "asked", "upheld", "dismissed", "appealed", "reversed", "gone"]


class NoticeView(BaseModel):
    """A notice and what became of it."""

    number: str = Field(description="Of the receipt, such as N-7K2M-Q4TD.")
    item: str | None = Field(description="Id of the item; null while nobody knows which it is.")
    status: NoticeStatus = Field(
        description="`unmatched` while nobody knows which item is meant; `asked` while people look; `upheld` once the "
        "item was rejected, `dismissed` once people approved it; `reversed` if they did later; `gone` with its item."
    )
    kind: str = Field(description="What is wrong.")
    place: str = Field(description="As it was given; empty once it is forgotten.")
    reason: str = Field(description="As it was given; empty once it is forgotten.")
    name: str = Field(description="Of who gave it; empty once it is forgotten.")
    mail: str = Field(description="Of who gave it; empty once it is forgotten.")
    is_trusted: bool = Field(description="Whether a trusted flagger gave it.")
    look_after: datetime | None = Field(
        description="From when on people look, where most notices of its giver were unfounded; null for at once."
    )
    outcome: Literal["approve", "reject"] | None = Field(description="Of the decision that settled it; null for none.")
    decided_by: Literal["rules", "people"] | None = Field(description="Who made that decision; null for none.")
    reasons: list[str] = Field(description="The policy's reasons that people chose, by name.")
    answer: str | None = Field(description="What somebody wrote to its giver instead of a decision; null for nothing.")
    can_be_appealed: bool = Field(description="Whether its giver may ask once to look again.")
    created_at: datetime = Field(description="When it came.")
    settled_at: datetime | None = Field(description="When it was settled; null until then.")


class NoticeMade(NoticeView):
    """A notice that was just given."""

    receipt: str | None = Field(
        description="Path of the page on which its giver reads what becomes of it, shown this once; null where the app "
        "has no public form."
    )


class NoticeList(BaseModel):
    """Notices: at most two hundred."""

    notices: list[NoticeView] = Field(description="Open ones of trusted flaggers first, then the newest.")
