"""``moderation redact --faces ..``: copies of pictures, films and sounds in which places are covered, words muted.

And of DICOM files, asked for or not, without text in their pixels and without identifying attributes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TimeRemainingColumn

from ground.blobs import FolderBlobs
from ground.media.sniffing import is_playlist
from moderation.commands.terminal import console
from moderation.core.errors import InputError, StoreUnavailable
from moderation.core.items import Box
from moderation.core.replacing import short_name
from moderation.detection.judge import Judge
from moderation.media.joining import in_folder, joined
from moderation.redacting.dicom.files import is_dicom, is_dicom_name
from moderation.redacting.dicom.rewriting import VERSION, DicomCopy, DicomRedaction
from moderation.redacting.media import APP, MediaCopy, MediaRedaction, Wanted
from moderation.redacting.sources import REPORT, Destination, FolderSource, Listed, Source
from moderation.redacting.texts import labels_of, look_each
from moderation.settings import Settings

MOST_BYTES = 1 << 30
PICTURES_OF_A_WINDOW = 200
_OF_STATE = ("made_from", "stamp")


def boxes_of(said: Sequence[str]) -> tuple[Box, ...]:
    """``0.1,0.1,0.3,0.2``: left, top, width, height as ratios. Raises `click.UsageError`."""
    found = []
    for each in said:
        try:
            left, top, width, height = (float(number) for number in each.split(","))
            box = Box(left=left, top=top, width=width, height=height)
        except (ValueError, ValidationError) as error:
            message = f"--box {each}: LEFT,TOP,WIDTH,HEIGHT are wanted, each from 0 to 1, such as 0.7,0,0.3,0.1"
            raise click.UsageError(message) from error
        if not (box.width and box.height) or box.left + box.width > 1 or box.top + box.height > 1:
            raise click.UsageError(f"--box {each}: it has no size, or lies outside of the picture")
        found.append(box)
    return tuple(found)


def redact_media(
    settings: Settings,
    sources: Sequence[Source],
    target: Destination,
    wanted: Wanted,
    spoken: Sequence[str] | None,
    as_json: bool,
    key: Callable[[], bytes],
) -> int:
    """Copies of all pictures, films, sounds and DICOM files; says of each what was done, or why there is none.

    Args:
        spoken: types of personal data that are muted where they are said; None for all.
        key: gives the key of the new UIDs of DICOM files; called where there is one.

    Returns:
        The exit code: 2 when a file has no copy; 1 when something is left in the attributes of one of DICOM.
    """
    closely = settings.model_copy(update={"film_frames": PICTURES_OF_A_WINDOW, "max_media_bytes": MOST_BYTES})
    reports: list[dict[str, Any]] = []
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moderation-redact-")))
        blobs = FolderBlobs(temporary, "redact")
        judge = Judge.open(closely, blobs)
        stack.callback(judge.close)
        if spoken is None or spoken:
            wanted = dataclasses.replace(wanted, spoken=labels_of(spoken, judge.plugins.taxonomy))
        tools = {tool.name: tool.version for tool in judge.plugins.detectors}
        tools |= {tool.name: tool.version for tool in judge.plugins.extractors}
        tools |= {tool.name: tool.version for tool in judge.plugins.redactors}
        bar = stack.enter_context(
            Progress(
                "{task.description}",
                BarColumn(),
                TimeRemainingColumn(),
                console=console(stderr=True),
                transient=True,
                disable=not sys.stderr.isatty(),
                redirect_stdout=sys.stdout.isatty(),
            )
        )
        files = [(source, file) for source in sources for file in source.files() if not file.name.endswith(REPORT)]
        task = bar.add_task("redacting", total=float(len(files)))
        labels = labels_of(None, judge.plugins.taxonomy)
        look = partial(look_each, judge.runner, APP, labels=labels)
        for done, (source, file) in enumerate(files):

            def advanced(share: float, done: int = done) -> None:
                bar.update(task, completed=done + share)

            work = MediaRedaction(judge.runner, blobs, judge.limits, wanted, advanced)
            letters = MediaRedaction(
                judge.runner, blobs, judge.limits, dataclasses.replace(wanted, text=True), advanced
            )
            dicom = DicomRedaction(letters, wanted, look, judge.limits, key)
            report = _one(source, file, target, wanted, tools, work, dicom)
            reports.append(report)
            bar.update(task, completed=done + 1)
            if not as_json:
                _say(report)
            for path in temporary.rglob("*"):
                if path.is_file():
                    path.unlink()
    if as_json:
        click.echo(json.dumps({"files": reports}))
    if any(report["state"] == "failed" for report in reports):
        return 2
    return 1 if any(report.get("left") for report in reports) else 0


def _one(
    source: Source,
    file: Listed,
    target: Destination,
    wanted: Wanted,
    tools: dict[str, str],
    work: MediaRedaction,
    dicom: DicomRedaction,
) -> dict[str, Any]:
    """What became of one file. A copy that was made of the same bytes in the same way is left alone."""
    report: dict[str, Any] = {"name": _printable(file.name)}
    try:
        if file.size_bytes > MOST_BYTES:
            raise InputError(f"{file.size_bytes:,} bytes; at most {MOST_BYTES:,} are redacted")
        with source.open(file, 0) as stream:
            data = stream.read()
        name = file.name
        if is_playlist(data) and isinstance(source, FolderSource):
            data = joined(data, Path(name).name, in_folder(source.folder_of(file)), MOST_BYTES).data
            name += ".mp4"
        is_of_dicom = is_dicom_name(name) or is_dicom(data)
        by = {**tools, "dicom": VERSION} if is_of_dicom else tools
        asked = json.dumps([hashlib.sha256(data).hexdigest(), dataclasses.asdict(wanted), by], default=_plain)
        digest = hashlib.sha256(asked.encode()).hexdigest()
        state = target.draft(name + REPORT, digest)
        known = _known(target, name)
        if known.get("made_from") == digest and known.get("stamp") == target.stamp(name):
            return {**report, "state": "kept", **{key: known[key] for key in known if key not in _OF_STATE}}
        made: MediaCopy | DicomCopy = dicom.copy(data) if is_of_dicom else work.copy(data)
        draft = target.draft(name, digest)
        draft.write_bytes(made.data)
        target.publish(name, draft)
        told = made.report
        state.write_text(json.dumps({"made_from": digest, "stamp": target.stamp(name), **told}))
        target.publish(name + REPORT, state)
    except (InputError, StoreUnavailable, OSError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        return {**report, "state": "failed", "reason": _printable(reason)}
    return {**report, "state": "done", **told}


def _known(target: Destination, name: str) -> dict[str, Any]:
    """What was written of a copy; nothing where there is none."""
    try:
        found = json.loads(target.read(name + REPORT) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.model_dump() if isinstance(value, Box) else str(value)


def _say(report: dict[str, Any]) -> None:
    if report["state"] == "failed":
        click.echo(f"{report['name']}: not redacted: {report['reason']}", err=True)
        return
    counts = ", ".join(f"{count} {label}" for label, count in sorted(report["found"].items()))
    kept = "done already; " if report["state"] == "kept" else ""
    click.echo(f"{report['name']}: {kept}{counts or 'nothing found'}{_of_dicom(report)}")
    for each in report.get("left", ()):
        labels = ", ".join(map(short_name, each["labels"]))
        click.echo(f"{report['name']}: left in {_printable(each['attribute'])}: {labels}", err=True)


def _of_dicom(report: dict[str, Any]) -> str:
    if "claim" not in report:
        return ""
    changed = ", ".join(f"{count} {done}" for done, count in sorted(report["attributes"].items()))
    return f"; attributes: {changed or 'none changed'}; {report['claim']}"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
