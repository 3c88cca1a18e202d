"""``moderation keys``: API keys of apps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click

from moderation.commands.options import JSON, me
from moderation.settings import Settings
from moderation.storage.accounts import BOTH_SIGN, SCOPES, Accounts
from moderation.storage.consents import Consents
from moderation.storage.opening import operated_database


@click.group()
def keys() -> None:
    """API keys of apps."""


@contextmanager
def _accounts(settings: Settings) -> Iterator[Accounts]:
    with operated_database(settings) as database:
        yield Accounts(database)


def _need_consent(settings: Settings, what: str, now: datetime) -> None:
    with operated_database(settings) as database:
        Consents(database, settings.two_persons_for()).need("keys", what, me(), now)


@keys.command()
@click.option("--app", required=True, metavar="APP", help="The app that the key belongs to; made when it is new.")
@click.option("--operator", is_flag=True, help="It may change what items are judged by (/v1/lists); not for apps.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it may do; may be given again.  [default: read, post and manage]",
)
@click.option("--days", type=click.IntRange(1, 3650), help="It is useless after so many days.  [default: never]")
@JSON
@click.pass_obj
def add(settings: Settings, app: str, operator: bool, scopes: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Make a key; it is shown once.

    A key reads what its app has posted (read), posts (post), and appeals, withdraws and has sent again (manage).
    """
    now = datetime.now(UTC)
    expires_at = None if days is None else now + timedelta(days=days)
    _need_consent(settings, f"make {'an operator key' if operator else 'a key'} for app {app}", now)
    with _accounts(settings) as accounts:
        made = accounts.add_key(app, now, is_operator=operator, scopes=scopes or SCOPES, expires_at=expires_at)
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
            "scopes": sorted(key.scopes),
            "expires_at": key.expires_at.isoformat() if key.expires_at else None,
            "created_at": key.created_at.isoformat(),
            "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        }
        for key in found
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    for key, row in [] if as_json else zip(found, rows, strict=True):
        state = f"revoked {row['revoked_at']}" if row["revoked_at"] else "in force"
        if row["expires_at"] and not row["revoked_at"]:
            state = f"until {str(row['expires_at'])[:16]}"
        may = "" if len(key.scopes) == len(SCOPES) else f"  for {', '.join(sorted(key.scopes))}"
        role = "operator" if row["is_operator"] else "app"
        click.echo(f"{row['id']}  {row['app']:20}  {role:8}  {str(row['created_at'])[:19]}  {state}{may}")


@keys.command()
@click.argument("key_id")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """Make a key useless at once."""
    with _accounts(settings) as accounts:
        accounts.revoke(key_id, datetime.now(UTC))
    click.echo(f"key {key_id} is revoked")


@keys.command("rotate-secret")
@click.option("--app", required=True, metavar="APP", help="The app whose webhooks are signed with it.")
@JSON
@click.pass_obj
def rotate_secret(settings: Settings, app: str, as_json: bool) -> None:
    """Give an app another webhook secret, shown once; for 24 hours webhooks carry the signatures of both."""
    now = datetime.now(UTC)
    _need_consent(settings, f"change the webhook secret of app {app}", now)
    with _accounts(settings) as accounts:
        secret = accounts.rotate_secret(app, now)
    until = now + BOTH_SIGN
    if as_json:
        click.echo(json.dumps({"app": app, "webhook_secret": secret, "both_sign_until": until.isoformat()}))
        return
    click.echo(f"New webhook secret of app {app}, shown only once:\n\n  {secret}\n")
    click.echo(f"Until {until:%Y-%m-%d %H:%M} UTC webhooks carry the old one's signature, too.")
