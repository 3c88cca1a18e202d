"""A2I's runtime: start, describe, list, stop and delete human loops."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.errors import ApiError, invalid
from ground.awswire.paging import read_page
from ground.awswire.strict_json import read_object
from ground.awswire.times import iso, read_iso
from ground.database import insert_or_nothing
from review_ui.a2i.activation import LoopActivation, evaluate, read_conditions
from review_ui.a2i.flows import CHECKS, TEXTRACT, is_of_a2i, is_there
from review_ui.a2i.forms import pairs_in, shown
from review_ui.a2i.owners import OPERATOR, Caller, Granting
from review_ui.a2i.resources import FLOW
from review_ui.a2i.service import A2IService, NewLoop
from review_ui.a2i.settling import delete_finished, ended
from review_ui.a2i.tables import flow_definitions, human_loops, not_for, task_uis, tasks
from review_ui.a2i.templates import REFUSED, render

ENDED = ("Completed", "Failed", "Stopped")
STATUSES = ("InProgress", "Stopping", *ENDED)
DEFAULT_AVAILABILITY_SECONDS = 30 * 86_400
DEFAULT_TASK_SECONDS = 3600
PAGE = 10
MOST_EXCLUDED = 100
FIRST = 5
"""Priority of the tasks of a loop whose input says ``comes_first``; an operator's alone, because apps share queues."""


def start(
    review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR, activation: LoopActivation | None = None
) -> dict[str, Any]:
    """StartHumanLoop. The same name with the same input answers the loop there is; other input is a conflict.

    Of the runtime's operations only this one has no ResourceNotFoundException in its model: a flow definition that is
    not there is a ValidationException.

    Of a flow for Rekognition's labels a loop starts only when an activation condition is true; the answer has no ARN
    when none is, as Rekognition's own answer has none.

    What people are shown of objects is what the caller may read itself: a template that grants more is refused.

    Args:
        activation: what a flow for Rekognition's labels comes to, where that is known; None to find out.
    """
    flow = str(p["FlowDefinitionArn"]).rpartition("/")[2]
    name: str = p["HumanLoopName"]
    given: str = p["HumanLoopInput"]["InputContent"]
    try:
        parsed = read_object(given)
    except ValueError as error:
        raise invalid(f"InputContent is not a JSON object: {error}"[:200]) from error
    digest = hashlib.sha256(f"{flow}\n{given}".encode()).hexdigest()
    now = review.clock()
    failure = _render_failure(review, p["FlowDefinitionArn"], parsed, caller)

    def work(c: Connection) -> str | None:
        row = c.execute(flow_in_use(c, review, p["FlowDefinitionArn"], caller)).first()
        if row is None:
            raise invalid(f"Could not find flow definition {p['FlowDefinitionArn'][:300]}")
        config = row.document["HumanLoopConfig"]
        content = _of_built_in(row.document, parsed, activation)
        if content is None:
            return None
        lifetime = config.get("TaskAvailabilityLifetimeInSeconds", DEFAULT_AVAILABILITY_SECONDS)
        output = row.document["OutputConfig"]["S3OutputPath"].rstrip("/")
        loop = {
            "name": name,
            "flow": flow,
            "status": "InProgress",
            "input_content": content or given,
            "input_sha256": digest,
            "output_uri": f"{output}/{flow}/{now:%Y/%m/%d/%H/%M/%S}/{name}/output.json",
            "created_at": now,
            "expires_at": now + timedelta(seconds=lifetime),
            "event_pending": False,
            "app": caller.app,
        }
        if failure:
            loop |= {**ended("Failed", now), "failure_code": "ValidationError", "failure_reason": failure}
        if not c.execute(insert_or_nothing(c, human_loops).values(loop)).rowcount:
            there = c.execute(sa.select(human_loops).where(human_loops.c.name == name)).first()
            if there is None or there.input_sha256 != digest or there.is_deleted or there.app != caller.app:
                raise ApiError("ConflictException", f"A human loop named {name} exists with other input", 409)
            return name
        if failure:
            return name
        _keep_within(c, review)
        for worker in _not_for(parsed):
            c.execute(insert_or_nothing(c, not_for).values(loop_name=name, worker_id=worker))
        due_at, priority = _decide_by(parsed), FIRST if caller.app is None and parsed.get("comes_first") is True else 0
        review.on_loop_started(c, NewLoop(name, json.loads(content) if content else parsed, caller.app))
        for _ in range(config["TaskCount"]):
            task = {"id": str(uuid.uuid4()), "loop_name": name, "flow": flow, "state": "waiting", "created_at": now}
            c.execute(sa.insert(tasks).values({**task, "due_at": due_at, "priority": priority}))
        return name

    started = review.database.write(work, step="a2i.start_loop")
    return {"HumanLoopArn": review.arn("human-loop", started)} if started is not None else {}


