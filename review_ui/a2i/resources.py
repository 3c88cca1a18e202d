"""SageMaker's control plane as far as A2I needs it: task templates and flow definitions."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.database import insert_or_nothing
from review_ui import tables
from review_ui.a2i.errors import ApiError, invalid
from review_ui.a2i.service import ReviewService
from review_ui.a2i.templates import render

Parameters = Mapping[str, Any]
PAGE = 100


def create_human_task_ui(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """CreateHumanTaskUi."""
    insert_named(review, tables.task_uis, p["HumanTaskUiName"], {"content": p["UiTemplate"]["Content"]})
    return {"HumanTaskUiArn": review.arn("human-task-ui", p["HumanTaskUiName"])}


def describe_human_task_ui(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DescribeHumanTaskUi: digest and address of the template, not its text."""
    row = _need(review, tables.task_uis, p["HumanTaskUiName"], "human task UI")
    digest = hashlib.sha256(row.content.encode()).hexdigest()
    return {
        "HumanTaskUiArn": review.arn("human-task-ui", row.name),
        "HumanTaskUiName": row.name,
        "HumanTaskUiStatus": "Active",
        "CreationTime": epoch(row.created_at),
        "UiTemplate": {"Url": f"urn:sha256:{digest}", "ContentSha256": digest},
    }


