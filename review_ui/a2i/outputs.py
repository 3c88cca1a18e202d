"""Outputs and events: ``output.json`` of a loop that is answered, and the status change event, each at least once.

A completed loop is marked first and its output written after, with the same bytes however often that is tried; the
event goes out last. So a kill between any two steps is mended by the sweep.
"""

from __future__ import annotations

import json
import logging
import uuid
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.times import iso
from ground.errors import StoreUnavailable
from ground.failpoints import failpoint
from review_ui.a2i.service import A2IService
from review_ui.a2i.settling import HANDS, WAITING, delete_finished, ended, settle_due
from review_ui.a2i.tables import flow_definitions, human_loops, tasks
from review_ui.a2i.worker_ids import worker_id

logger = logging.getLogger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)
_EVENTS = uuid.uuid5(uuid.NAMESPACE_URL, "https://aws.amazon.com/augmented-ai/status-change")


def finish(review: A2IService, name: str) -> None:
    """Write the output of an ended loop if it has answers, and tell whoever wants to know. May run again.

    Raises:
        StoreUnavailable: the output was not written; the sweep tries again.
    """

    def work(c: Connection) -> tuple[Any, list[Any]]:
        loop = c.execute(sa.select(human_loops).where(human_loops.c.name == name)).first()
        answered = (tasks.c.loop_name == name) & (tasks.c.state == "answered")
        return loop, list(c.execute(sa.select(tasks).where(answered).order_by(tasks.c.submitted_at, tasks.c.id)))

    loop, answered = review.database.read(work)
    if loop is None or not loop.event_pending:
        return
    update = sa.update(human_loops).where(human_loops.c.name == name)
    try:
        if not loop.is_written and (loop.status == "Completed" or (loop.status == "Stopped" and answered)):
            is_of_a2i = loop.data_object is None
            body = output_of(review, loop, answered) if is_of_a2i else response_of(answered)
            review.blobs.put_uri(loop.output_uri, body, "application/json")
            review.database.write(lambda c: c.execute(update.values(is_written=True)), step="a2i.note_output")
        if review.on_status_change is not None and loop.data_object is None:
            with failpoint("a2i.tell"):
                review.on_status_change(event_of(review, loop))
    except Exception:
        # Again in a second, then after twice as long each time, up to a minute.
        now = review.clock()
        waited = now - (loop.ended_at or now)
        later = now + min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)
        review.database.write(lambda c: c.execute(update.values(tell_after=later)), step="a2i.put_event_off")
        raise
    review.database.write(lambda c: c.execute(update.values(event_pending=False)), step="a2i.note_event")


def output_of(review: A2IService, loop: Any, answered: list[Any]) -> bytes:
    """``output.json`` as A2I documents it; that of a built-in task type names the type, too."""
    flow = sa.select(flow_definitions.c.document).where(flow_definitions.c.name == loop.flow)
    managed = review.database.read(lambda c: c.execute(flow).scalar_one()).get("HumanLoopRequestSource", {})
    source = managed.get("AwsManagedHumanLoopRequestSource")
    document: dict[str, Any] = {
        "flowDefinitionArn": review.arn("flow-definition", loop.flow),
        "humanAnswers": _answers_of(answered),
        "humanLoopName": loop.name,
        "inputContent": json.loads(loop.input_content),
    }
    if source:
        document["awsManagedHumanLoopRequestSource"] = source
    return _as_bytes(document)


def response_of(answered: list[Any]) -> bytes:
    """What people answered about an object of a labelling job, as Ground Truth keeps it beside its output."""
    return _as_bytes({"answers": _answers_of(answered)})


def _answers_of(answered: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "acceptanceTime": iso(task.accepted_at),
            "submissionTime": iso(task.submitted_at),
            "timeSpentInSeconds": round(task.seconds, 3),
            "workerId": worker_id(task.user_id),
            "workerMetadata": {
                "identityData": {"identityProviderType": "Oidc", "issuer": "moderation", "sub": task.user_id}
            },
            "answerContent": task.answer,
        }
        for task in answered
    ]


