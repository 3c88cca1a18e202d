"""``moderation holds``: legal holds on items and authors, and on the cases that they belong to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from ground.audit_chain import SEALED_AT_ONCE
from ground.media_store import open_blobs
from moderation.auditing import signer_of
from moderation.commands.lists import BY, tell, until_of
from moderation.commands.options import CLEARANCE, JSON, me
from moderation.core.errors import FieldError, InputError, InvalidSubmission
from moderation.evidence.sealing import Case, CaseItem, case_problems, write_case
from moderation.settings import Settings
from moderation.storage.audit import open_chain, records_of_item
from moderation.storage.clearances import Clearances, need_held
from moderation.storage.holds import Holds
from moderation.storage.items import Store
from moderation.storage.opening import operated_database
from moderation.storage.public_notices import PublicNotices

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
@click.argument("case")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write, a ZIP.")
@CLEARANCE
@BY
@click.pass_obj
def export(settings: Settings, case: str, to: Path, held: tuple[str, ...], by: str | None) -> None:
    """Write all that is held under CASE into one sealed file, for a registered reporter; not encrypted."""
    now, who = datetime.now(UTC), by or me()
    if to.exists():
        raise InputError(f"{to} is there already; name another file")
    with operated_database(settings) as database:
        kept, store, notices = Holds(database), Store(database), PublicNotices(database)
        found = kept.of_case(case, now)
        chain = open_chain(database)
        while chain.seal() == SEALED_AT_ONCE:
            pass
        ids = kept.items_of(found)
        need_held(Clearances(database), ids, held)
        parts = [
            CaseItem(store.get_item(each), notices.find(item_id=each), records_of_item(database, each)) for each in ids
        ]
        made = Case(case, found, parts, chain.head(), who, now)
        making = to.with_name(f".{to.name}.making")
        try:
            making.touch(0o600)
            with making.open("wb") as file:
                digest = write_case(made, open_blobs(settings), signer_of(settings), file)
            kept.exported(case, digest, by=who, now=now)
            Clearances(database).passed_on(f"case {case}", held, by=who, now=now)
            making.replace(to)
        finally:
            making.unlink(missing_ok=True)
    click.echo(f"{to}: {len(ids)} items of case {case}, manifest {digest}, signed by {signer_of(settings).public_key}")


@holds.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", metavar="BASE64", help="The key that it is signed by.  [default: this installation's]")
@click.pass_obj
def verify(settings: Settings, file: Path, key: str | None) -> int:
    """Say whether the sealed case FILE is as it was written. Exit code 1 when anything in it was changed."""
    wrong = list(case_problems(file, key or signer_of(settings).public_key))
    for each in wrong:
        click.echo(each)
    if not wrong:
        click.echo(f"{file} is as it was written and signed")
    return 1 if wrong else 0


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
