"""Trying: an item is judged as if it had been posted, and nothing of it is kept."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ground.blobs import Blobs, FolderBlobs
from moderation.core.items import Item, Part, PartType
from moderation.core.policy.policies import PolicySet
from moderation.detection.judge import Judge
from moderation.detection.judgement import Judgement
from moderation.media.inspecting import inspect, store_media

TRIED = "tried-"
"""The bucket of such an item's media begins so: no item of an app is ever there."""


def try_text(judge: Judge, text: str, app: str, sets: list[PolicySet]) -> list[Judgement]:
    """What each of these sets of policies makes of a text. Raises `PolicyMissing` where one is for no such item."""
    with _for_itself(judge) as (trial, _):
        return _judged(trial, Part(id="p0", type="text", text=text), app, sets)


def try_file(
    judge: Judge, data: bytes, name: str, declared: PartType | None, app: str, sets: list[PolicySet]
) -> list[Judgement]:
    """What each of these sets of policies makes of a file.

    Args:
        declared: the kind that its sender says it is; None where they say nothing.

    Raises:
        MediaRefused: it cannot be looked at.
        PolicyMissing: a set has no policy for it.
    """
    facts = inspect(data, judge.limits, declared)
    with _for_itself(judge) as (trial, blobs):
        if facts.type == "text":
            part = Part(id="p0", type="text", text=data.decode("utf-8-sig"), is_document=True)
        else:
            part = Part(id="p0", type=facts.type, media=store_media(blobs, data, facts, name))
        return _judged(trial, part, app, sets)


def try_item(judge: Judge, app: str, parts_in: Callable[[Blobs], Iterable[Part]]) -> Judgement:
    """What the policies in force make of an item of these given parts.

    Args:
        parts_in: makes them; stores their media where it is told.

    Raises:
        PolicyMissing: there is a part that no policy covers.
    """
    with _for_itself(judge) as (trial, blobs):
        item = Item(id="tried", app=app, parts=tuple(parts_in(blobs)), created_at=datetime.now(UTC))
        trial.applicable(app, item.parts)
        return trial.judge(item)


@contextmanager
def _for_itself(judge: Judge) -> Iterator[tuple[Judge, FolderBlobs]]:
    """A judge with the same detectors, whose media is in a folder that goes away."""
    bucket = f"{TRIED}{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="moderation-try-") as folder:
        blobs = FolderBlobs(Path(folder), bucket)
        judge.elsewhere[bucket] = blobs
        trial = Judge(judge.plugins, judge.policies, judge.runner, blobs, judge.limits)
        trial.lists = judge.lists
        try:
            yield trial, blobs
        finally:
            del judge.elsewhere[bucket]


def _judged(trial: Judge, part: Part, app: str, sets: list[PolicySet]) -> list[Judgement]:
    item = Item(id="tried", app=app, parts=(part,), created_at=datetime.now(UTC))
    judgements = []
    for policies in sets:
        trial.policies = policies
        trial.applicable(app, item.parts)
        judgements.append(trial.judge(item))
    return judgements