def _keep_within(c: Connection, review: A2IService) -> None:
    """Refuse the loop just added when there are more than are allowed; the transaction is rolled back."""
    if not review.most_loops:
        return
    active = sa.select(sa.func.count()).where(human_loops.c.status.in_(("InProgress", "Stopping")))
    active = active.where(human_loops.c.data_object.is_(None))
    if c.execute(active).scalar_one() > review.most_loops:
        message = f"You have reached the limit of {review.most_loops:,} human loops in progress"
        raise ApiError("ServiceQuotaExceededException", message, 402)


def _render_failure(review: A2IService, flow_arn: str, content: Mapping[str, Any], caller: Caller) -> str:
    """Why no page can be made of this input, in A2I's words; empty when one can.

    What else is wrong with a template, its author is told by RenderUiTemplate, and whoever gets the task.

    Raises:
        ApiError: the page would show people an object that the caller may not read itself. It is drawn under the same
            rule; here the one who asks is told.
    """

    def work(c: Connection) -> str | None:
        flow = c.execute(flow_in_use(c, review, flow_arn, caller)).first()
        named = str(flow.document["HumanLoopConfig"].get("HumanTaskUiArn", "")) if flow is not None else ""
        return c.execute(sa.select(task_uis.c.content).where(task_uis.c.name == named.rpartition("/")[2])).scalar()

    template = review.database.read(work) or ""
    if "grant_read_access" not in template:
        return ""
    granting = Granting(review.objects, caller.app, lambda bucket, key: f"s3://{bucket}/{key}")
    done = render(template, _as_shown(content), granting)
    if granting.refused:
        raise invalid(f"The template grants read access to {granting.refused[0][:300]}, which this key may not read")
    faults = [each for each in done.faults if each.code == REFUSED]
    return f"Task failed to render: [ {faults[0].code}: '{faults[0].message}' ]."[:1024] if faults else ""


