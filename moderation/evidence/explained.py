"""Explained: the whole verdict on a stored item, worked out from its ruling, its findings and the policies' texts.

Everything that shows a verdict asks here. One that was stored whole, as they were once, is shown as it is. Where the
ruling cannot be worked out again (a text is not kept, or another version of this program comes to something else) what
the ruling says itself is shown, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.core.coverage import Coverage
from moderation.core.detections import Detection, Failure
from moderation.core.errors import NotFound, PolicyFault
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import evaluate
from moderation.core.rules.hearing import Reach
from moderation.core.rules.ruling import rule_on
from moderation.core.rules.scene import Subject
from moderation.core.rulings import Ruling
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Verdict
from moderation.detection.subjects import subject_of
from moderation.policies.versions import PolicyVersions
from moderation.storage.records import ItemRecord

Asked = tuple[list[Policy], Subject, list[Detection | Failure], Taxonomy, Reach, frozenset[str], Coverage]
"""What the rules were asked, as `evaluate` and `rule_on` take it."""


def explained(record: ItemRecord, versions: PolicyVersions) -> Verdict | None:
    """The verdict on an item with all that led to it; None until the rules were asked.

    Args:
        versions: the texts of the policies at the time.
    """
    ruling = record.ruling
    if ruling is None or record.told is not None:
        return record.told
    try:
        asked = asked_again(record, ruling, versions)
    except (NotFound, PolicyFault):
        return ruling.untold()
    again = rule_on(*asked)
    return evaluate(*asked) if canonical(again) == canonical(ruling) else ruling.untold()


def asked_again(record: ItemRecord, ruling: Ruling, versions: PolicyVersions) -> Asked:
    """What the rules were asked when they ruled on an item.

    Raises:
        NotFound: a policy's text is not stored.
        PolicyFault: this program cannot read a policy's text any more.
    """
    basis: Mapping[str, Any] = record.basis
    taxonomy = versions.taxonomy(basis.get("custom_labels", ()))
    paths: Mapping[str, str] = basis.get("policies", {})
    policies = [
        versions.policy(said.policy.version, taxonomy, paths.get(said.policy.name, "")) for said in ruling.policies
    ]
    reach = {name: None if labels is None else frozenset(labels) for name, labels in basis.get("reach", {}).items()}
    known = basis.get("counts", {}), basis.get("listed", {}), basis.get("flags", 0.0)
    subject = subject_of(record.item, record.parts, *known)
    coverage = Coverage((), ruling.examined, ruling.not_examined, ruling.looks)
    findings: list[Detection | Failure] = [*record.detections, *record.failures]
    return policies, subject, findings, taxonomy, reach, frozenset(ruling.spent), coverage


def canonical(said: Ruling | Verdict) -> bytes:
    """A ruling or a verdict as bytes: JSON with all stored fields in the model's order, no blanks."""
    return said.model_dump_json().encode()
