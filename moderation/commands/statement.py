"""``moderation statement``: the statement of reasons of a decision."""

from __future__ import annotations

import json

import click

from moderation.core.statement_words import STATED_IN, Language
from moderation.settings import Settings


@click.command()
@click.argument("item")
@click.option("--format", "form", type=click.Choice(["text", "json", "dsa"]), default="text", show_default=True)
@click.option("--language", type=click.Choice(STATED_IN), default="en", show_default=True, help="Of the words.")
@click.option("--decision", type=click.IntRange(1, 9999), help="Number of the decision.  [default: the one in force]")
@click.pass_obj
def statement(settings: Settings, item: str, form: str, language: Language, decision: int | None) -> None:
    """Why ITEM was decided so, for the user whose content it is: text, JSON, or for the DSA Transparency Database.

    It has no content, no notes of reviewers and no personal data.
    """
    from moderation.api.statements import view
    from moderation.core.statement_rows import dsa_row
    from moderation.core.statement_words import text
    from moderation.policies.versions import PolicyVersions
    from moderation.reporting.statements import statement_of
    from moderation.storage.items import Store
    from moderation.storage.opening import existing_database

    with existing_database(settings) as database:
        said = statement_of(Store(database).get_item(item), database, PolicyVersions(database), decision)
    if form == "text":
        click.echo(text(said, language), nl=False)
    elif form == "dsa":
        click.echo(json.dumps(dsa_row(said), indent=2))
    else:
        click.echo(view(said, language).model_dump_json(indent=2))
