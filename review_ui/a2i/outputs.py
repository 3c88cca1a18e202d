"""Outputs and events: ``output.json`` of a loop that is answered, and the status change event, each at least once.

A completed loop is marked first and its output written after, with the same bytes however often that is tried; the
event goes out last. So a kill between any two steps is mended by the sweep.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.core.errors import StoreUnavailable
from review_ui.a2i.loops import iso
from review_ui.a2i.service import ReviewService
from review_ui.a2i.settling import WAITING, settle_due
from review_ui.a2i.worker_ids import worker_id
from review_ui.tables import human_loops, tasks

logger = logging.getLogger(__name__)


def finish(review: ReviewService, name: str) -> None:
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
    if loop.status == "Completed" or (loop.status == "Stopped" and answered):
        review.blobs.put_uri(loop.output_uri, output_of(review, loop, answered), "application/json")
    if review.on_status_change is not None:
        review.on_status_change(event_of(review, loop))
    update = sa.update(human_loops).where(human_loops.c.name == name).values(event_pending=False)
    review.database.write(lambda c: c.execute(update))


def output_of(review: ReviewService, loop: Any, answered: list[Any]) -> bytes:
    """``output.json`` as A2I documents it for custom tasks."""
    answers = [
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
    document = {
        "flowDefinitionArn": review.arn("flow-definition", loop.flow),
        "humanAnswers": answers,
        "humanLoopName": loop.name,
        "inputContent": json.loads(loop.input_content),
    }
    # Half of a surrogate pair, which an input may hold, has no UTF-8; as a JSON escape it comes out as it went in.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def event_of(review: ReviewService, loop: Any) -> dict[str, Any]:
    """The event that Amazon EventBridge would carry."""
    arn = review.arn("human-loop", loop.name)
    return {
        "version": "0",
        "source": "aws.sagemaker",
        "detail-type": "SageMaker A2I HumanLoop Status Change",
        "account": arn.split(":")[4],
        "region": review.region,
        "time": iso(review.clock()),
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


def sweep(review: ReviewService) -> None:
    """Give back tasks whose time is up, fail loops that nobody answered in time, finish what was interrupted."""
    now = review.clock()

    def work(c: Connection) -> list[str]:
        settle_due(c, now)
        late = (tasks.c.state == "claimed") & (tasks.c.lease_until < now)
        stopping = sa.select(human_loops.c.name).where(human_loops.c.status == "Stopping")
        c.execute(sa.update(tasks).where(late).values(dict(WAITING)))
        left = (tasks.c.state == "waiting") & tasks.c.loop_name.in_(stopping)
        c.execute(sa.update(tasks).where(left).values(state="withdrawn"))
        still_open = sa.select(tasks.c.loop_name).where(tasks.c.state.in_(("claimed", "given")))
        stopped = (human_loops.c.status == "Stopping") & human_loops.c.name.not_in(still_open)
        c.execute(sa.update(human_loops).where(stopped).values(status="Stopped", event_pending=True))
        expired = (human_loops.c.status == "InProgress") & (human_loops.c.expires_at < now)
        names = [row.name for row in c.execute(sa.select(human_loops.c.name).where(expired).limit(500))]
        if names:
            reason = "The task availability lifetime passed before all answers were given"
            values = {"status": "Failed", "failure_code": "Expired", "failure_reason": reason, "event_pending": True}
            c.execute(sa.update(human_loops).where(human_loops.c.name.in_(names)).values(values))
            unanswered = tasks.c.loop_name.in_(names) & tasks.c.state.in_(("waiting", "claimed"))
            c.execute(sa.update(tasks).where(unanswered).values(state="withdrawn"))
        pending = sa.select(human_loops.c.name).where(human_loops.c.event_pending.is_(True)).limit(500)
        return [row.name for row in c.execute(pending)]

    for name in review.database.write(work):
        try:
            finish(review, name)
        except StoreUnavailable as error:
            logger.warning("loop=%s its output waits: %s", name, error)
        except Exception:
            # One loop's trouble is no other's; its event stays pending, and the next sweep tries again.
            logger.exception("loop=%s could not be finished", name)
