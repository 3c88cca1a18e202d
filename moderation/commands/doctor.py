"""``moderation doctor``: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path

import click

from moderation.core.errors import ModerationError
from moderation.hookspecs import Finding
from moderation.settings import PREFIX, Settings


@click.command()
@click.option("--settings", "show_settings", is_flag=True, help="List all settings with their values.")
@click.option("--aws", is_flag=True, help="Call AWS too, once for each detector that is set up; this costs cents.")
@click.pass_obj
def doctor(settings: Settings, show_settings: bool, aws: bool) -> int:
    """Check this installation; exit code 1 when something is wrong."""
    if show_settings:
        for name, field in Settings.model_fields.items():
            value = "(set)" if "secret" in name and getattr(settings, name) else getattr(settings, name)
            click.echo(f"{PREFIX}{name.upper()}={'' if value is None else value}\n    {field.description}")
        return 0
    failed = 0
    services = frozenset({"aws"} if aws else ())
    checks = (*CHECKS, *_checks_of_plugins(services))
    for title, check in checks:
        found = list(_run(check, settings))
        problems = sum(finding.is_problem for finding in found)
        failed += problems
        click.secho("wrong  " if problems else "ok     ", fg="red" if problems else "green", nl=False)
        click.echo(title)
        for finding in found:
            click.echo(f"         {finding.text}")
    return 1 if failed else 0


Checkup = Callable[[Settings], Iterator[Finding]]


def _run(check: Checkup, settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except ModerationError as error:
        for line in str(error).splitlines():
            yield Finding(line, is_problem=True)


def _python(_: Settings) -> Iterator[Finding]:
    yield Finding(f"Python {sys.version.split()[0]}")
    # Two OpenCV distributions write the same folder; the one installed last wins, and may need a display.
    names = sorted(d.name for d in distributions() if (d.name or "").startswith("opencv-"))
    if len(names) > 1:
        yield Finding(
            f"{' and '.join(names)} overwrite each other: uninstall all, then install opencv-python-headless",
            is_problem=True,
        )


def _data(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    yield Finding(f"{folder.resolve()}")
    nearest = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        yield Finding(f"{nearest} cannot be written: {error.strerror}", is_problem=True)
    if (folder / "review.db").exists() and (folder / "review.db").stat().st_mode & 0o077:
        yield Finding(
            f"{folder / 'review.db'} can be read by others: chmod 600 it; it holds access keys", is_problem=True
        )


def _plugins(settings: Settings) -> Iterator[Finding]:
    from moderation.plugins import load_plugins

    plugins = load_plugins(settings)
    yield Finding(", ".join(f"{p.name} {p.version}" for p in plugins.distributions) or "none")
    if not plugins.detectors:
        yield Finding("no plugin offers a detector: install some of plugins/*", is_problem=True)


def _policies(settings: Settings) -> Iterator[Finding]:
    from moderation.plugins import load_plugins
    from moderation.policies.files import load_policies, shipped_rules

    plugins = load_plugins(settings)
    folder: Path = settings.rules or shipped_rules()
    policies = load_policies(folder, plugins.taxonomy, plugins.names)
    yield Finding(f"in force: {', '.join(p.name for p in policies.policies)}")
    for name, why in policies.not_in_force:
        yield Finding(f"{name} waits: {why}")


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None and not (settings.data / "moderation.db").exists():
        yield Finding("not made yet; the first start makes it")
        return
    from moderation.intake.ledger import Ledger
    from moderation.storage.items import Store
    from moderation.storage.loop_refusals import LoopRefusals
    from moderation.storage.opening import open_database

    database = open_database(settings)
    try:
        store = Store(database)
        waiting, _ = store.backlog()
        yield Finding(f"{waiting} items wait")
        for problem in store.loop_problems():
            yield Finding(f"human loops: {problem}", is_problem=True)
        if dead := Ledger(database).dead_count():
            yield Finding(f"{dead} messages could not become items: `moderation intake dead` says why", is_problem=True)
        refusals = LoopRefusals(database).look()
        for sentence in refusals.sentences():
            yield Finding(f"human loops: {sentence}", is_problem=bool(refusals.newest))
    finally:
        database.close()


def _redis(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        yield Finding("not used: threads of the serving process do the work")
        return
    import redis

    try:
        redis.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2).ping()
    except (redis.RedisError, ValueError, OSError) as error:
        yield Finding(
            f"Redis does not answer: {error}; posts are still taken, and moderated when it is back", is_problem=True
        )


def _human_loops(settings: Settings) -> Iterator[Finding]:
    where = settings.a2i_endpoint_url
    if where is None:
        yield Finding("this installation's own A2I endpoint")
    elif where == "aws":
        yield Finding(f"Amazon A2I in {settings.a2i_region} (closed to new customers since 2026)")
        if settings.a2i_fallback == "own":
            yield Finding("what it refuses for good goes to this installation's own endpoint")
        else:
            yield Finding(
                f"what it refuses waits: {PREFIX}A2I_FALLBACK=own sends it to this installation's own endpoint"
            )
        if settings.a2i_workteam_arn is None:
            yield Finding("set MODERATION_A2I_WORKTEAM_ARN to a private work team", is_problem=True)
        if not settings.media_s3:
            yield Finding(
                "set MODERATION_MEDIA_S3=1: reviewers at Amazon cannot read this machine's folder", is_problem=True
            )
    else:
        yield Finding(where)
    if settings.allow_private_urls:
        yield Finding("media URLs and callbacks may reach private addresses (MODERATION_ALLOW_PRIVATE_URLS)")


def _sign_in(settings: Settings) -> Iterator[Finding]:
    from datetime import UTC, datetime

    from review_ui.people.oidc import Provider, read_settings

    oidc = read_settings(settings)
    if oidc is None:
        yield Finding("names and passwords")
        return
    yield Finding(f"{oidc.issuer}{'' if settings.oidc_only else ', and names and passwords'}")
    Provider(oidc, lambda: datetime.now(UTC), talks=1).check()


def _places_on_aws(settings: Settings) -> Iterator[Finding]:
    from ground.blobs import places_of
    from moderation.delivery.notifiers import targets_of

    where = f"bucket {settings.media_bucket}" if settings.media_s3 else "the data folder"
    yield Finding(f"media in {where}")
    for app, place in places_of(settings):
        yield Finding(f"objects of app {app} are read in {place}")
    for target in targets_of(settings):
        yield Finding(f"decisions are told to {target.name}")


def _checks_of_plugins(services: frozenset[str]) -> tuple[tuple[str, Checkup], ...]:
    """What plugins have to say (hook ``examine``)."""

    def plugins(settings: Settings) -> Iterator[Finding]:
        from moderation.plugins import load_plugins

        for found in load_plugins(settings).manager.hook.examine(settings=settings, services=services):
            yield from found

    return (("what plugins need", plugins),)


CHECKS: tuple[tuple[str, Checkup], ...] = (
    ("Python and libraries", _python),
    ("data folder", _data),
    ("plugins", _plugins),
    ("policies", _policies),
    ("database", _database),
    ("Redis", _redis),
    ("human loops", _human_loops),
    ("media, and who is told", _places_on_aws),
    ("sign-in to the portal", _sign_in),
)
