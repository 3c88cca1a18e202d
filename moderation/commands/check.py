"""``moderation check``: judge files or standard input at once, in this process, without a server or a database."""

from __future__ import annotations

import json
import mimetypes
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ground.blobs import FolderBlobs
from ground.media.pictures import Limits
from moderation.commands.options import PLUGINS_DIR, RULES
from moderation.core.errors import InputError, MediaRefused
from moderation.core.items import Item, Part, PartType
from moderation.core.wording import unseen_words
from moderation.detection.judge import Judge
from moderation.detection.judgement import Judgement
from moderation.media.inspecting import declared_type, inspect, store_media
from moderation.settings import Settings, with_places

FOUND_SOMETHING = 1


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="PATH|-...")
@click.option("--policy", "policy_name", metavar="P", help="Apply this policy only, whatever its app and content type.")
@click.option("--app", default="check", show_default=True, metavar="A", help="Judge as if this app had posted it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: a list with an entry a path.")
@RULES
@PLUGINS_DIR
@click.pass_obj
def check(
    settings: Settings,
    paths: tuple[Path, ...],
    policy_name: str | None,
    app: str,
    as_json: bool,
    rules: Path | None,
    plugins_dir: Path | None,
) -> int:
    """Moderate files or standard input at once, without a server.

    Prints the outcome, labels and the deciding rule with its file and line. Exit code 0 when everything is approved, 1
    when something is rejected or wants a person, 2 when a file cannot be read.
    """
    settings = with_places(settings, rules, plugins_dir)
    documents: list[dict[str, Any]] = []
    refused = found = False
    with _judge(settings, policy_name) as (judge, blobs):
        for path in paths:
            name = "standard input" if str(path) == "-" else str(path)
            try:
                part = _read_part(path, name, blobs, Limits.of(settings))
                item = Item(id="check", app=app, parts=(part,), created_at=datetime.now(UTC))
                # As at intake: what is read out of a file does not stand for the file itself.
                judge.applicable(item.app, item.parts)
                judgement = judge.judge(item)
            except (InputError, OSError) as error:
                refused = True
                documents.append({"path": name, "error": _say(error)})
                if not as_json:
                    click.echo(f"{name}\n  refused  {_say(error)}")
                continue
            found |= judgement.verdict.outcome != "approve"
            documents.append({"path": name, **_document(judgement)})
            if not as_json:
                _show(name, judgement)
    if as_json:
        click.echo(json.dumps(documents, indent=2, ensure_ascii=False))
    return 2 if refused else FOUND_SOMETHING if found else 0


@contextmanager
def _judge(settings: Settings, policy_name: str | None) -> Iterator[tuple[Judge, FolderBlobs]]:
    """A judge over media in a folder that goes away with the command."""
    with tempfile.TemporaryDirectory(prefix="moderation-check-") as folder:
        blobs = FolderBlobs(Path(folder), settings.media_bucket)
        judge = Judge.open(settings, blobs, policy=policy_name)
        try:
            yield judge, blobs
        finally:
            judge.close()


def _read_part(path: Path, name: str, blobs: FolderBlobs, limits: Limits) -> Part:
    if str(path) == "-":
        data = sys.stdin.buffer.read(limits.max_media_bytes + 1)
    else:
        with path.open("rb") as file:
            data = file.read(limits.max_media_bytes + 1)
    facts = inspect(data, limits, _declared_by(path))
    if facts.type == "text":
        return Part(id="p0", type="text", text=data.decode("utf-8-sig"), is_document=True)
    return Part(id="p0", type=facts.type, media=store_media(blobs, data, facts, Path(name).name))


def _declared_by(path: Path) -> PartType | None:
    """What the ending of a file's name declares; None where it says nothing of what is inside."""
    try:
        return declared_type(mimetypes.guess_type(path.name)[0])
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
