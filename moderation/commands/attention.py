"""``moderation attention``: undecided items that do not get on by themselves."""

from __future__ import annotations

import json

import click

from moderation.commands.options import JSON
from moderation.settings import Settings


@click.command()
@click.option("--ask-again", metavar="ITEM", help="Open a new human loop for an item whose loops came to nothing.")
@JSON
@click.pass_obj
def attention(settings: Settings, ask_again: str | None, as_json: bool) -> int:
    """List undecided items that need somebody to look, and why; exit code 1 when there are any.

    An item whose human loops came to nothing is asked about again with --ask-again, by the service, within a minute.
    """
    from moderation.commands.opening import opened_review
    from moderation.spreading import waiting_for_clearance
    from moderation.storage.attention import let_go, need_attention
    from moderation.storage.opening import existing_database
    from review_ui.desk.staffing import unstaffed

    with existing_database(settings) as database:
        if ask_again is not None:
            let_go(database, ask_again)
            click.echo(f"{ask_again}: people are asked again while the service runs")
            return 0
        found = need_attention(database, limit=1000)
        if settings.review_database_url is not None or (settings.data / "review.db").exists():
            with opened_review(settings) as review:
                found += waiting_for_clearance(database, unstaffed(review))
    for each in found:
        if as_json:
            row = {"item": each.item_id, "app": each.app, "since": each.since.isoformat(), "reason": each.reason}
            click.echo(json.dumps(row))
        else:
            click.echo(f"{each.item_id}  {each.app:16}  since {each.since:%Y-%m-%d %H:%M}  {each.reason}")
    if not found and not as_json:
        click.echo("every undecided item gets on")
    return 1 if found else 0
