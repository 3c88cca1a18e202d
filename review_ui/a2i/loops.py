"""A2I's runtime: start, describe, list, stop and delete human loops."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.database import insert_or_nothing
from review_ui.a2i.errors import ApiError, invalid
from review_ui.a2i.resources import make_token, read_token
from review_ui.a2i.service import ReviewService
from review_ui.tables import flow_definitions, human_loops, not_for, tasks

ENDED = ("Completed", "Failed", "Stopped")
DEFAULT_AVAILABILITY_SECONDS = 30 * 86_400
DEFAULT_TASK_SECONDS = 3600
PAGE = 10
MOST_EXCLUDED = 100


def start(review: ReviewService, p: Mapping[str, Any]) -> dict[str, Any]:
    """StartHumanLoop. The same name with the same input answers the loop there is; other input is a conflict."""
    flow = str(p["FlowDefinitionArn"]).rpartition("/")[2]
    name: str = p["HumanLoopName"]
    content: str = p["HumanLoopInput"]["InputContent"]
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise invalid("InputContent is not JSON") from error
    if not isinstance(parsed, dict):
        raise invalid("InputContent is not a JSON object")
    digest = hashlib.sha256(f"{flow}\n{content}".encode()).hexdigest()
    now = review.clock()

    def work(c: Connection) -> str:
        row = c.execute(sa.select(flow_definitions).where(flow_definitions.c.name == flow)).first()
        if row is None or review.arn("flow-definition", flow) != p["FlowDefinitionArn"]:
            raise ApiError(
                "ResourceNotFoundException", f"The flow definition {p['FlowDefinitionArn']} does not exist", 404
            )
        config = row.document["HumanLoopConfig"]
        lifetime = config.get("TaskAvailabilityLifetimeInSeconds", DEFAULT_AVAILABILITY_SECONDS)
        output = row.document["OutputConfig"]["S3OutputPath"].rstrip("/")
        loop = {
            "name": name,
            "flow": flow,
            "status": "InProgress",
            "input_content": content,
            "input_sha256": digest,
            "output_uri": f"{output}/{flow}/{now:%Y/%m/%d/%H/%M/%S}/{name}/output.json",
            "created_at": now,
            "expires_at": now + timedelta(seconds=lifetime),
            "event_pending": False,
        }
        if not c.execute(insert_or_nothing(c, human_loops).values(loop)).rowcount:
            there = c.execute(sa.select(human_loops.c.input_sha256).where(human_loops.c.name == name)).scalar_one()
            if there != digest:
                raise ApiError("ConflictException", f"A human loop named {name} exists with other input", 409)
            return name
        for worker in _not_for(parsed):
            c.execute(insert_or_nothing(c, not_for).values(loop_name=name, worker_id=worker))
        for _ in range(config["TaskCount"]):
            task = {"id": str(uuid.uuid4()), "loop_name": name, "flow": flow, "state": "waiting", "created_at": now}
            c.execute(sa.insert(tasks).values(task))
        return name

    return {"HumanLoopArn": review.arn("human-loop", review.database.write(work))}


def _not_for(content: Mapping[str, Any]) -> list[str]:
    """Worker ids, as outputs have them, that an input names under ``not_for``: they have seen the content before."""
    named = content.get("not_for")
    if not isinstance(named, list):
        return []
    return sorted({each for each in named if isinstance(each, str) and 0 < len(each) <= 16})[:MOST_EXCLUDED]


def describe(review: ReviewService, p: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeHumanLoop. The output's place is given from the start; the object is there when the loop is completed."""
    row = _need(review, p["HumanLoopName"])
    answer = _summary(review, row)
    answer |= {
        "HumanLoopArn": review.arn("human-loop", row.name),
        "HumanLoopOutput": {"OutputS3Uri": row.output_uri},
    }
    if row.failure_code:
        answer["FailureCode"] = row.failure_code
    return answer


