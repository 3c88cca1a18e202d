"""``moderation rules backtest | diff``: what a change of policies would do to the items that are stored."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from moderation.backtesting import Comparer, Comparison
from moderation.core.policies import PolicySet
from moderation.core.policy_changes import set_changes
from moderation.plugins import Plugins, load_plugins
from moderation.settings import Settings

_BACK = re.compile(r"(\d{1,5})d")


class Since(click.ParamType[datetime]):
    """A day (``2027-01-31``), a time, or so many days back (``30d``)."""

    name = "since"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, UTC."""
        text = str(value)
        if found := _BACK.fullmatch(text):
            return datetime.now(UTC) - timedelta(days=int(found[1]))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no day: write 2027-01-31, or 30d for the last 30 days", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


SINCE = click.option("--since", type=Since(), metavar="DAY|30d", help="Only items posted from then on.")
JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")
HTML = click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with plots.")


@click.command()
@click.argument("path")
@SINCE
@click.option("--against-files", is_flag=True, help="Compare with today's policy files, not with what was decided.")
@JSON
@HTML
@click.pass_obj
def backtest(
    settings: Settings, path: str, since: datetime | None, against_files: bool, as_json: bool, html: Path | None
) -> int:
    """Say what changed policies would make of the stored items.

    PATH is a changed policy file, a folder of policies, or REVISION:PATH in git. A file takes the place of the policy
    of its name. Detections and failures are taken as they were recorded; nothing is detected again.
    """
    from moderation.policy_revisions import policy_set

    plugins = load_plugins(settings)
    new = policy_set(path, settings, plugins)
    old = _in_force(settings, plugins)
    title = f"Backtest of {path} against {'the policy files' if against_files else 'what was decided'}"
    result = _compare(settings, plugins, new, old if against_files else None, since)
    _show(result, title, list(set_changes(old, new)), as_json=as_json, html=html)
    return 0


@click.command()
@click.argument("old")
@click.argument("new")
@SINCE
@JSON
@HTML
@click.pass_obj
def diff(settings: Settings, old: str, new: str, since: datetime | None, as_json: bool, html: Path | None) -> int:
    """Say what is different between two versions of policies, in words and in what they make of the stored items.

    OLD and NEW are files, folders, or revisions in git: HEAD~3:rules, or HEAD~3 alone for the rules folder.
    """
    from moderation.policy_revisions import policy_set

    plugins = load_plugins(settings)
    before, after = policy_set(old, settings, plugins), policy_set(new, settings, plugins)
    changes = list(set_changes(before, after)) or ["no difference in what the policies say"]
    title = f"From {old} to {new}"
    if settings.database_url is None and not (settings.data / "moderation.db").exists():
        if as_json:
            click.echo(json.dumps({"changes": changes}, indent=2))
        else:
            click.echo(title)
            for change in changes:
                click.echo(f"  {change}")
            click.echo(f"\nThere are no stored items in {settings.data} to try them on; say --data DIR.")
        return 0
    result = _compare(settings, plugins, after, before, since)
    _show(result, title, changes, as_json=as_json, html=html)
    return 0


def _in_force(settings: Settings, plugins: Plugins) -> PolicySet:
    from moderation.policy_files import load_policies, shipped_rules

    return load_policies(settings.rules or shipped_rules(), plugins.taxonomy, plugins.names)


def _compare(
    settings: Settings, plugins: Plugins, new: PolicySet, old: PolicySet | None, since: datetime | None
) -> Comparison:
    from moderation.history import cases, count_cases
    from moderation.service import existing_database

    comparer = Comparer(new, old, plugins.taxonomy, plugins.reach())
    with existing_database(settings) as database:
        number = count_cases(database, since)
        _with_progress(comparer.add_all(cases(database, since)), number)
    return comparer.result


def _with_progress(work: Iterable[object], number: int) -> None:
    """Run through `work`; a progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        for _ in work:
            pass
        return
    with click.progressbar(work, length=number, label="Items", file=sys.stderr, update_min_steps=500) as bar:
        for _ in bar:
            pass


def _show(result: Comparison, title: str, changes: Sequence[str], *, as_json: bool, html: Path | None) -> None:
    from moderation import backtest_report as report

    if html is not None:
        html.write_text(report.as_html(result, title, changes), encoding="utf-8")
        click.echo(f"written: {html}", err=True)
    if as_json:
        click.echo(json.dumps(report.as_json(result, changes), indent=2))
    else:
        for line in report.as_text(result, title, changes):
            click.echo(line)
