"""Opening the jobs over films, as the settings have them."""

from __future__ import annotations

from ground.database import Database
from ground.media.limits import Limits
from moderation.core.errors import SettingsError
from moderation.delivery.notifiers import Notifiers, Target, target_named
from moderation.detection.runner import Runner
from moderation.films.jobs import FilmJobs
from moderation.films.looking import Looking
from moderation.media.in_place import InPlace
from moderation.plugins import Plugins
from moderation.settings import Settings
from moderation.storage.buckets import Buckets
from moderation.storage.film_jobs import FilmJobRows


def open_film_jobs(
    settings: Settings, database: Database, plugins: Plugins, runner: Runner, buckets: Buckets, in_place: InPlace
) -> FilmJobs:
    """The jobs; nothing runs yet.

    Args:
        runner: the one that looks at items too: films take turns with them.

    Raises:
        SettingsError: ``aws_topics`` has an entry that is no topic.
    """
    rows = FilmJobRows(database, settings.aws_most_film_jobs, settings.lease_seconds)
    looking = Looking(runner, plugins, buckets, in_place, Limits.of(settings))
    targets = tuple({target.name: target for _, target in topics_of(settings)}.values())
    return FilmJobs(rows, looking, Notifiers(targets), sweep_seconds=settings.sweep_seconds)


def topics_of(settings: Settings) -> list[tuple[str, Target]]:
    """The topics that jobs may tell their end, each with its app; empty for keys of the operator's.

    Raises:
        SettingsError: an entry is not ``ARN`` or ``APP=ARN`` of an SNS topic.
    """
    found = []
    for entry in settings.aws_topics.split():
        app, _, name = entry.rpartition("=")
        target = target_named("MODERATION_AWS_TOPICS", name, settings.a2i_region)
        if target.service != "sns":
            raise SettingsError(f"MODERATION_AWS_TOPICS: {entry[:200]!r} is not ARN or APP=ARN of an SNS topic")
        found.append((app, target))
    return found