def _as_bytes(document: dict[str, Any]) -> bytes:
    # Half of a surrogate pair, which an input may hold, has no UTF-8; as a JSON escape it comes out as it went in.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def event_of(review: A2IService, loop: Any) -> dict[str, Any]:
    """The event that Amazon EventBridge would carry."""
    arn = review.arn("human-loop", loop.name)
    return {
        "version": "0",
        # The same however often it is told, so that who gets it twice can tell.
        "id": str(uuid.uuid5(_EVENTS, f"{arn} {loop.status} {iso(loop.created_at)}")),
        "source": "aws.sagemaker",
        "detail-type": "SageMaker A2I HumanLoop Status Change",
        "account": arn.split(":")[4],
        "region": review.region,
        "time": iso(loop.ended_at or review.clock()),
        "resources": [arn],
        "detail": {
            "creationTime": iso(loop.created_at),
            "failureCode": loop.failure_code,
            "failureReason": loop.failure_reason,
            "flowDefinitionArn": review.arn("flow-definition", loop.flow),
            "humanLoopArn": arn,
            "humanLoopName": loop.name,
            "humanLoopOutput": {"outputS3Uri": loop.output_uri},
            "humanLoopStatus": loop.status,
        },
    }


def sweep(review: A2IService) -> None:
    """Give back tasks whose time is up, fail loops that nobody answered in time, finish what was interrupted."""
    now, was_deleted = review.clock(), False

    def work(c: Connection) -> list[str]:
        settle_due(c, now)
        stopping = sa.select(human_loops.c.name).where(human_loops.c.status == "Stopping")
        HANDS.expire(c, tasks.c.state == "claimed", now, **WAITING)
        left = (tasks.c.state == "waiting") & tasks.c.loop_name.in_(stopping)
        c.execute(sa.update(tasks).where(left).values(state="withdrawn"))
        still_open = sa.select(tasks.c.loop_name).where(tasks.c.state.in_(("claimed", "given")))
        stopped = (human_loops.c.status == "Stopping") & human_loops.c.name.not_in(still_open)
        c.execute(sa.update(human_loops).where(stopped).values(ended("Stopped", now)))
        expired = (human_loops.c.status == "InProgress") & (human_loops.c.expires_at < now)
        names = [row.name for row in c.execute(sa.select(human_loops.c.name).where(expired).limit(500))]
        if names:
            reason = "The task availability lifetime passed before all answers were given"
            values = {**ended("Failed", now), "failure_code": "Expired", "failure_reason": reason}
            c.execute(sa.update(human_loops).where(human_loops.c.name.in_(names)).values(values))
            unanswered = tasks.c.loop_name.in_(names) & tasks.c.state.in_(("waiting", "claimed"))
            c.execute(sa.update(tasks).where(unanswered).values(state="withdrawn"))
        nonlocal was_deleted
        was_deleted = delete_finished(c)
        for also in review.sweeps:
            also(c)
        due = human_loops.c.tell_after.is_(None) | (human_loops.c.tell_after <= now)
        pending = sa.select(human_loops.c.name).where(human_loops.c.event_pending.is_(True), due).limit(500)
        return [row.name for row in c.execute(pending)]

    for name in review.database.write(work, step="a2i.sweep"):
        try:
            finish(review, name)
        except StoreUnavailable as error:
            logger.warning("loop=%s its output waits: %s", name, error)
        except Exception:
            # One loop's trouble is no other's; its event stays pending, and the next sweep tries again.
            logger.exception("loop=%s could not be finished", name)
    if was_deleted:
        review.database.owe_empty_journal()
    try:
        review.database.empty_owed_journal()
    except StoreUnavailable as error:
        logger.warning("what was deleted is still in the journal: %s", error)
