"""What carries labelling jobs on: a job's files are read, loops are opened for its objects, labels made and written.

Each step is one transaction that looks again at what it changes, so that a kill between two of them, or two processes
at once, have one effect. The output is written before the job is completed, with the same lines however often.
"""

from __future__ import annotations

import json
import logging
import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.blobs import split_uri
from ground.errors import InputError, MediaRefused, NotFound, StoreUnavailable
from review_ui.a2i.labelling.answers import Answered, read_answer
from review_ui.a2i.labelling.jobs import RUNNING, output_folder, output_manifest, page_name, type_of, withdraw
from review_ui.a2i.labelling.manifest import MOST_MANIFEST_BYTES, DataObject, read_labels, read_manifest
from review_ui.a2i.labelling.output import consolidate, failed_line, line_of
from review_ui.a2i.labelling.task_types import Kind, built_in_page
from review_ui.a2i.service import A2IService, NewLoop
from review_ui.a2i.tables import flow_definitions, human_loops, labelling_jobs, labelling_objects, task_uis, tasks
from review_ui.a2i.template_needs import has_form, unknown_elements
from review_ui.a2i.templates import MAX_TEMPLATE_CHARACTERS
from review_ui.a2i.worker_ids import worker_id

logger = logging.getLogger(__name__)

BATCH = 100
"""Loops of one transaction, so that no reviewer waits long for it."""
MOST_OPEN = 1_000
"""Objects that people have at once where a job does not say it (MaxConcurrentTaskCount)."""
AVAILABLE_SECONDS = 864_000
"""How long an object waits for all its answers where a job does not say it: ten days, as on AWS."""
ENDED = ("Completed", "Failed", "Stopped")


def advance_jobs(review: A2IService) -> None:
    """Carry each job on by a step or several. One job's trouble is no other's."""
    query = sa.select(labelling_jobs).where(labelling_jobs.c.status.in_(RUNNING)).order_by(labelling_jobs.c.created_at)
    for job in review.database.read(lambda c: list(c.execute(query))):
        try:
            _advance(review, job)
        except StoreUnavailable as error:
            logger.warning("labelling job=%s waits: %s", job.name, error)
        except Exception:
            logger.exception("labelling job=%s could not be carried on; the next round tries again", job.name)


def _advance(review: A2IService, job: Any) -> None:
    if job.status == "Initializing":
        try:
            _begin(review, job)
        except (InputError, NotFound, MediaRefused) as error:
            _end(review, job, "Failed", str(error))
            return
        this = sa.select(labelling_jobs).where(labelling_jobs.c.name == job.name)
        job = review.database.read(lambda c: c.execute(this).one())
    if job.labels is None:  # stopped before it began
        _end(review, job, "Stopped")
        return
    review.database.write(lambda c: _collect(c, job), step="labelling.collect")
    if job.status == "InProgress":
        while review.database.write(lambda c: _open_some(c, review, job), step="labelling.open"):
            pass
    if not review.database.read(lambda c: _has(c, job, "open")):
        _write_output(review, job)
        _end(review, job, "Stopped" if job.status == "Stopping" else "Completed")


def _begin(review: A2IService, job: Any) -> None:
    """Read what the job names. Raises `InputError`, `NotFound` or `MediaRefused`: it cannot be done."""
    task_type, document = type_of(job.document), job.document
    labels = read_labels(_read(review, document["LabelCategoryConfigS3Uri"], MAX_TEMPLATE_CHARACTERS))
    manifest = document["InputConfig"]["DataSource"]["S3DataSource"]["ManifestS3Uri"]
    objects = read_manifest(_read(review, manifest, MOST_MANIFEST_BYTES), task_type.source)
    if task_type.source == "source-ref":
        for each in objects:
            if not review.objects.may_read(job.app, *split_uri(each.value)):
                raise InputError(f"line {each.number} of the manifest: {each.value[:300]} is not this job's to read")
    page = built_in_page(task_type)
    if template := document["HumanTaskConfig"]["UiConfig"].get("UiTemplateS3Uri"):
        try:
            page = _read(review, template, MAX_TEMPLATE_CHARACTERS).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError("the template is no UTF-8 text") from error
        if unknown := unknown_elements(page):
            raise InputError(f"the template has elements that are not offered here: {', '.join(unknown)}")
        if not has_form(page):
            raise InputError("the template has no crowd-form: nobody could answer it")
    review.database.write(lambda c: _begun(c, review, job, labels, objects, page), step="labelling.begin")


