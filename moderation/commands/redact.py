"""``moderation redact``: text files without personal data."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from moderation.blobs import FolderBlobs
from moderation.core.errors import InputError
from moderation.core.replacing import MASKS, short_name
from moderation.judging import Judge
from moderation.redacting.styles import Style
from moderation.redacting.texts import NotRedacted, labels_of
from moderation.redacting.texts import redact as redact_text
from moderation.settings import Settings

CHUNK = 20_000
"""Characters that are looked at together; a chunk ends where a line does."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True), metavar="IN...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A file, or a folder for several.")
@click.option("--types", metavar="T,..", help="Only these, such as EMAIL,PHONE.  [default: all of personal data]")
@click.option("--mask", type=click.Choice(list(MASKS)), help="A character for each one that is taken out.")
@click.option("--labels", is_flag=True, help="[EMAIL] and such in place of what is taken out (the default).")
@click.pass_obj
def redact(
    settings: Settings, paths: tuple[Path, ...], output: Path, types: str | None, mask: str | None, labels: bool
) -> int:
    """Write copies of text files (UTF-8) in which personal data is replaced; everything else stays byte for byte.

    A file that cannot be redacted for sure has no copy. Exit code 2 when there is one.
    """
    if labels and mask:
        raise click.UsageError("say --mask or --labels, not both")
    is_folder = len(paths) > 1 or output.is_dir()
    if is_folder:
        output.mkdir(parents=True, exist_ok=True)
    if len({path.name for path in paths}) < len(paths):
        raise click.UsageError("two of the files have one name; redact them into folders of their own")
    failed = False
    with tempfile.TemporaryDirectory(prefix="moderation-redact-") as folder:
        judge = Judge.open(settings, FolderBlobs(Path(folder), "redact"))
        try:
            wanted = labels_of(types.split(",") if types else None, judge.plugins.taxonomy)
            for path in paths:
                to = output / path.name if is_folder else output
                try:
                    found = _redact_file(judge, path, to, wanted, mask)
                except (InputError, NotRedacted, OSError, UnicodeDecodeError) as error:
                    failed = True
                    click.echo(f"{path}: not redacted: {_said(error)}", err=True)
                    continue
                shown = ", ".join(f"{count} {short_name(label)}" for label, count in sorted(found.items()))
                click.echo(f"{path} -> {to}: {shown or 'nothing found'}")
        finally:
            judge.close()
    return 2 if failed else 0


def _said(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start})"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _redact_file(judge: Judge, path: Path, to: Path, wanted: frozenset[str], mask: str | None) -> Counter[str]:
    """Redact one file; the copy appears as a whole or not at all."""
    found: Counter[str] = Counter()
    if to.exists() and to.samefile(path):
        raise OSError(f"{to} is the file itself; choose another place for the copy")
    size, done = path.stat().st_size, 0
    with (
        path.open(encoding="utf-8", newline="") as source,
        tempfile.NamedTemporaryFile(
            "w", dir=to.parent, prefix=f".{to.name}.", delete=False, encoding="utf-8", newline=""
        ) as copy,
    ):
        try:
            for chunk in _chunks(source):
                redacted = redact_text(judge, "redact", chunk, wanted, Style.of(None, mask))
                copy.write(redacted.text)
                found.update(entity.label for entity in redacted.entities)
                done += len(chunk.encode())
                if sys.stderr.isatty():
                    click.echo(f"\r{path} {done / max(size, 1):.0%}", nl=False, err=True)
        except BaseException:
            os.unlink(copy.name)
            raise
    if sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)
    Path(copy.name).chmod(0o600 if not to.exists() else to.stat().st_mode)
    Path(copy.name).replace(to)
    return found


def _chunks(source: TextIO) -> Iterator[str]:
    """The text in pieces that end where lines do; a line that is longer than a piece is cut at a blank."""
    held = ""
    while piece := source.read(CHUNK):
        held += piece
        cut = held.rfind("\n") + 1 or (held.rfind(" ") + 1 if len(held) > 4 * CHUNK else 0)
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held
