"""``moderation report``: what was decided in a time, for the public and for regulators."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from moderation.commands.options import JSON
from moderation.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])
APP = click.option("--app", help="Only items of this app.  [default: all]")


@click.group()
def report() -> None:
    """Reports of stored decisions. Which duties are yours is for counsel to say."""


@report.command()
@click.option("--year", type=click.IntRange(2000, 2999), required=True, help="UTC.")
@click.option("--out", type=click.Path(dir_okay=False, allow_dash=True), default="-", help="File.  [default: output]")
@APP
@JSON
@click.pass_obj
def transparency(settings: Settings, year: int, out: str, app: str | None, as_json: bool) -> None:
    """Write a year's figures as CSV: notices, actions by ground, automated share, error rate, appeals, median times."""
    from ground.spreadsheets import csv_lines
    from moderation.policies.versions import PolicyVersions
    from moderation.reporting.figures import figures
    from moderation.reporting.yearly import COLUMNS, rows
    from moderation.storage.opening import existing_database

    since, until = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    with existing_database(settings) as database:
        found = list(rows(figures(database, PolicyVersions(database), since, until, app), settings.least_group))
    with click.open_file(out, "w", encoding="utf-8") as file:
        if as_json:
            file.write(json.dumps([asdict(row) for row in found], indent=2) + "\n")
        else:
            file.writelines(csv_lines([COLUMNS, *(row.cells() for row in found)]))


@report.command("eu-2024-2835")
@click.option("--from", "since", type=_DAY, required=True, help="First day (UTC).")
@click.option("--to", "last", type=_DAY, required=True, help="Last day.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder; it is made.")
@click.option("--provider", help="Name of the provider.")
@click.option("--service", help="Name of the service.")
@click.option("--published", type=_DAY, help="Day on which the report is published.")
@click.option("--previous", type=_DAY, help="Day on which the one before was published.")
@APP
@JSON
@click.pass_obj
def eu(
    settings: Settings,
    since: datetime,
    last: datetime,
    out: Path,
    provider: str | None,
    service: str | None,
    published: datetime | None,
    previous: datetime | None,
    app: str | None,
    as_json: bool,
) -> None:
    """Write the tables of Implementing Regulation (EU) 2024/2835, and the rows for the DSA Transparency Database.

    Values that nothing stored says are blank, and named in not_derived.csv. Nothing is sent anywhere.
    """
    from moderation.core.errors import FieldError, InvalidSubmission
    from moderation.policies.versions import PolicyVersions
    from moderation.reporting.eu import About
    from moderation.reporting.writing import write_report
    from moderation.storage.opening import existing_database

    if last < since:
        raise InvalidSubmission([FieldError("--to", "it lies before --from")])
    about = About(provider, service, published.date() if published else None, previous.date() if previous else None)
    begin, end = since.replace(tzinfo=UTC), last.replace(tzinfo=UTC) + timedelta(days=1)
    with existing_database(settings) as database:
        made = write_report(database, PolicyVersions(database), begin, end, about, out, app)
    tables, blank = len(made.report.tables), len(made.report.not_derived)
    if as_json:
        said = {"tables": tables, "statements": made.statements, "without_ground": made.unfounded, "blank": blank}
        click.echo(json.dumps(said | {"decisions_gone": made.figures.gone, "withdrawn": made.figures.withdrawn}))
        return
    click.echo(f"{tables} tables in {out}; {blank} values or columns of values are blank: not_derived.csv says why")
    click.echo(
        f"{made.statements} rows for the DSA Transparency Database; {made.unfounded} restrictions have no ground"
    )
    if made.figures.gone or made.figures.withdrawn:
        click.echo(
            f"{made.figures.gone} decisions of the time are not stored any more and {made.figures.withdrawn} items "
            "were withdrawn: they are in no table"
        )
