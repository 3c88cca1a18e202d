"""``moderation audit``: whether what was decided and changed is as it was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from ground.audit_chain import SEALED_AT_ONCE, AuditChain
from ground.chain_heads import head_problems
from ground.media_store import open_blobs
from moderation.auditing import signer_of, write_head
from moderation.commands.options import JSON
from moderation.core.errors import NotFound
from moderation.settings import Settings
from moderation.storage.audit import DECISION, NAME, open_chain, unrecorded_decisions
from moderation.storage.opening import existing_database, need_data_folder


@click.group()
def audit() -> None:
    """The audit chain: decisions, policies, keys, lists and erasures, each sealed with the one before."""


@audit.command()
@click.option("--heads", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Signed heads to compare.")
@click.option("--key", metavar="BASE64", help="The key that they are signed by.  [default: this installation's]")
@JSON
@click.pass_obj
def verify(settings: Settings, heads: Path | None, key: str | None, as_json: bool) -> int:
    """Look at every record and decision. Exit code 1 when something was changed, removed, inserted or reordered.

    A chain that somebody wrote anew from some point on, or whose end was cut off, is whole in itself: only signed heads
    that were kept elsewhere tell (`moderation audit head`, `MODERATION_AUDIT_HEADS`).
    """
    with existing_database(settings) as database:
        chain = open_chain(database)
        _seal(chain)
        wrong = [
            {"record": each.position, "kind": each.kind, "subject": each.subject, "what": each.what}
            for each in chain.problems()
        ]
        for subject in unrecorded_decisions(database, chain):
            what = "no record knows of this decision: it was written past the service"
            wrong.append({"record": None, "kind": DECISION, "subject": subject, "what": what})
        if heads is not None:
            public_key = key or signer_of(settings).public_key
            said = head_problems(
                heads.read_text(encoding="utf-8", errors="replace"), str(heads), public_key, {NAME: chain}
            )
            wrong += [{"record": None, "kind": "head", "subject": "", "what": what} for what in said]
        head = chain.head()
    number = head.position if head is not None else 0
    if as_json:
        click.echo(json.dumps({"records": number, "head": head.hash if head else None, "problems": wrong}))
        return 1 if wrong else 0
    for each in wrong:
        where = f"record {each['record']}: " if each["record"] is not None else ""
        about = f" ({each['kind']} {each['subject']})" if each["subject"] else ""
        click.echo(f"{where}{each['what']}{about}")
    if wrong:
        click.echo(f"{len(wrong)} problems in {number:,} records", err=True)
        return 1
    compared = "" if heads is not None else "; compare signed heads (--heads) to find an end that was cut off"
    click.echo(f"{number:,} records are as they were sealed{compared}")
    return 0


@audit.command()
@click.option("--to", metavar="FILE|s3://…", help="Add it there.  [default: print it]")
@click.pass_obj
def head(settings: Settings, to: str | None) -> int:
    """Sign where the chain stands now: a line of JSON to keep where nobody here can change it."""
    with existing_database(settings) as database:
        chain = open_chain(database)
        _seal(chain)
        newest = chain.head()
    if newest is None:
        raise NotFound("the audit chain is empty: nothing was decided or changed yet")
    line = signer_of(settings).signed(NAME, newest)
    if to is None:
        click.echo(line)
        return 0
    write_head(to, line, newest, open_blobs(settings))
    click.echo(f"record {newest.position:,} of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC is signed in {to}")
    return 0


@audit.command()
@click.pass_obj
def key(settings: Settings) -> int:
    """The public key that heads are signed by, to be kept with them."""
    need_data_folder(settings, None)
    click.echo(signer_of(settings).public_key)
    return 0


def _seal(chain: AuditChain) -> None:
    while chain.seal() == SEALED_AT_ONCE:
        pass
