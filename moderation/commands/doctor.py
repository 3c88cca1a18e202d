"""``moderation doctor``: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.commands.options import JSON
from moderation.core.errors import ModerationError
from moderation.hookspecs import Finding
from moderation.settings import PREFIX, Settings

if TYPE_CHECKING:
    from moderation.core.policy.policies import PolicySet
    from moderation.plugins import Plugins


@click.command()
@click.option("--settings", "show_settings", is_flag=True, help="List all settings with their values.")
@click.option("--aws", is_flag=True, help="Call AWS too, once for each detector that is set up; this costs cents.")
@JSON
@click.pass_obj
def doctor(settings: Settings, show_settings: bool, aws: bool, as_json: bool) -> int:
    """Check this installation; exit code 1 when something is wrong."""
    if show_settings and as_json:
        click.echo(json.dumps({name: str(_shown(name, getattr(settings, name))) for name in Settings.model_fields}))
        return 0
    if show_settings:
        for name, field in Settings.model_fields.items():
            click.echo(f"{PREFIX}{name.upper()}={_shown(name, getattr(settings, name))}\n    {field.description}")
        return 0
    failed = 0
    here = Installation(settings)
    services = frozenset({"aws"} if aws else ())
    checks = (*CHECKS, *_checks_of_plugins(services))
    for title, check in checks:
        found = list(_run(check, here))
        problems = [finding for finding in found if finding.is_problem]
        failed += len(problems)
        if as_json:
            said = [{"text": finding.text, "is_problem": finding.is_problem} for finding in found]
            click.echo(json.dumps({"check": title, "ok": not problems, "findings": said}))
            continue
        click.secho("wrong  " if problems else "ok     ", fg="red" if problems else "green", nl=False)
        click.echo(title)
        for finding in found:
            click.echo(f"         {finding.text}")
    return 1 if failed else 0


def _shown(name: str, value: object) -> object:
    """A setting's value without what is secret in it."""
    if value is None:
        return ""
    if name.endswith(("_secret", "_token")):
        return "(set)"
    return re.sub(r"(?<=://)([^/@]*:)[^/@]*@", r"\1***@", value) if isinstance(value, str) else value


