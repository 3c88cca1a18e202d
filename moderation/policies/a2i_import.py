"""``moderation rules import-a2i``: Amazon A2I's HumanLoopActivationConditions as a policy.

Every operator keeps its exact meaning: the format has `at_least` (inclusive) and `below` (exclusive), and the next
number that a computer can tell apart makes the others of these. A check is about the label itself (`exact: true`), as
in A2I. Documented at https://docs.aws.amazon.com/sagemaker/latest/dg/a2i-json-humantaskactivation-rekognition-example.html
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.errors import FieldError, InvalidSubmission
from moderation.core.policy.terms import is_number
from moderation.core.taxonomy import BEFORE_7, REKOGNITION_TOPS, Taxonomy

MAX_CHARACTERS = 1_000_000
MOST_RULES = 500


@dataclass(frozen=True)
class LabelCheck:
    """One label check: a confidence in [at_least, below)."""

    labels: tuple[str, ...]
    is_any: bool
    at_least: float | None
    below: float | None

    def as_condition(self) -> dict[str, Any]:
        """As a policy says it."""
        condition: dict[str, Any] = {"label": self.labels[0] if len(self.labels) == 1 else list(self.labels)}
        if not self.is_any:
            condition["exact"] = True
        if self.at_least is not None:
            condition["at_least"] = self.at_least
        if self.below is not None:
            condition["below"] = self.below
        return condition

    def example(self) -> dict[str, float]:
        """A detection that meets it."""
        low = self.at_least if self.at_least is not None else 0.0
        return {self.labels[0]: low if low or self.below is None else min(50.0, self.below / 2)}


@dataclass(frozen=True)
class Sampled:
    """A share of the items, in percent."""

    percent: float


@dataclass(frozen=True)
class Joined:
    """And, or Or."""

    kind: str
    parts: tuple[LabelCheck | Sampled | Joined, ...]


A2iCondition = LabelCheck | Sampled | Joined


class Importer:
    """Reads the JSON and writes the policy.

    Attributes:
        notes: what a person should look at, one line each.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self.notes: list[str] = []
        self._errors: list[FieldError] = []

    def read(self, text: str) -> tuple[list[A2iCondition], Mapping[str, Any]]:
        """The top-level conditions, and the flow definition around them when there was one.

        Raises:
            InvalidSubmission: with every fault, each with its place in the JSON.
        """
        document = _parse(text)
        flow: Mapping[str, Any] = document if "FlowDefinitionName" in document else {}
        conditions, path = _conditions_of(document)
        listed = conditions.get("Conditions") if isinstance(conditions, Mapping) else None
        if not isinstance(listed, list) or not listed:
            raise _wrong(f"{path}Conditions", 'a list of conditions is wanted: {"Conditions": [..]}')
        nodes = [self._node(each, f"{path}Conditions[{n}]", depth=0) for n, each in enumerate(listed)]
        if self._errors:
            raise InvalidSubmission(self._errors)
        return [node for node in nodes if node is not None], flow

    def _node(self, data: Any, path: str, depth: int) -> A2iCondition | None:
        if not isinstance(data, Mapping):
            return self._fault(path, "a condition is a JSON object")
        for kind in ("And", "Or"):
            if kind in data:
                parts = data[kind]
                if not isinstance(parts, list) or len(parts) < 2:
                    return self._fault(f"{path}.{kind}", "a list of two or more conditions is wanted")
                if depth >= 2:
                    return self._fault(f"{path}.{kind}", "And and Or are nested at most two levels deep")
                found = [self._node(each, f"{path}.{kind}[{n}]", depth + 1) for n, each in enumerate(parts)]
                return Joined(kind, tuple(node for node in found if node is not None))
        parameters = data.get("ConditionParameters")
        if not isinstance(parameters, Mapping):
            return self._fault(f"{path}.ConditionParameters", "an object is wanted")
        condition_type = data.get("ConditionType")
        if condition_type == "Sampling":
            return self._sampling(parameters, f"{path}.ConditionParameters")
        if condition_type == "ModerationLabelConfidenceCheck":
            return self._check(parameters, f"{path}.ConditionParameters")
        if condition_type in ("ImportantFormKeyConfidenceCheck", "MissingImportantFormKey"):
            return self._fault(f"{path}.ConditionType", f"{condition_type} is about forms (Textract); nothing here is")
        known = "ModerationLabelConfidenceCheck and Sampling"
        return self._fault(f"{path}.ConditionType", f"{condition_type!r} is not known; {known} are")

    def _sampling(self, parameters: Mapping[str, Any], path: str) -> A2iCondition | None:
        percent = parameters.get("RandomSamplingPercentage")
        if not is_number(percent) or not 0 < float(percent or 0) <= 100:
            return self._fault(f"{path}.RandomSamplingPercentage", "a number from 0.01 to 100 is wanted")
        return Sampled(float(percent or 0))

    def _check(self, parameters: Mapping[str, Any], path: str) -> A2iCondition | None:
        name = parameters.get("ModerationLabelName")
        if not isinstance(name, str) or not name:
            return self._fault(f"{path}.ModerationLabelName", "a label or * is wanted")
        labels = self._labels(name, f"{path}.ModerationLabelName")
        low: float | None = None
        high: float | None = None
        for operator, value in parameters.items():
            if operator == "ModerationLabelName":
                continue
            if operator not in _OPERATORS:
                self._fault(f"{path}.{operator}", f"not known; {', '.join(_OPERATORS)} are")
            elif not is_number(value) or not 0 <= value <= 100:
                self._fault(f"{path}.{operator}", "a number from 0 to 100 is wanted")
            else:
                least, under = _OPERATORS[operator](float(value))
                low = least if low is None else low if least is None else max(low, least)
                high = under if high is None else high if under is None else min(high, under)
        low = None if low == 0 else low
        high = None if high is not None and high > 100 else high
        for bound in (low, high):
            if bound is not None and 0 < bound <= 1:
                hint = f"did you mean {bound * 100:g}?" if bound > 0.01 else "the format has no thresholds in (0, 1]"
                return self._fault(path, f"{bound:g} is less than one percent: {hint}")
        if high is not None and (high <= (low or 0.0)):
            return self._fault(path, "no confidence can meet this")
        if low is not None and low > 100:
            return self._fault(path, "no confidence is over 100")
        return None if labels is None else LabelCheck(labels, name == "*", low, high)

    def _labels(self, name: str, path: str) -> tuple[str, ...] | None:
        if name == "*":
            return REKOGNITION_TOPS  # any label of Rekognition's, each with all under it
        if name in self._taxonomy:
            if name == "Explicit Nudity":
                self.notes.append("'Explicit Nudity' was level 1 before taxonomy 7; 'Explicit' may be what was meant")
            return (name,)
        if name in BEFORE_7:
            self.notes.append(f"'{name}' is a name before taxonomy 7; now {', '.join(BEFORE_7[name])}")
            return tuple(BEFORE_7[name])
        close = self._taxonomy.suggest(name)
        self._fault(path, f"unknown label {name!r}" + (f"; did you mean {close!r}?" if close else ""))
        return None

    def _fault(self, path: str, message: str) -> A2iCondition | None:
        """Note a fault; None, so that the caller can return it for the node."""
        self._errors.append(FieldError(path, message))
        return None


