"""SageMaker's control plane as far as A2I needs it: work teams, task templates, flow definitions."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.database import insert_or_nothing
from review_ui import tables
from review_ui.a2i.errors import ApiError, invalid
from review_ui.a2i.service import ReviewService

Parameters = Mapping[str, Any]
PAGE = 100


def create_workteam(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """CreateWorkteam."""
    document = {k: p[k] for k in ("MemberDefinitions", "Description") if k in p}
    _insert(review, tables.workteams, p["WorkteamName"], {"document": document})
    return {"WorkteamArn": review.arn("workteam/private-crowd", p["WorkteamName"])}


def describe_workteam(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DescribeWorkteam. AWS answers a ValidationException for a team that is not there."""
    row = _find(review, tables.workteams, p["WorkteamName"])
    if row is None:
        raise invalid(f"Could not find work team {p['WorkteamName']}")
    return {"Workteam": _workteam(review, row)}


def list_workteams(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """ListWorkteams."""
    return _page(review, tables.workteams, p, "Workteams", lambda row: _workteam(review, row))


def delete_workteam(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DeleteWorkteam."""
    return {"Success": _delete(review, tables.workteams, p["WorkteamName"])}


def create_human_task_ui(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """CreateHumanTaskUi."""
    _insert(review, tables.task_uis, p["HumanTaskUiName"], {"content": p["UiTemplate"]["Content"]})
    return {"HumanTaskUiArn": review.arn("human-task-ui", p["HumanTaskUiName"])}


def describe_human_task_ui(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DescribeHumanTaskUi: digest and address of the template, not its text."""
    row = _need(review, tables.task_uis, p["HumanTaskUiName"], "human task UI")
    digest = hashlib.sha256(row.content.encode()).hexdigest()
    return {
        "HumanTaskUiArn": review.arn("human-task-ui", row.name),
        "HumanTaskUiName": row.name,
        "HumanTaskUiStatus": "Active",
        "CreationTime": _epoch(row.created_at),
        "UiTemplate": {"Url": f"urn:sha256:{digest}", "ContentSha256": digest},
    }


def list_human_task_uis(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """ListHumanTaskUis."""

    def summary(row: Any) -> dict[str, Any]:
        arn = review.arn("human-task-ui", row.name)
        return {"HumanTaskUiName": row.name, "HumanTaskUiArn": arn, "CreationTime": _epoch(row.created_at)}

    return _page(review, tables.task_uis, p, "HumanTaskUiSummaries", summary)


def delete_human_task_ui(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DeleteHumanTaskUi."""
    if not _delete(review, tables.task_uis, p["HumanTaskUiName"]):
        raise ApiError("ResourceNotFound", f"Human task UI {p['HumanTaskUiName']} does not exist")
    return {}


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
        if _find(review, table, name) is None:
            raise invalid(f"The {kind} {name} does not exist")
    if not p["OutputConfig"]["S3OutputPath"].startswith("s3://"):
        raise invalid("outputConfig.s3OutputPath must begin with s3:// here")
    wanted = ("HumanLoopConfig", "OutputConfig", "RoleArn")
    _insert(review, tables.flow_definitions, p["FlowDefinitionName"], {"document": {k: p[k] for k in wanted}})
    return {"FlowDefinitionArn": review.arn("flow-definition", p["FlowDefinitionName"])}


def describe_flow_definition(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DescribeFlowDefinition."""
    row = _need(review, tables.flow_definitions, p["FlowDefinitionName"], "flow definition")
    return {
        "FlowDefinitionArn": review.arn("flow-definition", row.name),
        "FlowDefinitionName": row.name,
        "FlowDefinitionStatus": "Active",
        "CreationTime": _epoch(row.created_at),
        **row.document,
    }


def list_flow_definitions(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """ListFlowDefinitions."""

    def summary(row: Any) -> dict[str, Any]:
        return {
            "FlowDefinitionName": row.name,
            "FlowDefinitionArn": review.arn("flow-definition", row.name),
            "FlowDefinitionStatus": "Active",
            "CreationTime": _epoch(row.created_at),
        }

    return _page(review, tables.flow_definitions, p, "FlowDefinitionSummaries", summary)


def delete_flow_definition(review: ReviewService, p: Parameters) -> dict[str, Any]:
    """DeleteFlowDefinition; refused while it has loops, which keep what they were started with."""
    name = p["FlowDefinitionName"]
    _need(review, tables.flow_definitions, name, "flow definition")
    running = sa.select(tables.human_loops.c.name).where(tables.human_loops.c.flow == name).limit(1)
    if review.database.read(lambda c: c.execute(running).first()):
        raise ApiError("ResourceInUse", f"Flow definition {name} has human loops; stop and delete them first")
    _delete(review, tables.flow_definitions, name)
    return {}


OPERATIONS: Mapping[str, Callable[[ReviewService, Parameters], dict[str, Any]]] = {
    "CreateWorkteam": create_workteam,
    "DescribeWorkteam": describe_workteam,
    "ListWorkteams": list_workteams,
    "DeleteWorkteam": delete_workteam,
    "CreateHumanTaskUi": create_human_task_ui,
    "DescribeHumanTaskUi": describe_human_task_ui,
    "ListHumanTaskUis": list_human_task_uis,
    "DeleteHumanTaskUi": delete_human_task_ui,
    "CreateFlowDefinition": create_flow_definition,
    "DescribeFlowDefinition": describe_flow_definition,
    "ListFlowDefinitions": list_flow_definitions,
    "DeleteFlowDefinition": delete_flow_definition,
}
"""The operations that are offered, by the name in ``X-Amz-Target``."""


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


def _workteam(review: ReviewService, row: Any) -> dict[str, Any]:
    arn = review.arn("workteam/private-crowd", row.name)
    return {"WorkteamName": row.name, "WorkteamArn": arn, "CreateDate": _epoch(row.created_at), **row.document}


def _epoch(time: datetime) -> float:
    return round(time.timestamp(), 3)


def _name_in(arn: str, prefix: str, member: str) -> str:
    if not arn.startswith(prefix):
        raise invalid(
            f"1 validation error detected: Value '{arn}' at '{member}' failed to satisfy constraint: "
            f"Member must begin with {prefix}"
        )
    return arn.removeprefix(prefix)


def _insert(review: ReviewService, table: sa.Table, name: str, values: Mapping[str, Any]) -> None:
    row = {"name": name, "created_at": review.clock(), **values}
    if not review.database.write(lambda c: c.execute(insert_or_nothing(c, table).values(row)).rowcount):
        raise ApiError("ResourceInUse", f"{name} exists already")


def _find(review: ReviewService, table: sa.Table, name: str) -> Any:
    return review.database.read(lambda c: c.execute(sa.select(table).where(table.c.name == name)).first())


def _need(review: ReviewService, table: sa.Table, name: str, kind: str) -> Any:
    row = _find(review, table, name)
    if row is None:
        raise ApiError("ResourceNotFound", f"The {kind} {name} does not exist")
    return row


def _delete(review: ReviewService, table: sa.Table, name: str) -> bool:
    return bool(review.database.write(lambda c: c.execute(sa.delete(table).where(table.c.name == name)).rowcount))


def _page(
    review: ReviewService, table: sa.Table, p: Parameters, key: str, summary: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    offset, size = read_token(p.get("NextToken")), int(p.get("MaxResults") or PAGE)
    order = table.c.created_at.asc() if p.get("SortOrder") == "Ascending" else table.c.created_at.desc()

    def work(c: Connection) -> list[Any]:
        return list(c.execute(sa.select(table).order_by(order, table.c.name).offset(offset).limit(size + 1)))

    rows = review.database.read(work)
    answer: dict[str, Any] = {key: [summary(row) for row in rows[:size]]}
    if len(rows) > size:
        answer["NextToken"] = make_token(offset + size)
    return answer
