"""``moderation holds``: legal holds on items and authors, and on the cases that they belong to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

import click

from moderation.commands.lists import BY, me, tell, until_of
from moderation.commands.options import JSON
from moderation.core.errors import FieldError, InvalidSubmission
from moderation.settings import Settings
from moderation.storage.holds import Holds
from moderation.storage.opening import operated_database

_COLUMNS = ("id", "kind", "app", "value", "case", "until", "by", "at", "why", "released_at")


@click.group()
def holds() -> None:
    """Legal holds: what is on one is not erased, pruned or deleted, whoever asks and whatever is due."""


@contextmanager
def _holds(settings: Settings) -> Iterator[Holds]:
    with operated_database(settings) as database:
        yield Holds(database)


@holds.command()
@click.option("--item", "item_ids", multiple=True, metavar="ID", help="An item; may be said again.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="All items of an author, those to come too.")
@click.option("--app", default="", help="Whose author it is.")
@click.option("--case", default="", metavar="NAME", help="What they belong to; a case is released at once.")
@click.option("--why", required=True, help="Why they are held.")
@click.option("--until", metavar="TIME", help="From when it holds no longer: 90d, or 2027-01-31.  [default: for good]")
@BY
@JSON
@click.pass_obj
def add(
    settings: Settings,
    item_ids: tuple[str, ...],
    authors: tuple[str, ...],
    app: str,
    case: str,
    why: str,
    until: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Put items and authors on hold; each is a hold of its own."""
    if not item_ids and not authors:
        raise InvalidSubmission([FieldError("--item", "say what is held: --item ID, or --author NAME --app APP")])
    now = datetime.now(UTC)
    said = {"case": case, "why": why, "by": by or me(), "now": now, "until": until_of(until, now, "--until")}
    with _holds(settings) as kept:
        made = [kept.add("item", each, **said) for each in item_ids]  # type: ignore[arg-type]
        made += [kept.add("author", each, app=app, **said) for each in authors]  # type: ignore[arg-type]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in made], default=lambda value: value.isoformat()))
        return
    for each in made:
        end = f" until {each.until:%Y-%m-%d %H:%M} UTC" if each.until is not None else ""
        click.echo(f"{each.id}  {each.kind} {each.value} is on hold{end}")


@holds.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that are over or released, too.")
@JSON
@click.pass_obj
def list_(settings: Settings, is_all: bool, as_json: bool) -> None:
    """The holds in force, newest first."""
    with _holds(settings) as kept:
        found = kept.list(datetime.now(UTC), is_all=is_all)
    tell([asdict(each) for each in found], _COLUMNS, as_json)


@holds.command()
@click.argument("hold_id", metavar="ID", type=int, required=False)
@click.option("--case", default="", metavar="NAME", help="All holds of this case, instead of one by its id.")
@click.option("--why", required=True, help="Why they are released.")
@BY
@click.pass_obj
def release(settings: Settings, hold_id: int | None, case: str, why: str, by: str | None) -> None:
    """Release a hold, or all of a case. What is due then goes at the next cleaning."""
    with _holds(settings) as kept:
        for each in kept.release(by=by or me(), why=why, now=datetime.now(UTC), hold_id=hold_id, case=case):
            click.echo(f"{each.id}  {each.kind} {each.value} is released")
