"""``moderation packs``: policies with tests, examples and figures, added to your folder of policies and pinned."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from moderation.commands.options import JSON, RULES
from moderation.core.errors import InputError
from moderation.plugins import load_plugins
from moderation.settings import Settings, with_places

FOUND_SOMETHING = 1
_SOURCE = click.argument("source", metavar="PATH|ARCHIVE|NAME")
_FORCE = click.option("--force", is_flag=True, help="Also where its policies were changed here; the changes are lost.")


@click.group()
def packs() -> None:
    """Policies to start from, each with tests, examples and what was measured."""


@packs.command(name="list")
@RULES
@JSON
@click.pass_obj
def list_packs(settings: Settings, rules: Path | None, as_json: bool) -> int:
    """List the packs that are shipped and those that were added; exit code 1 when one was changed since."""
    from moderation.packs.installing import drifts, read_lock
    from moderation.packs.reading import read_pack, shipped_packs

    folder = with_places(settings, rules, None).rules
    lock = read_lock(folder) if folder is not None else None
    changed = drifts(folder, lock) if folder is not None and lock is not None else []
    shipped = [read_pack(str(path)) for path in sorted(shipped_packs().iterdir()) if path.is_dir()]
    added = dict(lock.packs) if lock is not None else {}
    if as_json:
        document = {
            "shipped": [{**pack.manifest.model_dump(mode="json"), "digest": pack.digest} for pack in shipped],
            "added": {name: each.model_dump(mode="json") for name, each in added.items()},
            "changed": [{"pack": each.pack, "file": each.file, "how": each.how} for each in changed],
        }
        click.echo(json.dumps(document, indent=2))
        return FOUND_SOMETHING if changed else 0
    for pack in shipped:
        figures = pack.manifest.measured
        state = f"added, version {added[pack.name].version}" if pack.name in added else "shipped"
        click.echo(f"{pack.name} {pack.manifest.version}: {pack.manifest.title} ({state})")
        click.echo(f"  {figures.as_said} of {figures.examples} examples as said, {figures.let_through} let through")
    for name, each in added.items():
        if name not in {pack.name for pack in shipped}:
            click.echo(f"{name} {each.version}: from {each.source} (added)")
    for drift in changed:
        click.echo(f"{drift.file} of {drift.pack} is {drift.how} since it was added")
    return FOUND_SOMETHING if changed else 0


@packs.command()
@_SOURCE
@JSON
@click.pass_obj
def check(settings: Settings, source: str, as_json: bool) -> int:
    """Check a pack: faults, tests, and its examples before the real detectors.

    Exit code 1 when something is wrong with it, or the figures that it states are not what comes out here.
    """
    from moderation.packs.checking import check as checked
    from moderation.packs.checking import compare, measure
    from moderation.packs.reading import read_pack

    pack = read_pack(source)
    done = checked(pack, load_plugins(settings))
    if not done.problems:
        bar = click.progressbar(pack.samples, label="Examples", file=sys.stderr, hidden=not sys.stderr.isatty())
        with bar as shown:
            looked = measure(pack, settings, shown)
        assert looked.measured is not None  # they were looked at
        done.problems += looked.problems
        done.problems += [each] if (each := compare(pack, looked.measured)) else []
        done.measured, done.others = looked.measured, looked.others
    if as_json:
        document = {
            "pack": pack.name,
            "digest": pack.digest,
            "tests": done.tests,
            "problems": done.problems,
            "notes": done.notes,
            "measured": None if done.measured is None else done.measured.model_dump(),
            "others": [{**sample.model_dump(exclude_none=True), "got": got} for sample, got in done.others],
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return FOUND_SOMETHING if done.problems else 0
    click.echo(f"{pack.name} {pack.manifest.version}, sha256:{pack.digest}")
    for line in (*done.problems, *done.notes):
        click.echo(line)
    click.echo(f"{done.tests} tests of policies passed")
    if done.measured is not None:
        figures = done.measured
        click.echo(
            f"{figures.examples} examples: {figures.as_said} as said, {figures.let_through} let through, "
            f"{figures.held_up} held up"
        )
        for sample, got in done.others:
            click.echo(f"  {got}, where {sample.expect} is said: {sample.file or (sample.text or '')[:80]}")
    return FOUND_SOMETHING if done.problems else 0


@packs.command()
@_SOURCE
@click.option("--digest", metavar="SHA256", help="Add it only if it has this digest, as `packs check` shows it.")
@RULES
@_FORCE
@click.pass_obj
def add(settings: Settings, source: str, digest: str | None, rules: Path | None, force: bool) -> int:
    """Put a pack's policies into your folder of policies, and pin it in packs.lock there.

    A service that runs takes them up. Nothing is written when anything is wrong with the pack or would be with the
    folder.
    """
    from moderation.packs.checking import check as checked
    from moderation.packs.installing import add as install
    from moderation.packs.reading import read_pack

    folder, plugins = _own(settings, rules), load_plugins(settings)
    pack = read_pack(source)
    if digest is not None and digest.removeprefix("sha256:") != pack.digest:
        raise InputError(f"{source} has digest sha256:{pack.digest}, and another one is wanted")
    done = checked(pack, plugins)
    for line in (*done.problems, *done.notes):
        click.echo(line, err=True)
    if done.problems:
        raise InputError(f"{source}: nothing was added")
    pinned = install(pack, folder, plugins, datetime.now(UTC), replaces_changes=force)
    click.echo(f"{pack.name} {pinned.version} is in {folder}, sha256:{pinned.digest}")
    for name in pinned.policies:
        click.echo(f"  {name}")
    click.echo(f"What it does not see: {pack.manifest.does_not_see.strip()}")
    return 0


@packs.command()
@click.argument("name")
@RULES
@_FORCE
@click.pass_obj
def remove(settings: Settings, name: str, rules: Path | None, force: bool) -> int:
    """Take a pack's policies out of your folder of policies."""
    from moderation.packs.installing import remove as take_out

    folder = _own(settings, rules)
    for file in take_out(name, folder, load_plugins(settings), removes_changes=force).policies:
        click.echo(f"{folder / file} is removed")
    return 0


def _own(settings: Settings, rules: Path | None) -> Path:
    """The installation's own folder of policies: nothing is written into the shipped one."""
    folder = with_places(settings, rules, None).rules
    if folder is None:
        raise InputError("packs go into a folder of your own: set MODERATION_RULES, or say --rules DIR")
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    return folder
