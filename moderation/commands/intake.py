"""``moderation intake``: items from objects in S3 that a queue tells of, and what could not become an item."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ground.aws import client
from moderation.commands.options import JSON
from moderation.commands.serve import settle_memory
from moderation.core.errors import InputError, StoreUnavailable, UrlRefused
from moderation.settings import Settings

_REGION = re.compile(r"https?://(?:sqs\.([a-z0-9-]+)\.|([a-z0-9-]+)\.queue\.)amazonaws\.com")


@click.group()
def intake() -> None:
    """Items from a queue: objects in S3, told of by S3 itself, by SNS or by EventBridge."""


@intake.command()
@click.option("--queue", "queue_url", required=True, metavar="URL", help="The SQS queue.")
@click.option("--app", required=True, help="The app whose items they become.")
@click.option("--callback-url", metavar="URL", help="Where the decisions are delivered.  [default: nowhere]")
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="Messages worked on at once.")
@click.option(
    "--visibility",
    type=click.IntRange(3, 43_200),
    default=60,
    show_default=True,
    help="Seconds that a message is hidden from others; extended while it is worked on.",
)
@click.option("--once", is_flag=True, help="End when the queue gives no more messages.")
@click.pass_obj
def sqs(
    settings: Settings, queue_url: str, app: str, callback_url: str | None, threads: int, visibility: int, once: bool
) -> int:
    """Make an item of each object that S3 tells of, read where it lies (MODERATION_MEDIA_IN_PLACE), without end.

    Runs beside `serve` or `worker`, any number of times: each state of an object becomes one item. Exit code 1 when
    messages were kept as dead letters.
    """
    from ground.fetch import check_url
    from moderation.intake.sqs import LONG_POLL_SECONDS, QueueIntake

    if callback_url is not None:
        try:
            check_url(callback_url, allow_private=settings.allow_private_urls)
        except UrlRefused as error:
            raise click.BadParameter(str(error), param_hint="--callback-url") from error
    with _service(settings, app) as service:
        queue = client("sqs", region_of(queue_url, settings), read_timeout=LONG_POLL_SECONDS + 10)
        taker = QueueIntake(service, queue, queue_url, app, callback_url=callback_url, visibility_seconds=visibility)
        _depth(queue, queue_url)  # a wrong name or a missing permission is said now, not in a log
        service.report("intake")
        service.watch_policies()
        settle_memory()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: taker.stop.set())
        click.echo(f"intake takes {queue_url} for app {app}", err=True)
        done = taker.run(threads, once=once)
    click.echo(_said(done))
    return 1 if done["dead"] else 0


@intake.command()
@click.option("--queue", "queue_url", metavar="URL", help="Also show how this SQS queue stands.")
@JSON
@click.pass_obj
def status(settings: Settings, queue_url: str | None, as_json: bool) -> int:
    """How many messages wait, in the queue and in its dead-letter queue, and how many are kept here.

    Exit code 1 when there are dead letters.
    """
    from moderation.intake.ledger import Ledger
    from moderation.storage.items import Store
    from moderation.storage.opening import existing_database

    shown: dict[str, Any] = {}
    with existing_database(settings) as database:
        shown["items_waiting"] = Store(database).backlog()[0]
        shown["dead_letters"] = Ledger(database).dead_count()
    if queue_url is not None:
        shown |= _depth(client("sqs", region_of(queue_url, settings)), queue_url)
    if as_json:
        click.echo(json.dumps(shown))
    else:
        for name, value in shown.items():
            click.echo(f"{name.replace('_', ' ')}: {value}")
    return 1 if shown["dead_letters"] or shown.get("in_dead_letter_queue") else 0


@intake.command()
@click.option("--json", "as_json", is_flag=True, help="For machines, with the messages themselves.")
@click.pass_obj
def dead(settings: Settings, as_json: bool) -> int:
    """The messages that could not become items, with the reason. Exit code 1 when there are any."""
    from moderation.intake.ledger import Ledger
    from moderation.storage.opening import existing_database

    with existing_database(settings) as database:
        letters, count = Ledger(database).dead(), Ledger(database).dead_count()
    for letter in letters:
        if as_json:
            shown = {"id": letter.id, "app": letter.app, "uri": letter.uri, "reason": letter.reason}
            click.echo(json.dumps({**shown, "created_at": letter.created_at.isoformat(), "body": letter.body}))
        else:
            at = f"{letter.created_at:%Y-%m-%d %H:%M}"
            click.echo(f"{letter.id}  {at}  {letter.app}  {letter.uri or '(unreadable message)'}\n    {letter.reason}")
    if count > len(letters):
        click.echo(f"... and {count - len(letters)} later ones", err=True)
    return 1 if letters else 0


@intake.command()
@click.argument("ids", nargs=-1, metavar="[ID..]")
@click.option("--all", "all_of_them", is_flag=True, help="All that are kept.")
@click.option("--drop", is_flag=True, help="Drop them instead: they will never become items.")
@click.pass_obj
def retry(settings: Settings, ids: tuple[str, ...], all_of_them: bool, drop: bool) -> int:
    """Try dead letters again, once the policy, the setting or the object is mended. Exit code 1 when some stay."""
    from moderation.intake.ledger import Ledger
    from moderation.intake.sqs import QueueIntake
    from moderation.storage.opening import existing_database

    if bool(ids) == all_of_them:
        raise click.UsageError("say which (`moderation intake dead` lists them), or --all")
    if drop:
        with existing_database(settings) as database:
            letters = Ledger(database).dead(ids, max(Ledger(database).dead_count(), 1))
            for letter in letters:
                Ledger(database).forget(letter.id)
        click.echo(f"{len(letters)} dropped")
        return 0
    total: Counter[str] = Counter()
    with _service(settings, None) as service:
        ledger = Ledger(service.database)
        for letter in ledger.dead(ids, max(ledger.dead_count(), 1)):
            try:
                total += QueueIntake(service, None, "", letter.app).try_again(letter)
            except StoreUnavailable as error:
                click.echo(f"{letter.id}: {error}", err=True)
                total["later"] += 1
    click.echo(_said(total))
    return 1 if total["dead"] or total["later"] else 0


@contextmanager
def _service(settings: Settings, app: str | None) -> Iterator[Any]:
    from moderation.service import Service
    from moderation.storage.accounts import APP_NAME
    from moderation.storage.opening import need_data_folder

    if app is not None and not APP_NAME.fullmatch(app):
        raise InputError(f"--app {app!r}: an app's name, as `moderation keys list` shows it")
    need_data_folder(settings, settings.database_url)
    service = Service.open(settings)
    try:
        yield service
    finally:
        service.close()


def region_of(queue_url: str, settings: Settings) -> str:
    """The Region in a queue's address, or that of the settings."""
    found = _REGION.match(queue_url)
    return (found[1] or found[2]) if found else settings.a2i_region


