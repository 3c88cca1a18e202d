"""Remnants: what of erased items, authors and apps lies in the database beside the items themselves.

Jobs over films keep what they found in a film that an item had too; stored backtests show items; queues' messages that
became no items, redaction jobs and verdicts on comments belong to an app; reports of items name who made them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among
from moderation.core.items import Item
from moderation.storage.audit import note_change
from moderation.storage.film_jobs import delete_jobs
from moderation.storage.tables import (
    dead_letters,
    decisions,
    deliveries,
    derivatives,
    film_jobs,
    flags,
    policy_backtests,
    redaction_jobs,
    score_suggestions,
)


@dataclass(frozen=True)
class LeftService:
    """What of items has left the service, and is to be erased where it went.

    Attributes:
        export_days: days of decisions (UTC); exports of these days have them.
        taken: deliveries that were taken, by where they went.
        copies: copies and thumbnails in other places, which are taken back.
    """

    export_days: tuple[str, ...]
    taken: Mapping[str, int]
    copies: int


def forget_remnants(c: Connection, withdrawn: Sequence[Item]) -> None:
    """Erase what jobs over films and backtests have of items, in the transaction that withdraws them.

    A job that is under way over such a film ends with it: who looks finds it gone.
    """
    films: dict[str, set[str]] = {}
    for item in withdrawn:
        for part in item.parts:
            if part.type == "video" and part.media is not None:
                films.setdefault(item.app, set()).add(part.media.sha256)
    for app, digests in films.items():
        known = sa.select(film_jobs.c.id, film_jobs.c.film).where(film_jobs.c.app == app, film_jobs.c.film.is_not(None))
        delete_jobs(c, [row.id for row in c.execute(known) if (row.film or {}).get("sha256") in digests])
    forget_backtests(c, {item.id for item in withdrawn})


def forget_backtests(c: Connection, item_ids: Collection[str]) -> None:
    """Take items out of what stored backtests show."""
    stored = sa.select(policy_backtests.c.id, policy_backtests.c.report).where(policy_backtests.c.state == "done")
    for row in c.execute(stored).all():
        report = row.report or {}
        shown = report.get("most_changed", [])
        kept = [each for each in shown if each.get("item") not in item_ids]
        if len(kept) < len(shown):
            update = sa.update(policy_backtests).where(policy_backtests.c.id == row.id)
            c.execute(update.values(report={**report, "most_changed": kept}))


class Remnants:
    """What belongs to an author or app in `database`, beside their items."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def left_service(self, item_ids: Sequence[str]) -> LeftService:
        """Where items have gone; asked before they are erased, because it is forgotten with them."""
        return self._db.read(lambda c: _left_service(c, item_ids))

    def counts(self, *, author: str | None, app: str | None) -> dict[str, int]:
        """How much `erase` would erase, by kind; kinds without any are left out."""

        def work(c: Connection) -> dict[str, int]:
            chosen = _chosen(c, author, app)
            return {kind: len(ids) for kind, (_, ids) in chosen.items() if ids}

        return self._db.read(work)

    def erase(self, now: datetime, why: str, *, author: str | None, app: str | None) -> dict[str, int]:
        """Erase it, with a record in the audit chain; says how much of each kind."""

        def work(c: Connection) -> dict[str, int]:
            done = {}
            for kind, (table, ids) in _chosen(c, author, app).items():
                if not ids:
                    continue
                if table is film_jobs:
                    delete_jobs(c, ids)
                else:
                    c.execute(sa.delete(table).where(among(c, _key(table), ids)))
                done[kind] = len(ids)
            if done:
                # The author's name is not in it: records are kept for ever.
                whose = f"app {app}" if app is not None else "an author"
                note_change(c, "erased beside items", whose, now, why=why, **done)
            return done

        return self._db.write(work, step="remnants.erase")


def _chosen(c: Connection, author: str | None, app: str | None) -> dict[str, tuple[sa.Table, list[Any]]]:
    """By kind the table, and the keys in it."""
    if author is not None:
        made = flags.c.reporter == author
        told = dead_letters.c.body.contains(json.dumps(author), autoescape=True)
        return {
            "reports that they made": (flags, _keys(c, flags, _of(flags, app, made))),
            "messages that became no items": (dead_letters, _keys(c, dead_letters, _of(dead_letters, app, told))),
        }
    ended = redaction_jobs.c.ended_at.is_not(None)
    every = sa.true()
    return {
        "jobs over films": (film_jobs, _keys(c, film_jobs, _of(film_jobs, app, every))),
        "messages that became no items": (dead_letters, _keys(c, dead_letters, _of(dead_letters, app, every))),
        "redaction jobs that ended": (redaction_jobs, _keys(c, redaction_jobs, _of(redaction_jobs, app, ended))),
        "verdicts on comments": (score_suggestions, _keys(c, score_suggestions, _of(score_suggestions, app, every))),
    }


def _of(table: sa.Table, app: str | None, more: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return more if app is None else more & (table.c.app == app)


def _key(table: sa.Table) -> sa.Column[Any]:
    (key,) = table.primary_key.columns
    return key


def _keys(c: Connection, table: sa.Table, wanted: sa.ColumnElement[bool]) -> list[Any]:
    return list(c.execute(sa.select(_key(table)).where(wanted)).scalars())


def _left_service(c: Connection, item_ids: Sequence[str]) -> LeftService:
    days, taken, copies = set(), Counter[str](), 0
    for ids in _pieces(item_ids):
        decided = sa.select(decisions.c.decided_at).where(among(c, decisions.c.item_id, ids))
        days |= {at.date().isoformat() for at in c.execute(decided).scalars()}
        made = sa.select(deliveries.c.url).where(among(c, deliveries.c.item_id, ids), deliveries.c.state == "delivered")
        taken.update(c.execute(made).scalars())
        written = sa.select(sa.func.count()).select_from(derivatives).where(among(c, derivatives.c.item_id, ids))
        copies += c.execute(written).scalar_one()
    return LeftService(tuple(sorted(days)), dict(taken), copies)


def _pieces(item_ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (item_ids[start : start + size] for start in range(0, len(item_ids), size))