def list_loops(review: ReviewService, p: Mapping[str, Any]) -> dict[str, Any]:
    """ListHumanLoops of one flow definition, newest first unless asked otherwise."""
    flow = p["FlowDefinitionArn"].rpartition("/")[2]
    offset, size = read_token(p.get("NextToken")), int(p.get("MaxResults") or PAGE)
    newest_first = p.get("SortOrder") != "Ascending"
    order = human_loops.c.created_at.desc() if newest_first else human_loops.c.created_at.asc()
    query = sa.select(human_loops).where(human_loops.c.flow == flow).order_by(order, human_loops.c.name)
    if p.get("CreationTimeAfter") is not None:
        query = query.where(human_loops.c.created_at > _time(p["CreationTimeAfter"]))
    if p.get("CreationTimeBefore") is not None:
        query = query.where(human_loops.c.created_at < _time(p["CreationTimeBefore"]))

    def work(c: Connection) -> list[Any]:
        if not c.execute(sa.select(flow_definitions.c.name).where(flow_definitions.c.name == flow)).first():
            raise ApiError(
                "ResourceNotFoundException", f"The flow definition {p['FlowDefinitionArn']} does not exist", 404
            )
        return list(c.execute(query.offset(offset).limit(size + 1)))

    rows = review.database.read(work)
    answer: dict[str, Any] = {"HumanLoopSummaries": [_summary(review, row) for row in rows[:size]]}
    if len(rows) > size:
        answer["NextToken"] = make_token(offset + size)
    return answer


def stop(review: ReviewService, p: Mapping[str, Any]) -> dict[str, Any]:
    """StopHumanLoop. Untouched tasks are withdrawn; one that is open stays workable until done or its time is up."""
    name = p["HumanLoopName"]
    _need(review, name)

    def work(c: Connection) -> None:
        row = c.execute(sa.select(human_loops).where(human_loops.c.name == name)).one()
        if row.status != "InProgress":
            return
        of_loop = tasks.c.loop_name == name
        c.execute(sa.update(tasks).where(of_loop, tasks.c.state == "waiting").values(state="withdrawn"))
        is_open = c.execute(sa.select(tasks.c.id).where(of_loop, tasks.c.state.in_(("claimed", "given")))).first() is not None
        values = {"status": "Stopping"} if is_open else {"status": "Stopped", "event_pending": True}
        c.execute(sa.update(human_loops).where(human_loops.c.name == name).values(values))

    review.database.write(work)
    return {}


def delete(review: ReviewService, p: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteHumanLoop; only of one that has ended. Its output stays."""
    row = _need(review, p["HumanLoopName"])
    if row.status not in ENDED:
        raise invalid(f"Human loop {row.name} is {row.status}; stop it first")

    def work(c: Connection) -> None:
        c.execute(sa.delete(tasks).where(tasks.c.loop_name == row.name))
        c.execute(sa.delete(not_for).where(not_for.c.loop_name == row.name))
        c.execute(sa.delete(human_loops).where(human_loops.c.name == row.name))

    review.database.write(work)
    return {}


def iso(time: datetime) -> str:
    """A time as A2I writes it: UTC with milliseconds and ``Z``."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _need(review: ReviewService, name: str) -> Any:
    row = review.database.read(lambda c: c.execute(sa.select(human_loops).where(human_loops.c.name == name)).first())
    if row is None:
        raise ApiError("ResourceNotFoundException", f"Could not find human loop {name}", 404)
    return row


def _summary(review: ReviewService, row: Any) -> dict[str, Any]:
    summary = {
        "HumanLoopName": row.name,
        "HumanLoopStatus": row.status,
        "CreationTime": iso(row.created_at),
        "FlowDefinitionArn": review.arn("flow-definition", row.flow),
    }
    return summary | ({"FailureReason": row.failure_reason} if row.failure_reason else {})


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"'{text[:40]}' is not a time") from error
    if time.tzinfo is None:
        raise invalid(f"'{text[:40]}' has no zone")
    return time
