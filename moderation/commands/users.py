"""``moderation users``: people who sign in to the portal."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from moderation.commands.opening import opened_review
from moderation.commands.options import JSON
from moderation.core.errors import NotFound
from moderation.settings import Settings
from review_ui.people.people import ROLES, People


@click.group()
def users() -> None:
    """People who sign in to the portal."""


@contextmanager
def _people(settings: Settings) -> Iterator[People]:
    with opened_review(settings) as review:
        yield People(review.database)


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="reviewer", show_default=True, help="What they may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@JSON
@click.pass_obj
def add(settings: Settings, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Let somebody sign in; without --password-stdin a password is made and shown once."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else "-".join(secrets.token_hex(2) for _ in range(4))
    with _people(settings) as people:
        people.add(name, role, password)
    if as_json:
        made = {} if password_stdin else {"password": password}
        click.echo(json.dumps({"name": name, "role": role, **made}))
        return
    click.echo(f"user {name} ({role}) can sign in")
    if not password_stdin:
        click.echo(f"password, shown only once: {password}")


@users.command("list")
@JSON
@click.pass_obj
def list_users(settings: Settings, as_json: bool) -> None:
    """Everybody who can sign in, or could."""
    with _people(settings) as people:
        found = people.list()
    if as_json:
        rows = [
            {
                "name": u.name,
                "role": u.role,
                "groups": list(u.groups),
                "clearances": list(u.clearances),
                "disabled": u.disabled_at is not None,
            }
            for u in found
        ]
        click.echo(json.dumps(rows, indent=2))
    for user in [] if as_json else found:
        more = ", ".join((*user.groups, *(f"cleared for {each}" for each in user.clearances)))
        click.echo(f"{user.name:24}  {user.role:14}  {'shut out' if user.disabled_at else more}".rstrip())


@users.command()
@click.argument("name")
@click.argument("groups", nargs=-1)
@click.pass_obj
def groups(settings: Settings, name: str, groups: tuple[str, ...]) -> None:
    """Put somebody into GROUPS and no others; without any they work for every team."""
    with _people(settings) as people:
        people.set_groups(name, groups)
    click.echo(f"user {name} works for {'teams with ' + ', '.join(sorted(set(groups))) if groups else 'every team'}")


@users.command()
@click.argument("name")
@click.option("--grant", "granted", multiple=True, metavar="CLEARANCE", help="Let them see what needs it.")
@click.option("--revoke", "revoked", multiple=True, metavar="CLEARANCE", help="Let them see it no more, at once.")
@click.pass_obj
def clearance(settings: Settings, name: str, granted: tuple[str, ...], revoked: tuple[str, ...]) -> None:
    """Say what NAME is cleared for; without an option, show it. Each change is a record of the audit chain."""
    from review_ui.clearance import grant, revoke

    now = datetime.now(UTC)
    with opened_review(settings) as review:
        for each in granted:
            grant(review.database, name, each, None, now)
        for each in revoked:
            revoke(review.database, name, each, None, now)
        user = next((each for each in People(review.database).list() if each.name == name), None)
    if user is None:
        raise NotFound(f"no user '{name}'")
    click.echo(f"user {name} holds {', '.join(user.clearances) or 'no clearance'}")


@users.command()
@click.argument("name")
@click.option("--app", required=True, help="Whose author.")
@click.option("--author", required=True, help="As the app names them in items; it is not kept, only a digest.")
@click.option("--remove", is_flag=True, help="They are not this author.")
@click.pass_obj
def author(settings: Settings, name: str, app: str, author: str, remove: bool) -> None:
    """Say that NAME is an author of an app: they are never given what this author wrote, nor appeals about it."""
    from review_ui.people.authorship import link_author, unlink_author

    with opened_review(settings) as review:
        change = unlink_author if remove else link_author
        change(review, name, app, author, None)
    click.echo(f"user {name} is {'not ' if remove else ''}this author of {app}")


@users.command()
@click.argument("name")
@click.pass_obj
def disable(settings: Settings, name: str) -> None:
    """Shut somebody out, from open sessions too, at once."""
    with _people(settings) as people:
        people.disable(name)
    click.echo(f"user {name} is shut out")
