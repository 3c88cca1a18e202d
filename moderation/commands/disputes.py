"""``moderation disputes``: decisions before out-of-court dispute settlement bodies, and what these said."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from moderation.commands.lists import BY
from moderation.commands.options import JSON, me
from moderation.settings import Settings
from moderation.storage.disputes import DISPUTE_OUTCOMES, Dispute, DisputeOutcome, Disputes
from moderation.storage.opening import operated_database

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def disputes() -> None:
    """Decisions before out-of-court dispute settlement bodies (Article 21 of the Digital Services Act)."""


@disputes.command()
@click.argument("item")
@click.option("--body", required=True, help="Name of the body.")
@click.option("--reference", required=True, help="What the body calls the dispute; no personal data.")
@click.option("--submitted", type=_DAY, help="When the body got it (UTC).  [default: now]")
@BY
@JSON
@click.pass_obj
def add(
    settings: Settings,
    item: str,
    body: str,
    reference: str,
    submitted: datetime | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Record that the decision on ITEM was taken to a body; a second time changes nothing."""
    now = datetime.now(UTC)
    with operated_database(settings) as database:
        at = submitted.replace(tzinfo=UTC) if submitted else now
        made, is_new = Disputes(database).add(item, body[:200], reference[:200], at, by or me(), now, None)
    _tell(made, as_json, "recorded" if is_new else "there already")


@disputes.command()
@click.argument("dispute")
@click.option("--outcome", type=click.Choice(DISPUTE_OUTCOMES), required=True, help="What the body said.")
@click.option("--decided", type=_DAY, help="When you were told (UTC).  [default: now]")
@click.option("--not-followed", is_flag=True, help="You do not do what it said.")
@BY
@JSON
@click.pass_obj
def settle(
    settings: Settings,
    dispute: str,
    outcome: DisputeOutcome,
    decided: datetime | None,
    not_followed: bool,
    by: str | None,
    as_json: bool,
) -> None:
    """Record what the body said of DISPUTE, once.

    A running service then decides the item anew where the body has reversed the decision.
    """
    now = datetime.now(UTC)
    with operated_database(settings) as database:
        at = decided.replace(tzinfo=UTC) if decided else now
        made = Disputes(database).settle(dispute, outcome, at, by or me(), now, is_followed=not not_followed)
    _tell(made, as_json, f"settled: {outcome}")


@disputes.command("list")
@click.argument("item")
@JSON
@click.pass_obj
def list_(settings: Settings, item: str, as_json: bool) -> None:
    """The disputes about ITEM, oldest first."""
    with operated_database(settings) as database:
        found = Disputes(database).of_item(item)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], default=lambda at: at.isoformat()))
        return
    for each in found:
        _tell(each, False, each.outcome or "open")


def _tell(dispute: Dispute, as_json: bool, what: str) -> None:
    if as_json:
        click.echo(json.dumps(asdict(dispute), default=lambda at: at.isoformat()))
    else:
        click.echo(f"{dispute.id}  item {dispute.item_id}, decision {dispute.number}, {dispute.body}: {what}")
