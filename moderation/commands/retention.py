"""``moderation retention``: media and texts whose time is over, and the lifecycle rules of a bucket."""

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
    """Show what of decided items is to be kept no longer, and with --yes, delete it.

    How long media and texts are kept is said by policies (keep_media_days, keep_text_days), and where none does by
    MODERATION_MEDIA_KEEP_DAYS and MODERATION_TEXT_KEEP_DAYS. The service does this itself while it runs. What was found
    and decided stays. Exit code 1 when something is due and was not deleted.
    """
    from ground.media_store import open_blobs
    from moderation.media.retention import Retention, lifecycle_rules
    from moderation.media.uploads import Uploads
    from moderation.plugins import load_plugins
    from moderation.policies.files import shipped_rules
    from moderation.policies.versions import PoliciesInForce, PolicyVersions
    from moderation.storage.accounts import Accounts
    from moderation.storage.opening import existing_database
    from moderation.text_keeping import TextKeeping

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
        folder = settings.rules or shipped_rules()
        policies = PoliciesInForce(folder, load_plugins(settings), PolicyVersions(database)).read()
        keeping = TextKeeping(database, lambda: policies, settings.text_keep_days)
        texts = [kept.id for due_texts in keeping.due(now) for kept in due_texts]
        if yes:
            keeping.forget(now)
        if as_json:
            for item_id in texts:
                click.echo(json.dumps({"item": item_id, "texts": True}))
    if not as_json:
        done = "deleted" if yes else "due; say --yes to delete it"
        click.echo(f"media of {count} items, {objects} objects: {done}" if count else "no media is due")
        if texts:
            click.echo(f"texts of {len(texts)} items: {'forgotten' if yes else 'due; say --yes to forget them'}")
    return 1 if (count or texts) and not yes else 0
