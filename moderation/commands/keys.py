"""``moderation keys``: API keys of apps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from moderation.commands.options import JSON
from moderation.settings import Settings
from moderation.storage.accounts import Accounts
from moderation.storage.opening import operated_database


@click.group()
def keys() -> None:
    """API keys of apps."""


@contextmanager
def _accounts(settings: Settings) -> Iterator[Accounts]:
    with operated_database(settings) as database:
        yield Accounts(database)


@keys.command()
@click.option("--app", required=True, metavar="APP", help="The app that the key belongs to; made when it is new.")
@click.option("--operator", is_flag=True, help="It may change what items are judged by (/v1/lists); not for apps.")
@JSON
@click.pass_obj
def add(settings: Settings, app: str, operator: bool, as_json: bool) -> None:
    """Make a key; it is shown once."""
    with _accounts(settings) as accounts:
        made = accounts.add_key(app, datetime.now(UTC), is_operator=operator)
    if as_json:
        document = {"key": made.key, "id": made.id, "app": made.app, "webhook_secret": made.webhook_secret}
        click.echo(json.dumps(document))
        return
    click.echo(f"API key of app {made.app}, shown only once:\n\n  {made.key}\n")
    click.echo(f"Its webhooks are signed with (Standard Webhooks):\n\n  {made.webhook_secret}\n")
    click.echo(f"Revoke it with: moderation keys revoke {made.id}")


@keys.command("list")
@JSON
@click.pass_obj
def list_keys(settings: Settings, as_json: bool) -> None:
    """All keys; the keys themselves are not known any more."""
    with _accounts(settings) as accounts:
        found = accounts.list_keys()
    rows = [
        {
            "id": key.id,
            "app": key.app,
            "is_operator": key.is_operator,
            "created_at": key.created_at.isoformat(),
            "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        }
        for key in found
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    for row in [] if as_json else rows:
        state = f"revoked {row['revoked_at']}" if row["revoked_at"] else "in force"
        role = "operator" if row["is_operator"] else "app"
        click.echo(f"{row['id']}  {row['app']:20}  {role:8}  {str(row['created_at'])[:19]}  {state}")


@keys.command()
@click.argument("key_id")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """Make a key useless at once."""
    with _accounts(settings) as accounts:
        accounts.revoke(key_id, datetime.now(UTC))
    click.echo(f"key {key_id} is revoked")