def _read(review: A2IService, uri: str, most_bytes: int) -> bytes:
    return review.blobs.get(uri, most_bytes)


def _begun(
    c: Connection, review: A2IService, job: Any, labels: Sequence[str], objects: Sequence[DataObject], page: str
) -> None:
    this = (labelling_jobs.c.name == job.name) & (labelling_jobs.c.status == "Initializing")
    begun = {"status": "InProgress", "labels": list(labels), "modified_at": review.clock()}
    if not c.execute(sa.update(labelling_jobs).where(this).values(begun)).rowcount:
        return
    c.execute(
        sa.insert(task_uis).values(name=page_name(job.reference), content=page, created_at=review.clock(), app=job.app)
    )
    rows = [{"job": job.name, "number": each.number, "line": each.line, "state": "waiting"} for each in objects]
    c.execute(sa.insert(labelling_objects), rows)


def _collect(c: Connection, job: Any) -> None:
    """Note of which objects the loops have ended."""
    mine = labelling_objects.c.job == job.name
    ended = sa.select(human_loops.c.data_object, human_loops.c.status, human_loops.c.failure_reason)
    ended = ended.join(labelling_objects, mine & (labelling_objects.c.number == human_loops.c.data_object))
    ended = ended.where(human_loops.c.flow == job.name, labelling_objects.c.state == "open")
    for number, status, reason in c.execute(ended.where(human_loops.c.status.in_(ENDED))).all():
        this = mine & (labelling_objects.c.number == number) & (labelling_objects.c.state == "open")
        state = {"Completed": "labelled", "Failed": "failed"}.get(status, "waiting")
        c.execute(sa.update(labelling_objects).where(this).values(state=state, reason=(reason or "")[:200] or None))


def _open_some(c: Connection, review: A2IService, job: Any) -> int:
    """Open loops for some objects that wait; says how many."""
    is_on = (labelling_jobs.c.name == job.name) & (labelling_jobs.c.status == "InProgress")
    if c.execute(sa.select(labelling_jobs.c.name).where(is_on).with_for_update()).first() is None:
        return 0
    states = sa.select(labelling_objects.c.state, sa.func.count()).where(labelling_objects.c.job == job.name)
    counts: dict[str, int] = {row[0]: row[1] for row in c.execute(states.group_by(labelling_objects.c.state))}
    human = job.document["HumanTaskConfig"]
    room: int = min(
        human.get("MaxConcurrentTaskCount", MOST_OPEN) - counts.get("open", 0),
        _wanted(job.document, sum(counts.values())) - counts.get("labelled", 0) - counts.get("open", 0),
        BATCH,
    )
    if room <= 0:
        return 0
    waiting = (labelling_objects.c.job == job.name) & (labelling_objects.c.state == "waiting")
    query = sa.select(labelling_objects).where(waiting).order_by(labelling_objects.c.number).limit(room)
    rows = c.execute(query).all()
    for row in rows:
        _open(c, review, job, row)
    return len(rows)


def _wanted(document: Mapping[str, Any], count: int) -> int:
    """How many objects are to be labelled before the job's stopping conditions end it."""
    limits = document.get("StoppingConditions") or {}
    share = limits.get("MaxPercentageOfInputDatasetLabeled", 100)
    most: int = min(count, limits.get("MaxHumanLabeledObjectCount", count), math.ceil(count * share / 100))
    return most


def _open(c: Connection, review: A2IService, job: Any, row: Any) -> None:
    now, human, task_type = review.clock(), job.document["HumanTaskConfig"], type_of(job.document)
    name = f"{job.reference}-{row.number}"
    content = {
        "taskObject": row.line[task_type.source],
        "labels": job.labels,
        "header": human["TaskTitle"],
        "description": human["TaskDescription"],
        "dataObject": row.line,
    }
    folder = f"{output_folder(job.document, job.name)}/annotations/worker-response/iteration-1/{row.number - 1}"
    loop = {
        "name": name,
        "flow": job.name,
        "status": "InProgress",
        "input_content": json.dumps(content),
        "input_sha256": job.reference,
        "output_uri": f"{folder}/{now:%Y-%m-%d_%H:%M:%S}.json",
        "created_at": now,
        "expires_at": now + timedelta(seconds=human.get("TaskAvailabilityLifetimeInSeconds", AVAILABLE_SECONDS)),
        "event_pending": False,
        "app": job.app,
        "data_object": row.number,
    }
    c.execute(sa.insert(human_loops).values(loop))
    review.on_loop_started(c, NewLoop(name, content, job.app))
    task = {"loop_name": name, "flow": job.name, "state": "waiting", "created_at": now}
    count = human["NumberOfHumanWorkersPerDataObject"]
    c.execute(sa.insert(tasks), [{"id": str(uuid.uuid4()), **task} for _ in range(count)])
    this = (labelling_objects.c.job == job.name) & (labelling_objects.c.number == row.number)
    c.execute(sa.update(labelling_objects).where(this).values(state="open"))


