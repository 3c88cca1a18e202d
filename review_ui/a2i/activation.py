"""A2I's activation conditions: when what an AI service looked at needs people.

Grammar and meaning are Amazon's (developer guide, "JSON Schema for Human Loop Activation Conditions"): conditions on
what the service found, such as the confidence of Rekognition's labels, and stable sampling, under And and Or, at most
two deep; all are evaluated, and any that is true at the top starts a loop.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ground.awswire.errors import ApiError, invalid
from ground.awswire.strict_json import read_object

LONGEST = 10_240
LABEL_CHECK, SAMPLING = "ModerationLabelConfidenceCheck", "Sampling"
DEEPEST = 2
ANY_LABEL = "*"
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}

Label = Mapping[str, Any]
ConditionNode = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """A type of condition on what was found.

    Attributes:
        read: raises `ApiError` for parameters that it does not take, with the condition's path.
        fits: True of a finding that it is about.
        is_absence: it is true when nothing fits.
    """

    read: Callable[[Mapping[str, Any], str], None]
    fits: Callable[[Mapping[str, Any], Any], bool]
    is_absence: bool = False


Checks = Mapping[str, Check]
"""The types of conditions that a service's flows take, by name, beside `SAMPLING`."""


@dataclass(frozen=True)
class LoopActivation:
    """What conditions come to for one image or document.

    Attributes:
        is_active: people are needed.
        results: the conditions with an ``EvaluationResult`` in every node.
        selected: the findings of the conditions that were true; all when only sampling was.
    """

    is_active: bool
    results: Mapping[str, Any]
    selected: Sequence[Any]


def compare(parameters: Mapping[str, Any], prefix: str, confidence: Any) -> bool:
    """True of a confidence (0-100) that meets the comparisons whose names begin with `prefix`, or when there are none.

    What is no confidence meets none.
    """
    wanted = [key for key in parameters if key.startswith(prefix)]
    if wanted and not _is_number(confidence, 0, 100):
        return False
    return all(_COMPARISONS[key.removeprefix(prefix)](confidence, parameters[key]) for key in wanted)


def check_parameters(
    parameters: Mapping[str, Any], path: str, name: str, prefixes: Sequence[str], others: Sequence[str] = ()
) -> None:
    """Refuse parameters but `name`, a text; comparisons that begin with one of `prefixes`; and `others`.

    Raises:
        ApiError: naming what is wrong, and where.
    """
    if not isinstance(parameters.get(name), str) or not parameters[name]:
        raise wrong(path, f'{name} is a text as the service has it, or "*"')
    offered = [f"{prefix}{comparison}" for prefix in prefixes for comparison in _COMPARISONS]
    compared = set(parameters) - {name, *others}
    unknown = sorted(compared - set(offered))
    if unknown or (offered and not compared):
        raise wrong(path, f"{unknown[0] if unknown else 'no comparison'}: use {', '.join(offered or [name])}")
    for key in sorted(compared):
        if not _is_number(parameters[key], 0, 100):
            raise wrong(path, f"{key} is a number from 0 to 100")


def _fits(parameters: Mapping[str, Any], label: Label) -> bool:
    is_named = parameters["ModerationLabelName"] in (ANY_LABEL, label.get("name"))
    return is_named and compare(parameters, "Confidence", label.get("confidence"))


LABEL_CHECKS: Checks = {
    LABEL_CHECK: Check(lambda given, path: check_parameters(given, path, "ModerationLabelName", ("Confidence",)), _fits)
}
"""Of flows for Rekognition's labels: ``{"name", "confidence", ...}``, confidence in 0-100."""


def read_conditions(text: str, checks: Checks = LABEL_CHECKS) -> Sequence[ConditionNode]:
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
        _check(node, checks, f"Conditions[{number}]", 0)
    return nodes


