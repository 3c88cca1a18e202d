"""Whose things are: an app's key reaches what was made with that app's keys, and what it was lent; an operator's, all.

Work teams, templates and flow definitions can be lent: whoever they are of gives them the tag `LENT`, whose value names
apps, separated by blanks, or is ``*`` for all. Borrowers use and describe them; they neither change nor delete them.
Loops are never lent. What is not theirs is answered to apps as if it were not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from review_ui.a2i import tables

LENT = "moderation:lent-to"
"""The tag's key."""


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        app: whose access key it is; None for an operator's, which reaches everything.
    """

    app: str | None

    def owns(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """True of the rows of `table` that this caller may change."""
        return sa.true() if self.app is None else table.c.app == self.app

    def may_use(self, c: Connection, table: sa.Table, prefix: str) -> sa.ColumnElement[bool]:
        """True of the rows of `table` that this caller may use and describe: its own, and what it was lent.

        Args:
            prefix: of the ARNs of what is in the table; names come behind it.
        """
        if self.app is None:
            return sa.true()
        tags = sa.select(tables.tags.c.arn, tables.tags.c.value)
        tags = tags.where(tables.tags.c.key == LENT, tables.tags.c.arn.startswith(prefix, autoescape=True))
        lent = [row.arn.removeprefix(prefix) for row in c.execute(tags) if {"*", self.app} & set(row.value.split())]
        return self.owns(table) | table.c.name.in_(lent)


OPERATOR = Caller(None)
"""Who calls an operation within this process, too; who comes over the wire is always named."""


class Objects(Protocol):
    """Which objects of the media store apps may have shown to people, and where their outputs may be written."""

    def may_read(self, app: str | None, bucket: str, key: str) -> bool:
        """True of what an app may read; of everything for an operator, None."""
        ...

    def take_bucket(self, app: str | None, bucket: str) -> bool:
        """True where an app may have outputs written to a bucket; one that is nobody's becomes its own."""
        ...


class OperatorsAlone:
    """Where apps have no buckets: objects are operators' to name."""

    def may_read(self, app: str | None, bucket: str, key: str) -> bool:
        """See `Objects.may_read`."""
        return app is None

    def take_bucket(self, app: str | None, bucket: str) -> bool:
        """See `Objects.take_bucket`."""
        return app is None


class Granting:
    """Addresses of objects for a template's page (``grant_read_access``): none for what the loop's app may not read.

    Args:
        app: whose loop it is.
        read_link: makes the address of an object, by bucket and key.

    Attributes:
        refused: the ``s3://`` names that were asked for and may not be read.
    """

    def __init__(self, objects: Objects, app: str | None, read_link: ReadLink) -> None:
        self._objects, self._app, self._read_link = objects, app, read_link
        self.refused: list[str] = []

    def __call__(self, bucket: str, key: str) -> str:
        """The address; empty for an object that is not this app's to show."""
        if self._objects.may_read(self._app, bucket, key):
            return self._read_link(bucket, key)
        self.refused.append(f"s3://{bucket}/{key}")
        return ""


class ReadLink(Protocol):
    """Makes a short-lived address of an object."""

    def __call__(self, bucket: str, key: str) -> str:
        """The address where whoever has it can read the object."""
        ...
