"""``moderation lists``: lists at run time, which policies name and operators keep."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from moderation.commands.options import JSON, me
from moderation.core.errors import FieldError, InvalidSubmission
from moderation.core.listing import LIST_KINDS
from moderation.settings import Settings
from moderation.storage.clearances import Clearances
from moderation.storage.lists import Entry, RunTimeLists, kind_of
from moderation.storage.opening import operated_database

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_MOST_BYTES = 20_000_000
BY = click.option("--by", metavar="NAME", help="Who does it.  [default: who is signed in here]")
KIND = click.option("--kind", type=click.Choice(LIST_KINDS), help="What a new list holds.  [default: values]")
EXPIRES = click.option("--expires", metavar="TIME", help="From when it does not count: 30m, 24h, 7d, or 2027-01-31.")


@click.group()
def lists() -> None:
    """Lists that policies name and operators keep while the service runs (`in_list`)."""


@contextmanager
def _lists(settings: Settings) -> Iterator[RunTimeLists]:
    with operated_database(settings) as database:
        yield RunTimeLists(database)


@lists.command()
@click.argument("name")
@click.argument("values", nargs=-1, required=True)
@click.option("--why", required=True, help="Why it stands there.")
@KIND
@EXPIRES
@BY
@JSON
@click.pass_obj
def add(
    settings: Settings,
    name: str,
    values: tuple[str, ...],
    why: str,
    kind: str | None,
    expires: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Put VALUES on list NAME, which is made when it is new."""
    now = datetime.now(UTC)
    until = until_of(expires, now)
    with _lists(settings) as kept:
        made = kept.add(name, values, by=by or me(), why=why, now=now, kind=kind_of(kind), expires_at=until)
    if as_json:
        click.echo(json.dumps([_document(each) for each in made]))
        return
    for each in made:
        click.echo(f"{each.id}  {each.value} stands on {name}")


@lists.command()
@click.argument("name")
@click.argument("entry", type=int)
@click.option("--why", required=True, help="Why it is taken off.")
@BY
@click.pass_obj
def remove(settings: Settings, name: str, entry: int, why: str, by: str | None) -> None:
    """Take the entry with id ENTRY off list NAME."""
    with _lists(settings) as kept:
        gone = kept.remove(name, entry, by=by or me(), why=why, now=datetime.now(UTC))
    click.echo(f"{gone.value} stands on {name} no more")


@lists.command()
@click.argument("name", required=False)
@click.option("--changes", is_flag=True, help="What happened to the list, newest first, and whether that is whole.")
@JSON
@click.pass_obj
def show(settings: Settings, name: str | None, changes: bool, as_json: bool) -> int:
    """All lists, or what stands on list NAME, newest first."""
    now = datetime.now(UTC)
    with _lists(settings) as kept:
        if name is None:
            tell([asdict(each) for each in kept.states(now)], ("name", "kind", "entries", "changed_at"), as_json)
            return 0
        state, entries = kept.state(name, now)
        if not changes:
            tell([asdict(each) for each in entries], ("id", "value", "expires_at", "by", "at", "why"), as_json)
            return 0
        columns = ("id", "action", "value", "expires_at", "by", "at", "why")
        tell([asdict(each) for each in kept.changes(name)], columns, as_json)
        broken = kept.first_broken(name)
    if broken is not None:
        click.echo(f"event {broken} of list {name} is not what it was when it was written", err=True)
        return 1
    if not as_json:
        click.echo(f"the list is whole; its digest is {state.version}")
    return 0


@lists.command("import")
@click.argument("name")
@click.argument("path", type=click.Path(allow_dash=True, dir_okay=False, path_type=Path))
@click.option("--why", required=True, help="Why they stand there.")
@KIND
@EXPIRES
@BY
@click.pass_obj
def import_(
    settings: Settings, name: str, path: Path, why: str, kind: str | None, expires: str | None, by: str | None
) -> None:
    """Put each line of the file PATH on list NAME, all or none; `-` reads standard input. Lines with # are left out."""
    with click.open_file(str(path), "rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InvalidSubmission([FieldError(str(path), f"longer than {_MOST_BYTES:,} bytes; import it in parts")])
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise InvalidSubmission([FieldError(str(path), "it is not UTF-8")]) from error
    values = [line for line in lines if line and not line.startswith("#")]
    now = datetime.now(UTC)
    until = until_of(expires, now)
    with _lists(settings) as kept:
        made = kept.add(name, values, by=by or me(), why=why, now=now, kind=kind_of(kind), expires_at=until)
    click.echo(f"{len(made)} entries stand on {name}")


@lists.command()
@click.argument("name")
@click.argument("clearance")
@click.option("--why", required=True, help="Why people need it.")
@BY
@click.pass_obj
def clearance(settings: Settings, name: str, clearance: str, why: str, by: str | None) -> None:
    """Have people need CLEARANCE to see items that stand on list NAME, from the next item on and for good."""
    with operated_database(settings) as database:
        Clearances(database).put_on_list(name, clearance, by=by or me(), why=why, now=datetime.now(UTC))
    click.echo(f"whoever sees an item that stands on {name} has to hold {clearance}")


def until_of(given: str | None, now: datetime, option: str = "--expires") -> datetime | None:
    """The time that somebody wrote; a day ends at its end, UTC. Raises `InvalidSubmission`, naming the option."""
    if given is None:
        return None
    if span := re.fullmatch(r"([1-9]\d{0,5})([mhd])", given):
        return now + timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        message = f"'{given}' is no time; write 30m, 24h, 7d, 2027-01-31 or 2027-01-31T12:00Z"
        raise InvalidSubmission([FieldError(option, message)]) from error
    if len(given) == len("2027-01-31"):
        at += timedelta(days=1)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _document(entry: Entry) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(entry).items()}


def tell(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    """A line for each row, or JSON."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=lambda value: value.isoformat()))
        return
    for row in rows:
        shown = [str(row[c])[:19] if isinstance(row[c], datetime) else str(row[c] or "-") for c in columns]
        click.echo("  ".join(shown))
