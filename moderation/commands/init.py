"""``moderation init``: a folder to start from, with settings, two policies, a plugin and a compose file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from ground.private_files import private_file
from moderation.core.errors import InputError

STARTER = Path(__file__).resolve().parents[1] / "starter"
"""The files, as they are written."""
IGNORED = "data/\n.env\n"


def starter_files() -> dict[str, bytes]:
    """What the folder has, by name, without what is made up each time."""
    found = {path.relative_to(STARTER).as_posix(): path for path in sorted(STARTER.rglob("*")) if path.is_file()}
    files = {name: path.read_bytes() for name, path in found.items() if path.suffix != ".pyc"}
    return {**files, ".gitignore": IGNORED.encode()}


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".", metavar="[DIR]")
def init(folder: Path) -> None:
    """Write a folder to start from: settings, two policies with tests, a plugin, and a compose file.

    Nothing that is there already is written over: then nothing is written at all.
    """
    files = starter_files()
    for name in (*files, ".env"):
        if os.path.lexists(folder / name):
            raise InputError(f"{folder / name} is there already; nothing was written. Name another folder")
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        password = f"POSTGRES_PASSWORD={secrets.token_urlsafe(24)}\n"
        private_file(folder / ".env").write_text(password, encoding="ascii")
    except OSError as error:
        raise InputError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    for name in (*files, ".env"):
        click.echo(folder / name)
    where = "" if folder.resolve() == Path.cwd() else f"cd {folder}\n  "
    click.echo(
        f"\n  {where}export MODERATION_SETTINGS=settings.yml\n"
        "  moderation rules test rules    # the policies' own tests\n"
        "  moderation serve"
    )
