"""Words of items, for search: an index by whole words and their beginnings, filled in the background.

SQLite keeps it as a table of FTS5, Postgres as a ``tsvector`` under a GIN index; both are called ``item_words``,
and no table of `tables` is like them. Given
texts are in it soon after the post, and what was read in pictures and heard in speech once the item was judged, up to
`LONGEST` letters each item. It is no truth of its own: what is missing is added.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among, insert_many
from moderation.storage.item_ids import first_item_id
from moderation.storage.tables import item_texts, items, roll_up_marks

logger = logging.getLogger(__name__)

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
        """Add a batch of items that are missing, and what was found in a batch; False when none was left.

        They are read and taken apart beforehand: whoever has something to write waits for what is stored alone.
        """
        batch = self._db.read(_missing)
        batch.judged = self._db.read(_judged)
        if not batch.size and batch.since is not None and now - batch.since < SETTLED:
            return False
        return self._db.write(lambda c: _store(c, batch, now), step="words.fill", rows=batch.size)


@dataclass
class _Batch:
    """Items whose words are to be added.

    Attributes:
        since: up to when all are in the index that were stored then; None where nobody ever looked.
        given: words of those that are missing, by id, in the order of the ids.
        judged: numbers of those that were judged since they were added, and of each that something was read or heard
            in, all its words; of the others None.
    """

    since: datetime | None
    given: dict[str, str]
    judged: dict[int, tuple[str, str | None]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.given) + len(self.judged)


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


def _missing(c: Connection) -> _Batch:
    """A batch of items that are not in the index, with the words of what was posted."""
    mark = c.execute(_MARK).scalar_one()
    since = mark if mark.timestamp() else None
    is_in = sa.exists().where(item_texts.c.item_id == items.c.id)
    query = sa.select(items.c.id, sa.cast(items.c.document, sa.Text).label("document"))
    query = query.where(items.c.id >= first_item_id(mark - SETTLED if since else mark), ~is_in, *_HAS_WORDS)
    rows = c.execute(query.order_by(items.c.id).limit(BATCH))
    return _Batch(since, {row.id: _words(row.id, row.document) for row in rows})


def _judged(c: Connection) -> dict[int, tuple[str, str | None]]:
    """A batch of items that were judged since they were added; see `_Batch`."""
    query = (
        sa.select(item_texts.c.number, items.c.id, sa.cast(items.c.findings, sa.Text).label("findings"))
        .join(items, items.c.id == item_texts.c.item_id)
        .where(~item_texts.c.has_found, items.c.status != "pending")
        .order_by(item_texts.c.number)
        .limit(BATCH)
    )
    rows = c.execute(query).all()
    # Hardly any text has parts that were made of others, and to read what was found takes longer than to pass it over.
    read = {row.id: row.findings for row in rows if '"extraction"' in (row.findings or "")}
    known = sa.select(items.c.id, sa.cast(items.c.document, sa.Text).label("document"))
    documents = {row.id: row.document for row in c.execute(known.where(among(c, items.c.id, read)))} if read else {}
    return {
        row.number: (row.id, _words(row.id, documents[row.id], read[row.id]) if row.id in documents else None)
        for row in rows
    }


def _store(c: Connection, batch: _Batch, now: datetime) -> bool:
    """Add a batch to the index; says whether there may be more.

    Left out is what another process has added meanwhile, and what somebody has at hand, as who erases an item does:
    those are looked at again, and the mark stays where it is.
    """
    mark = c.execute(_MARK.with_for_update()).scalar_one()
    wanted = {*batch.given, *(item_id for item_id, _ in batch.judged.values())}
    rows: list[tuple[int, str]] = []
    free: dict[str, tuple[int | None, bool]] = {}
    if wanted:
        kept = _KEPT.where(among(c, items.c.id, wanted)).with_for_update(read=True, skip_locked=True, of=items)
        free = {row.id: (row.number, bool(row.has_found)) for row in c.execute(kept)}
    if new := [item_id for item_id in batch.given if free.get(item_id, _ELSEWHERE)[0] is None]:
        insert_many(c, item_texts, [{"item_id": item_id} for item_id in new])
        numbers = sa.select(item_texts.c.number, item_texts.c.item_id).where(among(c, item_texts.c.item_id, new))
        rows += ((made.number, batch.given[made.item_id]) for made in c.execute(numbers))
    heard = {number: words for number, (item_id, words) in batch.judged.items() if free.get(item_id) == (number, False)}
    if heard:
        again = [(number, words) for number, words in heard.items() if words is not None]
        _forget(c, [number for number, _ in again])
        rows += again
        c.execute(sa.update(item_texts).where(among(c, item_texts.c.number, heard)).values(has_found=True))
    _add(c, rows)
    are_more = len(batch.given) == BATCH
    if free.keys() >= batch.given.keys():
        at = _time_of(max(batch.given)) if are_more else now
        c.execute(_SET_MARK, {"new": max(mark, at)})
    return are_more or len(batch.judged) == BATCH


_ELSEWHERE = (0, True)
_HAS_WORDS = (items.c.withdrawn_at.is_(None), items.c.text_erased_at.is_(None))
"""Others stay out of the index, and must not keep its mark from moving on."""
_KEPT = (
    sa.select(items.c.id, item_texts.c.number, item_texts.c.has_found)
    .select_from(items.outerjoin(item_texts, item_texts.c.item_id == items.c.id))
    .where(*_HAS_WORDS)
)
_SET_MARK = sa.update(roll_up_marks).where(roll_up_marks.c.name == MARK).values(at=sa.bindparam("new"))
_MARK = sa.select(roll_up_marks.c.at).where(roll_up_marks.c.name == MARK)


def _time_of(item_id: str) -> datetime:
    return datetime.fromtimestamp(int(item_id.replace("-", "")[:12], 16) / 1000, UTC)


def _words(item_id: str, document: str, findings: str = "") -> str:
    """The words of an item; none where its documents cannot be read, which keeps no other out of the index.

    Args:
        document: of the item, as JSON.
        findings: what was found in it, as JSON, where something was read or heard.
    """
    try:
        said = [part["text"] for part in json.loads(document)["parts"] if part.get("text")]
        made = json.loads(findings).get("parts", ()) if findings else ()
        said += [each["text"] for each in made if each.get("extraction") and each.get("text")]
        return " ".join(_WORD.findall("\n".join(said)[:LONGEST].replace("_", " ")))
    except (ValueError, KeyError, TypeError, AttributeError):
        logger.warning("item=%s cannot be found by its words: its document cannot be read", item_id)
        return ""


def _add(c: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Add words to the index, each with its number."""
    if not rows:
        return
    if c.dialect.name == "postgresql":
        statement = "INSERT INTO item_words (number, words) VALUES (%s, to_tsvector('simple', %s))"
    else:
        statement = "INSERT INTO item_words (rowid, words) VALUES (?, ?)"
    c.exec_driver_sql(statement, list(rows))


def _forget(c: Connection, numbers: Sequence[int]) -> None:
    if not numbers:
        return
    key = "number" if c.dialect.name == "postgresql" else "rowid"
    table = sa.table("item_words", sa.column(key, sa.Integer))
    c.execute(sa.delete(table).where(table.c[key].in_(numbers)))
