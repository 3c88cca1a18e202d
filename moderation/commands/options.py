"""What several commands have: options, and who gives them."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")
CLEARANCE = click.option(
    "--clearance",
    "held",
    multiple=True,
    metavar="NAME",
    help="Items that need this clearance, too; may be said again. It is recorded.",
)
HOST = click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
PORT = click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 for a free one.  [default: 8000]"
)
RULES = click.option("--rules", type=_FOLDER, help="Folder of policies.  [default: the shipped ones]")
PLUGINS_DIR = click.option("--plugins-dir", type=_FOLDER, help="Folder of loose plugins (*.py).")


def me() -> str:
    """Who is signed in here."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return "command line"
