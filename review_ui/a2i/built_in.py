"""Loops that Rekognition's own answer starts: a flow's conditions are held against it, and the caller is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ground.awswire.errors import ApiError, invalid
from review_ui.a2i.activation import ConditionNode, evaluate, read_conditions
from review_ui.a2i.flows import REKOGNITION
from review_ui.a2i.loops import camel, flow_in_use, start
from review_ui.a2i.owners import Caller
from review_ui.a2i.service import A2IService

REASON = "ConditionsEvaluation"


@dataclass(frozen=True)
class Flow:
    """A flow for Rekognition's labels.

    Attributes:
        conditions: None when every request goes to people.
    """

    arn: str
    conditions: Sequence[ConditionNode] | None


def need_flow(review: A2IService, arn: str, caller: Caller) -> Flow:
    """The flow of that ARN.

    Raises:
        ApiError: there is none (``ResourceNotFoundException``), or it is no flow for Rekognition's labels.
    """
    row = review.database.read(lambda c: c.execute(flow_in_use(c, review, arn, caller)).first())
    if row is None:
        raise ApiError("ResourceNotFoundException", f"The flow definition {arn[:300]} does not exist")
    source = row.document.get("HumanLoopRequestSource", {}).get("AwsManagedHumanLoopRequestSource")
    if source != REKOGNITION:
        raise invalid(f"{arn[:300]} has {source or 'no HumanLoopRequestSource'}: it is not for Rekognition's labels")
    config = row.document.get("HumanLoopActivationConfig")
    if config is None:
        return Flow(arn, None)
    return Flow(arn, read_conditions(config["HumanLoopActivationConditionsConfig"]["HumanLoopActivationConditions"]))


def activate(
    review: A2IService,
    caller: Caller,
    flow: Flow,
    name: str,
    asked: Mapping[str, Any],
    request: Callable[[], Mapping[str, Any]],
    answer: Mapping[str, Any],
) -> dict[str, Any]:
    """Start a loop where the flow's conditions say so; Rekognition's ``HumanLoopActivationOutput``.

    Args:
        asked: what Rekognition was asked: the same is sampled the same way.
        request: called when a loop is started, for the request as people are shown it.
        answer: what Rekognition answers.

    Raises:
        ApiError: the loop cannot be started: its name is taken, or there are too many.
    """
    activation = evaluate(flow.conditions, camel(asked), camel(answer["ModerationLabels"]))
    output: dict[str, Any] = {
        "HumanLoopActivationConditionsEvaluationResults": json.dumps(activation.results),
    }
    if not activation.is_active:
        return output
    content = {
        "aiServiceRequest": camel(request()),
        "aiServiceResponse": camel(answer),
    }
    given = {
        "FlowDefinitionArn": flow.arn,
        "HumanLoopName": name,
        "HumanLoopInput": {"InputContent": json.dumps(content)},
    }
    started = start(review, given, caller, activation)
    return {**output, "HumanLoopArn": started["HumanLoopArn"], "HumanLoopActivationReasons": [REASON]}
