"""``moderation consents``: what waits for a second person."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from moderation.commands.options import JSON, me
from moderation.settings import Settings
from moderation.storage.consents import Consents
from moderation.storage.opening import operated_database


@click.group()
def consents() -> None:
    """Acts that wait for a second person (MODERATION_TWO_PERSONS)."""


@consents.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that were answered, too.")
@JSON
@click.pass_obj
def list_(settings: Settings, is_all: bool, as_json: bool) -> None:
    """What waits, newest first."""
    with operated_database(settings) as database:
        found = Consents(database, settings.two_persons_for()).list(is_open=not is_all)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], default=lambda at: at.isoformat()))
    for each in [] if as_json else found:
        said = f"{each.state} by {each.answered_by}" if each.answered_by else each.state
        click.echo(f"{each.id}  {each.at:%Y-%m-%d %H:%M}  {each.by}: {each.what}  ({said})")


@consents.command()
@click.argument("consent_id", metavar="ID", type=int)
@click.pass_obj
def give(settings: Settings, consent_id: int) -> None:
    """Agree to request ID; not to one of your own. You are who is signed in to this machine."""
    _answer(settings, consent_id, is_given=True)


@consents.command()
@click.argument("consent_id", metavar="ID", type=int)
@click.pass_obj
def refuse(settings: Settings, consent_id: int) -> None:
    """Refuse request ID."""
    _answer(settings, consent_id, is_given=False)


def _answer(settings: Settings, consent_id: int, *, is_given: bool) -> None:
    with operated_database(settings) as database:
        kept = Consents(database, settings.two_persons_for())
        made = kept.answer(consent_id, me(), datetime.now(UTC), is_given=is_given)
    click.echo(f"request {made.id} is {made.state}: {made.what}")
