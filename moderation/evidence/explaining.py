"""What ``moderation rules explain`` looks at: the evidence on an item, from the store or from JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from ground.ids import is_uuid
from moderation.core.detections import Detection, Failure
from moderation.core.errors import FieldError, InvalidSubmission, PolicyFault, PolicyMissing
from moderation.core.items import Tool
from moderation.core.policy.codes import label_hint
from moderation.core.policy.examples import BESIDE
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import ContentType
from moderation.core.rules.engine import Subject, evaluate
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Verdict
from moderation.plugins import Plugins
from moderation.policies.cases import read_detection
from moderation.policies.files import load_policies, read_policy, shipped_rules, shown_path
from moderation.settings import Settings

_MAX_BYTES = 20_000_000
_TYPES = tuple(name for group in get_args(ContentType) for name in (get_args(group) or (group,)))


@dataclass(frozen=True)
class ItemEvidence:
    """What the policies judge by, and the verdict of the time when there is one."""

    subject: Subject
    findings: tuple[Detection | Failure, ...]
    verdict: Verdict | None = None


def stored_evidence(settings: Settings, item: str, held: Collection[str] = ()) -> ItemEvidence | None:
    """The evidence on a stored item; None when `item` is no id.

    Args:
        held: clearances.

    Raises:
        NotFound: the data folder holds no such item.
        InputError: it needs other clearances.
    """
    if not is_uuid(item):
        return None
    from moderation.detection.subjects import subject_of
    from moderation.evidence.explained import explained
    from moderation.policies.versions import PolicyVersions
    from moderation.storage.clearances import Clearances, need_held
    from moderation.storage.items import Store
    from moderation.storage.opening import existing_database

    with existing_database(settings) as database:
        record = Store(database).get_item(item)
        need_held(Clearances(database), [item], held)
        verdict = explained(record, PolicyVersions(database))
    if verdict is None:
        raise InvalidSubmission([FieldError("", f"item {item} is {record.status}: it has not been looked at yet")])
    basis = record.basis
    known = basis.get("counts", {}), basis.get("listed", {}), basis.get("flags", 0.0)
    subject = subject_of(record.item, record.parts, *known)
    return ItemEvidence(subject, (*record.detections, *record.failures), verdict)


def read_evidence(path: str, taxonomy: Taxonomy) -> ItemEvidence:
    """The evidence in a JSON file, ``-`` for standard input.

    Raises:
        InvalidSubmission: it cannot be read, or a field is wrong.
    """
    try:
        data = sys.stdin.buffer.read(_MAX_BYTES + 1) if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise _wrong("", f"{path} cannot be read: {error.strerror}; give an item's id, a JSON file or -") from error
    if len(data) > _MAX_BYTES:
        raise _wrong("", f"{path} is longer than {_MAX_BYTES:,} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _wrong("", f"{path} is no JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise _wrong("", f'{path}: a JSON object is wanted, such as {{"content_type": "text", "detections": []}}')
    return evidence_of(document, taxonomy)


def evidence_of(document: Mapping[str, Any], taxonomy: Taxonomy) -> ItemEvidence:
    """The evidence in an item as a policy's tests write it, or as the API answers it.

    Raises:
        InvalidSubmission: a field is wrong.
    """
    known = {"detections", "failed", "failures", "content_type", "app", "metadata", "parts", "id"}
    if not known & set(document):
        raise _wrong("", f"none of {', '.join(sorted(known))} is there")
    findings: list[Detection | Failure] = []
    for number, entry in enumerate(_listed(document, "detections")):
        findings.append(_detection(entry, f"detections[{number}]", taxonomy))
    for number, entry in enumerate(_listed(document, "failures")):
        try:
            findings.append(Failure.model_validate(entry))
        except ValidationError as error:
            raise _wrong(f"failures[{number}]", error.errors(include_url=False)[0]["msg"]) from error
    for number, name in enumerate(_listed(document, "failed")):
        if not isinstance(name, str) or not name:
            raise _wrong(f"failed[{number}]", "the name of a detector is wanted")
        findings.append(
            Failure(detector=Tool(name=name, version="unknown"), kind="raised", message="said to have failed")
        )
    app, metadata = document.get("app", "test"), document.get("metadata") or {}
    if not isinstance(app, str):
        raise _wrong("app", "a text is wanted")
    if not isinstance(metadata, Mapping):
        raise _wrong("metadata", "an object is wanted")
    item_id = document.get("id")
    facts = document.get("facts") or {}
    if not isinstance(facts, Mapping) or not all(isinstance(each, str | int | float) for each in facts.values()):
        raise _wrong("facts", 'an object of texts and numbers is wanted, such as {"width": 300}')
    subject = Subject(
        app,
        _types(document),
        item_id if isinstance(item_id, str) else "",
        metadata,
        facts={"p0": facts} if facts else {},
    )
    return ItemEvidence(subject, tuple(findings))


def judged_again(evidence: ItemEvidence, settings: Settings, plugins: Plugins, chosen: str | None) -> Verdict:
    """The verdict of the policies in force, or of the one that was chosen, whatever it applies to.

    Raises:
        PolicyFault: a policy file has errors.
        PolicyMissing: no policy is for such an item, or there is none of that name.
    """
    policies = policies_for(evidence, settings, plugins, chosen)
    return evaluate(policies, evidence.subject, evidence.findings, plugins.taxonomy, plugins.reach())


def policies_for(evidence: ItemEvidence, settings: Settings, plugins: Plugins, chosen: str | None) -> Sequence[Policy]:
    """The policies in force for an item, or the one that was chosen, whatever it applies to.

    Raises:
        PolicyFault: a policy file has errors.
        PolicyMissing: no policy is for such an item, or there is none of that name.
    """
    return _chosen(settings, plugins, chosen) if chosen else _in_force(evidence.subject, settings, plugins)


def _chosen(settings: Settings, plugins: Plugins, chosen: str) -> Sequence[Policy]:
    path = Path(chosen)
    if path.suffix in (".yml", ".yaml"):
        policy, faults = read_policy(path, plugins.taxonomy, shown_path(path), plugins.names)
        if policy is None:
            raise PolicyFault(faults)
        return [policy]
    folder = settings.rules or shipped_rules()
    policies = load_policies(folder, plugins.taxonomy, plugins.tools)
    for policy in policies.policies:
        if policy.name == chosen:
            return [policy]
    names = ", ".join(policy.name for policy in policies.policies)
    raise PolicyMissing([FieldError("policy", f"no policy '{chosen}' is in force; there are {names}, or give a file")])


def _in_force(subject: Subject, settings: Settings, plugins: Plugins) -> Sequence[Policy]:
    policies = load_policies(settings.rules or shipped_rules(), plugins.taxonomy, plugins.tools)
    found = policies.for_content(subject.app, subject.content_types)
    if not found:
        types = ", ".join(sorted(subject.content_types))
        raise PolicyMissing(
            [FieldError("", f"no policy in force covers app '{subject.app}' with content of type {types}")]
        )
    return found


def _types(document: Mapping[str, Any]) -> frozenset[str]:
    """``content_type``, one or a list; else the types of the parts; else text."""
    given = document.get("content_type")
    if given is None:
        parts = [part for part in _listed(document, "parts") if isinstance(part, Mapping)]
        given = [part.get("type") for part in parts] + ["document" for part in parts if part.get("is_document")]
    types = set([given] if isinstance(given, str) else given or ["text"])
    for name in types:
        if name not in _TYPES:
            raise _wrong("content_type", f"{name!r} is not one of {', '.join(_TYPES)}")
    return frozenset({*types, "text"} if "document" in types else types)


def _detection(entry: object, where: str, taxonomy: Taxonomy) -> Detection:
    """``{"label": .., "confidence": ..}`` as the API has it, or ``{LABEL: CONFIDENCE}`` as policies' tests have it."""
    if not isinstance(entry, Mapping) or not entry:
        raise _wrong(where, 'write {"LABEL": CONFIDENCE}')
    try:
        if "label" in entry:
            found = Detection.model_validate(entry)
        else:
            label = next((key for key in entry if key not in BESIDE), "")
            if label not in taxonomy:
                raise _wrong(where, f"unknown label '{label}'; {label_hint(taxonomy, label)}".rstrip("; "))
            found = read_detection(entry, taxonomy, None)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _wrong(".".join([where, *(str(step) for step in first["loc"])]), first["msg"]) from error
    if found.label not in taxonomy:
        raise _wrong(where, f"unknown label '{found.label}'; {label_hint(taxonomy, found.label)}".rstrip("; "))
    return found


def _listed(document: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = document.get(key) or []
    if not isinstance(value, list):
        raise _wrong(key, "a list is wanted")
    return value


def _wrong(field: str, message: str) -> InvalidSubmission:
    return InvalidSubmission([FieldError(field, message)])