def list_human_task_uis(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """ListHumanTaskUis."""

    def summary(row: Any) -> dict[str, Any]:
        arn = review.arn("human-task-ui", row.name)
        return {"HumanTaskUiName": row.name, "HumanTaskUiArn": arn, "CreationTime": epoch(row.created_at)}

    return page(review, tables.task_uis, p, "HumanTaskUiSummaries", summary)


def delete_human_task_ui(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DeleteHumanTaskUi."""
    if not delete_named(review, tables.task_uis, p["HumanTaskUiName"]):
        raise ApiError("ResourceNotFound", f"Human task UI {p['HumanTaskUiName']} does not exist")
    return {}


def render_ui_template(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """RenderUiTemplate: a template filled in with a task's input, and what is wrong with it."""
    if ("UiTemplate" in p) == ("HumanTaskUiArn" in p):
        raise invalid("Give either UiTemplate or HumanTaskUiArn")
    if "UiTemplate" in p:
        content = p["UiTemplate"]["Content"]
    else:
        name = _name_in(p["HumanTaskUiArn"], review.arn("human-task-ui", ""), "humanTaskUiArn")
        content = _need(review, tables.task_uis, name, "human task UI").content
    try:
        task_input = json.loads(p["Task"]["Input"])
    except (ValueError, RecursionError) as error:
        raise invalid("Task.Input is not JSON") from error
    if not isinstance(task_input, dict):
        raise invalid("Task.Input is not a JSON object")
    done = render(content, task_input, review.read_link)
    return {
        "RenderedContent": done.html,
        "Errors": [{"Code": "TemplateError", "Message": message} for message in done.errors],
    }


def create_flow_definition(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """CreateFlowDefinition. The work team and the template must be there, and their ARNs in the right places."""
    config = p.get("HumanLoopConfig")
    if config is None:
        raise invalid("HumanLoopConfig is needed: who answers, and with which template")
    if p.get("HumanLoopRequestSource") or p.get("HumanLoopActivationConfig"):
        raise invalid("Built-in task types and activation conditions are not offered here; start loops yourself")
    team = _name_in(config["WorkteamArn"], review.arn("workteam/private-crowd", ""), "humanLoopConfig.workteamArn")
    ui = _name_in(config["HumanTaskUiArn"], review.arn("human-task-ui", ""), "humanLoopConfig.humanTaskUiArn")
    for table, name, kind in ((tables.workteams, team, "work team"), (tables.task_uis, ui, "human task UI")):
        if find(review, table, name) is None:
            raise invalid(f"The {kind} {name} does not exist")
    if not p["OutputConfig"]["S3OutputPath"].startswith("s3://"):
        raise invalid("outputConfig.s3OutputPath must begin with s3:// here")
    wanted = ("HumanLoopConfig", "OutputConfig", "RoleArn")
    insert_named(review, tables.flow_definitions, p["FlowDefinitionName"], {"document": {k: p[k] for k in wanted}})
    return {"FlowDefinitionArn": review.arn("flow-definition", p["FlowDefinitionName"])}


def describe_flow_definition(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DescribeFlowDefinition."""
    row = _need(review, tables.flow_definitions, p["FlowDefinitionName"], "flow definition")
    return {
        "FlowDefinitionArn": review.arn("flow-definition", row.name),
        "FlowDefinitionName": row.name,
        "FlowDefinitionStatus": "Active",
        "CreationTime": epoch(row.created_at),
        **row.document,
    }


def list_flow_definitions(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """ListFlowDefinitions."""

    def summary(row: Any) -> dict[str, Any]:
        return {
            "FlowDefinitionName": row.name,
            "FlowDefinitionArn": review.arn("flow-definition", row.name),
            "FlowDefinitionStatus": "Active",
            "CreationTime": epoch(row.created_at),
        }

    return page(review, tables.flow_definitions, p, "FlowDefinitionSummaries", summary)


def delete_flow_definition(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DeleteFlowDefinition; refused while it has loops, which keep what they were started with."""
    name = p["FlowDefinitionName"]
    _need(review, tables.flow_definitions, name, "flow definition")
    running = sa.select(tables.human_loops.c.name).where(tables.human_loops.c.flow == name).limit(1)
    if review.database.read(lambda c: c.execute(running).first()):
        raise ApiError("ResourceInUse", f"Flow definition {name} has human loops; stop and delete them first")
    delete_named(review, tables.flow_definitions, name)
    return {}


def read_token(token: str | None) -> int:
    """The offset in a ``NextToken`` of ours."""
    if token is None:
        return 0
    try:
        return max(int(json.loads(base64.urlsafe_b64decode(token))["offset"]), 0)
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("NextToken is not one of ours") from error


def make_token(offset: int) -> str:
    """A ``NextToken`` that goes on from `offset`."""
    return base64.urlsafe_b64encode(json.dumps({"offset": offset}).encode()).decode()


def epoch(time: datetime) -> float:
    """A time as the control plane writes it: seconds since 1970, with milliseconds."""
    return round(time.timestamp(), 3)


def _name_in(arn: str, prefix: str, member: str) -> str:
    if not arn.startswith(prefix):
        raise invalid(
            f"1 validation error detected: Value '{arn}' at '{member}' failed to satisfy constraint: "
            f"Member must begin with {prefix}"
        )
    return arn.removeprefix(prefix)


def insert_named(review: ReviewService, table: sa.Table, name: str, values: Mapping[str, Any]) -> None:
    """A new row; `ResourceInUse` when the name is taken."""
    row = {"name": name, "created_at": review.clock(), **values}
    if not review.database.write(lambda c: c.execute(insert_or_nothing(c, table).values(row)).rowcount):
        raise ApiError("ResourceInUse", f"{name} exists already")


def find(review: ReviewService, table: sa.Table, name: str) -> Any:
    """The row of that name, or None."""
    return review.database.read(lambda c: c.execute(sa.select(table).where(table.c.name == name)).first())


def _need(review: ReviewService, table: sa.Table, name: str, kind: str) -> Any:
    row = find(review, table, name)
    if row is None:
        raise ApiError("ResourceNotFound", f"The {kind} {name} does not exist")
    return row


def delete_named(review: ReviewService, table: sa.Table, name: str) -> bool:
    """Delete a row; says whether it was there."""
    return bool(review.database.write(lambda c: c.execute(sa.delete(table).where(table.c.name == name)).rowcount))


def page(
    review: ReviewService, table: sa.Table, p: Parameters, key: str, summary: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """A page of a list: newest first unless asked otherwise, filtered by name and time where the operation can."""
    offset, size = read_token(p.get("NextToken")), int(p.get("MaxResults") or PAGE)
    column = table.c.name if p.get("SortBy") == "Name" else table.c.created_at
    order = column.asc() if p.get("SortOrder") == "Ascending" else column.desc()
    query = sa.select(table).order_by(order, table.c.name)
    if p.get("NameContains"):
        query = query.where(table.c.name.contains(p["NameContains"], autoescape=True))
    if p.get("CreationTimeAfter") is not None:
        query = query.where(table.c.created_at > _moment(p["CreationTimeAfter"]))
    if p.get("CreationTimeBefore") is not None:
        query = query.where(table.c.created_at < _moment(p["CreationTimeBefore"]))

    def work(c: Connection) -> list[Any]:
        return list(c.execute(query.offset(offset).limit(size + 1)))

    rows = review.database.read(work)
    answer: dict[str, Any] = {key: [summary(row) for row in rows[:size]]}
    if len(rows) > size:
        answer["NextToken"] = make_token(offset + size)
    return answer


def _moment(seconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise invalid(f"'{str(seconds)[:40]}' is not a time in seconds") from error
