"""A policy's own tests: run each as an item, compare outcome and reasons, and say which rules no test fires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.core.detections import Detection, Failure
from moderation.core.items import Tool
from moderation.core.policies import Example, Policy, branch_ids
from moderation.core.rules import Subject, evaluate
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import PolicyVerdict

_TEST = Tool(name="test", version="1")


@dataclass(frozen=True)
class TestResult:
    """One test: what was expected and what came.

    Attributes:
        expected: as the file says it, such as ``review: general``.
        got: in the same words.
        missing: rules of ``because`` that did not fire.
        verdict: the whole explanation.
    """

    __test__ = False  # not a pytest class

    name: str
    expected: str
    got: str
    missing: tuple[str, ...]
    verdict: PolicyVerdict

    @property
    def passed(self) -> bool:
        """True when outcome, queue and reasons are as expected."""
        return self.expected == self.got and not self.missing


def run_tests(policy: Policy, taxonomy: Taxonomy) -> tuple[TestResult, ...]:
    """Run the tests of `policy`, in file order."""
    return tuple(_run(policy, example, taxonomy) for example in policy.file.tests)


def never_fired(policy: Policy, results: tuple[TestResult, ...]) -> tuple[str, ...]:
    """Rules and sides of bands that no test made true."""
    fired = {
        rule.rule
        for result in results
        for group in (result.verdict.deciding, result.verdict.overridden, result.verdict.shadow)
        for rule in group
        if rule.truth == "true"
    }
    return tuple(name for name in branch_ids(policy.file) if name not in fired)


def _run(policy: Policy, example: Example, taxonomy: Taxonomy) -> TestResult:
    item = example.item
    types = [item.content_type] if isinstance(item.content_type, str) else item.content_type
    findings: list[Detection | Failure] = [_detection(entry, taxonomy) for entry in item.detections]
    findings += [
        Failure(detector=Tool(name=name, version="1"), kind="raised", message="said so by the test")
        for name in item.failed
    ]
    verdict = evaluate([policy], Subject(item.app, frozenset(types)), findings, taxonomy).policies[0]
    expected, got = _say(example.expect.outcome, example.expect.queue), _say(verdict.outcome, verdict.queue)
    reasons = {r.rule for group in (verdict.deciding, verdict.overridden, verdict.shadow) for r in group}
    reasons |= {r.rule for r in verdict.unknown}
    missing = tuple(name for name in example.because or () if name not in reasons)
    return TestResult(example.name, expected, got, missing, verdict)


def _detection(entry: Mapping[str, object], taxonomy: Taxonomy) -> Detection:
    """``{Weapons: 96}`` or ``{Person: 97, parts: {head: {head_cover: 95}}}``; ``head: bare`` means nothing on it."""
    label = next(key for key in entry if key not in ("parts", "span", "box"))
    attributes: dict[str, object] = {}
    parts = entry.get("parts")
    if isinstance(parts, Mapping):
        attributes["parts"] = {part: ({} if covers == "bare" else covers) for part, covers in parts.items()}
    return Detection.model_validate(
        {
            "label": label,
            "parents": taxonomy.parents(label),
            "confidence": entry[label],
            "detector": _TEST,
            "part": "p0",
            "span": entry.get("span"),
            "box": entry.get("box"),
            "attributes": attributes,
        }
    )


def _say(outcome: str, queue: str | None) -> str:
    return f"review: {queue}" if outcome == "review" else outcome
