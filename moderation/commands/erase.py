"""``moderation erase``: items of an author, of an app, or by id, withdrawn with all that was known of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from ground.named_by_apps import author_digest
from moderation.commands.options import JSON, me
from moderation.commands.terminal import printable
from moderation.settings import Settings

AT_ONCE = 200
ELSEWHERE = """\
Media, human loops and words of the search go while the service runs, within the hour. What left the service is yours
to erase: exports of the days above (moderation export --again writes them anew), what receivers took, backups, logs of
yours, objects in buckets of apps."""


@click.command()
@click.option("--item", "items", multiple=True, metavar="ID", help="This item; may be given again.")
@click.option("--author", metavar="AUTHOR", help="All items of this author, as apps name them.")
@click.option("--app", metavar="APP", help="All items of this app; beside --author, that author's in it.")
@click.option("--why", default="erased by an operator", show_default=True, help="For the audit chain; no content.")
@click.option("--dry-run", is_flag=True, help="Only show what would be erased, as without --yes; exit code 0.")
@click.option("--yes", is_flag=True, help="Erase it now.")
@JSON
@click.pass_obj
def erase(
    settings: Settings,
    items: tuple[str, ...],
    author: str | None,
    app: str | None,
    why: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Show what would be erased; with --yes, erase it, items as DELETE /v1/items/{id} does.

    An author is found by the item's `author` or the names for it in metadata. Beside items go: jobs over films that
    they have too, and what stored backtests show of them; of an author the reports that they made and messages of
    queues that name them; of an app its jobs over films, its messages that became no items, redaction jobs that ended,
    and verdicts on comments. It says where items have been sent and of which days exports have them.

    Exit code 1 when there is something that was not erased. The audit chain goes on to hold, and says who erased what,
    when and why. What is on legal hold is kept, and named.
    """
    from moderation.delivery.targets import addressed, listeners
    from moderation.storage.consents import Consents
    from moderation.storage.opening import existing_database
    from moderation.storage.remnants import Remnants
    from moderation.storage.withdrawing import Erasures

    if not items and author is None and app is None:
        raise click.UsageError("say --item, --author or --app")
    if items and (author is not None or app is not None):
        raise click.UsageError("say --item, or --author and --app")
    if yes and dry_run:
        raise click.UsageError("say --dry-run or --yes")
    by = f"{why}, by {me()}"
    with existing_database(settings) as database:
        erasures, remnants = Erasures(database, listeners(addressed(settings))), Remnants(database)
        found = erasures.matching(items, author=author, app=app)
        left = remnants.left_service(found)
        beside = {} if items else remnants.counts(author=author, app=app)
        done: list[str] = []
        what = _what(items, author, app)
        if yes and (found or beside):
            Consents(database, settings.two_persons_for()).need("erasure", what, me(), datetime.now(UTC))
        for start in range(0, len(found) if yes else 0, AT_ONCE):
            done += erasures.withdraw(found[start : start + AT_ONCE], datetime.now(UTC), by)
        if yes and beside:
            beside = remnants.erase(datetime.now(UTC), by, author=author, app=app)
        database.owe_empty_journal()
        database.empty_owed_journal()
    is_any = bool(found or beside)
    if as_json:
        where = {"export_days": left.export_days, "deliveries": left.taken, "copies": left.copies}
        click.echo(json.dumps({"items": found, "erased": len(done), "beside": beside, "left_service": where}))
        return 1 if is_any and not (yes or dry_run) else 0
    for item_id in found:
        click.echo(item_id)
    for kind, count in beside.items():
        click.echo(f"{count:,} {kind}")
    if left.export_days:
        click.echo(f"exports of these days have them: {', '.join(left.export_days)}")
    for target, count in sorted(left.taken.items()):
        click.echo(f"{count:,} deliveries were taken by {printable(target)}")
    if left.copies:
        click.echo(f"{left.copies:,} copies in other places are taken back")
    said = f"{len(done):,} items are withdrawn" if yes else f"{len(found):,} items would go; --yes erases them"
    click.echo(f"{said}. {ELSEWHERE}" if is_any else "nothing to erase")
    return 1 if is_any and not (yes or dry_run) else 0


def _what(items: tuple[str, ...], author: str | None, app: str | None) -> str:
    """What a second person is asked; an author by a digest, since it stays in the audit chain."""
    if items:
        return f"erase items {', '.join(sorted(items))}"
    if author is None:
        return f"erase all items of app {app}"
    return f"erase all items of author {author_digest(app, author)[:12]} of {app or 'any app'}"
