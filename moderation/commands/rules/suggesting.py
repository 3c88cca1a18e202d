"""``moderation rules suggest-tests``: tests for a policy, made of the items nearest to its thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from moderation.commands.rules.history import SINCE, chosen_policy, with_progress
from moderation.plugins import load_plugins
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.evidence.edges import Suggested


@click.command("suggest-tests")
@click.argument("policy")
@click.option(
    "--within",
    type=click.FloatRange(0, 100, min_open=True),
    default=5.0,
    show_default=True,
    help="Points from a threshold that are near.",
)
@SINCE
@click.pass_obj
def suggest_tests(settings: Settings, policy: str, within: float, since: datetime | None) -> int:
    """Write tests for POLICY (a name or a file) from the stored items nearest to its thresholds, on both sides.

    Each says what the policy makes of the item now; where people said otherwise, a comment tells. No content goes into
    a test. They are printed, to be put under tests: in the file; exit code 1 when there is no such item.
    """
    from moderation.evidence.edges import EdgeFinder
    from moderation.evidence.history import cases, count_cases
    from moderation.storage.clearances import Clearances
    from moderation.storage.opening import existing_database

    plugins = load_plugins(settings)
    chosen = chosen_policy(policy, settings, plugins)
    finder = EdgeFinder(chosen, plugins.taxonomy, plugins.reach(), within)
    with existing_database(settings) as database:
        with_progress(finder.add_all(cases(database, since)), count_cases(database, since))
        # Facts that apps name of an item go into tests, and tests into files.
        hidden = Clearances(database).of_items([each.item_id for each in finder.suggest()])
    found = [each for each in finder.suggest() if each.item_id not in hidden]
    if not found:
        click.echo(f"no stored item lies within {within:g} points of a threshold of '{chosen.name}'", err=True)
        return 1
    click.echo(_written(found), nl=False)
    return 0


def _written(tests: Sequence[Suggested]) -> str:
    """As they stand in a policy's file."""
    from moderation.policies.plain_yaml import as_yaml

    lines = ["tests:"]
    for test in tests:
        expect = test.document["expect"]
        lines.append(f"  # Made of item {test.item_id}.")
        if test.said is not None and isinstance(expect, str) and expect != test.said:
            lines.append(f"  # People said {test.said}: is this what the policy is to do?")
        elif test.said is not None:
            lines.append(f"  # People said {test.said}.")
        lines += [f"  {line}".rstrip() for line in as_yaml([test.document]).splitlines()]
    return "\n".join([*lines, ""])
