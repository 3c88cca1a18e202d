"""Replay: a stored verdict worked out again from the stored evidence and the stored policy texts.

Whether the two are the same is said of their canonical JSON, byte by byte. The rules themselves may be gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from moderation.core.coverage import Coverage
from moderation.core.errors import FieldError, InvalidSubmission
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import evaluate
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Verdict
from moderation.detection.subjects import subject_of
from moderation.policies.versions import PolicyVersions
from moderation.storage.records import ItemRecord


@dataclass(frozen=True)
class Replay:
    """A verdict of the time, and the one worked out now.

    Attributes:
        policies: name, version and path of each.
        engine_then: the program's version that gave the stored verdict; empty when it was not recorded.
    """

    stored: Verdict
    again: Verdict
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


def canonical(verdict: Verdict) -> bytes:
    """The verdict as bytes: JSON with all fields in the model's order, no blanks."""
    return verdict.model_dump_json().encode()


def digest(verdict: Verdict) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(verdict)).hexdigest()


def replay(record: ItemRecord, versions: PolicyVersions) -> Replay:
    """Work out the verdict of an item again.

    Raises:
        InvalidSubmission: the item has no verdict yet, or was judged before evidence was kept for replays.
        NotFound: a policy's text is not stored.
        PolicyFault: this program cannot read a policy's text any more.
    """
    item, stored, basis = record.item, record.verdict, record.basis
    if stored is None:
        raise InvalidSubmission([FieldError("", f"item {item.id} is {record.status}: it has no verdict yet")])
    if not basis:
        message = f"item {item.id} was judged by a version that did not keep what a replay needs"
        raise InvalidSubmission([FieldError("", message)])
    taxonomy = Taxonomy(basis["custom_labels"])
    paths: Mapping[str, str] = basis["policies"]
    policies: list[Policy] = []
    for said in stored.policies:
        name = said.policy.name
        policies.append(versions.policy(said.policy.version, taxonomy, paths.get(name, "")))
    again = evaluate(
        policies,
        subject_of(item, record.parts, basis.get("counts", {}), basis.get("listed", {})),
        [*record.detections, *record.failures],
        taxonomy,
        {name: None if labels is None else frozenset(labels) for name, labels in basis["reach"].items()},
        frozenset(stored.spent),
        Coverage((), stored.examined, stored.not_examined, stored.looks),
    )
    shown = tuple((policy.name, policy.version, policy.path) for policy in policies)
    return Replay(stored, again, shown, str(basis.get("engine", "")), version("moderation"))


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
