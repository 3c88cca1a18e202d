"""``moderation aws``: Amazon's answers beside our own, and models of one's own at Amazon."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from moderation.aws.recorder.comparing import Compared, compare
from moderation.aws.recorder.recordings import FOLDER, read_recordings
from moderation.aws.training import CustomLabels
from moderation.commands.options import JSON
from moderation.core.errors import InputError
from moderation.settings import Settings


@click.group()
def aws() -> None:
    """Amazon's answers beside those of this machine, and models of one's own there."""


@aws.command("compare")
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


@aws.group()
def models() -> None:
    """Rekognition's custom labels: train a model from a manifest, start it, stop it."""


@models.command()
@click.argument("project")
@click.argument("version")
@click.option("--manifest", required=True, metavar="s3://BUCKET/KEY", help="A labelling job's output.manifest.")
@click.option("--output", required=True, metavar="s3://BUCKET/PREFIX", help="Where Amazon puts the training's results.")
@click.option("--wait/--no-wait", default=True, help="Stay until it is trained.  [default: wait]")
@click.pass_obj
def train(settings: Settings, project: str, version: str, manifest: str, output: str, wait: bool) -> None:
    """Train VERSION of PROJECT at Amazon, which charges for it. The manifest and its pictures lie in S3."""
    labels = _custom_labels(settings)
    arn = labels.train(project, version, manifest, output)
    click.echo(arn)
    if wait:
        _follow(labels, arn)


@models.command()
@click.argument("arn")
@click.option("--units", type=click.IntRange(1), default=1, show_default=True, help="Inference units.")
@click.pass_obj
def start(settings: Settings, arn: str, units: int) -> None:
    """Start a trained model and wait until it runs. Amazon charges for it by the hour until `stop`."""
    labels = _custom_labels(settings)
    labels.start(arn, units)
    _follow(labels, arn)


@models.command()
@click.argument("arn")
@click.pass_obj
def stop(settings: Settings, arn: str) -> None:
    """Stop a model, and wait until it has stopped."""
    labels = _custom_labels(settings)
    labels.stop(arn)
    _follow(labels, arn)


def _follow(labels: CustomLabels, arn: str) -> None:
    for status in labels.follow(arn):
        click.echo(status)


def _custom_labels(settings: Settings) -> CustomLabels:
    from ground.aws import client

    if settings.aws_region is None:
        raise InputError("MODERATION_AWS_REGION is empty: say in which Region the model is to be")
    return CustomLabels(client("rekognition", settings.aws_region))
