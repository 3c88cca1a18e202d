"""``moderation retention``: media whose time is over, and the lifecycle rules of a bucket."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from moderation.commands.options import JSON
from moderation.settings import Settings


@click.command()
@click.option("--yes", is_flag=True, help="Delete it now; without, it is only shown.")
@click.option("--lifecycle", is_flag=True, help="Print the rules for a media bucket in S3 instead.")
@JSON
@click.pass_obj
def retention(settings: Settings, yes: bool, lifecycle: bool, as_json: bool) -> int:
    """Show the media of decided items that policies (keep_media_days) want no longer; with --yes, delete it.

    The service does this itself while it runs. What was found, decided and said stays. Exit code 1 when media is due
    and was not deleted.
    """
    from ground.media_store import open_blobs
    from moderation.media.retention import Retention, lifecycle_rules
    from moderation.media.uploads import Uploads
    from moderation.storage.accounts import Accounts
    from moderation.storage.opening import existing_database

    if lifecycle:
        click.echo(json.dumps(lifecycle_rules(), indent=2))
        return 0
    now = datetime.now(UTC)
    with existing_database(settings) as database:
        blobs = open_blobs(settings)
        keeper = Retention(database, blobs)
        if yes:
            keeper.tag_decided(now)
            Uploads(settings, blobs, Accounts(database)).forget_old(now)
        count = objects = 0
        for due in keeper.delete_due(now) if yes else keeper.all_due(now):
            count, objects = count + 1, objects + len(due.uris)
            if as_json:
                click.echo(json.dumps({"item": due.item_id, "until": due.until.isoformat(), "objects": due.uris}))
            else:
                click.echo(f"{due.item_id}  until {due.until:%Y-%m-%d %H:%M}  {len(due.uris)} objects")
    if not as_json:
        done = "deleted" if yes else "due; say --yes to delete it"
        click.echo(f"media of {count} items, {objects} objects: {done}" if count else "no media is due")
    return 1 if count and not yes else 0
