"""Verdicts that moderators sent on comments which are no items: what was found, and what they said. No content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from moderation.storage.tables import score_suggestions

PAGE = 1000


@dataclass(frozen=True)
class Said:
    """What people say of one attribute.

    Attributes:
        labels: what the attribute stood for then.
        value: 0-1; from 0.5 on the comment has it.
    """

    attribute: str
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True)
class SuggestedScore:
    """A verdict on a comment.

    Attributes:
        key: keyed hash of app and text, by which a later verdict takes the place of this one.
        confidences: the highest of each label that was found in the comment, percent.
    """

    key: str
    app: str
    confidences: Mapping[str, float]
    said: tuple[Said, ...]
    at: datetime


class SuggestedScores:
    """Keeps them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def keep(self, suggestion: SuggestedScore) -> None:
        """Put it in the place of the one before of its key."""
        row = {
            "key": suggestion.key,
            "app": suggestion.app,
            "confidences": dict(suggestion.confidences),
            "said": [asdict(each) for each in suggestion.said],
            "at": suggestion.at,
        }

        def work(c: Connection) -> None:
            there = sa.update(score_suggestions).where(score_suggestions.c.key == suggestion.key).values(row)
            if not c.execute(there).rowcount:
                # Of two first verdicts at the same moment either may stay.
                c.execute(insert_or_nothing(c, score_suggestions).values(row))

        self._db.write(work, step="suggestions.keep")

    def count(self, since: datetime | None = None) -> int:
        """How many `each` gives."""
        query = sa.select(sa.func.count()).select_from(score_suggestions).where(_since(since))
        return self._db.read(lambda c: c.execute(query).scalar_one())

    def each(self, since: datetime | None = None) -> Iterator[SuggestedScore]:
        """All of them, in the order of their keys, a page at a time."""
        after = ""
        while True:
            query = (
                sa.select(score_suggestions)
                .where(_since(since), score_suggestions.c.key > after)
                .order_by(score_suggestions.c.key)
                .limit(PAGE)
            )
            rows = self._db.read(lambda c, query=query: c.execute(query).all())  # type: ignore[misc]
            for row in rows:
                said = tuple(Said(one["attribute"], tuple(one["labels"]), one["value"]) for one in row.said)
                yield SuggestedScore(row.key, row.app, row.confidences, said, row.at)
            if len(rows) < PAGE:
                return
            after = rows[-1].key


def _since(since: datetime | None) -> sa.ColumnElement[bool]:
    return sa.true() if since is None else score_suggestions.c.at >= since
