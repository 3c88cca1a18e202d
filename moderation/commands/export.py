"""``moderation export``: decisions for a data lake, and as a manifest to learn from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.commands.options import JSON
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.delivery.export import ExportTarget

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
@click.pass_obj
def manifest(settings: Settings, to: Path, since: datetime | None) -> None:
    """Write what people decided as a manifest of SageMaker Ground Truth, a line for each picture and text.

    `outcome` has the class approve or reject, `labels` those of the decision. Only what people agreed about is in it.
    """
    from moderation.evidence.manifest import decided_parts, manifest_lines
    from moderation.storage.opening import existing_database

    with existing_database(settings) as database:
        parts = list(decided_parts(database, since.replace(tzinfo=UTC) if since else None))
    with click.open_file(str(to), "w", encoding="utf-8") as file:
        for line in manifest_lines(parts):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    if str(to) != "-":
        click.echo(f"{len(parts):,} pictures and texts")


@export.command()
@click.argument("to", metavar="FOLDER|s3://BUCKET/PREFIX")
@click.option("--since", type=_DAY, help="First day (UTC).  [default: that of the first decision]")
@click.option("--until", type=_DAY, help="Last day.  [default: the last one that is over]")
@click.option("--again", is_flag=True, help="Write days that are there already once more.")
@click.option("--table", is_flag=True, help="Print the table's definition for Athena; export nothing.")
@JSON
@click.pass_obj
def decisions(
    settings: Settings,
    to: str,
    since: datetime | None,
    until: datetime | None,
    again: bool,
    table: bool,
    as_json: bool,
) -> None:
    """Write decisions as JSON Lines under decisions/dt=YEAR-MONTH-DAY/, a partition for each day that is over.

    Days that are there already are left alone, so it can run every night.
    """
    from moderation.delivery.export import days_over, table_definition
    from moderation.delivery.export import export as write
    from moderation.storage.opening import existing_database

    first, last = (day.date() if day else None for day in (since, until))
    with existing_database(settings) as database:
        days = days_over(database, first, last, datetime.now(UTC))
        if table:
            location = to if to.startswith("s3://") else "s3://BUCKET/PREFIX"
            click.echo(table_definition(location, days[0] if days else datetime.now(UTC).date()))
            return
        rows = written = 0
        for done in write(database, _destination(settings, to), days, again=again):
            rows, written = rows + (done.rows or 0), written + (done.rows is not None)
            if as_json:
                click.echo(json.dumps({"day": done.day.isoformat(), "rows": done.rows}))
            elif done.rows is not None:
                click.echo(f"{done.day}  {done.rows:,} decisions")
    if not as_json:
        there = len(days) - written
        click.echo(f"{rows:,} decisions of {written} days" + (f"; {there} days were there already" if there else ""))


def _destination(settings: Settings, to: str) -> ExportTarget:
    from ground.aws import client
    from ground.blobs import split_uri
    from ground.s3_calls import Encryption
    from moderation.delivery.export import Bucket, Folder

    if not to.startswith("s3://"):
        return Folder(Path(to))
    bucket, key = split_uri(f"{to.rstrip('/')}/x")
    encryption = Encryption(settings.media_encryption).arguments
    return Bucket(bucket, key.removesuffix("x"), client("s3", settings.a2i_region), encryption)
