"""``moderation backup`` and ``moderation restore``: an installation into a file or a folder, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.commands.options import JSON
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.backup.manifest import Manifest

_PLACE = click.Path(path_type=Path)


@click.command()
@click.argument("place", type=_PLACE, metavar="FILE.tar|FOLDER")
@JSON
@click.pass_obj
def backup(settings: Settings, place: Path, as_json: bool) -> int:
    """Back up both databases and the media, while the service runs.

    What is in it is of one time; it is checked as it is made. The place must be new. Media in S3 is not copied: its
    bucket's versioning keeps it. Exit code 1 when media that items need was missing or damaged.
    """
    from moderation.backup.making import make_backup

    manifest = make_backup(settings, place)
    if as_json:
        click.echo(manifest.model_dump_json())
        return 1 if manifest.missing else 0
    _tell(manifest, f"backed up to {place}")
    if manifest.media:
        click.echo(f"  media stays in {manifest.media}: turn on that bucket's versioning, which keeps what is deleted")
    for uri in manifest.missing[:10]:
        click.echo(f"  missing or damaged: {uri}", err=True)
    if manifest.missing:
        click.echo(f"error: {len(manifest.missing)} objects that items need are not in the media store", err=True)
    return 1 if manifest.missing else 0


@click.command()
@click.argument("place", type=_PLACE, metavar="FILE.tar|FOLDER")
@click.option("--check", "only_check", is_flag=True, help="See that the backup is whole; write nothing.")
@JSON
@click.pass_obj
def restore(settings: Settings, place: Path, only_check: bool, as_json: bool) -> None:
    """Put a backup back into a new data folder (--data), or the empty databases that the settings name.

    Nothing is written before the whole backup was checked, and nothing over what is there.
    """
    from moderation.backup.restoring import check_backup, restore_backup

    manifest = check_backup(settings, place) if only_check else restore_backup(settings, place)
    if as_json:
        click.echo(json.dumps({"restored": not only_check, **manifest.model_dump(mode="json")}))
        return
    _tell(manifest, f"{place} is whole" if only_check else f"restored into {settings.data}")
    if manifest.media and not only_check:
        click.echo(f"  media is in {manifest.media}, as the bucket has it now")


def _tell(manifest: Manifest, what: str) -> None:
    click.echo(f"{what}: {manifest.files} files, {manifest.total_bytes:,} bytes")
    click.echo(f"  as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, by version {manifest.program}")
