"""``moderation a2i``: access keys of the A2I endpoint, and what policies' queues need at A2I."""

from __future__ import annotations

import json

import click

from ground.media_store import open_blobs
from moderation.commands.opening import opened_review
from moderation.commands.options import HOST, JSON, PORT
from moderation.core.errors import InputError
from moderation.detection.judge import Judge
from moderation.review.client import HumanLoops, OwnEndpoint
from moderation.settings import Settings
from moderation.storage.accounts import APP_NAME
from moderation.storage.opening import wait_for_databases


@click.group()
def a2i() -> None:
    """The A2I-compatible endpoint: its keys, and its flows."""


@a2i.group()
def keys() -> None:
    """Access keys, for any AWS client that is pointed at the endpoint."""


@keys.command()
@JSON
@click.option("--app", help="The app whose key it is: at /aws it reads and writes that app's buckets alone.")
@click.pass_obj
def add(settings: Settings, as_json: bool, app: str | None) -> None:
    """Make an access key; without --app it is an operator's, which reads everything."""
    if app is not None and not APP_NAME.fullmatch(app):
        raise InputError(f"app {app!r}: 1 to 63 letters, digits, '.', '_' or '-', beginning with a letter or digit")
    with opened_review(settings) as review:
        key = review.add_access_key(app=app)
    if as_json:
        click.echo(json.dumps({"access_key_id": key.id, "secret_access_key": key.secret}))
    else:
        click.echo(f"AWS_ACCESS_KEY_ID={key.id}\nAWS_SECRET_ACCESS_KEY={key.secret}")


@keys.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """All access keys, without their secrets."""
    with opened_review(settings) as review:
        for key in review.list_access_keys():
            state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "in force"
            click.echo(f"{key.id}  {key.created_at:%Y-%m-%d %H:%M}  {state}" + (f"  {key.app}" if key.app else ""))


@keys.command()
@click.argument("key_id")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """Make an access key useless at once."""
    with opened_review(settings) as review:
        review.revoke_access_key(key_id)
    click.echo(f"access key {key_id} is revoked")


@a2i.command()
@HOST
@PORT
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """The A2I-compatible endpoint and the reviewers' portal alone, without the moderation service.

    Any program that speaks Amazon A2I through an AWS client can use it: point the client's endpoint_url at it.
    """
    from moderation.commands.serve import settle_memory, wait_for_signal
    from review_ui.server import A2IServer

    given = {"host": host, "port": port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    wait_for_databases(settings)
    with A2IServer(settings) as server:
        server.start()
        click.echo(f"A2I serves at {server.url}/a2i, region {settings.a2i_region}; reviewers at {server.url}/review")
        click.echo("  AWS_ENDPOINT_URL_SAGEMAKER_A2I_RUNTIME and AWS_ENDPOINT_URL_SAGEMAKER point clients at it")
        click.echo(f"  access keys: moderation a2i keys add --data {settings.data}")
        if server.first_admin_password is not None:
            click.echo("This is the first start. Sign in to the portal as the first admin (shown only once):")
            click.echo(f"  name      admin\n  password  {server.first_admin_password}")
        settle_memory()
        wait_for_signal()
        click.echo("stopping ...")


@a2i.command()
@click.option("--yes", is_flag=True, help="Make it; without, only the plan is shown.")
@click.pass_obj
def provision(settings: Settings, yes: bool) -> int:
    """Show what the policies' queues need at A2I and is not there; with --yes, make it. May run again.

    The service does this itself at its start; here it is for a separate endpoint, or for Amazon's. Exit code 1 when
    something is missing and was not made.
    """
    blobs = open_blobs(settings)
    judge = Judge.open(settings, blobs)
    url = f"{settings.public_url or f'http://127.0.0.1:{settings.port}'}/a2i"
    with opened_review(settings) as review:
        loops = HumanLoops(settings, OwnEndpoint(url, review.internal_access_key()), blobs)
        queues = [queue for policy in judge.policies.policies for queue in policy.file.queues]
        made = loops.provision(queues, dry_run=not yes)
    judge.close()
    if not made:
        click.echo("everything is there")
        return 0
    for line in made:
        click.echo(f"{'made' if yes else 'would make'}: {line}")
    if not yes:
        click.echo("Nothing was made; say --yes to make it.")
    return 0 if yes else 1
