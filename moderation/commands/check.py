"""``moderation check``: judge files or standard input at once, in this process, without a server or a database."""

from __future__ import annotations

import json
import mimetypes
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import click

from ground.blobs import FolderBlobs
from ground.media.limits import Limits
from ground.media.sniffing import is_playlist
from moderation.commands.options import PLUGINS_DIR, RULES
from moderation.commands.terminal import bar, printable
from moderation.core.errors import InputError, MediaRefused, ModerationError
from moderation.core.items import Item, Part, PartType
from moderation.core.wording import unseen_words
from moderation.detection import forking
from moderation.detection.judge import Judge
from moderation.detection.judgement import Judgement
from moderation.media.inspecting import declared_type, inspect, store_media
from moderation.settings import Settings, with_places

FOUND_SOMETHING = 1
REFUSED = "refused"
_SUMMARY = {
    "approve": "approve",
    "review": "review",
    "reject": "reject",
    REFUSED: "could not be read and were not judged",
}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="PATH|-...")
@click.option("--policy", "policy_name", metavar="P", help="Apply this policy only, whatever its app and content type.")
@click.option("--app", default="check", show_default=True, metavar="A", help="Judge as if this app had posted it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: a list with an entry a file, each on a line.")
@click.option("--json-lines", "as_lines", is_flag=True, help="A JSON object a file, each on a line as it is judged.")
@RULES
@PLUGINS_DIR
@click.pass_obj
def check(
    settings: Settings,
    paths: tuple[Path, ...],
    policy_name: str | None,
    app: str,
    as_json: bool,
    as_lines: bool,
    rules: Path | None,
    plugins_dir: Path | None,
) -> int:
    """Moderate files, folders with all below them, or standard input at once, without a server.

    Prints the outcome, labels and the deciding rule with its file and line; of several files, how many came to what at
    the end. Exit code 0 when everything is approved, 1 when something is rejected or wants a person, 2 when a file
    cannot be read or a folder has none; the others are judged all the same. In folders, what begins with a dot is left
    out.
    """
    if as_json and as_lines:
        raise click.UsageError("say --json or --json-lines")
    settings = with_places(settings, rules, plugins_dir)
    told = _JsonList() if as_json else _JsonLines() if as_lines else _Words()
    came_to: Counter[str] = Counter()
    with _judge(settings, policy_name) as (judge, folder), told:
        files = [file for path in paths for file in files_at(path)]
        for path in bar(files, "Files", is_shown=len(files) > 1):
            name = "standard input" if str(path) == "-" else os.fsencode(path).decode("utf-8", "backslashreplace")
            try:
                judgement = _judged(judge, path, name, app, FolderBlobs(folder, settings.media_bucket))
            except (ModerationError, OSError) as error:
                came_to[REFUSED] += 1
                told.refused(name, _say(error))
            else:
                came_to[judgement.verdict.outcome] += 1
                told.judged(name, judgement)
            _empty(folder)
    if came_to.total() > 1:
        told.end(came_to)
    return 2 if came_to[REFUSED] else FOUND_SOMETHING if set(came_to) - {"approve"} else 0


def files_at(path: Path) -> Iterator[Path]:
    """The files that a path stands for: of a folder those in it and below, by name, without what begins with a dot.

    A folder without any stands for itself, and cannot be read. Links to folders are not followed.
    """
    if str(path) == "-" or not path.is_dir():
        yield path
        return
    found = False
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith(".") and file.is_file():  # a pipe or a device would never end
                found = True
                yield file
    if not found:
        yield path


def _judged(judge: Judge, path: Path, name: str, app: str, blobs: FolderBlobs) -> Judgement:
    if path.is_dir():
        raise InputError("there are no files in this folder")
    part = _read_part(path, name, blobs, judge.limits)
    item = Item(id="check", app=app, parts=(part,), created_at=datetime.now(UTC))
    # As at intake: what is read out of a file does not stand for the file itself.
    judge.applicable(item.app, item.parts)
    return judge.judge(item)


def _empty(folder: Path) -> None:
    """Leave nothing of a file that is judged: a folder of films may be larger than what is free."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()


class _Words:
    """For people, as each file is judged."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def refused(self, name: str, why: str) -> None:
        click.echo(f"{printable(name)}\n  refused  {why}")

    def judged(self, name: str, judgement: Judgement) -> None:
        _show(printable(name), judgement)

    def end(self, came_to: Mapping[str, int]) -> None:
        click.echo(_summary(came_to))