class Installation:
    """What is looked at.

    Attributes:
        settings: those in force.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def plugins(self) -> Plugins:
        """What is loaded, once for all checks. Raises `PluginError`."""
        from moderation.plugins import load_plugins

        return load_plugins(self.settings)

    @cached_property
    def policies(self) -> PolicySet:
        """What is in force. Raises `PluginError` and `PolicyFault`."""
        from moderation.policies.files import load_policies, shipped_rules

        folder = self.settings.rules or shipped_rules()
        return load_policies(folder, self.plugins.taxonomy, self.plugins.tools)


Check = Callable[[Installation], Iterator[Finding]]


def _wrong(text: str) -> Finding:
    return Finding(text, is_problem=True)


def _run(check: Check, here: Installation) -> Iterator[Finding]:
    try:
        yield from check(here)
    except ModerationError as error:
        for line in str(error).splitlines():
            yield _wrong(line)


def _python(_: Installation) -> Iterator[Finding]:
    yield Finding(f"Python {sys.version.split()[0]}")
    # Two OpenCV distributions write the same folder; the one installed last wins, and may need a display.
    names = sorted(d.name for d in distributions() if (d.name or "").startswith("opencv-"))
    if len(names) > 1:
        yield _wrong(f"{' and '.join(names)} overwrite each other: uninstall all, then install opencv-python-headless")


def _data(here: Installation) -> Iterator[Finding]:
    folder = here.settings.data
    yield Finding(f"{folder.resolve()}")
    nearest = next(p for p in (folder, *folder.resolve().parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        yield _wrong(f"{nearest} cannot be written: {error.strerror}")
    for name, holds in (("review.db", "access keys"), ("moderation.db", "content and webhook secrets")):
        path = folder / name
        if path.exists() and path.stat().st_mode & 0o077:
            yield _wrong(f"{path} can be read by others: chmod 600 it; it holds {holds}")


def _plugins(here: Installation) -> Iterator[Finding]:
    plugins = here.plugins
    yield Finding(", ".join(f"{p.name} {p.version}" for p in plugins.distributions) or "none")
    if not plugins.detectors:
        yield _wrong("no plugin offers a detector: install some of plugins/*")


def _policies(here: Installation) -> Iterator[Finding]:
    policies = here.policies
    yield Finding(f"in force: {', '.join(p.name for p in policies.policies)}")
    for name, why in policies.not_in_force:
        yield Finding(f"{name} waits: {why}")
    for name, reason in policies.approving_failures():
        yield Finding(f"{name} approves where a detector failed: {reason}")


def _detectors(here: Installation) -> Iterator[Finding]:
    from ground.blobs import FolderBlobs
    from moderation.detection.judge import Judge

    settings = here.settings
    with tempfile.TemporaryDirectory(prefix="moderation-doctor-") as folder:
        try:
            loaded = here.plugins, here.policies
        except ModerationError:
            yield Finding("not tried, because of what is wrong above")
            return
        judge = Judge.over(*loaded, settings, FolderBlobs(Path(folder), settings.media_bucket))
        try:
            answers = judge.try_out()
        finally:
            judge.close()
    yield Finding(f"answered: {', '.join(name for name, problem in answers.items() if not problem) or 'none'}")
    for name, problem in answers.items():
        if problem:
            yield Finding(f"{name} {problem}", is_problem=True)


def _database(here: Installation) -> Iterator[Finding]:
    settings = here.settings
    from moderation.intake.ledger import Ledger
    from moderation.storage.derivatives import Derivatives
    from moderation.storage.items import Store
    from moderation.storage.loop_refusals import LoopRefusals
    from moderation.storage.opening import existing_database, has_database

    if not has_database(settings):
        yield Finding("not made yet; the first start makes it")
        return
    with existing_database(settings) as database:
        store = Store(database)
        waiting, _ = store.backlog()
        yield Finding(f"{waiting} items wait")
        for problem in store.loop_problems():
            yield _wrong(f"human loops: {problem}")
        if dead := Ledger(database).dead_count():
            yield _wrong(f"{dead} messages could not become items: `moderation intake dead` says why")
        for problem in Derivatives(database).problems():
            yield _wrong(f"copies and originals: {problem}")
        refusals = LoopRefusals(database).look()
        for sentence in refusals.sentences():
            yield Finding(f"human loops: {sentence}", is_problem=bool(refusals.newest))


def _redis(here: Installation) -> Iterator[Finding]:
    settings = here.settings
    if settings.redis_url is None:
        yield Finding("not used: threads of the serving process do the work")
        return
    import redis

    try:
        redis.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2).ping()
    except (redis.RedisError, ValueError, OSError) as error:
        yield _wrong(f"Redis does not answer: {error}; posts are still taken, and moderated when it is back")


def _human_loops(here: Installation) -> Iterator[Finding]:
    from moderation.review.client import is_private_team

    settings = here.settings
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
            yield _wrong("set MODERATION_A2I_WORKTEAM_ARN to a private work team")
        elif not is_private_team(settings.a2i_workteam_arn):
            for policy, queue in _cleared_queues(here):
                yield _wrong(
                    f"queue {policy}/{queue} has a clearance, and {settings.a2i_workteam_arn} is no private work team: "
                    "its items are not sent there; set MODERATION_A2I_WORKTEAM_ARN to a private one"
                )
        for policy, queue in _cleared_queues(here):
            yield Finding(
                f"Amazon shows items of queue {policy}/{queue} to its whole work team, whoever is cleared here"
            )
        if not settings.media_s3:
            yield _wrong("set MODERATION_MEDIA_S3=1: reviewers at Amazon cannot read this machine's folder")
    else:
        yield Finding(where)
    if settings.allow_private_urls:
        yield Finding("media URLs and callbacks may reach private addresses (MODERATION_ALLOW_PRIVATE_URLS)")


def _cleared_queues(here: Installation) -> Iterator[tuple[str, str]]:
    """Policies and queues that have a clearance; none where the policies cannot be read, which is said elsewhere."""
    try:
        policies = here.policies.policies
    except ModerationError:
        return
    for policy in policies:
        yield from ((policy.name, queue.name) for queue in policy.file.queues if queue.clearance is not None)


def _clearances(here: Installation) -> Iterator[Finding]:
    """What waits for people with a clearance that nobody holds."""
    from moderation.commands.opening import opened_review
    from review_ui.desk.staffing import unstaffed

    if here.settings.review_database_url is None and not (here.settings.data / "review.db").exists():
        yield Finding("nobody signs in here yet")
        return
    with opened_review(here.settings) as review:
        found = unstaffed(review)
    for each in found:
        yield _wrong(each.sentence())
    if not found:
        yield Finding("somebody holds what each task needs")


def _sign_in(here: Installation) -> Iterator[Finding]:
    settings = here.settings
    from datetime import UTC, datetime

    from review_ui.people.oidc import Provider, read_settings

    oidc = read_settings(settings)
    if oidc is None:
        yield Finding("names and passwords")
        return
    yield Finding(f"{oidc.issuer}{'' if settings.oidc_only else ', and names and passwords'}")
    Provider(oidc, lambda: datetime.now(UTC), talks=1).check()


def _places_on_aws(here: Installation) -> Iterator[Finding]:
    settings = here.settings
    from ground.media_store import places_of
    from moderation.delivery.targets import addressed

    where = f"bucket {settings.media_bucket}" if settings.media_s3 else "the data folder"
    yield Finding(f"media in {where}")
    for app, place in places_of(settings):
        yield Finding(f"objects of app {app} are read in {place}")
    for each in addressed(settings):
        events, apps = sorted(each.listener.events), sorted(each.listener.apps or ())
        of = f" of {', '.join(apps)}" if apps else ""
        yield Finding(f"{', '.join(events)}{of}: told to {each.target.name}")


def _checks_of_plugins(services: frozenset[str]) -> tuple[tuple[str, Check], ...]:
    """What plugins have to say (hook ``examine``)."""

    def plugins(here: Installation) -> Iterator[Finding]:
        for found in here.plugins.manager.hook.examine(settings=here.settings, services=services):
            yield from found

    return (("what plugins need", plugins),)


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Python and libraries", _python),
    ("data folder", _data),
    ("plugins", _plugins),
    ("policies", _policies),
    ("detectors' processes", _detectors),
    ("database", _database),
    ("Redis", _redis),
    ("human loops", _human_loops),
    ("media, and who is told", _places_on_aws),
    ("sign-in to the portal", _sign_in),
    ("clearances", _clearances),
)
