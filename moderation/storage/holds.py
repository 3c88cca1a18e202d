"""Legal holds: what is on one is neither erased nor pruned, and its media not deleted, whoever asks, whatever is due.

A hold is on an item, or on an author of an app and so on all of their items, those to come too. It may belong to a
case: holds of one case are released together. They are added and released, never changed otherwise; both are records of
the audit chain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.named_by_apps import author_of
from ground.prepared import among
from moderation.core.errors import FieldError, InvalidSubmission, ItemHeld, NotFound
from moderation.core.items import Item
from moderation.storage.audit import note_change
from moderation.storage.facets import facet
from moderation.storage.tables import holds, item_facets, items

HoldKind = Literal["item", "author"]
HOLD_KINDS: tuple[HoldKind, ...] = ("item", "author")
MOST_SHOWN = 500
_IS_THERE = items.c.status != "withdrawn"


@dataclass(frozen=True)
class Hold:
    """A hold.

    Attributes:
        app: of the author; of an item, its own.
        value: the item's id, or the author as the app names them.
        case: by which holds are released together; may be empty.
        by: who put it there.
        until: from when it holds nothing any more; None for good, until it is released.
        released_because: why; None while nobody has released it.
    """

    id: int
    kind: HoldKind
    app: str
    value: str
    case: str
    why: str
    by: str
    at: datetime
    until: datetime | None
    released_at: datetime | None
    released_by: str | None
    released_because: str | None

    def holds_at(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.released_at is None and (self.until is None or self.until > now)


class Holds:
    """Keeps holds, for operators and leads."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self,
        kind: HoldKind,
        value: str,
        *,
        app: str = "",
        case: str = "",
        why: str,
        by: str,
        now: datetime,
        until: datetime | None = None,
    ) -> Hold:
        """Put an item or an author on hold.

        Args:
            app: of the author; an item's is its own.

        Raises:
            InvalidSubmission: with each field that is wrong; an item that is not there, or was withdrawn, too.
        """
        value, app, case, why = value.strip(), app.strip(), case.strip(), why.strip()
        errors = [
            FieldError(name, f"{words}, 1 to {most:,} characters")
            for name, given, most, words in (
                ("value", value, 200, "what is held"),
                ("why", why, 1000, "why it is held"),
                ("by", by, 200, "who holds it"),
                *((("app", app, 100, "the app whose author it is"),) if kind == "author" else ()),
                *((("case", case, 100, "a name"),) if case else ()),
            )
            if not 0 < len(given) <= most
        ]
        if kind not in HOLD_KINDS:
            errors.append(FieldError("kind", f"a hold is on one of: {', '.join(HOLD_KINDS)}"))
        if until is not None and until <= now:
            errors.append(FieldError("until", "it is over already; name a time to come"))
        if errors:
            raise InvalidSubmission(errors)

        def work(c: Connection) -> Hold:
            of = app
            if kind == "item":
                # Held until the end, so that no erasure comes between.
                row = c.execute(
                    sa.select(items.c.app, items.c.status).where(items.c.id == value).with_for_update()
                ).first()
                if row is None or row.status == "withdrawn":
                    why_not = "there is no such item" if row is None else "it was withdrawn, and its content is erased"
                    raise InvalidSubmission([FieldError("value", f"{value}: {why_not}")])
                of = row.app
            given = {"kind": kind, "app": of, "value": value, "case": case, "why": why, "by": by, "at": now}
            made = c.execute(sa.insert(holds).values(**given, until=until).returning(holds)).one()
            note_change(c, "hold added", str(made.id), now, by=by, **_told(made))
            return _hold(made)

        return self._db.write(work, step="holds.add")

    def release(self, *, by: str, why: str, now: datetime, hold_id: int | None = None, case: str = "") -> list[Hold]:
        """Release a hold, or all of a case; what they held is kept no longer than policies and settings say.

        Raises:
            NotFound: there is none in force.
            InvalidSubmission: why, or who, is missing.
        """
        if not 0 < len(why.strip()) <= 1000 or not 0 < len(by) <= 200 or (hold_id is None) == (not case.strip()):
            raise InvalidSubmission([FieldError("why", "say which hold or case, who releases it and why")])
        mine = holds.c.case == case.strip() if hold_id is None else holds.c.id == hold_id
        values = {"released_at": now, "released_by": by, "released_because": why.strip()}

        def work(c: Connection) -> list[Hold]:
            update = sa.update(holds).where(mine, _in_force(now)).values(values).returning(holds)
            rows = c.execute(update).all()
            if not rows:
                named = f"case '{case}'" if hold_id is None else f"hold {hold_id}"
                raise NotFound(f"{named} holds nothing")
            for row in rows:
                note_change(c, "hold released", str(row.id), now, by=by)
            return sorted((_hold(row) for row in rows), key=lambda hold: hold.id)

        return self._db.write(work, step="holds.release")

    def of_case(self, case: str, now: datetime) -> Sequence[Hold]:
        """Those in force of a case, oldest first. Raises `NotFound` where there is none."""
        query = sa.select(holds).where(holds.c.case == case.strip(), _in_force(now)).order_by(holds.c.id)
        found = self._db.read(lambda c: [_hold(row) for row in c.execute(query)]) if case.strip() else []
        if not found:
            raise NotFound(f"case '{case[:100]}' holds nothing")
        return found

    def items_of(self, found: Sequence[Hold]) -> Sequence[str]:
        """Ids of the items that these holds are on and that are there, oldest first."""
        ids = sorted({each.value for each in found if each.kind == "item"})
        authors = [(each.app, facet("author", each.value)) for each in found if each.kind == "author"]

        def work(c: Connection) -> list[str]:
            there = set(c.execute(sa.select(items.c.id).where(among(c, items.c.id, ids), _IS_THERE)).scalars())
            for app, named in authors:
                theirs = sa.select(items.c.id).join(item_facets, item_facets.c.item_id == items.c.id)
                theirs = theirs.where(items.c.app == app, item_facets.c.facet == named, _IS_THERE)
                there.update(c.execute(theirs).scalars())
            return sorted(there)

        return self._db.read(work)

    def exported(self, case: str, sha256: str, *, by: str, now: datetime) -> None:
        """Record in the audit chain that a case left, sealed, and as what."""
        self._db.write(
            lambda c: note_change(c, "case exported", case, now, by=by, manifest=sha256), step="holds.exported"
        )

    def list(self, now: datetime, *, is_all: bool = False) -> Sequence[Hold]:
        """Those in force, or all there were, newest first; at most `MOST_SHOWN`."""
        query = sa.select(holds) if is_all else sa.select(holds).where(_in_force(now))
        query = query.order_by(holds.c.id.desc()).limit(MOST_SHOWN)
        return self._db.read(lambda c: [_hold(row) for row in c.execute(query)])