def _as_shown(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """An input as a template sees it, that of a built-in task type with its names as A2I writes them, too."""
    given = {key: camel(content[key]) for key in ("aiServiceRequest", "aiServiceResponse") if key in content}
    answer = given.get("aiServiceResponse")
    return {**content, **given} | ({"selectedAiServiceResponse": answer} if answer is not None else {})


def _of_built_in(flow: Mapping[str, Any], given: Mapping[str, Any], activation: LoopActivation | None) -> str | None:
    """The content of a loop of a built-in task type; empty for a custom one, None when no condition asks for people.

    The input has what the AI service was asked and what it answered, ``aiServiceRequest`` and ``aiServiceResponse``,
    with names as the service's API or as A2I's templates write them.
    """
    source = flow.get("HumanLoopRequestSource", {}).get("AwsManagedHumanLoopRequestSource")
    if source is None:
        return ""
    request, answer = (camel(given.get(key)) for key in ("aiServiceRequest", "aiServiceResponse"))
    name, service = ("blocks", "Textract") if source == TEXTRACT else ("moderationLabels", "Rekognition")
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(request, dict) or not isinstance(found, list) or not all(isinstance(x, dict) for x in found):
        raise invalid(f"A flow for {service} takes aiServiceRequest and aiServiceResponse with its {name}")
    config, checks = flow.get("HumanLoopActivationConfig"), CHECKS[source]
    nodes = None
    if config is not None:
        text = config["HumanLoopActivationConditionsConfig"]["HumanLoopActivationConditions"]
        nodes = read_conditions(text, checks)
    if source == TEXTRACT:
        activation = evaluate(nodes, request, pairs_in(found), checks)
        blocks, keys = shown(found, activation)
        selected: dict[str, Any] = {"blocks": blocks}
        context = {"humanLoopContext": {"importantFormKeys": keys}}
    else:
        activation = activation or evaluate(nodes, request, found, checks)
        selected, context = {**answer, name: activation.selected}, {}
    if not activation.is_active:
        return None
    content = {
        "aiServiceRequest": request,
        "aiServiceResponse": answer,
        "selectedAiServiceResponse": selected,
        "humanTaskActivationConditionResults": activation.results,
        **context,
    }
    return json.dumps(content)


def camel(value: Any) -> Any:
    """The same document with names that begin with a small letter."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel(inner) for key, inner in value.items()}
    return [camel(inner) for inner in value] if isinstance(value, list) else value


def _not_for(content: Mapping[str, Any]) -> list[str]:
    """Worker ids, as outputs have them, that an input names under ``not_for``: they have seen the content before."""
    named = content.get("not_for")
    if not isinstance(named, list):
        return []
    return sorted({each for each in named if isinstance(each, str) and 0 < len(each) <= 16})[:MOST_EXCLUDED]


def _decide_by(content: Mapping[str, Any]) -> datetime | None:
    """Until when an input says under ``decide_by`` that it is to be answered: a time of RFC 3339, with its zone.

    None for anything else: inputs are other programs' own, and what they mean by that name is theirs.
    """
    named = content.get("decide_by")
    try:
        at = datetime.fromisoformat(named) if isinstance(named, str) else None
        return None if at is None or at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def describe(review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR) -> dict[str, Any]:
    """DescribeHumanLoop. The output's place is given from the start; the object is there when the loop is completed."""
    row = _need(review, p["HumanLoopName"], caller)
    answer = _summary(review, row)
    answer |= {
        "HumanLoopArn": review.arn("human-loop", row.name),
        "HumanLoopOutput": {"OutputS3Uri": row.output_uri},
    }
    if row.failure_code:
        answer["FailureCode"] = row.failure_code
    return answer


def list_loops(review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR) -> dict[str, Any]:
    """ListHumanLoops of one flow definition, newest first unless asked otherwise."""
    flow = p["FlowDefinitionArn"].rpartition("/")[2]
    query = sa.select(human_loops).where(human_loops.c.flow == flow, _is_shown(), caller.owns(human_loops))
    if p.get("CreationTimeAfter") is not None:
        query = query.where(human_loops.c.created_at > read_iso(p["CreationTimeAfter"]))
    if p.get("CreationTimeBefore") is not None:
        query = query.where(human_loops.c.created_at < read_iso(p["CreationTimeBefore"]))

    def work(c: Connection) -> tuple[Sequence[Any], str | None]:
        usable = caller.may_use(c, flow_definitions, review.arn(FLOW, ""))
        there = (flow_definitions.c.name == flow) & is_there() & is_of_a2i()
        flow_row = sa.select(flow_definitions.c.name).where(there, usable)
        if review.arn(FLOW, flow) != p["FlowDefinitionArn"] or not c.execute(flow_row).first():
            raise _no_flow(p["FlowDefinitionArn"])
        return read_page(
            c,
            query,
            human_loops.c.created_at,
            human_loops.c.name,
            ascending=p.get("SortOrder") == "Ascending",
            token=p.get("NextToken"),
            size=int(p.get("MaxResults") or PAGE),
        )

    rows, token = review.database.read(work)
    return {"HumanLoopSummaries": [_summary(review, row) for row in rows]} | ({"NextToken": token} if token else {})


def flow_in_use(c: Connection, review: A2IService, arn: str, caller: Caller) -> sa.Select[Any]:
    """Finds the flow definition; nothing for an ARN of another account or Region, or of what is not the caller's."""
    name = arn.rpartition("/")[2]
    there = (flow_definitions.c.name == name) & flow_definitions.c.deleting_at.is_(None)
    there &= caller.may_use(c, flow_definitions, review.arn(FLOW, "")) & is_of_a2i()
    is_ours = review.arn(FLOW, name) == arn
    return sa.select(flow_definitions).where(there if is_ours else sa.false())


def _no_flow(arn: str) -> ApiError:
    return ApiError("ResourceNotFoundException", f"The flow definition {arn} does not exist", 404)


def stop(review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR) -> dict[str, Any]:
    """StopHumanLoop. Untouched tasks are withdrawn; one that is open stays workable until done or its time is up."""
    name, now = p["HumanLoopName"], review.clock()
    _need(review, name, caller)

    def work(c: Connection) -> None:
        row = c.execute(sa.select(human_loops).where(human_loops.c.name == name).with_for_update()).first()
        if row is None or row.status != "InProgress":
            return
        of_loop = tasks.c.loop_name == name
        c.execute(sa.update(tasks).where(of_loop, tasks.c.state == "waiting").values(state="withdrawn"))
        is_open = (
            c.execute(sa.select(tasks.c.id).where(of_loop, tasks.c.state.in_(("claimed", "given")))).first() is not None
        )
        values = {"status": "Stopping"} if is_open else ended("Stopped", now)
        c.execute(sa.update(human_loops).where(human_loops.c.name == name).values(values))

    review.database.write(work, step="a2i.stop_loop")
    return {}


def delete(review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR) -> dict[str, Any]:
    """DeleteHumanLoop; only of one that has ended. Its output stays."""
    row = _need(review, p["HumanLoopName"], caller)
    if row.status not in ENDED:
        raise invalid(f"Human loop {row.name} is {row.status}; stop it first")

    def work(c: Connection) -> None:
        # While its output or its event waits it is only hidden; the sweep deletes it after.
        hidden = sa.update(human_loops).where(human_loops.c.name == row.name).values(is_deleted=True)
        c.execute(hidden)
        delete_finished(c)

    review.database.write(work, step="a2i.delete_loop")
    review.database.owe_empty_journal()  # by the next sweep, which deletes what else there is of the loop
    return {}


def _is_shown() -> sa.ColumnElement[bool]:
    """True of the loops that A2I's operations speak of: none deleted, of a labelling job, or in a state A2I lacks."""
    is_there = human_loops.c.is_deleted.is_(False) & human_loops.c.data_object.is_(None)
    return is_there & human_loops.c.status.in_(STATUSES)


def _need(review: A2IService, name: str, caller: Caller) -> Any:
    there = (human_loops.c.name == name) & _is_shown() & caller.owns(human_loops)
    row = review.database.read(lambda c: c.execute(sa.select(human_loops).where(there)).first())
    if row is None:
        raise ApiError("ResourceNotFoundException", f"Could not find human loop {name}", 404)
    return row


def _summary(review: A2IService, row: Any) -> dict[str, Any]:
    # Whoever reads that it is completed finds the output.
    is_written = row.is_written or not row.event_pending
    summary = {
        "HumanLoopName": row.name,
        "HumanLoopStatus": "InProgress" if row.status == "Completed" and not is_written else row.status,
        "CreationTime": iso(row.created_at),
        "FlowDefinitionArn": review.arn(FLOW, row.flow),
    }
    return summary | ({"FailureReason": row.failure_reason} if row.failure_reason else {})