def _check(node: Any, checks: Checks, path: str, depth: int) -> None:
    if not isinstance(node, dict):
        raise wrong(path, "a condition is an object")
    joined = [key for key in ("And", "Or") if key in node]
    if joined:
        if len(node) != 1:
            raise wrong(path, f"beside {joined[0]} stands nothing else")
        if depth >= DEEPEST:
            raise wrong(path, f"conditions nest at most {DEEPEST} levels deep")
        members = node[joined[0]]
        if not isinstance(members, list) or len(members) < 2:
            raise wrong(path, f"{joined[0]} needs a list of at least two conditions")
        for number, member in enumerate(members):
            _check(member, checks, f"{path}.{joined[0]}[{number}]", depth + 1)
        return
    parameters = node.get("ConditionParameters")
    if set(node) != {"ConditionType", "ConditionParameters"} or not isinstance(parameters, dict):
        raise wrong(path, "expected ConditionType and ConditionParameters, or And, or Or")
    if node["ConditionType"] in checks:
        checks[node["ConditionType"]].read(parameters, path)
    elif node["ConditionType"] == SAMPLING:
        share = parameters.get("RandomSamplingPercentage")
        if set(parameters) != {"RandomSamplingPercentage"} or not _is_number(share, 0.01, 100):
            raise wrong(path, "Sampling takes a RandomSamplingPercentage from 0.01 to 100, and nothing else")
    else:
        raise wrong(path, f"ConditionType is {' or '.join((*checks, SAMPLING))}")


def evaluate(
    nodes: Sequence[ConditionNode] | None, request: Any, found: Sequence[Any], checks: Checks = LABEL_CHECKS
) -> LoopActivation:
    """What the conditions say of one image or document.

    Args:
        nodes: as `read_conditions` gave them; None when there are none, and every request goes to people.
        request: the request to the AI service; the same request is sampled the same way.
        found: what the service found there, as `checks` take it.
    """
    if nodes is None:
        return LoopActivation(True, {"Conditions": []}, found)
    results = [_evaluated(node, checks, _place(request), found) for node in nodes]
    true = [node for result in results for node in true_nodes(result) if node["ConditionType"] != SAMPLING]
    fitting = ((checks[node["ConditionType"]], node["ConditionParameters"]) for node in true)
    by = [each for each in fitting if not each[0].is_absence]
    # What is missing is looked for without what was found.
    selected = [one for one in found if any(check.fits(given, one) for check, given in by)] if true else list(found)
    is_active = any(result["EvaluationResult"] for result in results)
    return LoopActivation(is_active, {"Conditions": results}, selected)


def true_nodes(result: Mapping[str, Any]) -> Iterator[ConditionNode]:
    """The single conditions that made a node true."""
    if not result["EvaluationResult"]:
        return
    for member in (*result.get("And", ()), *result.get("Or", ())):
        yield from true_nodes(member)
    if "ConditionType" in result:
        yield result


def named_labels(nodes: Sequence[ConditionNode]) -> set[str]:
    """The labels that conditions ask about, however deep; `ANY_LABEL` among them where one asks about all."""
    names = set()
    for node in nodes:
        names |= named_labels((*node.get("And", ()), *node.get("Or", ())))
        if node.get("ConditionType") == LABEL_CHECK:
            names.add(node["ConditionParameters"]["ModerationLabelName"])
    return names


def _evaluated(node: ConditionNode, checks: Checks, place: float, found: Sequence[Any]) -> dict[str, Any]:
    """The node with its result; every member is evaluated, whatever the others say."""
    for key, joined in (("And", all), ("Or", any)):
        if key in node:
            members = [_evaluated(member, checks, place, found) for member in node[key]]
            return {key: members, "EvaluationResult": joined(member["EvaluationResult"] for member in members)}
    parameters = node["ConditionParameters"]
    if node["ConditionType"] == SAMPLING:
        is_true = place < parameters["RandomSamplingPercentage"]
    else:
        check = checks[node["ConditionType"]]
        is_true = any(check.fits(parameters, one) for one in found) != check.is_absence
    return {**node, "EvaluationResult": is_true}


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


def wrong(path: str, what: str) -> ApiError:
    """What is wrong with a condition."""
    return invalid(f"humanLoopActivationConditions: {path}: {what}")
