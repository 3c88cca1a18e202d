"""``moderation export``: decisions for a data lake."""

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


@click.command()
@click.argument("to", metavar="FOLDER|s3://BUCKET/PREFIX")
@click.option("--since", type=_DAY, help="First day (UTC).  [default: that of the first decision]")
@click.option("--until", type=_DAY, help="Last day.  [default: the last one that is over]")
@click.option("--again", is_flag=True, help="Write days that are there already once more.")
@click.option("--table", is_flag=True, help="Print the table's definition for Athena; export nothing.")
@JSON
@click.pass_obj
def export(
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
