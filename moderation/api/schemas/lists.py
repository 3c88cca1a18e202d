"""Lists at run time."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from ground.strict_json import NOT_BLANK
from moderation.api.schemas.bodies import Body
from moderation.core.listing import ListKind


class NewEntry(Body):
    """What is put on a list."""

    value: str = Field(min_length=1, max_length=500, description="An author, a number, a word, a domain, a SHA-256.")
    why: str = Field(
        min_length=1,
        max_length=1000,
        description="Why it stands there, for people.",
        json_schema_extra={"pattern": NOT_BLANK},
    )
    kind: ListKind | None = Field(None, description="What a new list holds; `values` where it is not said.")
    expires_at: AwareDatetime | None = Field(None, strict=False, description="From when on it does not count.")


class ListedEntry(BaseModel):
    """What stands on a list.

    Attributes:
        id: of the entry, by which it is taken off.
        list: name of the list.
        expires_at: from when on it does not count; null for never.
        why: as they said.
    """

    id: int
    list: str
    value: str = Field(description="As it is compared.")
    expires_at: AwareDatetime | None
    by: str = Field(description="Who put it there.")
    why: str
    at: AwareDatetime = Field(description="When.")


class ListView(BaseModel):
    """A list at run time.

    Attributes:
        name: as policies say it.
        kind: what it holds.
        changed_at: when something was last put on it or taken off, UTC.
    """

    name: str
    kind: ListKind
    version: str = Field(description="Digest of all that happened to it.")
    entries: int = Field(description="That count now.")
    changed_at: AwareDatetime


class ListOfLists(BaseModel):
    """All lists.

    Attributes:
        lists: by name.
    """

    lists: list[ListView]


class ListText(ListView):
    """A list with what stands on it: the newest thousand.

    Attributes:
        listed: newest first.
    """

    listed: list[ListedEntry]


class ListChange(BaseModel):
    """Something that happened to a list.

    Attributes:
        id: rises with each change.
        action: what happened.
        value: as it is compared.
        expires_at: from when on it does not count; null for never.
        by: who did it.
        why: as they said.
        at: when, UTC.
    """

    id: int
    action: Literal["add", "remove"]
    value: str
    expires_at: AwareDatetime | None
    by: str
    why: str
    at: AwareDatetime
    digest: str = Field(description="SHA-256 over this and all before it.")


class ListChanges(BaseModel):
    """What happened to a list, newest first: the newest thousand.

    Attributes:
        changes: newest first.
    """

    changes: list[ListChange]
