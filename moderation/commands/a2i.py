"""``moderation a2i``: access keys of the A2I endpoint, and what policies' queues need at A2I."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click

from moderation.blobs import open_blobs
from moderation.human_loops import HumanLoops
from moderation.judging import Judge
from moderation.settings import Settings
from review_ui.a2i.service import ReviewService


@click.group()
def a2i() -> None:
    """The A2I-compatible endpoint: its keys, and its flows."""


@a2i.group()
def keys() -> None:
    """Access keys, for any AWS client that is pointed at the endpoint."""


@contextmanager
def _review(settings: Settings) -> Iterator[ReviewService]:
    review = ReviewService.open(settings, blobs=open_blobs(settings))
    try:
        yield review
    finally:
        review.close()


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def add(settings: Settings, as_json: bool) -> None:
    """Make an access key."""
    with _review(settings) as review:
        key = review.add_access_key()
    if as_json:
        click.echo(json.dumps({"access_key_id": key.id, "secret_access_key": key.secret}))
    else:
        click.echo(f"AWS_ACCESS_KEY_ID={key.id}\nAWS_SECRET_ACCESS_KEY={key.secret}")


@keys.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """All access keys, without their secrets."""
    with _review(settings) as review:
        for key in review.list_access_keys():
            state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "in force"
            click.echo(f"{key.id}  {key.created_at:%Y-%m-%d %H:%M}  {state}")


@keys.command()
@click.argument("key_id")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """Make an access key useless at once."""
    with _review(settings) as review:
        review.revoke_access_key(key_id)
    click.echo(f"access key {key_id} is revoked")


@a2i.command()
@click.pass_obj
def provision(settings: Settings) -> None:
    """Make the work team, template and flow definitions that the policies' queues need. May run again.

    The service does this itself at its start; here it is for a separate endpoint, or for Amazon's.
    """
    blobs = open_blobs(settings)
    judge = Judge.open(settings, blobs)
    url = f"{settings.public_url or f'http://127.0.0.1:{settings.port}'}/a2i"
    with _review(settings) as review:
        loops = HumanLoops(settings, url, review.internal_access_key(), blobs)
        queues = [queue for policy in judge.policies.policies for queue in policy.file.queues]
        made = loops.provision(queues)
    judge.close()
    for line in made or ["everything is there"]:
        click.echo(line)
