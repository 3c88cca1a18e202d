"""A policy's own tests: run each as an item, compare outcome and reasons, and say which rules no test fires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from moderation.core.detections import Detection, Failure
from moderation.core.items import Span, Tool
from moderation.core.measuring import Fact
from moderation.core.policy.changes import said
from moderation.core.policy.examples import BESIDE, PLACES, worn
from moderation.core.policy.file import Example, ExampleItem, RuleMode, branch_ids
from moderation.core.policy.policies import Policy
from moderation.core.policy.thresholds import spread
from moderation.core.policy.words.counter import COUNTERS
from moderation.core.policy.words.listed import LISTS, name_of, place_at
from moderation.core.rules.engine import Subject, evaluate
from moderation.core.rules.scene import Listed
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import PolicyVerdict

_TEST = Tool(name="test", version="1")


@dataclass(frozen=True)
class TestResult:
    """One test: what was expected and what came.

    Attributes:
        expected: as the file says it, such as ``review: general``.
        got: in the same words.
        missing: rules of ``because`` that are not among the reasons; and actions, wanted or not (``no warn: true``),
            where the test says which it wants.
        reasons: the rules that led to the outcome, unknown ones included where a failure did.
        verdict: the whole explanation.
        line: 1-based line of the test in the file; 0 when not known.
    """

    __test__ = False  # not a pytest class

    name: str
    expected: str
    got: str
    missing: tuple[str, ...]
    reasons: tuple[str, ...]
    verdict: PolicyVerdict
    line: int = 0

    @property
    def passed(self) -> bool:
        """True when outcome, queue and reasons are as expected."""
        return self.expected == self.got and not self.missing


def run_tests(
    policy: Policy, taxonomy: Taxonomy, reach: Mapping[str, frozenset[str]] | None = None
) -> tuple[TestResult, ...]:
    """Run the tests of `policy`, in file order.

    Args:
        policy: with its tests.
        taxonomy: with the custom labels that plugins offer.
        reach: the labels that loaded detectors can find; one that is not there leaves everything unknown when it fails.
    """
    return tuple(_run(policy, example, taxonomy, reach) for example in policy.file.tests)


def never_fired(policy: Policy, results: Sequence[TestResult]) -> tuple[str, ...]:
    """Rules and sides of bands that no test made true."""
    fired = {
        rule.rule
        for result in results
        for group in (
            result.verdict.deciding,
            result.verdict.also_true,
            result.verdict.overridden,
            result.verdict.shadow,
        )
        for rule in group
        if rule.truth == "true"
    }
    return tuple(name for name in branch_ids(policy.file) if name not in fired)


def untried_edges(policy: Policy) -> tuple[str, ...]:
    """Thresholds of bands that no test's confidence meets or stays within a point under, as ``weapons.reject 95``.

    A test at the edge shows that 95 rejects and 94.9 does not, where a slip of the pen would change an outcome.
    """
    tried = {
        float(value)
        for example in policy.file.tests
        for entry in example.item.detections
        for key, value in entry.items()
        if key not in BESIDE and isinstance(value, int | float)
    }
    return tuple(
        f"{name}.{side} {edge:g}"
        for name, band in policy.file.bands.items()
        for side, threshold in (("review", band.review_from), ("reject", band.reject_from))
        for _, edge in spread(threshold)
        if not any(edge - 1 <= value <= edge for value in tried)
    )


def subject_of(policy: Policy, example: Example) -> Subject:
    """The item of a test; without an app it is one that the policy applies to."""
    item = example.item
    apps = policy.file.applies_to.app
    listed: dict[str, Listed | None] = {}
    if LISTS not in item.failed:
        listed = {name_of(*each): (each[0] in item.listed, "") for each in policy.lists_asked}
        places = {place_at(_part_of(entry, item), _span_of(entry)) for entry in item.detections}
        named = {allowed.in_list for allowed in policy.file.allow}.intersection(item.listed)
        listed |= {name_of(name, place): (True, "") for name in named for place in places}
    counts = {} if COUNTERS in item.failed else {n: item.counters.get(n, 0) for n in policy.file.counters}
    return Subject(
        item.app or (apps[0] if apps else "test"),
        item.content_types,
        metadata=item.metadata,
        counts={f"{policy.name}/{name}": number for name, number in counts.items()},
        listed=listed,
        facts=_measured(item.facts),
        posted_at=item.posted_at,
        flags=item.flags,
    )


def _part_of(entry: Mapping[str, object], item: ExampleItem) -> str:
    """What has a time in a film was found in a picture that was taken out of it."""
    return str(entry.get("part", "p0.0" if "video" in item.content_types and "time_range" in entry else "p0"))


def _span_of(entry: Mapping[str, object]) -> Span | None:
    return Span.model_validate(entry["span"]) if "span" in entry else None


def _measured(said: Mapping[str, str | float]) -> Mapping[str, Mapping[str, Fact]]:
    """The facts of a test's one part; ``parts: 3`` stands for two more, of which nothing is said."""
    if not said:
        return {}
    facts = {name: fact if isinstance(fact, str) else float(fact) for name, fact in said.items() if name != "parts"}
    return {"p0": facts, **{f"p{number}": {} for number in range(1, int(said.get("parts", 1)))}}


