"""Replay: a stored ruling worked out again from the stored evidence and the stored policy texts.

Whether the two are the same is said of their canonical JSON, byte by byte; of whole verdicts where these were stored.
The rules themselves may be gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from moderation.core.errors import FieldError, InvalidSubmission
from moderation.core.rules.engine import evaluate
from moderation.core.rules.ruling import rule_on
from moderation.core.rulings import Ruling
from moderation.core.verdicts import Verdict
from moderation.evidence.explained import asked_again, canonical
from moderation.policies.versions import PolicyVersions
from moderation.storage.records import ItemRecord


@dataclass(frozen=True)
class Replay:
    """A ruling of the time, or a whole verdict, and the one worked out now.

    Attributes:
        told: the verdict, as it is worked out now.
        policies: name, version and path of each.
        engine_then: the program's version that ruled; empty when it was not recorded.
    """

    stored: Ruling | Verdict
    again: Ruling | Verdict
    told: Verdict
    policies: tuple[tuple[str, str, str], ...]
    engine_then: str
    engine_now: str

    @property
    def is_identical(self) -> bool:
        """True when both are the same, byte by byte."""
        return canonical(self.stored) == canonical(self.again)

    def differences(self) -> Iterator[str]:
        """What differs, field by field."""
        yield from _differences("", self.stored.model_dump(mode="json"), self.again.model_dump(mode="json"))


def digest(said: Ruling | Verdict) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(said)).hexdigest()


def replay(record: ItemRecord, versions: PolicyVersions) -> Replay:
    """Work out what the rules wanted of an item again.

    Raises:
        InvalidSubmission: the rules were not asked yet, or the item was judged before evidence was kept for replays.
        NotFound: a policy's text is not stored.
        PolicyFault: this program cannot read a policy's text any more.
    """
    item, ruling, basis = record.item, record.ruling, record.basis
    if ruling is None:
        raise InvalidSubmission([FieldError("", f"item {item.id} is {record.status}: it has no verdict yet")])
    if not basis:
        message = f"item {item.id} was judged by a version that did not keep what a replay needs"
        raise InvalidSubmission([FieldError("", message)])
    asked = asked_again(record, ruling, versions)
    told = evaluate(*asked)
    shown = tuple((policy.name, policy.version, policy.path) for policy in asked[0])
    engines = str(basis.get("engine", "")), version("moderation")
    if record.told is not None:
        return Replay(record.told, told, told, shown, *engines)
    return Replay(ruling, rule_on(*asked), told, shown, *engines)


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:
    if one == other:
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from _differences(f"{path}.{key}".lstrip("."), one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{path}[{number}]", first, second)
    else:
        yield f"{path}: stored {_short(one)}, now {_short(other)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
