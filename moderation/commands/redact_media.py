"""``moderation redact --faces ..``: copies of pictures, films and sounds in which places are covered, words muted."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TimeRemainingColumn

from ground.blobs import FolderBlobs
from moderation.commands.terminal import console
from moderation.core.errors import InputError, StoreUnavailable
from moderation.core.items import Box
from moderation.detection.judge import Judge
from moderation.media.joining import in_folder, is_playlist, joined
from moderation.redacting.media import MediaRedaction, Wanted
from moderation.redacting.sources import REPORT, Destination, FolderSource, Listed, Source
from moderation.redacting.texts import labels_of
from moderation.settings import Settings

MOST_BYTES = 1 << 30
PICTURES_OF_A_WINDOW = 200


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
) -> int:
    """Copies of all pictures, films and sounds; says of each what was covered or muted, or why there is none.

    Args:
        spoken: types of personal data that are muted where they are said; None for all.

    Returns:
        The exit code: 2 when a file has no copy.
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
        for done, (source, file) in enumerate(files):
            work = MediaRedaction(
                judge.runner,
                blobs,
                judge.limits,
                wanted,
                lambda share, done=done: bar.update(task, completed=done + share),  # type: ignore[misc]
            )
            report = _one(source, file, target, wanted, tools, work)
            reports.append(report)
            bar.update(task, completed=done + 1)
            if not as_json:
                _say(report)
            for path in temporary.rglob("*"):
                if path.is_file():
                    path.unlink()
    if as_json:
        click.echo(json.dumps({"files": reports}))
    return 2 if any(report["state"] == "failed" for report in reports) else 0


def _one(
    source: Source, file: Listed, target: Destination, wanted: Wanted, tools: dict[str, str], work: MediaRedaction
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
            data = joined(data, Path(name).name, in_folder(source.folder_of(file)), MOST_BYTES)
            name += ".mp4"
        asked = json.dumps([hashlib.sha256(data).hexdigest(), dataclasses.asdict(wanted), tools], default=_plain)
        digest = hashlib.sha256(asked.encode()).hexdigest()
        state = target.draft(name + REPORT, digest)
        known = _known(target, name)
        if known.get("made_from") == digest and known.get("stamp") == target.stamp(name):
            return {**report, "state": "kept", **{key: known[key] for key in ("found", "rounds")}}
        copy = work.copy(data)
        draft = target.draft(name, digest)
        draft.write_bytes(copy.data)
        target.publish(name, draft)
        told = {"found": copy.found, "rounds": copy.rounds, "content_type": copy.facts.content_type}
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
    click.echo(f"{report['name']}: {kept}{counts or 'nothing found'}")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
