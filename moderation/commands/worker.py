"""``moderation worker``: a process that moderates what waits, woken by RQ."""

from __future__ import annotations

import click

from moderation.commands.serve import settle_memory
from moderation.core.errors import SettingsError
from moderation.settings import Settings


@click.command()
@click.option("--burst", is_flag=True, help="End when nothing waits any more.")
@click.pass_obj
def worker(settings: Settings, burst: bool) -> None:
    """Moderate items that wait; woken through Redis (MODERATION_REDIS_URL), any number of processes."""
    if settings.redis_url is None:
        raise SettingsError("set MODERATION_REDIS_URL; without Redis, `moderation serve` moderates by itself")
    import redis
    from rq import Queue, SimpleWorker
    from rq.job import Job
    from rq.serializers import JSONSerializer

    from moderation import worker as jobs
    from moderation.pipeline.doorbell import JOB, QUEUE_NAME
    from moderation.service import Service
    from moderation.storage.opening import need_data_folder

    class AllowListedWorker(SimpleWorker):
        """Runs our one job and nothing else, whatever somebody puts into Redis."""

        def execute_job(self, job: Job, queue: Queue) -> None:
            """Refuse jobs that name another function."""
            if job.func_name != JOB:
                click.echo("a job that is not ours was refused", err=True)
                job.delete()
                return
            super().execute_job(job, queue)

    need_data_folder(settings, settings.database_url)
    service = Service.open(settings)
    jobs.open_in(service)
    service.watch_policies()
    service.keep_warm()
    jobs.moderate_waiting()
    # One process, no fork a job: detectors have processes of their own, and the database has the last word.
    connection = redis.Redis.from_url(settings.redis_url)
    queue = Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)
    settle_memory()
    click.echo("worker waits for items")
    try:
        AllowListedWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=burst)
    finally:
        service.close()
