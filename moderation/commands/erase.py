"""``moderation erase``: items of an author, of an app, or by id, withdrawn with all that was known of them."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime

import click

from moderation.commands.options import JSON
from moderation.settings import Settings

AT_ONCE = 200
ELSEWHERE = (
    "Media, human loops and words of the search go while the service runs, within the hour. What left the service is "
    "yours to erase: webhooks and notices that were taken, exports, backups, objects in buckets of apps."
)


@click.command()
@click.option("--item", "items", multiple=True, metavar="ID", help="This item; may be given again.")
@click.option("--author", metavar="AUTHOR", help="All items of this author, as apps name them.")
@click.option("--app", metavar="APP", help="All items of this app; beside --author, that author's in it.")
@click.option("--why", default="erased by an operator", show_default=True, help="For the audit chain; no content.")
@click.option("--yes", is_flag=True, help="Erase them now; without, it is only shown what would be.")
@JSON
@click.pass_obj
def erase(
    settings: Settings,
    items: tuple[str, ...],
    author: str | None,
    app: str | None,
    why: str,
    yes: bool,
    as_json: bool,
) -> int:
    """Show which items would be erased; with --yes, erase them, as DELETE /v1/items/{id} does.

    An author is found by the item's `author` or the names for it in metadata. Exit code 1 when there are such items and
    they were not erased. The audit chain goes on to hold, and says who erased what, when and why.
    """
    from moderation.delivery.targets import addressed, listeners
    from moderation.storage.opening import existing_database
    from moderation.storage.withdrawing import Erasures

    if not items and author is None and app is None:
        raise click.UsageError("say --item, --author or --app")
    if items and (author is not None or app is not None):
        raise click.UsageError("say --item, or --author and --app")
    with existing_database(settings) as database:
        erasures = Erasures(database, listeners(addressed(settings)))
        found = erasures.matching(items, author=author, app=app)
        done: list[str] = []
        for start in range(0, len(found) if yes else 0, AT_ONCE):
            now, by = datetime.now(UTC), f"{why}, by {getpass.getuser()}"
            done += erasures.withdraw(found[start : start + AT_ONCE], now, by)
    if as_json:
        click.echo(json.dumps({"items": found, "erased": len(done)}))
    else:
        for item_id in found:
            click.echo(item_id)
        said = f"{len(done):,} items are withdrawn" if yes else f"{len(found):,} items would go; --yes erases them"
        click.echo(f"{said}. {ELSEWHERE}" if found else "no such items")
    return 1 if found and not yes else 0