def read_detection(
    entry: Mapping[str, object], taxonomy: Taxonomy, detector: Tool | None = _TEST, part: str = "p0"
) -> Detection:
    """``{Weapons: 96}`` or ``{Person: 97, parts: {head: {head_cover: 95}}}``.

    ``head: bare`` means nothing on it, ``head: unjudged`` that the detector does not tell.

    Args:
        part: where it was found, unless it says so.
    """
    label = next(key for key in entry if key not in BESIDE)
    attributes: dict[str, object] = {}
    parts = entry.get("parts")
    if isinstance(parts, Mapping):
        attributes["parts"] = {part: worn(str(part), covers) for part, covers in parts.items()}
    places = {key: entry[key] for key in PLACES if key in entry}
    return Detection.model_validate(
        {
            "label": label,
            "parents": taxonomy.parents(label),
            "confidence": entry[label],
            "detector": Tool(name=str(entry["detector"]), version="1") if "detector" in entry else detector,
            "part": entry.get("part", part),
            "attributes": attributes,
            **places,
        }
    )


def read_detections(item: ExampleItem, taxonomy: Taxonomy) -> list[Detection]:
    """The detections of a test."""
    return [read_detection(entry, taxonomy, part=_part_of(entry, item)) for entry in item.detections]


def _run(
    policy: Policy, example: Example, taxonomy: Taxonomy, reach: Mapping[str, frozenset[str]] | None
) -> TestResult:
    findings: list[Detection | Failure] = [*read_detections(example.item, taxonomy)]
    findings += [
        Failure(detector=Tool(name=name, version="1"), kind="raised", message="said so by the test")
        for name in example.item.failed
    ]
    tested = policy if example.item.rolled_out else _before_roll_out(policy)
    verdict = evaluate([tested], subject_of(policy, example), findings, taxonomy, reach).policies[0]
    expected, got = say(example.expect.outcome, example.expect.queue), say(verdict.outcome, verdict.queue)
    # An open rule is a reason only where a failure decided.
    reasons = [rule.rule for rule in (*verdict.deciding, *(verdict.unknown if verdict.failing else ()))]
    missing = tuple(name for name in example.because or () if name not in reasons)
    if example.actions is not None:
        asked = {f"{action.name}: {said(action.value)}" for action in verdict.actions}
        wanted = {f"{name}: {said(value)}" for name, value in example.actions.items()}
        missing += tuple(sorted(wanted - asked)) + tuple(f"no {each}" for each in sorted(asked - wanted))
    line = policy.lines.get(f"tests.{example.name}", 0)
    return TestResult(example.name, expected, got, missing, tuple(reasons), verdict, line)


def _before_roll_out(policy: Policy) -> Policy:
    """The policy as it is for an item outside of every share that a ``mode: {percent}`` names: those are on trial."""
    file = policy.file
    bands = {name: band.model_copy(update=_on_trial(band.mode)) for name, band in file.bands.items()}
    rules = [rule.model_copy(update=_on_trial(rule.mode)) for rule in file.rules]
    changed = file.model_copy(update={"bands": bands, "rules": rules})
    return replace(policy, file=changed, programs={})


def _on_trial(mode: RuleMode | None) -> Mapping[str, RuleMode]:
    is_share = mode is not None and mode.percent is not None and mode.percent < 100
    return {"mode": RuleMode(shadow_until=date.max)} if is_share else {}


def say(outcome: str, queue: str | None) -> str:
    """An outcome as a policy file writes it, without the braces."""
    return f"review: {queue}" if outcome == "review" else outcome
