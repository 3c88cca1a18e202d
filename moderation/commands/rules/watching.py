"""``moderation rules watch``: the lint and the tests of policies again, each time that one is saved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from moderation.commands.rules.showing import counted, show_tests
from moderation.plugins import Plugins, load_plugins
from moderation.policies.cases import run_tests
from moderation.policies.checking import faults_of
from moderation.policies.files import policy_paths, shipped_rules, shown_path
from moderation.settings import Settings


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH..]")
@click.option("--every", type=click.FloatRange(0.05, 60), default=0.5, show_default=True, help="Seconds between looks.")
@click.pass_obj
def watch(settings: Settings, paths: tuple[Path, ...], every: float) -> int:
    """Lint and test policy files, and again whenever one is saved, until Ctrl-C.

    Without a PATH, the rules folder. Files that come into a folder are seen too. Nothing is put into force.
    """
    from moderation.commands.serve import set_by_signals  # with it comes all that serves

    plugins = load_plugins(settings)
    watched = paths or (settings.rules or shipped_rules(),)
    seen: dict[Path, str] = {}
    stop = set_by_signals()
    while not stop.is_set():
        for path in _changed(watched, seen):
            _tell(path, plugins)
        stop.wait(every)
    return 0


def _changed(watched: tuple[Path, ...], seen: dict[Path, str]) -> Iterator[Path]:
    """Files whose content is another than in `seen`, which is brought up to date; one that is gone is told once."""
    there = {path: _digest(path) for path in policy_paths(watched)}
    for path in sorted(set(seen) - set(there)):
        del seen[path]
        click.echo(f"{shown_path(path)}: gone")
    for path, digest in there.items():
        if digest and seen.get(path) != digest:
            seen[path] = digest
            yield path


def _digest(path: Path) -> str:
    """Of the file's bytes; empty for one that cannot be read just now, such as in the moment of being saved."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _tell(path: Path, plugins: Plugins) -> None:
    click.secho(f"\n{datetime.now():%H:%M:%S}  {shown_path(path)}", bold=True)
    policy, faults = faults_of(path, plugins)
    for fault in faults:
        click.echo(fault.render())
    errors = sum(fault.is_error for fault in faults)
    click.echo(f"{counted(errors, 'error')}, {counted(len(faults) - errors, 'warning')}")
    if policy is not None:
        show_tests(policy, run_tests(policy, plugins.taxonomy, plugins.reach()))