def _has(c: Connection, job: Any, state: str) -> bool:
    query = sa.select(labelling_objects.c.number).where(
        labelling_objects.c.job == job.name, labelling_objects.c.state == state
    )
    return c.execute(query.limit(1)).first() is not None


def _write_output(review: A2IService, job: Any) -> None:
    """The output manifest: what is labelled, and what failed with its reason; objects that nobody saw are not in it."""
    task_type, attribute = type_of(job.document), job.document["LabelAttributeName"]
    answers, ended_at, unread = review.database.read(lambda c: _answers(c, job, task_type.kind))
    labelled = consolidate(task_type, job.labels, answers)
    if unread:
        review.database.write(lambda c: _note_unread(c, job, unread), step="labelling.unread")
    lines = []
    for row in review.database.read(lambda c: list(_objects(c, job))):
        if row.number in labelled:
            label = labelled[row.number]
            lines.append(line_of(row.line, attribute, label, task_type, job.name, ended_at[row.number]))
        elif row.state == "failed":
            lines.append(failed_line(row.line, attribute, job.name, row.reason or "nobody answered it in time"))
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    review.blobs.put_uri(output_manifest(job.document, job.name), text.encode(), "application/x-ndjson")


def _answers(c: Connection, job: Any, kind: Kind) -> tuple[dict[int, dict[str, Answered]], dict[int, Any], list[int]]:
    """By object, what each person answered and when its loop ended; and the objects of which no answer can be read."""
    query = sa.select(human_loops.c.data_object, human_loops.c.ended_at, tasks.c.user_id, tasks.c.answer)
    query = query.join(tasks, tasks.c.loop_name == human_loops.c.name)
    over = (human_loops.c.flow == job.name) & (human_loops.c.status == "Completed") & (tasks.c.state == "answered")
    answers: dict[int, dict[str, Answered]] = {}
    ended_at = {}
    for row in c.execute(query.where(over).order_by(human_loops.c.data_object, tasks.c.submitted_at)):
        given = answers.setdefault(row.data_object, {})
        ended_at[row.data_object] = row.ended_at
        answered = read_answer(row.answer, kind, job.labels)
        if answered is not None:
            given[worker_id(row.user_id)] = answered
    unread = [number for number, given in answers.items() if not given]
    return answers, ended_at, unread


def _note_unread(c: Connection, job: Any, numbers: Sequence[int]) -> None:
    reason = "no answer of its page says one of the labels; see annotations/worker-response"
    for first in range(0, len(numbers), 500):
        these = labelling_objects.c.number.in_(numbers[first : first + 500])
        update = sa.update(labelling_objects).where(labelling_objects.c.job == job.name, these)
        c.execute(update.values(state="failed", reason=reason))


def _objects(c: Connection, job: Any) -> Iterator[Any]:
    query = sa.select(labelling_objects).where(labelling_objects.c.job == job.name)
    yield from c.execute(query.order_by(labelling_objects.c.number))


def _end(review: A2IService, job: Any, status: str, reason: str = "") -> None:
    now = review.clock()

    def work(c: Connection) -> None:
        this = (labelling_jobs.c.name == job.name) & (labelling_jobs.c.status == job.status)
        values = {"status": status, "failure_reason": reason[:1024] or None, "modified_at": now, "ended_at": now}
        if c.execute(sa.update(labelling_jobs).where(this).values(values)).rowcount:
            withdraw(c, job.name)
            # Its queue is shown to nobody any more.
            ended = sa.update(flow_definitions).where(flow_definitions.c.name == job.name)
            c.execute(ended.values(deleting_at=now))

    review.database.write(work, step="labelling.end")
    logger.info("labelling job=%s status=%s", job.name, status)