def _between(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    return low, high


def _after(value: float) -> float:
    return math.nextafter(value, math.inf)


_OPERATORS: Mapping[str, Any] = {
    "ConfidenceEquals": lambda value: _between(value, _after(value)),
    "ConfidenceGreaterThan": lambda value: _between(_after(value), None),
    "ConfidenceGreaterThanEquals": lambda value: _between(value, None),
    "ConfidenceLessThan": lambda value: _between(None, value),
    "ConfidenceLessThanEquals": lambda value: _between(None, _after(value)),
}
"""Each as a range from a number, inclusive, up to a number, exclusive."""


def policy_document(
    nodes: Sequence[A2iCondition], flow: Mapping[str, Any], *, name: str, queue: str, flow_name: str | None
) -> dict[str, Any]:
    """The policy that asks for people exactly where the conditions start a loop.

    Raises:
        InvalidSubmission: the conditions would make more than `MOST_RULES` rules.
    """
    rules: list[dict[str, Any]] = []
    samplings: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    for node in nodes:
        for percents, condition, examples in _rules_of(node):
            if len(rules) + len(samplings) >= MOST_RULES:
                raise _wrong("Conditions", f"these would make more than {MOST_RULES} rules")
            share = 100.0 * math.prod(percent / 100.0 for percent in percents)
            if condition is None:
                samplings.append(
                    {"id": f"a2i-{len(samplings) + 1}", "of": "approve", "percent": share, "queue": queue, "hold": True}
                )
                continue
            rule: dict[str, Any] = {"id": f"a2i-rule-{len(rules) + 1}", "when": condition, "then": {"review": queue}}
            if percents:
                rule["mode"] = {"percent": share}
            rules.append(rule)
            item = {"content_type": "image", "detections": examples}
            tests.append({"name": f"meets {rule['id']}", "item": item, "expect": {"review": queue}})
    tests.append({"name": "nothing found", "item": {"content_type": "image"}, "expect": "approve"})
    human: Mapping[str, Any] = flow.get("HumanLoopConfig") or {}
    reviewers = human.get("TaskCount", 1)
    made_queue: dict[str, Any] = {"name": queue, "a2i_flow": flow_name or flow.get("FlowDefinitionName") or name}
    if isinstance(reviewers, int) and 1 < reviewers <= 3:
        made_queue |= {"reviewers": reviewers, "agree": reviewers // 2 + 1}
    document: dict[str, Any] = {
        "policy": name,
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "taxonomy": "rekognition-moderation-7",
        "needs": ["rekognition.moderation"],
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": queue},
        "queues": [made_queue],
    }
    if rules:
        document["rules"] = rules
    if samplings:
        document["sampling"] = samplings
    return {**document, "tests": tests}


def _rules_of(node: A2iCondition) -> Iterator[tuple[list[float], dict[str, Any] | None, list[dict[str, float]]]]:
    """Of each rule that a condition becomes: shares of items, the condition on labels, detections that meet it."""
    if not _has_sampling(node):
        yield [], _condition(node), _examples(node)
        return
    # A share of the items among those that meet a check: multiplied out, each a rule of its own.
    for conjunction in _multiplied_out(node):
        percents = [part.percent for part in conjunction if isinstance(part, Sampled)]
        checks = [part for part in conjunction if isinstance(part, LabelCheck)]
        if not checks:
            yield percents, None, []
        else:
            joined: A2iCondition = checks[0] if len(checks) == 1 else Joined("And", tuple(checks))
            yield percents, _condition(joined), _examples(joined)


def _has_sampling(node: A2iCondition) -> bool:
    return isinstance(node, Sampled) or (isinstance(node, Joined) and any(_has_sampling(part) for part in node.parts))


def _multiplied_out(node: A2iCondition) -> list[list[LabelCheck | Sampled]]:
    """The condition as an Or of Ands."""
    if not isinstance(node, Joined):
        return [[node]]
    below = [_multiplied_out(part) for part in node.parts]
    if node.kind == "Or":
        return [conjunction for each in below for conjunction in each]
    return [[part for each in chosen for part in each] for chosen in itertools.product(*below)]


def _condition(node: A2iCondition) -> dict[str, Any]:
    if isinstance(node, LabelCheck):
        return node.as_condition()
    assert isinstance(node, Joined)  # samplings are taken out before
    return {"all" if node.kind == "And" else "any": [_condition(part) for part in node.parts]}


def _examples(node: A2iCondition) -> list[dict[str, float]]:
    if isinstance(node, LabelCheck):
        return [node.example()]
    assert isinstance(node, Joined)
    if node.kind == "Or":
        return _examples(node.parts[0])
    found: list[dict[str, float]] = []
    for part in node.parts:
        found += [each for each in _examples(part) if each not in found]
    return found


def _parse(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise _wrong("", f"longer than {MAX_CHARACTERS:,} characters")
    try:
        document = json.loads(text)
        if isinstance(document, str):
            document = json.loads(document)  # as AWS stores it: JSON in a JSON string
    except (ValueError, RecursionError) as error:
        raise _wrong("", f"no JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise _wrong("", 'a JSON object is wanted: {"Conditions": [..]}')
    return document


def _conditions_of(document: Mapping[str, Any]) -> tuple[Any, str]:
    """The conditions themselves, out of a request of CreateFlowDefinition where it is one; and the path to them."""
    path = ""
    inner: Any = document
    for key in ("HumanLoopActivationConfig", "HumanLoopActivationConditionsConfig", "HumanLoopActivationConditions"):
        if isinstance(inner, Mapping) and key in inner:
            inner, path = inner[key], f"{path}{key}."
    if isinstance(inner, str):
        try:
            inner = json.loads(inner)
        except (ValueError, RecursionError) as error:
            raise _wrong(path.rstrip("."), f"no JSON: {error}") from error
    return inner, path


def _wrong(field: str, message: str) -> InvalidSubmission:
    return InvalidSubmission([FieldError(field, message)])
