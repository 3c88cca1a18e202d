"""``moderation notices``: public notices, who is trusted with them, and what is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ground.database import Database
from moderation.commands.lists import BY, tell
from moderation.commands.options import JSON, me
from moderation.core.public_notices import OPEN
from moderation.settings import Settings
from moderation.storage.flaggers import Flaggers
from moderation.storage.opening import operated_database
from moderation.storage.public_notices import PublicNotices

_COLUMNS = ("number", "app", "state", "kind", "item_id", "flagger", "created_at", "look_after", "problem")


@click.group()
def notices() -> None:
    """Public notices: what anybody says is wrong with items, and who is looked at first."""


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    with operated_database(settings) as database:
        yield database


@notices.command("list")
@click.option("--app", help="To this app alone.")
@click.option("--all", "is_all", is_flag=True, help="Those that are settled, too.")
@JSON
@click.pass_obj
def list_(settings: Settings, app: str | None, is_all: bool, as_json: bool) -> None:
    """Notices that are owed an answer, those of trusted flaggers first."""
    with _opened(settings) as database:
        found = PublicNotices(database).find(app, states=() if is_all else OPEN)
    tell([asdict(each) for each in found], _COLUMNS, as_json)


@notices.command()
@click.argument("number")
@BY
@click.pass_obj
def forget(settings: Settings, number: str, by: str | None) -> None:
    """Erase what the settled notice NUMBER says and who gave it; number, kind, times and outcome stay."""
    with _opened(settings) as database:
        PublicNotices(database).forget(number, by=by or me(), now=datetime.now(UTC))
    click.echo(f"{number} is forgotten")


@notices.command()
@click.argument("name")
@click.option("--app", help="For this app alone.  [default: all]")
@BY
@JSON
@click.pass_obj
def trust(settings: Settings, name: str, app: str | None, by: str | None, as_json: bool) -> None:
    """Look first at the notices of NAME, a trusted flagger; shows the key, this once."""
    with _opened(settings) as database:
        flagger, key = Flaggers(database).add(name, app=app, by=by or me(), now=datetime.now(UTC))
    if as_json:
        click.echo(json.dumps({"id": flagger.id, "name": flagger.name, "app": flagger.app, "key": key}))
        return
    click.echo(f"{key}\n{flagger.name} gives it with each notice; it is shown this once. Take it back: "
               f"moderation notices distrust {flagger.id}")  # fmt: skip


@notices.command()
@click.argument("flagger_id", metavar="ID")
@BY
@click.pass_obj
def distrust(settings: Settings, flagger_id: str, by: str | None) -> None:
    """Take the key of the trusted flagger ID back; notices given before stay where they are."""
    with _opened(settings) as database:
        Flaggers(database).revoke(flagger_id, by=by or me(), now=datetime.now(UTC))
    click.echo(f"{flagger_id} is trusted no more")


@notices.command()
@JSON
@click.pass_obj
def flaggers(settings: Settings, as_json: bool) -> None:
    """All trusted flaggers there were, newest first."""
    with _opened(settings) as database:
        found = Flaggers(database).list()
    tell([asdict(each) for each in found], ("id", "name", "app", "by", "created_at", "revoked_at"), as_json)
