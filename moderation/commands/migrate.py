"""``moderation migrate``: the databases, brought to the schema of this version."""

from __future__ import annotations

import click

from moderation.settings import Settings


@click.command()
@click.pass_obj
def migrate(settings: Settings) -> int:
    """Bring the databases to the schema of this version, and end.

    Every start does so; this does it alone, before the processes of a new version start. Several at once take turns. A
    schema of a later version is left as it is.
    """
    from moderation.commands.opening import opened_review
    from moderation.storage.opening import operated_database, wait_for_databases

    wait_for_databases(settings)
    with operated_database(settings), opened_review(settings):
        click.echo("both databases have the schema of this version, or a later one")
    return 0
