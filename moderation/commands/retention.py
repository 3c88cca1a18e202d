"""``moderation retention``: media and texts whose time is over, and the lifecycle rules of a bucket."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import click

from moderation.commands.options import JSON
from moderation.settings import Settings


@click.command()
@click.option("--yes", is_flag=True, help="Delete it now; without, it is only shown.")
@click.option("--lifecycle", is_flag=True, help="Print the rules for a media bucket in S3 instead.")
@JSON
@click.pass_obj
def retention(settings: Settings, yes: bool, lifecycle: bool, as_json: bool) -> int:
    """Show what of decided items is to be kept no longer, and with --yes, delete it.

    Media goes as policies (keep_media_days) say, texts as MODERATION_TEXT_KEEP_DAYS does. The service does this itself
    while it runs. What was found and decided stays. Exit code 1 when something is due and was not deleted.
    """
    from ground.media_store import open_blobs
    from moderation.cleaning import Cleaning
    from moderation.media.retention import Retention, lifecycle_rules
    from moderation.media.uploads import Uploads
    from moderation.storage.accounts import Accounts
    from moderation.storage.opening import existing_database
    from moderation.storage.text_retention import due_texts

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
        texts = []
        if settings.text_keep_days is not None:
            due_since = now - timedelta(days=settings.text_keep_days)
            texts = database.read(lambda c: list(c.execute(due_texts(due_since, now).order_by("id")).scalars()))
            if yes:
                Cleaning(settings, database, blobs).texts(now)
        if as_json:
            for item_id in texts:
                click.echo(json.dumps({"item": item_id, "texts": True}))
    if not as_json:
        done = "deleted" if yes else "due; say --yes to delete it"
        click.echo(f"media of {count} items, {objects} objects: {done}" if count else "no media is due")
        if texts:
            click.echo(f"texts of {len(texts)} items: {'forgotten' if yes else 'due; say --yes to forget them'}")
    return 1 if (count or texts) and not yes else 0