def _depth(queue: Any, queue_url: str) -> dict[str, Any]:
    """How many messages wait in a queue and in its dead-letter queue.

    Raises:
        StoreUnavailable: SQS does not answer, or not us.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        shown = _counts(queue, queue_url)
        redrive = json.loads(shown.pop("RedrivePolicy", "{}"))
        found = {"in_queue": shown["ApproximateNumberOfMessages"]}
        found["in_work"] = shown["ApproximateNumberOfMessagesNotVisible"]
        arn = str(redrive.get("deadLetterTargetArn", ""))
        if arn:
            name, owner = arn.rpartition(":")[2], arn.split(":")[4]
            url = queue.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=owner)["QueueUrl"]
            found["dead_letter_queue"] = url
            found["in_dead_letter_queue"] = _counts(queue, url)["ApproximateNumberOfMessages"]
        return found
    except (BotoCoreError, ClientError, ValueError, KeyError) as error:
        raise StoreUnavailable(f"queue {queue_url}: {error}") from error


def _counts(queue: Any, url: str) -> dict[str, Any]:
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "RedrivePolicy"]
    attributes = queue.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    return {name: value if name == "RedrivePolicy" else int(value) for name, value in attributes.items()}


def _said(done: Counter[str]) -> str:
    words = {
        "taken": "became items",
        "known": "were known",
        "gone": "were gone",
        "ignored": "messages told of no new object",
        "dead": "kept as dead letters",
        "later": "come again",
    }
    return ", ".join(f"{done[name]} {text}" for name, text in words.items() if done[name]) or "nothing came"
