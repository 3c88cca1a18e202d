"""Flow definitions: who answers loops, with which template, and, of the built-in kind, when a loop is needed at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.errors import ApiError, invalid
from ground.awswire.times import epoch
from ground.blobs import split_uri
from ground.database import insert_or_nothing
from ground.errors import NotFound
from review_ui.a2i import tables
from review_ui.a2i.activation import LABEL_CHECKS, Checks, read_conditions
from review_ui.a2i.forms import FORM_CHECKS
from review_ui.a2i.owners import OPERATOR, Caller
from review_ui.a2i.resources import FLOW, TASK_UI, WORKTEAM, Parameters, find_usable, name_in, page
from review_ui.a2i.service import A2IService
from review_ui.a2i.settling import ended
from review_ui.a2i.tables import flow_definitions, human_loops, labelling_jobs, tags, tasks
from review_ui.a2i.tags import put_tags

REKOGNITION = "AWS/Rekognition/DetectModerationLabels/Image/V3"
TEXTRACT = "AWS/Textract/AnalyzeDocument/Forms/V1"
"""The built-in task types."""
CHECKS: Mapping[str, Checks] = {REKOGNITION: LABEL_CHECKS, TEXTRACT: FORM_CHECKS}
"""The conditions that each takes."""
LONGEST_SECONDS = 366 * 86_400
"""Longest time limit of a task, and longest life of a loop. AWS names no maximum; this is within the calendar."""
_KEPT = ("HumanLoopRequestSource", "HumanLoopActivationConfig", "HumanLoopConfig", "OutputConfig", "RoleArn")


def create_flow_definition(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """CreateFlowDefinition. The work team and the template must be there, and their ARNs in the right places."""
    config = p.get("HumanLoopConfig")
    if config is None:
        raise invalid("HumanLoopConfig is needed: who answers, and with which template")
    _check_source(p)
    team = name_in(config["WorkteamArn"], review.arn(WORKTEAM, ""), "humanLoopConfig.workteamArn")
    ui = name_in(config["HumanTaskUiArn"], review.arn(TASK_UI, ""), "humanLoopConfig.humanTaskUiArn")
    for table, kind, name, said in (
        (tables.workteams, WORKTEAM, team, "work team"),
        (tables.task_uis, TASK_UI, ui, "human task UI"),
    ):
        if find_usable(review, caller, table, kind, name) is None:
            raise invalid(f"The {said} {name} does not exist")
    for limit in ("TaskAvailabilityLifetimeInSeconds", "TaskTimeLimitInSeconds"):
        if config.get(limit, 0) > LONGEST_SECONDS:
            raise invalid(f"humanLoopConfig.{limit[0].lower()}{limit[1:]} must be at most {LONGEST_SECONDS} here")
    output = p["OutputConfig"]["S3OutputPath"].rstrip("/")
    try:
        bucket, _ = split_uri(f"{output}/output.json")
    except NotFound as error:
        raise invalid(f"outputConfig.s3OutputPath must be s3://BUCKET or s3://BUCKET/PREFIX: {error}") from error
    if not review.objects.take_bucket(caller.app, bucket):
        raise invalid(f"outputConfig.s3OutputPath: bucket {bucket} is not this access key's")
    name, document = p["FlowDefinitionName"], {key: p[key] for key in _KEPT if key in p}
    row = {"name": name, "document": document, "created_at": review.clock(), "deleting_at": None, "app": caller.app}

    def work(c: Connection) -> None:
        # A deleted definition stays as long as loops of the past tell of it; its name is free again.
        c.execute(sa.select(flow_definitions.c.name).where(flow_definitions.c.name == name).with_for_update())
        gone = (flow_definitions.c.name == name) & flow_definitions.c.deleting_at.is_not(None) & ~has_active_loops()
        gone &= caller.owns(flow_definitions) & is_of_a2i()
        if c.execute(sa.update(flow_definitions).where(gone).values(row)).rowcount:
            return
        if not c.execute(insert_or_nothing(c, flow_definitions).values(row)).rowcount:
            raise ApiError("ResourceInUse", f"{name} exists already")

    review.database.write(work, step="a2i.create_flow_definition")
    arn = review.arn(FLOW, name)
    put_tags(review, arn, p.get("Tags"))
    return {"FlowDefinitionArn": arn}


def _check_source(p: Parameters) -> None:
    source = p.get("HumanLoopRequestSource", {}).get("AwsManagedHumanLoopRequestSource")
    conditions = p.get("HumanLoopActivationConfig")
    if source is not None and source not in CHECKS:
        raise invalid(f"humanLoopRequestSource {source} is not offered here; {' and '.join(CHECKS)} are")
    if conditions is None:
        return
    if source is None:
        raise invalid("humanLoopActivationConfig is for built-in task types; of a custom one every request is reviewed")
    text = conditions["HumanLoopActivationConditionsConfig"]["HumanLoopActivationConditions"]
    read_conditions(text, CHECKS[source])


def describe_flow_definition(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """DescribeFlowDefinition. A deleted one is ``Deleting`` while loops of it are worked, and not found after that."""
    name = p["FlowDefinitionName"]
    row = _need(review, name, caller)
    return {**_summary(review, row), **row.document}


def list_flow_definitions(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """ListFlowDefinitions."""
    return page(
        review,
        caller,
        flow_definitions,
        FLOW,
        p,
        "FlowDefinitionSummaries",
        lambda row: _summary(review, row),
        where=is_there() & is_of_a2i(),
    )


def delete_flow_definition(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """DeleteFlowDefinition: loops that nobody began are stopped and deleted; tasks in hand can be finished.

    Until those are done or their time is up, it is ``Deleting``; then it is not found, and its ended loops still are.
    https://docs.aws.amazon.com/sagemaker/latest/dg/a2i-delete-flow-definition.html
    """
    name, now = p["FlowDefinitionName"], review.clock()
    if caller.app not in (None, _need(review, name, caller).app):
        raise ApiError("AccessDeniedException", f"{name} is lent to this access key; its owner deletes it")

    def work(c: Connection) -> None:
        deleting = sa.update(flow_definitions).where(flow_definitions.c.name == name)
        c.execute(deleting.values(deleting_at=now))
        c.execute(sa.delete(tags).where(tags.c.arn == review.arn(FLOW, name)))
        untouched = (tasks.c.flow == name) & (tasks.c.state == "waiting")
        c.execute(sa.update(tasks).where(untouched).values(state="withdrawn"))
        of_flow = sa.select(tasks.c.loop_name).where(tasks.c.flow == name)
        in_hand = of_flow.where(tasks.c.state.in_(("claimed", "given")))
        begun = of_flow.where(tasks.c.state.in_(("claimed", "given", "answered")))
        # There may be very many loops: none of them is named here.
        running = sa.update(human_loops).where(human_loops.c.flow == name, human_loops.c.status == "InProgress")
        c.execute(running.where(human_loops.c.name.in_(in_hand)).values(status="Stopping"))
        c.execute(running.where(human_loops.c.name.in_(begun)).values(ended("Stopped", now)))
        c.execute(running.values({**ended("Stopped", now), "is_deleted": True}))

    review.database.write(work, step="a2i.delete_flow_definition")
    return {}


def _need(review: A2IService, name: str, caller: Caller) -> Any:
    def work(c: Connection) -> Any:
        usable = caller.may_use(c, flow_definitions, review.arn(FLOW, ""))
        there = (flow_definitions.c.name == name) & is_there() & is_of_a2i()
        return c.execute(sa.select(flow_definitions).where(there, usable)).first()

    row = review.database.read(work)
    if row is None:
        raise ApiError("ResourceNotFound", f"The flow definition {name} does not exist")
    return row


def _summary(review: A2IService, row: Any) -> dict[str, Any]:
    deleting_at: datetime | None = row.deleting_at
    return {
        "FlowDefinitionName": row.name,
        "FlowDefinitionArn": review.arn(FLOW, row.name),
        "FlowDefinitionStatus": "Active" if deleting_at is None else "Deleting",
        "CreationTime": epoch(row.created_at),
    }


def is_there() -> sa.ColumnElement[bool]:
    """True of flow definitions that are found: not deleted, or deleted while people still work on their loops."""
    return flow_definitions.c.deleting_at.is_(None) | has_active_loops()


def is_of_a2i() -> sa.ColumnElement[bool]:
    """True of flow definitions that operations made; false of those that labelling jobs have for their work."""
    return flow_definitions.c.name.not_in(sa.select(labelling_jobs.c.name))


def has_active_loops() -> sa.ColumnElement[bool]:
    """True of flow definitions with loops that people still work on."""
    active = human_loops.c.status.in_(("InProgress", "Stopping"))
    return sa.exists().where(human_loops.c.flow == flow_definitions.c.name, active).correlate(flow_definitions)
