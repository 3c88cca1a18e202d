"""``moderation rules history | rollback | replay``: which texts were in force, and what they made of an item."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from moderation.commands.options import CLEARANCE, JSON, me
from moderation.plugins import load_plugins
from moderation.settings import Settings


@click.command()
@click.argument("policy", required=False)
@JSON
@click.pass_obj
def history(settings: Settings, policy: str | None, as_json: bool) -> int:
    """List every policy text that was in force: when, which version, and who brought it about."""
    from moderation.policies.versions import PolicyVersions
    from moderation.storage.opening import existing_database

    with existing_database(settings) as database:
        rows = PolicyVersions(database).history(policy)
    if as_json:
        click.echo(json.dumps([{**asdict(row), "at": row.at.isoformat()} for row in rows], indent=2))
        return 0
    if not rows:
        click.echo(f"policy '{policy}' was never in force here" if policy else "no policy was ever in force here")
        return 1
    for row in rows:
        click.echo(f"{row.at:%Y-%m-%d %H:%M:%S}  {row.name:20}  {row.version[:12]}  {row.how:8}  {row.by}")
    return 0


@click.command()
@click.argument("policy")
@click.option("--to", metavar="VERSION", help="The beginning of a version.  [default: the one before]")
@click.option("--by", metavar="NAME", help="Who does it.  [default: the user of this command]")
@click.pass_obj
def rollback(settings: Settings, policy: str, to: str | None, by: str | None) -> int:
    """Put an earlier text of POLICY into force at once, in every running process.

    It holds until the policy's file says something else than it does now; the file itself is not touched.
    """
    from moderation.policies.versions import PolicyVersions
    from moderation.storage.consents import Consents
    from moderation.storage.opening import existing_database

    taxonomy = load_plugins(settings).taxonomy
    with existing_database(settings) as database:
        versions = PolicyVersions(database)
        current = versions.history(policy)[-1:]
        row = versions.plan_roll_back(policy, to, by or me(), datetime.now(UTC))
        versions.policy(row.version, taxonomy, row.path)  # a text that cannot be read now must not come into force
        what = f"roll policy {policy} back to version {row.version[:12]}"
        Consents(database, settings.two_persons_for()).need("policies", what, me(), datetime.now(UTC))
        versions.roll_back(row)
    for before in current:
        click.echo(f"{policy}: version {before.version[:12]} is withdrawn, {row.version[:12]} is in force")
    click.echo(f"Running services follow within {settings.rules_seconds:g} s. {row.path} still has the other text;")
    click.echo("when that file changes, it counts again.")
    return 0


@click.command()
@click.argument("item")
@click.option("--json", "as_json", is_flag=True, help="For machines: both digests and what differs.")
@CLEARANCE
@click.pass_obj
def replay(settings: Settings, item: str, as_json: bool, held: tuple[str, ...]) -> int:
    """Work out the verdict of a stored ITEM again, from stored evidence and stored policy texts.

    Exit code 0 when it is the same, byte by byte, else 1. The policy files of today play no part.
    """
    from moderation.core.wording import verdict_words
    from moderation.evidence.replaying import digest
    from moderation.evidence.replaying import replay as work_out
    from moderation.policies.versions import PolicyVersions
    from moderation.storage.clearances import Clearances, need_held
    from moderation.storage.items import Store
    from moderation.storage.opening import existing_database

    with existing_database(settings) as database:
        record = Store(database).get_item(item)
        need_held(Clearances(database), [item], held)
        done = work_out(record, PolicyVersions(database))
    differences = list(done.differences())
    if as_json:
        document = {
            "item": item,
            "identical": done.is_identical,
            "stored_sha256": digest(done.stored),
            "again_sha256": digest(done.again),
            "engine": {"then": done.engine_then, "now": done.engine_now},
            "policies": [{"name": name, "version": version, "path": path} for name, version, path in done.policies],
            "differences": differences,
        }
        click.echo(json.dumps(document, indent=2))
        return 0 if done.is_identical else 1
    for number, sentence in enumerate(verdict_words(done.told)):
        click.echo(f"  {sentence}" if number else sentence)
    for name, version, path in done.policies:
        click.echo(f"Policy text: {name} {version[:12]} (was in {path})")
    click.echo(f"Stored verdict   sha256 {digest(done.stored)}\nWorked out again sha256 {digest(done.again)}")
    if done.is_identical:
        click.echo("Identical.")
        return 0
    click.echo(f"Different (engine then {done.engine_then}, now {done.engine_now}):")
    for line in differences:
        click.echo(f"  {line}")
    return 1