def is_held(now: datetime) -> sa.ColumnElement[bool]:
    """True of the items that a hold is on, by their ids and what they are found by."""
    by_id = sa.exists().where(holds.c.kind == "item", holds.c.value == items.c.id, _in_force(now))
    named = sa.literal(facet("author", "")).concat(holds.c.value)
    by_author = (
        sa.exists()
        .where(holds.c.kind == "author", holds.c.app == items.c.app, _in_force(now))
        .where(item_facets.c.item_id == items.c.id, item_facets.c.facet == named)
    )
    return sa.or_(by_id.correlate(items), by_author.correlate(items))


def need_no_hold(c: Connection, item_ids: Collection[str], now: datetime) -> None:
    """Raise `ItemHeld` where a hold is on one of these items; whoever erases asks in the same transaction.

    Items that nobody has judged yet have no facets, so authors are read out of the items themselves.
    """
    rows = c.execute(sa.select(holds).where(_in_force(now))).all()
    if not rows:
        return
    by_id = {row.value for row in rows if row.kind == "item"}
    authors = {(row.app, row.value) for row in rows if row.kind == "author"}
    held = sorted(by_id & set(item_ids))
    if authors:
        for row in c.execute(sa.select(items.c.id, items.c.document).where(among(c, items.c.id, item_ids))):
            item = Item.model_validate(row.document)
            if (item.app, author_of(item.metadata)[:200]) in authors:
                held.append(item.id)
    if held:
        raise ItemHeld(f"under a legal hold, and kept: {', '.join(sorted(set(held)))}")


def _in_force(now: datetime) -> sa.ColumnElement[bool]:
    return holds.c.released_at.is_(None) & (holds.c.until.is_(None) | (holds.c.until > now))


def _told(row: Any) -> dict[str, Any]:
    """What the audit chain keeps of a hold for good: its item and its end, and no author."""
    until = row.until.isoformat() if row.until is not None else None
    return {"of": row.kind, "item": row.value if row.kind == "item" else None, "until": until}


def _hold(row: Any) -> Hold:
    return Hold(**{name: getattr(row, name) for name in Hold.__dataclass_fields__})
