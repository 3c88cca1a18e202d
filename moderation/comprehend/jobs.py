"""Starting, following, listing and stopping PII jobs, as Comprehend has them; `moderation.redacting` does them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_timestamp

from ground.awswire.shapes import check_storable
from ground.ids import is_hex_id
from moderation.comprehend.faults import check_language, fault
from moderation.core.errors import InputError, NotFound
from moderation.redacting.comprehend import ACCOUNT, output_uri
from moderation.redacting.queue import RequestedJob
from moderation.service import Service

MOST_TAGS = 50
PAGE = 100
"""Jobs on a page that names no number; 500 are the most."""


def start(service: Service, parameters: Mapping[str, Any], app: str | None) -> dict[str, Any]:
    """Take a job on. The same request with the same token is the same job."""
    check_storable(parameters)
    check_language(parameters["LanguageCode"], "InvalidRequestException")
    redaction = parameters.get("RedactionConfig") or {}
    if parameters["Mode"] == "ONLY_REDACTION" and not redaction.get("PiiEntityTypes"):
        raise fault("InvalidRequestException", "Mode ONLY_REDACTION needs RedactionConfig with PiiEntityTypes")
    if parameters["InputDataConfig"].get("DocumentReaderConfig"):
        raise fault("InvalidRequestException", "DocumentReaderConfig is for other than text, which is not read here")
    if len(parameters.get("Tags") or ()) > MOST_TAGS:
        raise fault("TooManyTagsException", f"There are more than {MOST_TAGS} tags")
    if parameters["OutputDataConfig"].get("KmsKeyId") and not service.settings.comprehend_s3:
        raise fault("KmsKeyValidationException", "There is no KMS here: output is written to folders")
    if app is not None:
        _check_places(service, app, parameters)
    token = parameters.get("ClientRequestToken")
    try:
        job = service.redactions.add(parameters, name=parameters.get("JobName"), token=token, app=app)
    except InputError as error:
        raise fault("ResourceInUseException", str(error)) from error
    return {"JobId": job.id, "JobArn": _arn(service, job), "JobStatus": job.state}


def describe(service: Service, parameters: Mapping[str, Any], app: str | None) -> dict[str, Any]:
    """A job's properties."""
    return {"PiiEntitiesDetectionJobProperties": _properties(service, _job(service, parameters, app))}


def stop(service: Service, parameters: Mapping[str, Any], app: str | None) -> dict[str, Any]:
    """Ask a job to stop. What is done of it stays."""
    job = _job(service, parameters, app)
    try:
        job = service.redactions.stop(job.id)
    except InputError as error:
        raise fault("InvalidRequestException", str(error)) from error
    return {"JobId": job.id, "JobStatus": job.state}


def find(service: Service, parameters: Mapping[str, Any], app: str | None) -> dict[str, Any]:
    """A page of jobs: newest first, but oldest first with SubmitTimeBefore."""
    filters = {name: value for name, value in (parameters.get("Filter") or {}).items() if value is not None}
    if len(filters) > 1:
        raise fault("InvalidFilterException", "You can only set one filter at a time")
    size = parameters.get("MaxResults") or PAGE
    token = parameters.get("NextToken")
    found = service.redactions.find(
        limit=size + 1,
        oldest_first="SubmitTimeBefore" in filters,
        behind=_position(token) if token else None,
        name=filters.get("JobName"),
        state=filters.get("JobStatus"),
        before=_time(filters.get("SubmitTimeBefore")),
        after=_time(filters.get("SubmitTimeAfter")),
        app=app,
    )
    page: dict[str, Any] = {
        "PiiEntitiesDetectionJobPropertiesList": [_properties(service, job) for job in found[:size]]
    }
    if len(found) > size:
        last = found[size - 1]
        text = json.dumps([last.submitted_at.isoformat(), last.id])
        page["NextToken"] = base64.urlsafe_b64encode(text.encode()).decode()
    return page


def _job(service: Service, parameters: Mapping[str, Any], app: str | None) -> RequestedJob:
    try:
        return service.redactions.get(parameters["JobId"], app)
    except NotFound as error:
        raise fault("JobNotFoundException", "The specified job was not found. Check the job ID.") from error


def _check_places(service: Service, app: str, parameters: Mapping[str, Any]) -> None:
    """Refuse to read what is not this app's, and to write into what is another's."""
    read, written = (str(parameters[name]["S3Uri"]) for name in ("InputDataConfig", "OutputDataConfig"))
    if service.settings.comprehend_s3:
        # These would be read and written with this machine's own rights, which are no app's.
        refused = [uri for uri in (read, written) if not service.own_objects.is_in_place(app, f"{uri.rstrip('/')}/x")]
    else:
        buckets = [uri.removeprefix("s3://").partition("/")[0] for uri in (read, written)]
        refused = [] if service.buckets.may_read(app, buckets[0]) else [read]
        refused += [] if service.own_objects.take_bucket(app, buckets[1]) else [written]
    if refused:
        raise fault("InvalidRequestException", f"{refused[0][:300]} is not this access key's to use")


def _properties(service: Service, job: RequestedJob) -> dict[str, Any]:
    """As PiiEntitiesDetectionJobProperties; times in seconds since 1970."""
    request = job.request
    properties = {
        "JobId": job.id,
        "JobArn": _arn(service, job),
        "JobName": job.name,
        "JobStatus": job.state,
        "Message": job.message or None,
        "SubmitTime": round(job.submitted_at.timestamp(), 3),
        "EndTime": round(job.ended_at.timestamp(), 3) if job.ended_at else None,
        "InputDataConfig": request["InputDataConfig"],
        "OutputDataConfig": {**request["OutputDataConfig"], "S3Uri": output_uri(job)},
        "RedactionConfig": request.get("RedactionConfig"),
        "LanguageCode": request["LanguageCode"],
        "DataAccessRoleArn": request["DataAccessRoleArn"],
        "Mode": request["Mode"],
    }
    return {name: value for name, value in properties.items() if value is not None}


def _arn(service: Service, job: RequestedJob) -> str:
    return f"arn:aws:comprehend:{service.settings.a2i_region}:{ACCOUNT}:pii-entities-detection-job/{job.id}"


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        parsed: datetime = parse_timestamp(value)
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError, TypeError) as error:
        raise fault("InvalidFilterException", "The time of the filter is none") from error


def _position(token: str) -> tuple[datetime, str]:
    try:
        at, job_id = json.loads(base64.urlsafe_b64decode(token))
        if not is_hex_id(job_id):
            raise ValueError(job_id)
        return datetime.fromisoformat(at).astimezone(UTC), job_id
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        raise fault("InvalidRequestException", "NextToken is not one that was given") from error
