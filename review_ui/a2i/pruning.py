"""Pruning: human loops that ended long enough ago go, with what people were shown, what they answered and outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from review_ui.a2i.chain import note_erased
from review_ui.a2i.pictures import picture_key
from review_ui.a2i.service import A2IService
from review_ui.a2i.tables import human_loops, labelling_jobs, labelling_objects, not_for, tasks

ENDED = ("Completed", "Failed", "Stopped")
BATCH = 200
"""Loops of one transaction, so that no reviewer waits long for it."""


def prune_loops(
    review: A2IService,
    before: datetime,
    needed: Callable[[Collection[str]], Collection[str]],
    is_stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Delete loops and lines of labelling jobs that ended before a time; says how many. May run in several processes.

    Objects go first: a loop whose row is gone would leave nobody to know of them.

    Args:
        needed: of some names of loops, those that somebody still refers to; they stay.
        is_stopped: True when the rest is for the next time.

    Raises:
        StoreUnavailable: the database or the media store does not answer; the rest stays.
    """
    count, after = 0, ""
    while not is_stopped():
        loops = review.database.read(lambda c, after=after: _ended(c, before, after))  # type: ignore[misc]
        if not loops:
            break
        after = loops[-1].name
        kept = set(needed([loop.name for loop in loops]))
        going = [loop for loop in loops if loop.name not in kept]
        for loop in going:
            if loop.is_written:
                review.blobs.delete(loop.output_uri)
            if (uri := picture_of(review, loop)) is not None:
                review.blobs.delete(uri)
        names = [loop.name for loop in going]
        count += review.database.write(lambda c, names=names: _delete(c, names), step="a2i.prune_loops")  # type: ignore[misc]
    old_jobs = sa.select(labelling_jobs.c.name).where(labelling_jobs.c.ended_at < before)
    lines = sa.delete(labelling_objects).where(labelling_objects.c.job.in_(old_jobs))
    count += review.database.write(lambda c: c.execute(lines).rowcount, step="a2i.prune_labelling")
    return count


def picture_of(review: A2IService, loop: Any) -> str | None:
    """The picture that came as bytes with the request for a loop, and is kept for it alone: its ``s3://`` name."""
    try:
        image = json.loads(loop.input_content)["aiServiceRequest"]["image"]["s3Object"]
        bucket, name = str(image["bucket"]), str(image["name"])
    except (ValueError, KeyError, TypeError):
        return None
    is_its_own = bucket == review.blobs.bucket and name == picture_key(loop.app, loop.name, name.rpartition("/")[2])
    return f"s3://{bucket}/{name}" if is_its_own else None


def _ended(c: Connection, before: datetime, after: str) -> Sequence[Any]:
    over = human_loops.c.status.in_(ENDED) & human_loops.c.event_pending.is_(False)
    # The answers of a labelling job are needed until all are there.
    over &= human_loops.c.flow.not_in(sa.select(labelling_jobs.c.name).where(labelling_jobs.c.ended_at.is_(None)))
    old = sa.func.coalesce(human_loops.c.ended_at, human_loops.c.created_at) < before
    query = sa.select(human_loops).where(over, old, human_loops.c.name > after)
    return c.execute(query.order_by(human_loops.c.name).limit(BATCH)).all()


def _delete(c: Connection, names: Sequence[str]) -> int:
    note_erased(c, names, "it is kept no longer")
    for table in (tasks, not_for):
        c.execute(sa.delete(table).where(table.c.loop_name.in_(names)))
    return c.execute(sa.delete(human_loops).where(human_loops.c.name.in_(names))).rowcount
