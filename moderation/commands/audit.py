"""``moderation audit``: whether what was decided and changed is as it was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from ground.audit_chain import SEALED_AT_ONCE, AuditChain
from ground.chain_heads import head_problems
from moderation.audit_heads import read_heads, write_head
from moderation.auditing import signer_of
from moderation.commands.opening import opened_review
from moderation.commands.options import JSON
from moderation.core.errors import InputError, NotFound
from moderation.settings import Settings
from moderation.storage.audit import DECISION, NAME, open_chain, unrecorded_decisions
from moderation.storage.opening import existing_database, need_data_folder
from review_ui.a2i.chain import ANSWER, unrecorded_answers
from review_ui.a2i.chain import NAME as REVIEW
from review_ui.acts import ACT, open_review_chain, unrecorded_acts


@click.group()
def audit() -> None:
    """The audit chain: decisions, policies, keys, lists and erasures, each sealed with the one before."""


@audit.command()
@click.option("--heads", metavar="FILE|s3://…", help="Signed heads to compare: a file, or a prefix in S3.")
@click.option("--key", metavar="BASE64", help="The key that they are signed by.  [default: this installation's]")
@JSON
@click.pass_obj
def verify(settings: Settings, heads: str | None, key: str | None, as_json: bool) -> int:
    """Look at every record, decision, answer and act. Exit code 1 when something was changed, removed or added.

    There are two chains: `moderation`, with decisions, policies, keys, lists, holds and erasures, and `review`, with
    what people answered and did in the portal, people and their roles, and access keys. A chain that somebody wrote
    anew from some point on, or whose end was cut off, is whole in itself: only signed heads that were kept elsewhere
    tell (`moderation audit head`, `MODERATION_AUDIT_HEADS`).
    """
    with _opened(settings) as opened:
        wrong = [each for one in opened for each in _problems(one)]
        chains = {one.name: one.chain for one in opened}
        if heads is not None:
            public_key = key or signer_of(settings).public_key
            for what in head_problems(read_heads(heads, settings), heads, public_key, chains):
                wrong.append({"chain": "", "record": None, "kind": "head", "subject": "", "what": what})
        last = {name: chain.head() for name, chain in chains.items()}
    number = sum(head.position for head in last.values() if head is not None)
    if as_json:
        hashes = {name: head.hash for name, head in last.items() if head is not None}
        click.echo(json.dumps({"records": number, "head": hashes.get(NAME), "heads": hashes, "problems": wrong}))
        return 1 if wrong else 0
    for each in wrong:
        where = f"record {each['record']}: " if each["record"] is not None else ""
        chain = f"{each['chain']} chain, " if each["chain"] == REVIEW else ""
        about = f" ({each['kind']} {each['subject']})" if each["subject"] else ""
        click.echo(f"{chain}{where}{each['what']}{about}")
    if wrong:
        click.echo(f"{len(wrong)} problems in {number:,} records", err=True)
        return 1
    compared = "" if heads is not None else "; compare signed heads (--heads) to find an end that was cut off"
    click.echo(f"{number:,} records are as they were sealed{compared}")
    return 0


@audit.command()
@click.option("--to", metavar="FILE|s3://…|https://…", help="Keep them there.  [default: print them]")
@click.pass_obj
def head(settings: Settings, to: str | None) -> int:
    """Sign where the chains stand now: a line of JSON for each, to keep where nobody here can change it."""
    with _opened(settings) as opened:
        newest = {one.name: found for one in opened if (found := one.chain.head()) is not None}
    if not newest:
        raise NotFound("the audit chains are empty: nothing was decided or changed yet")
    for name, found in newest.items():
        line = signer_of(settings).signed(name, found)
        if to is None:
            click.echo(line)
            continue
        now = datetime.now(UTC)
        try:
            write_head(to, line, name, found, settings, now)
        except OSError as error:
            raise InputError(f"{to} cannot be written: {error.strerror}") from error
        click.echo(f"record {found.position:,} of {now:%Y-%m-%d %H:%M} UTC of the {name} chain is signed in {to}")
    return 0


@audit.command()
@click.pass_obj
def key(settings: Settings) -> int:
    """The public key that heads are signed by, to be kept with them."""
    need_data_folder(settings, None)
    click.echo(signer_of(settings).public_key)
    return 0


@dataclass(frozen=True)
class _Opened:
    """A chain, sealed, with what no record knows of: kind and subject."""

    name: str
    chain: AuditChain
    unrecorded: Callable[[], Iterator[tuple[str, str]]]


@contextmanager
def _opened(settings: Settings) -> Iterator[list[_Opened]]:
    """The chains that there are, each sealed up to now."""
    with existing_database(settings) as database, ExitStack() as stack:
        chain = open_chain(database)
        found = [_Opened(NAME, chain, lambda: ((DECISION, each) for each in unrecorded_decisions(database, chain)))]
        if settings.review_database_url is not None or (settings.data / "review.db").exists():
            review = stack.enter_context(opened_review(settings)).database
            theirs = open_review_chain(review)

            def unrecorded() -> Iterator[tuple[str, str]]:
                yield from ((ANSWER, each) for each in unrecorded_answers(review, theirs))
                yield from ((ACT, each) for each in unrecorded_acts(review, theirs))

            found.append(_Opened(REVIEW, theirs, unrecorded))
        for each in found:
            while each.chain.seal() == SEALED_AT_ONCE:
                pass
        yield found


def _problems(opened: _Opened) -> Iterator[dict[str, Any]]:
    for each in opened.chain.problems():
        said = {"record": each.position, "kind": each.kind, "subject": each.subject, "what": each.what}
        yield {"chain": opened.name, **said}
    for kind, subject in opened.unrecorded():
        what = f"no record knows of this {kind}: it was written past the service"
        yield {"chain": opened.name, "record": None, "kind": kind, "subject": subject, "what": what}
