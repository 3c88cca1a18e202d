"""Words of items, for search: an index by whole words and their beginnings, filled in the background.

SQLite keeps it as a table of FTS5, Postgres as a ``tsvector`` under a GIN index; both are called ``item_words``,
and no table of `tables` is like them. Given
texts are in it soon after the post, and what was read in pictures and heard in speech once the item was judged, up to
`LONGEST` letters each item. It is no truth of its own: what is missing is added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among, insert_many
from moderation.storage.item_ids import first_item_id
from moderation.storage.tables import item_texts, items, roll_up_marks

BATCH = 100
"""Items of one transaction, so that no post waits long for it."""
LONGEST = 20_000
"""Letters of an item that can be searched."""
SETTLED = timedelta(minutes=2)
"""So long after the time in its id an item may still come to be stored."""
MOST_WORDS, LONGEST_WORD = 8, 60
"""Of a search."""
MERGED_AT_ONCE = 500
"""Pages of the index."""
MARK = "words"
_WORD = re.compile(r"\w+")


class WordIndex:
    """Fills the index in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def fill(self, now: datetime) -> bool:
        """Add a batch of items that are missing, and what was found in a batch; False when none was left."""

        def work(c: Connection) -> bool:
            are_more = _fill(c, now)
            return _fill_found(c) or are_more

        return self._db.write(work, step="words.fill", rows=BATCH)


def words_of(text: str) -> list[str]:
    """The words of a search, without signs; the first `MOST_WORDS`, each up to `LONGEST_WORD` letters."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(text.replace("_", " "))[:MOST_WORDS]]


def numbers_with(c: Connection, words: Sequence[str]) -> sa.Select[tuple[int]]:
    """Numbers, in `item_texts`, of the items that have all these words, or words that begin with them."""
    if c.dialect.name == "postgresql":
        query = " & ".join(f"'{word}':*" for word in words)
        table = sa.table("item_words", sa.column("number", sa.Integer), sa.column("words"))
        return sa.select(table.c.number).where(table.c.words.op("@@")(sa.func.to_tsquery("simple", query)))
    table = sa.table("item_words", sa.column("rowid", sa.Integer), sa.column("item_words"))
    query = " AND ".join(f'"{word}"*' for word in words)
    return sa.select(table.c.rowid).where(table.c.item_words.op("MATCH")(query))


def having_words(c: Connection, text: str) -> sa.ColumnElement[bool]:
    """True of the items that have all the words of a text; of none where it has no words."""
    words = words_of(text)
    if not words:
        return sa.false()
    return items.c.id.in_(sa.select(item_texts.c.item_id).where(item_texts.c.number.in_(numbers_with(c, words))))


def forget_words(c: Connection, item_ids: Sequence[str]) -> None:
    """Take items out of the index; their rows in `item_texts` are the caller's."""
    numbers = list(c.execute(sa.select(item_texts.c.number).where(among(c, item_texts.c.item_id, item_ids))).scalars())
    _forget(c, numbers)


def purge_words(database: Database) -> None:
    """Have the index forget for good what was taken out of it: SQLite's only marks it, until it is merged.

    In slices, so that no post waits long; of a large index it takes a while.
    """
    if not database.is_sqlite:
        return
    merge = sa.text("INSERT INTO item_words (item_words, rank) VALUES ('merge', :pages)")

    def work(c: Connection, pages: int) -> int:
        # FTS5, "the merge command": a negative number begins to merge everything, positive ones go on with it, and
        # fewer than two changes say that there is no more to do.
        before = c.execute(sa.text("SELECT total_changes()")).scalar_one()
        c.execute(merge, {"pages": pages})
        return int(c.execute(sa.text("SELECT total_changes()")).scalar_one()) - int(before)

    pages = -MERGED_AT_ONCE
    while database.write(lambda c, pages=pages: work(c, pages), step="words.purge") >= 2:  # type: ignore[misc]
        pages = MERGED_AT_ONCE


def _fill(c: Connection, now: datetime) -> bool:
    marks = sa.select(roll_up_marks.c.at).where(roll_up_marks.c.name == MARK).with_for_update()
    mark = c.execute(marks).scalar_one()
    is_in = sa.exists().where(item_texts.c.item_id == items.c.id)
    since = first_item_id(mark - SETTLED if mark.timestamp() else mark)
    query = sa.select(items.c.id, items.c.document).where(items.c.id >= since, ~is_in).order_by(items.c.id)
    rows = c.execute(query.limit(BATCH)).all()
    insert_many(c, item_texts, [{"item_id": row.id} for row in rows], or_nothing=True)
    documents = {row.id: row.document for row in rows}
    numbers = sa.select(item_texts.c.number, item_texts.c.item_id).where(among(c, item_texts.c.item_id, documents))
    _add(c, [_words(made.number, documents[made.item_id]) for made in c.execute(numbers)])
    at = now if len(rows) < BATCH else datetime.fromtimestamp(int(rows[-1].id.replace("-", "")[:12], 16) / 1000, UTC)
    c.execute(sa.update(roll_up_marks).where(roll_up_marks.c.name == MARK).values(at=max(mark, at)))
    return len(rows) == BATCH


def _fill_found(c: Connection) -> bool:
    """Add what was read and heard in a batch of items that were judged since their texts were added."""
    query = (
        sa.select(item_texts.c.number, items.c.id, sa.cast(items.c.findings, sa.Text).label("findings"))
        .join(items, items.c.id == item_texts.c.item_id)
        .where(~item_texts.c.has_found, items.c.status != "pending")
        .order_by(item_texts.c.number)
        .limit(BATCH)
    )
    rows = c.execute(query).all()
    # Hardly any text has parts that were made of others, and to read what was found takes longer than to pass it over.
    read = {row.id: made for row in rows if '"extraction"' in (row.findings or "") and (made := _texts_made(row))}
    known = sa.select(item_texts.c.number, items.c.id, items.c.document).join(items, items.c.id == item_texts.c.item_id)
    again = c.execute(known.where(among(c, items.c.id, read))).all() if read else []
    _forget(c, [row.number for row in again])
    _add(c, [_words(row.number, row.document, read[row.id]) for row in again])
    numbers = [row.number for row in rows]
    c.execute(sa.update(item_texts).where(among(c, item_texts.c.number, numbers)).values(has_found=True))
    return len(rows) == BATCH


def _texts_made(row: Any) -> list[str]:
    """What was read and heard in an item's parts."""
    parts = json.loads(row.findings).get("parts", ())
    return [each["text"] for each in parts if each.get("extraction") and each.get("text")]


def _words(number: int, document: Mapping[str, Any], found: Sequence[str] = ()) -> dict[str, Any]:
    """A row of the index.

    Args:
        document: of an item.
    """
    text = "\n".join([*(part["text"] for part in document["parts"] if part.get("text")), *found])[:LONGEST]
    return {"number": number, "words": " ".join(_WORD.findall(text.replace("_", " ")))}


def _add(c: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    if c.dialect.name == "postgresql":
        statement = "INSERT INTO item_words (number, words) VALUES (:number, to_tsvector('simple', :words))"
    else:
        statement = "INSERT INTO item_words (rowid, words) VALUES (:number, :words)"
    c.execute(sa.text(statement), rows)


def _forget(c: Connection, numbers: Sequence[int]) -> None:
    if not numbers:
        return
    key = "number" if c.dialect.name == "postgresql" else "rowid"
    table = sa.table("item_words", sa.column(key, sa.Integer))
    c.execute(sa.delete(table).where(table.c[key].in_(numbers)))