class _JsonLines(_Words):
    """For machines: an object a file."""

    def refused(self, name: str, why: str) -> None:
        self._tell({"path": name, "error": why})

    def judged(self, name: str, judgement: Judgement) -> None:
        self._tell({"path": name, **_document(judgement)})

    def end(self, came_to: Mapping[str, int]) -> None:
        click.echo(_summary(came_to), err=True)

    def _tell(self, document: Mapping[str, Any]) -> None:
        click.echo(json.dumps(document, ensure_ascii=False))


class _JsonList(_JsonLines):
    """The same as one list, which is whole where the run was."""

    def __init__(self) -> None:
        self._before = "["

    def __exit__(self, *_: object) -> None:
        click.echo("]" if self._before == "," else "[]")

    def _tell(self, document: Mapping[str, Any]) -> None:
        click.echo(self._before, nl=self._before == "[")
        click.echo(json.dumps(document, ensure_ascii=False))
        self._before = ","


def _summary(came_to: Mapping[str, int]) -> str:
    total = sum(came_to.values())
    said = [f"{came_to[outcome]:,} {words}" for outcome, words in _SUMMARY.items() if came_to.get(outcome)]
    return f"{total:,} files: {', '.join(said)}"


@contextmanager
def _judge(settings: Settings, policy_name: str | None) -> Iterator[tuple[Judge, Path]]:
    """A judge over media in a folder that goes away with the command."""
    with tempfile.TemporaryDirectory(prefix="moderation-check-") as folder:
        blobs = FolderBlobs(Path(folder), settings.media_bucket)
        judge = Judge.open(settings, blobs, policy=policy_name)
        forking.start_from_here()
        try:
            yield judge, Path(folder)
        finally:
            judge.close()


def _read_part(path: Path, name: str, blobs: FolderBlobs, limits: Limits) -> Part:
    left_out: tuple[str, ...] = ()
    if str(path) == "-":
        data = sys.stdin.buffer.read(limits.max_media_bytes + 1)
    else:
        with path.open("rb") as file:
            data = file.read(limits.max_media_bytes + 1)
        if is_playlist(data):
            from moderation.media.joining import in_folder, joined  # few files are one

            film = joined(data, path.name, in_folder(path.parent), limits.max_media_bytes)
            data, left_out = film.data, film.left_out
    facts = inspect(data, limits, _declared_by(path))
    if facts.type == "text":
        return Part(id="p0", type="text", text=data.decode("utf-8-sig"), is_document=True)
    return Part(id="p0", type=facts.type, media=store_media(blobs, data, facts, Path(name).name, left_out))


def _declared_by(path: Path) -> PartType | None:
    """What the ending of a file's name declares; None where it says nothing of what is inside."""
    try:
        # By Python's own table: what a machine's files add to it, other machines lack, and they take long to read.
        return declared_type(mimetypes.types_map.get(path.suffix.lower()))
    except MediaRefused:
        return None  # many endings stand for programs' texts; what is no text is refused by what it is


def _say(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _document(judgement: Judgement) -> dict[str, Any]:
    verdict = judgement.verdict
    return {
        "outcome": verdict.outcome,
        "queue": verdict.queue,
        "labels": list(verdict.labels),
        "reason": verdict.reason,
        "policy": verdict.policy.model_dump(mode="json"),
        "deciding": [rule for p in verdict.model_dump(mode="json")["policies"] for rule in p["deciding"]],
        "detections": [d.model_dump(mode="json", exclude_none=True) for d in judgement.detections],
        "failures": [f.model_dump(mode="json") for f in judgement.failures],
        "examined": [asdict(each) for each in verdict.examined],
        "not_examined": [asdict(each) for each in verdict.not_examined],
    }


def _show(name: str, judgement: Judgement) -> None:
    """The verdict for a terminal: what, why, where the rule stands."""
    verdict = judgement.verdict
    colour = {"approve": "green", "reject": "red", "review": "yellow"}[verdict.outcome]
    queue = f" ({verdict.queue})" if verdict.queue else ""
    click.echo(f"{name}\n  {click.style(verdict.outcome, fg=colour, bold=True)}{queue}")
    if verdict.labels:
        click.echo(f"  labels   {', '.join(verdict.labels)}")
    click.echo(f"  reason   {verdict.reason}")
    for policy in verdict.policies:
        for rule in policy.deciding:
            if policy.outcome == verdict.outcome:
                click.echo(f"  rule     {policy.policy.name}/{rule.rule} at {rule.place}")
    for line in unseen_words(verdict):
        click.echo(f"  unseen   {line}")
    for failure in judgement.failures:
        if failure.kind == "not_examined":
            continue
        click.echo(f"  failed   {failure.detector.name}: {failure.message}")
