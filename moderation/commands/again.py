"""``moderation again``: decided items judged by the policies in force, after these have changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from moderation.commands.opening import opened_review
from moderation.commands.options import JSON, me
from moderation.commands.rules.history import SINCE
from moderation.core.errors import RemoderationRefused
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.pipeline.remoderating import Preview
    from moderation.service import Service
    from moderation.storage.remoderations import Remoderations


@click.command()
@SINCE
@click.option("--app", metavar="APP", help="Only items of this app.")
@click.option("--people", "with_people", is_flag=True, help="Items that people have decided, too; they are asked anew.")
@click.option("--most", type=click.IntRange(1), default=1000, show_default=True, help="Change no more items than this.")
@click.option("--pace", type=click.IntRange(1), metavar="N", help="Change no more than N items a minute.")
@click.option("--why", metavar="TEXT", help="The reason, for the audit chain; no content. Wanted with --yes.")
@click.option("--yes", is_flag=True, help="Do it; without, it is only shown what would change.")
@click.option("--go-on", metavar="RUN", help="Go on with a run that was stopped or killed.")
@click.option("--undo", metavar="RUN", help="Decide as before what a run changed and nobody has decided since.")
@click.option("--list", "is_listed", is_flag=True, help="The runs, and end.")
@JSON
@click.pass_obj
def again(
    settings: Settings,
    since: datetime | None,
    app: str | None,
    with_people: bool,
    most: int,
    pace: int | None,
    why: str | None,
    yes: bool,
    go_on: str | None,
    undo: str | None,
    is_listed: bool,
    as_json: bool,
) -> int:
    """Show what the policies in force would make of decided items; with --yes, decide them anew.

    It is shown from what was found in items, where detectors of the same versions are loaded; others have to be looked
    at again, and with --yes they are. A changed decision supersedes the one before, apps are told of it, and where the
    rules want people, people are asked. What people have decided stays, unless --people says so; what is on legal hold
    stays in any case. Exit code 1 when items would change.
    """
    from moderation.pipeline.remoderating import preview, remoderate
    from moderation.pipeline.remoderating import undo as take_back
    from moderation.storage.consents import Consents
    from moderation.storage.opening import existing_database
    from moderation.storage.remoderations import Remoderations

    if sum((yes, go_on is not None, undo is not None, is_listed)) > 1:
        raise click.UsageError("say one of --yes, --go-on, --undo, --list")
    if yes and not (why or "").strip():
        raise click.UsageError("say --why")
    if is_listed:
        with existing_database(settings) as database:
            return _list(Remoderations(database), as_json)
    by = me()
    with _opened(settings) as service:
        runs, ports = Remoderations(service.database), service.pipeline.ports
        if undo is not None:
            return _say(undo, take_back(runs, ports, runs.get(undo), by), as_json)
        if go_on is not None:
            run = runs.get(go_on)
            if run.state not in ("running", "done"):
                raise RemoderationRefused(f"the run is {run.state}, and cannot be gone on with")
        else:
            now = datetime.now(UTC)
            plan = runs.planned(
                by=by, app=app, since=since, most=most, with_people=with_people, why=(why or "").strip(), now=now
            )
            if not yes:
                return _show(preview(runs, ports, plan), as_json)
            consents = Consents(service.database, settings.two_persons_for())
            consents.need("remoderations", plan.in_words, by, now)
            run = runs.begin(plan)
            click.echo(f"run {run.id}; moderation again --go-on {run.id} goes on after an interruption", err=True)
        return _say(run.id, remoderate(runs, ports, run, pause_seconds=60 / pace if pace else 0.0), as_json)


@contextmanager
def _opened(settings: Settings) -> Iterator[Service]:
    """The service without anything that runs; who serves beside it delivers and asks people."""
    from moderation.service import Service
    from moderation.storage.opening import existing_database

    with existing_database(settings):
        pass  # an installation that there is
    with opened_review(settings) as review:
        key = review.internal_access_key()
    service = Service.open(settings, a2i_access_key=key)
    try:
        yield service
    finally:
        service.close()


def _list(runs: Remoderations, as_json: bool) -> int:
    found = [(run, runs.counts(run.id)) for run in runs.all()]
    if as_json:
        rows = [
            {
                "id": r.id,
                "state": r.state,
                "why": r.why,
                "by": r.by,
                "begun_at": r.begun_at.isoformat(),
                "items": counts,
            }
            for r, counts in found
        ]
        click.echo(json.dumps(rows))
        return 0
    for run, counts in found:
        changed = ", ".join(f"{count:,} {what}" for what, count in counts.items()) or "nothing changed"
        click.echo(f"{run.id}  {run.begun_at:%Y-%m-%d %H:%M}  {run.state:8}  {run.by}: {run.why}; {changed}")
    return 0


def _show(found: Preview, as_json: bool) -> int:
    changes = sum(count for (was, then), count in found.moves.items() if was != then)
    if as_json:
        moves = [{"was": was, "would_be": then, "items": n} for (was, then), n in sorted(found.moves.items())]
        names = ("item", "was", "would_be", "because")
        examples = [dict(zip(names, each, strict=True)) for each in found.examples]
        rest = {"on_hold": found.held, "left_to_people": found.of_people}
        click.echo(json.dumps({"moves": moves, "examples": examples, **rest}))
        return 1 if changes else 0
    for (was, then), count in sorted(found.moves.items()):
        click.echo(f"{count:>8,}  {was} -> {then}" if was != then else f"{count:>8,}  {was}, as it is")
    click.echo(f"{found.of_people:>8,}  decided by people, and left to them")
    click.echo(f"{found.held:>8,}  on legal hold, and left as they are")
    for item_id, was, then, because in found.examples:
        click.echo(f"\n{item_id}  {was} -> {then}\n  {because}")
    click.echo("\n--yes --why TEXT decides them anew" if changes else "nothing would change")
    return 1 if changes else 0


def _say(run_id: str, counts: Counter[str], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"run": run_id, "items": dict(counts)}))
        return 0
    for what, count in counts.most_common():
        click.echo(f"{count:>8,}  {what}")
    click.echo(f"run {run_id}; moderation again --undo {run_id} takes back what it decided")
    return 0
