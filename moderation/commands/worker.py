"""``moderation worker``: processes that moderate what waits, woken through RQ's queue in Redis."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from moderation.commands.serve import set_by_signals, settle_memory
from moderation.core.errors import SettingsError
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.core.items import Lane

logger = logging.getLogger(__name__)

THREADS = 2
"""Of a worker process: one keeps to what is quick, so that they do not wait behind pictures. One more keeps to texts of
apps that have few of them, so that these do not wait behind those of an app that floods."""
FETCHING_SECONDS = 1.0
"""How long a worker that is to end when nothing waits is without work before it looks again, while it fetches."""
IN_HAND_SECONDS = 20.0
"""How long a worker that is to end goes on with the items it has; under what `Processes` gives it."""


@click.command()
@click.option("--processes", type=click.IntRange(min=1), default=1, help="So many, each replaced when it dies.")
@click.option("--burst", is_flag=True, help="End when nothing waits any more.")
@click.pass_obj
def worker(settings: Settings, processes: int, burst: bool) -> None:
    """Moderate items that wait; woken through Redis (MODERATION_REDIS_URL), any number of processes."""
    if settings.redis_url is None:
        raise SettingsError("set MODERATION_REDIS_URL; without Redis, `moderation serve` moderates by itself")
    from ground.processes import Processes
    from moderation.storage.opening import need_data_folder

    need_data_folder(settings, settings.database_url)
    stop = set_by_signals()
    if processes == 1:
        _work(settings, settings.redis_url, stop, burst)
        return
    url = settings.redis_url
    Processes("worker", lambda _: _work(settings, url, stop, burst), processes, stop, until_done=burst).run()


def _work(settings: Settings, redis_url: str, stop: threading.Event, burst: bool) -> None:
    """Work until `stop` is set, or with `burst` until nothing waits."""
    from moderation.detection import forking

    forking.start()  # before what follows imports the rest; it takes as long
    from moderation.pipeline.doorbell import SPARE, RedisListener, lanes_of
    from moderation.service import Service
    from moderation.storage.opening import wait_for_databases
    from moderation.worker import Worker

    if not wait_for_databases(settings, stop.wait):
        return
    every = lanes_of(1) if burst else [*lanes_of(THREADS), SPARE]
    listeners = [(lanes, RedisListener(redis_url, lanes)) for lanes in every]
    service = Service.open(settings)
    service.live("worker")

    def work(lanes: Sequence[Lane]) -> int:
        # Who is to end when nothing waits does not end while something is being fetched.
        return service.work_once(lanes) or (service.fetching.wait(FETCHING_SECONDS) if burst else 0)

    worker = Worker(
        work, listeners, settings.sweep_seconds, done=stop.set if burst else None, pass_on=service.ring_for_waiting
    )
    settle_memory()
    click.echo("worker waits for items")
    worker.start()
    stop.wait()
    if not worker.close(IN_HAND_SECONDS):
        # Its leases are free soon. To end detectors under an item would be a failure of theirs, and send it to people.
        logger.warning("what is in hand is left to other workers")
        service.heart.close()  # or it would be told as one that died
        os._exit(0)
    service.close()
