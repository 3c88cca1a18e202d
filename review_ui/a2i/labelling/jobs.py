"""CreateLabelingJob, DescribeLabelingJob, ListLabelingJobs and StopLabelingJob.

What a request says is checked at once; what its objects say, the manifest and the labels, is read as the job begins,
and a fault there is the job's FailureReason, as on AWS.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.errors import ApiError, invalid
from ground.awswire.times import epoch, read_epoch
from ground.blobs import split_uri
from ground.errors import NotFound
from review_ui.a2i import tables
from review_ui.a2i.labelling.task_types import TaskType, managed_type, task_type_of
from review_ui.a2i.owners import OPERATOR, Caller
from review_ui.a2i.resources import LABELLING_JOB, WORKTEAM, Parameters, find_usable, name_in, page
from review_ui.a2i.service import A2IService
from review_ui.a2i.tables import flow_definitions, human_loops, labelling_jobs, labelling_objects, tasks
from review_ui.a2i.tags import put_tags

RUNNING = ("Initializing", "InProgress", "Stopping")
MOST_WORKERS = 9
LEAST_TASK_SECONDS = 30
_KEPT = (
    "LabelAttributeName",
    "InputConfig",
    "OutputConfig",
    "RoleArn",
    "LabelCategoryConfigS3Uri",
    "StoppingConditions",
    "HumanTaskConfig",
)


def create_labeling_job(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """CreateLabelingJob, of a built-in task type. Objects, answers and output are the caller's own."""
    task_type = _checked(review, p, caller)
    name, now = p["LabelingJobName"], review.clock()
    row = {
        "name": name,
        "app": caller.app,
        "reference": uuid.uuid4().hex,
        "status": "Initializing",
        "document": {key: p[key] for key in _KEPT if key in p},
        "created_at": now,
        "modified_at": now,
    }
    human = p["HumanTaskConfig"]
    config = {
        "WorkteamArn": human["WorkteamArn"],
        "HumanTaskUiArn": review.arn("human-task-ui", page_name(row["reference"])),
        "TaskTitle": human["TaskTitle"],
        "TaskDescription": human["TaskDescription"],
        "TaskCount": human["NumberOfHumanWorkersPerDataObject"],
        "TaskTimeLimitInSeconds": human["TaskTimeLimitInSeconds"],
    }
    flow = {
        "name": name,
        "document": {"HumanLoopConfig": config, "LabellingTaskType": task_type.name},
        "created_at": now,
        "app": caller.app,
    }

    def work(c: Connection) -> None:
        taken = sa.select(flow_definitions.c.name).where(sa.func.lower(flow_definitions.c.name) == name.lower())
        if c.execute(taken).first() is not None:
            raise ApiError("ResourceInUse", f"{name} is the name of a labeling job or flow definition already")
        c.execute(sa.insert(flow_definitions).values(flow))
        c.execute(sa.insert(labelling_jobs).values(row))

    review.database.write(work, step="labelling.create")
    arn = review.arn(LABELLING_JOB, name)
    put_tags(review, arn, p.get("Tags"))
    return {"LabelingJobArn": arn}


