"""``moderation compare``: Amazon's answers beside our own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from moderation.aws.recorder.comparing import Compared, compare
from moderation.aws.recorder.recordings import FOLDER, read_recordings
from moderation.commands.options import JSON
from moderation.settings import Settings


@click.command("compare")
@click.argument("place", metavar="[FILE|FOLDER]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--at-least", type=click.FloatRange(0, 100), default=50.0, show_default=True, help="Confidence that counts."
)
@JSON
@click.pass_obj
def compare_recordings(settings: Settings, place: Path | None, at_least: float, as_json: bool) -> None:
    """Compare what was recorded with MODERATION_AWS_FORWARD: agreement per label, errors, time and cost.

    Without FILE or FOLDER it is what the data folder has.
    """
    compared = compare(read_recordings(place or settings.data / FOLDER), at_least)
    if as_json:
        click.echo(json.dumps([_document(each) for each in compared], indent=2))
        return
    for each in compared:
        click.echo(f"{each.service} {each.operation}: {each.calls:,} calls, ${each.dollars:.2f} at Amazon's list price")
        if each.answered:
            click.echo(f"  {each.same:,} of {each.answered:,} that both answered have the same labels")
        for label, count in sorted(each.labels.items(), key=lambda pair: (pair[1].agreement, pair[0])):
            only = f"Amazon alone {count.amazon_only:,}, here alone {count.here_only:,}"
            click.echo(f"    {count.agreement:4.0%}  {label}: both {count.both:,}, {only}")
        for side, errors in (("Amazon", each.amazon_errors), ("here", each.here_errors)):
            for code, times in sorted(errors.items()):
                click.echo(f"  {side} answered {code} {times:,} times")
        mean = 1000 / each.calls
        click.echo(f"  {each.amazon_seconds * mean:.0f} ms a call at Amazon, {each.here_seconds * mean:.0f} ms here")
    total = sum(each.dollars for each in compared)
    click.echo(f"{sum(each.calls for each in compared):,} calls; answered here alone they cost ${total:.2f} less")


def _document(compared: Compared) -> dict[str, object]:
    labels = {name: asdict(count) | {"agreement": count.agreement} for name, count in sorted(compared.labels.items())}
    return asdict(compared) | {"labels": labels}
