"""Commands that the plugin adds: ``moderation aws models`` and ``moderation aws pii-job``."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import click

from moderation.core.errors import InputError, SettingsError
from moderation.core.replacing import MASKS
from moderation_aws import custom_labels, pii_jobs, training
from moderation_aws.calls import Account, Caller, CallRefused
from moderation_aws.configuration import AwsConfig, load_config, open_account
from moderation_aws.costs import price_table
from moderation_aws.custom_labels import ModelOptions
from moderation_aws.pii_jobs import PiiJob
from moderation_aws.taxonomy_map import COMPREHEND_PII

if TYPE_CHECKING:
    from moderation.settings import Settings

CALLER = Caller("moderation", "moderation aws")
POLL_SECONDS = 10.0
FAILED = ("FAILED", "TRAINING_FAILED")
HOURS_OPERATION = "rekognition.custom_labels.hour"


def opened(settings: Settings) -> tuple[Account, AwsConfig]:
    """The account and the configuration.

    Raises:
        SettingsError: no Region is set.
    """
    if settings.aws_region is None:
        raise SettingsError("set MODERATION_AWS_REGION to the Region of the AWS detectors; see docs/aws-detectors.md")
    config = load_config(settings)
    return open_account(settings, config), config


@click.group()
def aws() -> None:
    """What AWS detectors need that runs by the hour, or takes its time."""


@aws.group()
def models() -> None:
    """Custom Labels models of the configuration: each is billed by the hour while it runs."""


@models.command("list")
@click.pass_obj
def list_models(settings: Settings) -> None:
    """Each model with its status, the cost of an hour and when it was last used."""
    account, config = opened(settings)
    if not config.custom_labels:
        click.echo("no custom_labels are configured")
    for model in config.custom_labels:
        status, words = _asked(partial(custom_labels.state, account, CALLER, model))
        used_at = last_used_at(account)
        used = f"last used {used_at:%Y-%m-%d %H:%M} UTC" if used_at else "not used yet"
        click.echo(f"{model.title}  {status}  {_hourly(config, model)}  {used}{f'  ({words})' if words else ''}")


@models.command("start")
@click.argument("names", nargs=-1, metavar="[PROJECT/VERSION]...")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until they run; minutes.")
@click.pass_obj
def start_models(settings: Settings, names: tuple[str, ...], wait: bool) -> int:
    """Start models; all of the configuration when none is named."""
    account, config = opened(settings)
    chosen = _chosen(config, names)
    for model in chosen:
        _asked(partial(custom_labels.start, account, CALLER, model))
        click.echo(f"{model.title}  starting  {_hourly(config, model)}")
    return _wait(account, chosen, "RUNNING") if wait else 0


@models.command("stop")
@click.argument("names", nargs=-1, metavar="[PROJECT/VERSION]...")
@click.option("--idle", is_flag=True, help="Only those whose stop_when_idle_minutes has passed without a call.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until they are stopped.")
@click.pass_obj
def stop_models(settings: Settings, names: tuple[str, ...], idle: bool, wait: bool) -> int:
    """Stop models; all of the configuration when none is named. Put `stop --idle` into cron."""
    account, config = opened(settings)
    chosen = _chosen(config, names)
    if idle:
        chosen = [model for model in chosen if is_idle(account, model)]
    for model in chosen:
        _asked(partial(custom_labels.stop, account, CALLER, model))
        click.echo(f"{model.title}  stopping")
    if not chosen:
        click.echo("none is idle" if idle else "nothing to stop")
    return _wait(account, chosen, "STOPPED") if wait else 0


@models.command("train")
@click.argument("project")
@click.argument("version")
@click.option("--manifest", required=True, metavar="s3://BUCKET/KEY", help="A labelling job's output.manifest.")
@click.option("--output", required=True, metavar="s3://BUCKET/PREFIX", help="Where Amazon puts the training's results.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Stay until it is trained; hours.")
@click.pass_obj
def train_model(settings: Settings, project: str, version: str, manifest: str, output: str, wait: bool) -> int:
    """Train VERSION of PROJECT from a manifest and its pictures, all in S3. Amazon charges for it."""
    account, _ = opened(settings)
    arn = _asked(partial(training.train, account, CALLER, project, version, manifest, output))
    click.echo(arn)
    return (
        _wait(account, [ModelOptions.model_construct(project_version=arn, names={})], "TRAINING_COMPLETED")
        if wait
        else 0
    )


@aws.command("pii-job")
@click.argument("source", metavar="s3://BUCKET/DOCUMENTS")
@click.argument("target", metavar="s3://BUCKET/RESULTS/")
@click.option("--role", required=True, metavar="ARN", help="Role for Comprehend, which reads and writes there.")
@click.option("--language", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--redact", is_flag=True, help="Write copies without personal data, instead of places.")
@click.option("--types", default="", metavar="T,..", help="With --redact: these types only, such as SSN,EMAIL.")
@click.option("--mask", type=click.Choice(list(MASKS)), help="With --redact: for each character; else the type's name.")
@click.option("--by-line", is_flag=True, help="Each line is a document, not each file.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the end, and count what was found.")
@click.pass_obj
def pii_job(
    settings: Settings, source: str, target: str, role: str, language: Literal["en", "es"], redact: bool, types: str,
    mask: str | None, by_line: bool, wait: bool,
) -> int:  # fmt: skip
    """Find or redact personal data in many documents in S3, by a job of Amazon Comprehend."""
    account, _ = opened(settings)
    wanted = tuple(name.strip() for name in types.split(",") if name.strip())
    unknown = [name for name in wanted if f"PII/{name}" not in COMPREHEND_PII]
    if unknown:
        raise InputError(f"--types: {', '.join(unknown)}: no type of Comprehend's")
    job = PiiJob(source, target, role, language, redact, by_line, wanted, mask)
    job_id = _asked(lambda: pii_jobs.start(account, CALLER, job))
    click.echo(f"job {job_id} started")
    if not wait:
        return 0

    def tell(state: pii_jobs.JobState) -> None:
        click.echo(f"job {job_id}  {state.status}{f'  ({state.message})' if state.message else ''}")

    ended = _asked(lambda: pii_jobs.follow(account, CALLER, job_id, tell, lambda: time.sleep(POLL_SECONDS)))
    if ended.status != "COMPLETED":
        return 1
    click.echo(f"results: {ended.output}")
    if not redact:
        for kind, count in sorted(_asked(lambda: pii_jobs.found(account, CALLER, ended.output)).items()):
            click.echo(f"  {kind:40} {count}")
    return 0


def last_used_at(account: Account) -> datetime | None:
    """When a picture was last shown to the models; None when none was within a week."""
    since = (datetime.now(UTC) - timedelta(days=7)).date().isoformat()
    used = [u.last_at for u in account.store.usage(since) if u.operation == "rekognition.DetectCustomLabels"]
    return max(used, default=None)


def is_idle(account: Account, model: ModelOptions) -> bool:
    """Whether a model that may be stopped has had nothing to do for as long as its configuration says."""
    if model.stop_when_idle_minutes is None:
        return False
    used_at = last_used_at(account)
    return used_at is None or datetime.now(UTC) - used_at > timedelta(minutes=model.stop_when_idle_minutes)


def _chosen(config: AwsConfig, names: tuple[str, ...]) -> list[ModelOptions]:
    known = {model.title: model for model in config.custom_labels}
    for name in names:
        if name not in known:
            raise InputError(f"no model '{name}' is configured; there are {', '.join(known) or 'none'}")
    return [known[name] for name in names] if names else list(known.values())


def _hourly(config: AwsConfig, model: ModelOptions) -> str:
    price = price_table(config.prices)[HOURS_OPERATION].dollars * model.inference_units
    return f"{price:.2f} USD an hour while it runs ({model.inference_units} inference unit(s))"


def _asked(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except CallRefused as error:
        raise InputError(str(error)) from error


def _wait(account: Account, chosen: list[ModelOptions], wanted: str) -> int:
    """Say how each model gets on until all are where they should be; 1 when one went wrong."""
    waiting, shown, failed = list(chosen), dict.fromkeys((m.title for m in chosen), ""), False
    while waiting:
        for model in list(waiting):
            status, words = _asked(partial(custom_labels.state, account, CALLER, model))
            if status != shown[model.title]:
                click.echo(f"{model.title}  {status}{f'  ({words})' if words else ''}")
                shown[model.title] = status
            if status in (wanted, *FAILED):
                failed |= status in FAILED
                waiting.remove(model)
        if waiting:
            time.sleep(POLL_SECONDS)
    return 1 if failed else 0