def describe_labeling_job(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """DescribeLabelingJob."""
    row = _need(review, p["LabelingJobName"], caller)
    tags = sa.select(tables.tags).where(tables.tags.c.arn == review.arn(LABELLING_JOB, row.name))
    listed = review.database.read(lambda c: [{"Key": r.key, "Value": r.value} for r in c.execute(tags)])
    answer = {
        **_common(review, row),
        "JobReferenceCode": row.reference,
        **row.document,
        "Tags": listed,
    }
    return answer


def list_labeling_jobs(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """ListLabelingJobs, newest first unless asked otherwise."""
    where: sa.ColumnElement[bool] = sa.true()
    if p.get("StatusEquals"):
        where &= labelling_jobs.c.status == p["StatusEquals"]
    if p.get("LastModifiedTimeAfter") is not None:
        where &= labelling_jobs.c.modified_at > read_epoch(p["LastModifiedTimeAfter"])
    if p.get("LastModifiedTimeBefore") is not None:
        where &= labelling_jobs.c.modified_at < read_epoch(p["LastModifiedTimeBefore"])

    def summary(row: Any) -> dict[str, Any]:
        human = row.document["HumanTaskConfig"]
        return {
            **_common(review, row),
            "WorkteamArn": human["WorkteamArn"],
            "PreHumanTaskLambdaArn": human["PreHumanTaskLambdaArn"],
            "AnnotationConsolidationLambdaArn": human["AnnotationConsolidationConfig"][
                "AnnotationConsolidationLambdaArn"
            ],
            "InputConfig": row.document["InputConfig"],
        }

    return page(review, caller, labelling_jobs, LABELLING_JOB, p, "LabelingJobSummaryList", summary, where=where)


def stop_labeling_job(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """StopLabelingJob: nobody is given more of it; tasks in hand can be finished, and what is labelled is written."""
    row = _need(review, p["LabelingJobName"], caller)
    now = review.clock()

    def work(c: Connection) -> None:
        running = (labelling_jobs.c.name == row.name) & labelling_jobs.c.status.in_(("Initializing", "InProgress"))
        if c.execute(sa.update(labelling_jobs).where(running).values(status="Stopping", modified_at=now)).rowcount:
            withdraw(c, row.name)

    review.database.write(work, step="labelling.stop")
    return {}


def withdraw(c: Connection, job: str) -> None:
    """Give no more tasks of a job to anybody; its loops stop once what is in hand is done."""
    untouched = (tasks.c.flow == job) & (tasks.c.state == "waiting")
    c.execute(sa.update(tasks).where(untouched).values(state="withdrawn"))
    running = (human_loops.c.flow == job) & (human_loops.c.status == "InProgress")
    c.execute(sa.update(human_loops).where(running).values(status="Stopping"))


def page_name(reference: str) -> str:
    """What the page of a job is kept under; no operation can name it so."""
    return f"labelling:{reference}"


def type_of(document: Mapping[str, Any]) -> TaskType:
    """The task type of a job, as it was asked for."""
    human = document["HumanTaskConfig"]
    after = (human.get("AnnotationConsolidationConfig") or {}).get("AnnotationConsolidationLambdaArn")
    return task_type_of(human.get("PreHumanTaskLambdaArn"), after)


def output_folder(document: Mapping[str, Any], job: str) -> str:
    """The ``s3://`` name that a job's output lies under, without a slash at the end."""
    return f"{document['OutputConfig']['S3OutputPath'].rstrip('/')}/{job}"


def output_manifest(document: Mapping[str, Any], job: str) -> str:
    """Where a job's labels are."""
    return f"{output_folder(document, job)}/manifests/output/output.manifest"


def _checked(review: A2IService, p: Parameters, caller: Caller) -> TaskType:
    """The task type of a request that can be done here. Raises `ApiError`."""
    human = p["HumanTaskConfig"]
    task_type = type_of(p)
    attribute = p["LabelAttributeName"]
    if attribute.endswith(("-metadata", "-ref")):
        raise invalid(f"labelAttributeName {attribute} must not end with -metadata or -ref for this task type")
    if "LabelingJobAlgorithmsConfig" in p:
        raise invalid("labelingJobAlgorithmsConfig: nothing is labelled by machines here; leave it out")
    if "PublicWorkforceTaskPrice" in human:
        raise invalid("humanTaskConfig.publicWorkforceTaskPrice: there are private teams only; leave it out")
    team = name_in(human["WorkteamArn"], review.arn(WORKTEAM, ""), "humanTaskConfig.workteamArn")
    if find_usable(review, caller, tables.workteams, WORKTEAM, team) is None:
        raise invalid(f"The work team {team} does not exist")
    source = p["InputConfig"]["DataSource"].get("S3DataSource")
    if source is None:
        raise invalid(
            "inputConfig.dataSource: objects come in a manifest (s3DataSource); streaming is not offered here"
        )
    if "LabelCategoryConfigS3Uri" not in p:
        raise invalid("labelCategoryConfigS3Uri is needed: the labels to choose from")
    read = {"manifestS3Uri": source["ManifestS3Uri"], "labelCategoryConfigS3Uri": p["LabelCategoryConfigS3Uri"]}
    ui = human["UiConfig"]
    if ("UiTemplateS3Uri" in ui) == ("HumanTaskUiArn" in ui):
        raise invalid("uiConfig: give either uiTemplateS3Uri or humanTaskUiArn")
    if "UiTemplateS3Uri" in ui:
        read["uiTemplateS3Uri"] = ui["UiTemplateS3Uri"]
    else:
        managed_type(ui["HumanTaskUiArn"], task_type)
    for member, uri in read.items():
        if not review.objects.may_read(caller.app, *_split(uri, member)):
            raise invalid(f"{member}: {uri[:300]} is not this access key's to read")
    bucket, _ = _split(f"{p['OutputConfig']['S3OutputPath'].rstrip('/')}/x", "outputConfig.s3OutputPath")
    if not review.objects.take_bucket(caller.app, bucket):
        raise invalid(f"outputConfig.s3OutputPath: bucket {bucket} is not this access key's")
    return task_type


def _split(uri: str, member: str) -> tuple[str, str]:
    try:
        return split_uri(uri)
    except NotFound as error:
        raise invalid(f"{member}: {uri[:300]} is not the s3:// name of an object") from error


def _common(review: A2IService, row: Any) -> dict[str, Any]:
    """What Describe and List have alike."""
    states = sa.select(labelling_objects.c.state, sa.func.count()).where(labelling_objects.c.job == row.name)
    states = states.group_by(labelling_objects.c.state)
    counts: dict[str, int] = review.database.read(lambda c: {row[0]: row[1] for row in c.execute(states)})
    labelled, failed = counts.get("labelled", 0), counts.get("failed", 0)
    answer: dict[str, Any] = {
        "LabelingJobName": row.name,
        "LabelingJobArn": review.arn(LABELLING_JOB, row.name),
        "LabelingJobStatus": row.status,
        "LabelCounters": {
            "TotalLabeled": labelled,
            "HumanLabeled": labelled,
            "MachineLabeled": 0,
            "FailedNonRetryableError": failed,
            "Unlabeled": sum(counts.values()) - labelled - failed,
        },
        "CreationTime": epoch(row.created_at),
        "LastModifiedTime": epoch(row.modified_at),
    }
    if row.failure_reason:
        answer["FailureReason"] = row.failure_reason
    if row.status in ("Completed", "Stopped") and row.labels is not None:
        answer["LabelingJobOutput"] = {"OutputDatasetS3Uri": output_manifest(row.document, row.name)}
    return answer


def _need(review: A2IService, name: str, caller: Caller) -> Any:
    query = sa.select(labelling_jobs).where(labelling_jobs.c.name == name, caller.owns(labelling_jobs))
    row = review.database.read(lambda c: c.execute(query).first())
    if row is None:
        raise ApiError("ResourceNotFound", f"The labeling job {name} does not exist")
    return row
