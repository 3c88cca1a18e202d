"""A2I's activation conditions: when an image that Rekognition looked at needs people.

Grammar and meaning are Amazon's (developer guide, "JSON Schema for Human Loop Activation Conditions"): conditions on
the confidence of labels and stable sampling, under And and Or, at most two deep; all are evaluated, and any that is
true at the top starts a loop.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ground.awswire.errors import invalid
from ground.awswire.strict_json import read_object

LONGEST = 10_240
LABEL_CHECK, SAMPLING = "ModerationLabelConfidenceCheck", "Sampling"
DEEPEST = 2
ANY_LABEL = "*"
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "ConfidenceEquals": operator.eq,
    "ConfidenceLessThan": operator.lt,
    "ConfidenceLessThanEquals": operator.le,
    "ConfidenceGreaterThan": operator.gt,
    "ConfidenceGreaterThanEquals": operator.ge,
}

Label = Mapping[str, Any]
ConditionNode = Mapping[str, Any]


@dataclass(frozen=True)
class LoopActivation:
    """What conditions come to for one image.

    Attributes:
        is_active: people are needed.
        results: the conditions with an ``EvaluationResult`` in every node.
        selected: the labels of the conditions that were true; all labels when only sampling was.
    """

    is_active: bool
    results: Mapping[str, Any]
    selected: Sequence[Label]


def read_conditions(text: str) -> Sequence[ConditionNode]:
    """The nodes of a ``HumanLoopActivationConditions`` document. Raises `ApiError` naming what is wrong with it."""
    if len(text) > LONGEST:
        raise invalid(f"humanLoopActivationConditions has more than {LONGEST:,} characters")
    try:
        nodes = read_object(text).get("Conditions")
    except ValueError as error:
        raise invalid("humanLoopActivationConditions is not a JSON object") from error
    if not isinstance(nodes, list) or not nodes:
        raise invalid('humanLoopActivationConditions: expected {"Conditions": [...]} with at least one condition')
    for number, node in enumerate(nodes):
        _check(node, f"Conditions[{number}]", 0)
    return nodes


def _check(node: Any, path: str, depth: int) -> None:
    if not isinstance(node, dict):
        raise _wrong(path, "a condition is an object")
    joined = [key for key in ("And", "Or") if key in node]
    if joined:
        if len(node) != 1:
            raise _wrong(path, f"beside {joined[0]} stands nothing else")
        if depth >= DEEPEST:
            raise _wrong(path, f"conditions nest at most {DEEPEST} levels deep")
        members = node[joined[0]]
        if not isinstance(members, list) or len(members) < 2:
            raise _wrong(path, f"{joined[0]} needs a list of at least two conditions")
        for number, member in enumerate(members):
            _check(member, f"{path}.{joined[0]}[{number}]", depth + 1)
        return
    parameters = node.get("ConditionParameters")
    if set(node) != {"ConditionType", "ConditionParameters"} or not isinstance(parameters, dict):
        raise _wrong(path, "expected ConditionType and ConditionParameters, or And, or Or")
    if node["ConditionType"] == LABEL_CHECK:
        _check_label(parameters, path)
    elif node["ConditionType"] == SAMPLING:
        share = parameters.get("RandomSamplingPercentage")
        if set(parameters) != {"RandomSamplingPercentage"} or not _is_number(share, 0.01, 100):
            raise _wrong(path, "Sampling takes a RandomSamplingPercentage from 0.01 to 100, and nothing else")
    else:
        raise _wrong(path, f"ConditionType is {LABEL_CHECK} or {SAMPLING}")


def _check_label(parameters: Mapping[str, Any], path: str) -> None:
    name = parameters.get("ModerationLabelName")
    if not isinstance(name, str) or not name:
        raise _wrong(path, 'ModerationLabelName is a label as Rekognition names it, or "*"')
    compared = set(parameters) - {"ModerationLabelName"}
    unknown = sorted(compared - set(_COMPARISONS))
    if unknown or not compared:
        raise _wrong(path, f"{unknown[0] if unknown else 'no comparison'}: use {', '.join(_COMPARISONS)}")
    for key in sorted(compared):
        if not _is_number(parameters[key], 0, 100):
            raise _wrong(path, f"{key} is a number from 0 to 100")


def evaluate(nodes: Sequence[ConditionNode] | None, request: Any, labels: Sequence[Label]) -> LoopActivation:
    """What the conditions say of one image.

    Args:
        nodes: as `read_conditions` gave them; None when there are none, and every request goes to people.
        request: the request to the AI service; the same request is sampled the same way.
        labels: ``{"name", "confidence", ...}`` of the answer, confidence in 0-100.
    """
    if nodes is None:
        return LoopActivation(True, {"Conditions": []}, labels)
    results = [_evaluated(node, _place(request), labels) for node in nodes]
    chosen = {number for result in results for number in _chosen(result, labels)}
    selected = [label for number, label in enumerate(labels) if number in chosen] or list(labels)
    is_active = any(result["EvaluationResult"] for result in results)
    return LoopActivation(is_active, {"Conditions": results}, selected)


def named_labels(nodes: Sequence[ConditionNode]) -> set[str]:
    """The labels that conditions ask about, however deep; `ANY_LABEL` among them where one asks about all."""
    names = set()
    for node in nodes:
        names |= named_labels((*node.get("And", ()), *node.get("Or", ())))
        if node.get("ConditionType") == LABEL_CHECK:
            names.add(node["ConditionParameters"]["ModerationLabelName"])
    return names


def _evaluated(node: ConditionNode, place: float, labels: Sequence[Label]) -> dict[str, Any]:
    """The node with its result; every member is evaluated, whatever the others say."""
    for key, joined in (("And", all), ("Or", any)):
        if key in node:
            members = [_evaluated(member, place, labels) for member in node[key]]
            return {key: members, "EvaluationResult": joined(member["EvaluationResult"] for member in members)}
    parameters = node["ConditionParameters"]
    if node["ConditionType"] == SAMPLING:
        is_true = place < parameters["RandomSamplingPercentage"]
    else:
        is_true = any(_fits(parameters, label) for label in labels)
    return {**node, "EvaluationResult": is_true}


def _chosen(result: Mapping[str, Any], labels: Sequence[Label]) -> Iterator[int]:
    """Which labels made a node true."""
    if not result["EvaluationResult"]:
        return
    for member in (*result.get("And", ()), *result.get("Or", ())):
        yield from _chosen(member, labels)
    if result.get("ConditionType") == LABEL_CHECK:
        yield from (n for n, label in enumerate(labels) if _fits(result["ConditionParameters"], label))


def _fits(parameters: Mapping[str, Any], label: Label) -> bool:
    if parameters["ModerationLabelName"] not in (ANY_LABEL, label.get("name")):
        return False
    found = label.get("confidence")
    if not _is_number(found, 0, 100):
        return False
    return all(compare(found, parameters[key]) for key, compare in _COMPARISONS.items() if key in parameters)


def _place(request: Any) -> float:
    """A number in [0, 100) that follows from the request alone, whatever the loop that it asks for is called.

    Otherwise asking again for the same picture, under a name that is free, would draw again.
    """
    asked = (
        {key: value for key, value in request.items() if key != "humanLoopConfig"}
        if isinstance(request, dict)
        else request
    )
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64 * 100


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _wrong(path: str, what: str) -> Exception:
    return invalid(f"humanLoopActivationConditions: {path}: {what}")
