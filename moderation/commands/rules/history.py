"""``moderation rules backtest | diff | tune``: policies over the items that are stored."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from moderation.commands.options import JSON
from moderation.core.policy.changes import set_changes
from moderation.core.policy.policies import Policy, PolicySet
from moderation.evidence.backtest import Comparer, Comparison
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
    from moderation.policies.revisions import policy_set

    plugins = load_plugins(settings)
    new = policy_set(path, settings, plugins)
    old = _in_force(settings, plugins)
    title = f"Backtest of {path} against {'the policy files' if against_files else 'what was decided'}"
    result = _compare(settings, plugins, new, old if against_files else None, since, in_force=old)
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
    from moderation.policies.revisions import policy_set
    from moderation.storage.opening import has_database

    plugins = load_plugins(settings)
    before, after = policy_set(old, settings, plugins), policy_set(new, settings, plugins)
    changes = list(set_changes(before, after)) or ["no difference in what the policies say"]
    title = f"From {old} to {new}"
    if not has_database(settings):
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


@click.command()
@click.argument("policy")
@click.option(
    "--precision",
    type=click.FloatRange(50, 100, max_open=True),
    default=95.0,
    show_default=True,
    help="Percent of rejects that people are to agree with.",
)
@click.option(
    "--error-rate",
    type=click.FloatRange(0, 50, min_open=True),
    default=1.0,
    show_default=True,
    help="Percent of approved items, with something found in them, that people may reject.",
)
@SINCE
@click.option(
    "--suggested",
    is_flag=True,
    help="Count the verdicts, too, that came in over comments:suggestscore, each as an item of its own.",
)
@JSON
@click.pass_obj
def tune(
    settings: Settings,
    policy: str,
    precision: float,
    error_rate: float,
    since: datetime | None,
    suggested: bool,
    as_json: bool,
) -> int:
    """Suggest thresholds for the bands of POLICY (a name or a file) from people's answers.

    A suggestion reaches the goal with the whole of its 95 % interval; where answers are too few for that, it says how
    many more would do. What comes out is a patch of the file; nothing is changed. Exit code 1 when there is no patch.
    """
    from moderation.evidence.history import cases, count_cases
    from moderation.evidence.tuning import Tuner, as_data, patch
    from moderation.policies.files import read_document
    from moderation.policies.versions import PolicyVersions
    from moderation.storage.opening import existing_database
    from moderation.storage.suggestions import SuggestedScores

    plugins = load_plugins(settings)
    chosen = chosen_policy(policy, settings, plugins)
    if not chosen.file.bands:
        raise click.UsageError(f"policy '{chosen.name}' has no bands; only bands can be tuned")
    with existing_database(settings) as database:
        tuner = Tuner(chosen, plugins.taxonomy, PolicyVersions(database))
        with_progress(tuner.add_all(cases(database, since)), count_cases(database, since))
        for verdict in SuggestedScores(database).each(since) if suggested else ():
            tuner.add_suggestion(verdict)
    tunings = tuner.suggest(precision / 100, error_rate / 100)
    text = patch(chosen, read_document(Path(chosen.path)), tunings)
    if as_json:
        document = {"policy": chosen.name, "items": tuner.items, "bands": as_data(tunings), "patch": text}
        if suggested:
            document["suggestions"] = tuner.suggestions
        click.echo(json.dumps(document, indent=2))
        return 0 if text else 1
    click.echo(f"{chosen.name}: {tuner.items:,} items; precision {precision:g} %, error rate {error_rate:g} % wanted")
    if suggested:
        click.echo(f"{tuner.suggestions:,} verdicts on comments that are no items count as well")
    for tuning in tunings:
        click.echo(f"\n{tuning.name}: {tuning.reviews_now:,.1f} reviews a day -> {tuning.reviews_then:,.1f}")
        for each in tuning.suggestions:
            now = "none" if each.now is None else f"{each.now:g}"
            then = "" if each.suggested is None else f" -> {each.suggested}"
            click.echo(f"  {each.side} {now}{then}: {each.why}")
    for name in tuner.left_out:
        click.echo(f"\n{name}: its thresholds stand in a table, which is left as it is")
    if tuner.unweighted:
        click.echo(f"\n{tuner.unweighted:,} sampled answers are left out: the policy text of the time is not kept")
    click.echo(f"\n{text}" if text else "\nNothing to change.")
    return 0 if text else 1


def chosen_policy(name: str, settings: Settings, plugins: Plugins) -> Policy:
    """A policy by its name, of those in force, or by its file. Raises `NotFound`, `PolicyFault`."""
    from moderation.core.errors import NotFound, PolicyFault
    from moderation.policies.files import read_policy, shown_path

    path = Path(name)
    if path.suffix in (".yml", ".yaml"):
        policy, faults = read_policy(path, plugins.taxonomy, shown_path(path), plugins.names)
        if policy is None:
            raise PolicyFault(faults)
        return policy
    in_force = _in_force(settings, plugins)
    try:
        return in_force.get(name)
    except KeyError as error:
        known = ", ".join(each.name for each in in_force.policies)
        raise NotFound(f"no policy '{name}' is in force; there are {known}, or give a file") from error


def _in_force(settings: Settings, plugins: Plugins) -> PolicySet:
    from moderation.policies.files import load_policies, shipped_rules

    return load_policies(settings.rules or shipped_rules(), plugins.taxonomy, plugins.tools)


def _compare(
    settings: Settings,
    plugins: Plugins,
    new: PolicySet,
    old: PolicySet | None,
    since: datetime | None,
    in_force: PolicySet | None = None,
) -> Comparison:
    from moderation.evidence.forecast import looks_back
    from moderation.evidence.glimpses import glimpses
    from moderation.evidence.history import cases, cases_of, count_cases
    from moderation.storage.opening import existing_database

    comparer = Comparer(new, old, plugins.taxonomy, plugins.reach(), in_force, since)
    start = since
    if since is not None:
        # Daily caps begin with the day, and counters look back.
        start = since.astimezone(UTC) - max(looks_back(each) for each in (new, old or new))
        start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    with existing_database(settings) as database:
        number = count_cases(database, start)
        with_progress(comparer.add_all(cases(database, start), lambda ids: cases_of(database, ids)), number)
        changed = comparer.result.most_changed
        shown = glimpses(database, [each.item_id for each in changed])
    here = settings.public_url or f"http://127.0.0.1:{settings.port}"
    for each in changed:
        each.content = shown.get(each.item_id, "")
        each.link = f"{here.rstrip('/')}/v1/items/{each.item_id}/explanation"
    return comparer.result


def with_progress(work: Iterable[object], number: int) -> None:
    """Run through `work`; a progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        for _ in work:
            pass
        return
    with click.progressbar(work, length=number, label="Items", file=sys.stderr, update_min_steps=500) as bar:
        for _ in bar:
            pass


def _show(result: Comparison, title: str, changes: Sequence[str], *, as_json: bool, html: Path | None) -> None:
    from moderation.evidence import backtest_report as report

    if html is not None:
        html.write_text(report.as_html(result, title, changes), encoding="utf-8")
        click.echo(f"written: {html}", err=True)
    if as_json:
        click.echo(json.dumps(report.as_json(result, changes), indent=2))
    else:
        for line in report.as_text(result, title, changes):
            click.echo(line)
