"""Opening the portal's state, endpoint included, as the settings say. Wiring only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from ground.blobs import Blobs
from ground.database import Database
from review_ui import tables
from review_ui.a2i.service import NewLoop
from review_ui.care.exposure import Care, note_harms, note_missing_harms
from review_ui.clearance import forget_clearances, note_clearance
from review_ui.desk.alike import note_likeness
from review_ui.desk.authors import note_author
from review_ui.desk.of_loops import forget_loops
from review_ui.quality.golden import drop_orphans, drop_unclaimed
from review_ui.service import ReviewService
from review_ui.settings import ReviewSettings

MIGRATIONS = Path(__file__).parent / "migrations"


def open_review(
    settings: ReviewSettings, *, blobs: Blobs, on_status_change: Callable[[dict[str, Any]], None] | None = None
) -> ReviewService:
    """Open the database that the settings name, bring it to the newest schema, and wire what works on it.

    Args:
        on_status_change: see `A2IService`.

    Raises:
        StoreUnavailable: the database cannot be opened.
    """
    url = settings.review_database_url or f"sqlite:///{settings.data / 'review.db'}"
    database = Database(url, MIGRATIONS, tables.metadata, version_table="review_alembic_version")
    database.migrate()
    care = Care(**{name: getattr(settings, name) for name in Care.__dataclass_fields__})
    note_missing_harms(database, care)

    def note_started(c: Connection, loop: NewLoop) -> None:
        content = said_by_its_app(loop)
        note_harms(c, care, loop.name, content)
        note_likeness(c, loop.name, content)
        note_author(c, loop.name, content)
        note_clearance(c, NewLoop(loop.name, content, loop.app), datetime.now(UTC))

    return ReviewService(
        database,
        blobs,
        settings.a2i_region,
        on_status_change,
        most_loops=settings.a2i_most_loops,
        most_workteams=settings.a2i_most_workteams,
        calls_per_second=settings.a2i_calls_per_second,
        checks_signatures=settings.a2i_check_signatures,
        public_url=f"{settings.public_url.rstrip('/')}/a2i" if settings.public_url else "",
        on_loop_started=note_started,
        # Tasks first: a golden item's loop outlives the tasks that are made of it.
        sweeps=(drop_orphans, drop_unclaimed, forget_loops, lambda c: forget_clearances(c, datetime.now(UTC))),
        template_hosts=settings.a2i_template_hosts.split(),
        undo_seconds=settings.undo_seconds,
        care=care,
        golden_percent=settings.golden_percent,
    )


def said_by_its_app(loop: NewLoop) -> Mapping[str, Any]:
    """A loop's content with the app that started it, whichever it names: nobody speaks for another's authors."""
    item = loop.content.get("item")
    if loop.app is None or not isinstance(item, Mapping):
        return loop.content
    return {**loop.content, "item": {**item, "app": loop.app}}
