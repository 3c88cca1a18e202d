"""``moderation quality``: do reviewers agree, do they know the known answers, do people bear the rules out."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click
import sqlalchemy as sa

from moderation.commands.opening import opened_review
from moderation.commands.options import JSON
from moderation.settings import Settings
from review_ui.a2i.answer_content import OUTCOMES
from review_ui.a2i.tables import flow_definitions
from review_ui.quality.agreement import queue_agreement
from review_ui.quality.golden import accuracy, add_golden, list_golden, retire_golden
from review_ui.quality.krippendorff import Agreement
from review_ui.service import ReviewService

DAYS = click.option("--days", type=click.IntRange(1, 3650), default=28, show_default=True, help="How far back to look.")


@click.group()
def quality() -> None:
    """Agreement of reviewers, golden items, overturned decisions."""


def _flows(review: ReviewService) -> list[str]:
    query = sa.select(flow_definitions.c.name).order_by(flow_definitions.c.name)
    return review.database.read(lambda c: list(c.execute(query).scalars()))


@quality.command()
@click.option("--queue", help="Of this flow definition only.  [default: all]")
@DAYS
@JSON
@click.pass_obj
def agreement(settings: Settings, queue: str | None, days: int, as_json: bool) -> None:
    """Krippendorff's alpha of each queue's decisions and labels, with a 95 % interval (bootstrap)."""
    with opened_review(settings) as review:
        flows = [flow for flow in _flows(review) if queue in (None, flow)]
        if queue is not None and not flows:
            raise click.UsageError(f"there is no queue '{queue}'; there are: {', '.join(_flows(review)) or 'none'}")
        found = [queue_agreement(review, flow, days) for flow in flows]
    if as_json:
        rows = [
            {"queue": each.flow, "decision": asdict(each.decision)}
            | {"labels": {label: asdict(value) for label, value in each.labels.items()}}
            for each in found
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for each in found:
        click.echo(f"{each.flow:40}  {_words(each.decision)}")
        for label, value in each.labels.items():
            click.echo(f"  {label:38}  {_words(value)}")


def _words(value: Agreement) -> str:
    if value.alpha is None:
        return f"no alpha: {value.units} items with two answers or more, all the same" if value.units else "no answers"
    return f"alpha {value.alpha:6.3f}  ({value.low:.3f} to {value.high:.3f})  {value.units} items"


@quality.command()
@DAYS
@JSON
@click.pass_obj
def overturns(settings: Settings, days: int, as_json: bool) -> int:
    """How often people, asked about samples, overturned the rules. Exit code 1 when an alarm is on."""
    from moderation.evidence.overturns import overturns as overturn_rates
    from moderation.storage.opening import existing_database

    since = datetime.now(UTC) - timedelta(days=days)
    with existing_database(settings) as database:
        found = overturn_rates(database, since, settings.overturn_alarm_percent)
    if as_json:
        click.echo(json.dumps([asdict(rate) for rate in found], indent=2))
    elif not found:
        click.echo("no sampled item was looked at; a `sampling` in a policy sends a share of its decisions to people")
    for rate in [] if as_json else found:
        interval = f"{rate.share:.1%} ({rate.low:.1%} to {rate.high:.1%})"
        alarm = "  ALARM" if rate.alarm else ""
        click.echo(
            f"{rate.policy}/{rate.sampling} {rate.outcome}: {rate.overturned} of {rate.looked_at}, {interval}{alarm}"
        )
    return int(any(rate.alarm for rate in found))


@quality.command("accuracy")
@DAYS
@JSON
@click.pass_obj
def show_accuracy(settings: Settings, days: int, as_json: bool) -> None:
    """How often each reviewer gave the known answer to golden items."""
    with opened_review(settings) as review:
        found = accuracy(review, _flows(review), days)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    elif not found:
        click.echo("nobody answered a golden item")
    for each in [] if as_json else found:
        interval = f"{each.interval.low:.0%} to {each.interval.high:.0%}" if each.interval else ""
        click.echo(f"{each.name:24}  {each.right} of {each.answered}  {interval}")


@quality.group()
def golden() -> None:
    """Tasks with a known answer."""


@golden.command()
@click.argument("loop")
@click.option("--answer", type=click.Choice(OUTCOMES), required=True, help="The known answer.")
@click.option("--because", default="", help="Why, for the feedback to reviewers.")
@click.option("--by", default="the command line", show_default=True, help="Who says so.")
@click.pass_obj
def add(settings: Settings, loop: str, answer: str, because: str, by: str) -> None:
    """Make a golden item from the decided human loop LOOP."""
    with opened_review(settings) as review:
        name = add_golden(review, loop, answer, because, by)
    click.echo(f"golden item {name}: {answer}")


@golden.command("list")
@JSON
@click.pass_obj
def list_items(settings: Settings, as_json: bool) -> None:
    """All golden items, newest first."""
    with opened_review(settings) as review:
        found = list_golden(review)
    if as_json:
        rows = [asdict(item) for item in found]
        click.echo(json.dumps(rows, indent=2, default=lambda time: time.isoformat()))
    for item in [] if as_json else found:
        state = "  retired" if item.retired_at else ""
        click.echo(f"{item.loop_name}  {item.flow}  {item.outcome}  {item.right} of {item.answered} right{state}")


@golden.command()
@click.argument("name")
@click.pass_obj
def retire(settings: Settings, name: str) -> None:
    """Give a golden item to nobody any more; what was answered stays."""
    with opened_review(settings) as review:
        retire_golden(review, name)
    click.echo(f"golden item {name} is retired")
