"""``moderation export``: decisions, items and detections for a data lake, and a manifest to learn from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.commands.options import CLEARANCE, JSON, me
from moderation.core.errors import FieldError, InvalidSubmission
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.delivery.export import Day
    from moderation.delivery.export_tables import Table
    from moderation.delivery.export_targets import ExportTarget

_DAY = click.DateTime(["%Y-%m-%d"])


class _Export(click.Group):
    """Takes a folder or bucket where a command could stand: then it is decisions by day that are written there."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in its place where it is left out."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args.insert(0, "decisions")
        return super().parse_args(ctx, args)


@click.group(cls=_Export)
def export() -> None:
    """What was decided, for others to read: `moderation export FOLDER` writes decisions by day.

    With FOLDER or s3://BUCKET/PREFIX in the place of a command it is `decisions` that runs.
    """


@export.command()
@click.argument("to", metavar="FILE|-", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--since", type=_DAY, help="Items posted from this day (UTC) on.")
@CLEARANCE
@click.pass_obj
def manifest(settings: Settings, to: Path, since: datetime | None, held: tuple[str, ...]) -> None:
    """Write what people decided as a manifest of SageMaker Ground Truth, a line for each picture and text.

    `outcome` has the class approve or reject, `labels` those of the decision. Only what people agreed about is in it.
    """
    from moderation.evidence.manifest import decided_parts, manifest_lines
    from moderation.storage.clearances import Clearances
    from moderation.storage.opening import existing_database

    with existing_database(settings) as database:
        parts = list(decided_parts(database, since.replace(tzinfo=UTC) if since else None, held))
        Clearances(database).passed_on("export manifest", held, by=me(), now=datetime.now(UTC))
    with click.open_file(str(to), "w", encoding="utf-8") as file:
        for line in manifest_lines(parts):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    if str(to) != "-":
        click.echo(f"{len(parts):,} pictures and texts")


def _by_day(command: Callable[..., None]) -> Callable[..., None]:
    """Options and arguments of each table that is exported by day."""
    options: list[Callable[[Any], Any]] = [
        click.argument("to", metavar="FOLDER|s3://BUCKET/PREFIX"),
        click.option("--since", type=_DAY, help="First day (UTC).  [default: that of the first row]"),
        click.option("--until", type=_DAY, help="Last day.  [default: the last one that is over]"),
        click.option("--again", is_flag=True, help="Write days that are there already once more."),
        click.option("--parquet", is_flag=True, help="Write Parquet, under NAME_parquet/; needs moderation[parquet]."),
        click.option("--table", is_flag=True, help="Print the table's definition for Athena; export nothing."),
        click.option("--view", is_flag=True, help="Print the definition of a view for DuckDB; export nothing."),
        CLEARANCE,
        JSON,
        click.pass_obj,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@export.command()
@_by_day
def decisions(settings: Settings, to: str, held: tuple[str, ...], **asked: Any) -> None:
    """Write decisions as JSON Lines under decisions/dt=YEAR-MONTH-DAY/, a partition for each day that is over.

    Days that are there already are left alone, so it can run every night.
    """
    from moderation.delivery.export_tables import Decisions

    _export(settings, Decisions(held), to, **asked)


@export.command()
@_by_day
def detections(settings: Settings, to: str, held: tuple[str, ...], **asked: Any) -> None:
    """Write what was found, a row for each detection, with place and time: detections/dt=YEAR-MONTH-DAY/.

    The day is that on which the item was posted. One with undecided items is written anew the next time.
    """
    from moderation.delivery.export_tables import Detections

    _export(settings, Detections(held), to, **asked)


@export.command()
@click.option("--texts", is_flag=True, help="Texts too, posted and extracted, with all that may be in them.")
@_by_day
def items(settings: Settings, to: str, texts: bool, held: tuple[str, ...], **asked: Any) -> None:
    """Write the catalogue, a row for each item, with metadata, place, time and outcome: items/dt=YEAR-MONTH-DAY/.

    The day is that on which the item was posted. One with undecided items is written anew the next time.
    """
    from moderation.delivery.export_tables import Items

    _export(settings, Items(held, with_texts=texts), to, **asked)


def _export(
    settings: Settings,
    what: Table,
    to: str,
    *,
    since: datetime | None,
    until: datetime | None,
    again: bool,
    parquet: bool,
    table: bool,
    view: bool,
    as_json: bool,
) -> None:
    if settings.is_for_works_council:
        raise InvalidSubmission(
            [FieldError("MODERATION_PROFILE", "works-council: there are no exports of single items")]
        )
    from moderation.delivery.export import days_over
    from moderation.delivery.export import export as write
    from moderation.delivery.export_sql import athena_table, duckdb_view, to_parquet
    from moderation.storage.clearances import Clearances
    from moderation.storage.opening import existing_database

    if view:
        click.echo(duckdb_view(what, to, "parquet" if parquet else "jsonl"))
        return
    first, last = (day.date() if day else None for day in (since, until))
    with existing_database(settings) as database:
        days = days_over(what, database, first, last, datetime.now(UTC))
        if table:
            location = to if to.startswith("s3://") else "s3://BUCKET/PREFIX"
            began = days[0] if days else datetime.now(UTC).date()
            click.echo(athena_table(what, location, began, "parquet" if parquet else "jsonl"))
            return
        Clearances(database).passed_on(f"export {what.name}", what.held, by=me(), now=datetime.now(UTC))
        rows = written = kept = hidden = 0
        made = to_parquet if parquet else None
        for done in write(what, database, _destination(settings, to), days, again=again, to_parquet=made):
            rows, written, kept = rows + (done.rows or 0), written + (done.rows is not None), kept + done.kept
            hidden += done.hidden
            if as_json:
                click.echo(json.dumps({"day": done.day.isoformat(), "rows": done.rows, **_left(done)}))
            elif done.rows is not None:
                open_yet = f"; {done.undecided:,} items undecided: written anew next time" if done.undecided else ""
                click.echo(f"{done.day}  {done.rows:,} {what.name}{open_yet}")
    if not as_json:
        there = f"; {len(days) - written} days were there already" if len(days) > written else ""
        stay = f"; {kept:,} left out, which stay on this machine" if kept else ""
        need = f"; {hidden:,} left out, which need a clearance: --clearance NAME" if hidden else ""
        click.echo(f"{rows:,} {what.name} of {written} days{there}{stay}{need}")


def _left(done: Day) -> dict[str, int]:
    """What a day lacks, where it does."""
    return {name: n for name, n in (("kept", done.kept), ("hidden", done.hidden), ("undecided", done.undecided)) if n}


def _destination(settings: Settings, to: str) -> ExportTarget:
    from ground.aws import client
    from ground.blobs import split_uri
    from ground.s3_calls import Encryption
    from moderation.delivery.export_targets import Bucket, Folder

    if not to.startswith("s3://"):
        return Folder(Path(to))
    bucket, key = split_uri(f"{to.rstrip('/')}/x")
    encryption = Encryption(settings.media_encryption).arguments
    return Bucket(bucket, key.removesuffix("x"), client("s3", settings.a2i_region), encryption)
