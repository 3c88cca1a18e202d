"""Personal data in many documents at once: Comprehend's asynchronous jobs over S3, which detect or redact.

Documents of at most 1 MB, together at most 5 GB (StartPiiEntitiesDetectionJob).
"""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from moderation.core.errors import InputError
from moderation_aws.calls import Account, Caller, CallRefused, needed
from moderation_aws.jobs import read_object

MOST_RESULT_BYTES = 1_000_000_000
S3_URI = re.compile(r"s3://[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](/.*)?")
ROLE_ARN = re.compile(r"arn:aws(-[^:]+)?:iam::[0-9]{12}:role/.+")
ENDED = ("COMPLETED", "FAILED", "STOPPED")


@dataclass(frozen=True)
class PiiJob:
    """What to do.

    Attributes:
        source: ``s3://`` name or prefix of the documents.
        target: ``s3://`` prefix of the results.
        role_arn: a role that Comprehend may take on, which reads and writes there.
        redact: write copies without personal data instead of places.
        by_line: each line is a document, not each file.
        types: Comprehend's entity types to redact; empty for all.
        mask: a character for each redacted one; None puts the type's name.
    """

    source: str
    target: str
    role_arn: str
    language: Literal["en", "es"] = "en"
    redact: bool = False
    by_line: bool = False
    types: tuple[str, ...] = ()
    mask: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("source", self.source), ("target", self.target)):
            if not S3_URI.fullmatch(value):
                raise InputError(f"{name} {value!r}: an S3 name is wanted, such as s3://bucket/folder/")
        if not ROLE_ARN.fullmatch(self.role_arn):
            raise InputError(f"role {self.role_arn!r}: the ARN of a role is wanted that Comprehend may take on")


@dataclass(frozen=True)
class JobState:
    """How a job stands.

    Attributes:
        status: ``SUBMITTED``, ``IN_PROGRESS``, ``COMPLETED``, ``FAILED``, ``STOP_REQUESTED`` or ``STOPPED``.
        message: AWS's words on it.
        output: ``s3://`` name of the results, or what they begin with.
    """

    status: str
    message: str
    output: str


def start(account: Account, caller: Caller, job: PiiJob) -> str:
    """Start a job; its id. Raises `CallRefused`."""
    given = {
        "InputDataConfig": {
            "S3Uri": job.source,
            "InputFormat": "ONE_DOC_PER_LINE" if job.by_line else "ONE_DOC_PER_FILE",
        },
        "OutputDataConfig": {"S3Uri": job.target},
        "DataAccessRoleArn": job.role_arn,
        "LanguageCode": job.language,
        "Mode": "ONLY_REDACTION" if job.redact else "ONLY_OFFSETS",
        # The retries of this call are one job.
        "ClientRequestToken": str(uuid.uuid4()),
    }
    if job.redact:
        mode = {"MaskMode": "REPLACE_WITH_PII_ENTITY_TYPE"}
        if job.mask is not None:
            mode = {"MaskMode": "MASK", "MaskCharacter": job.mask}
        given["RedactionConfig"] = {"PiiEntityTypes": list(job.types) or ["ALL"], **mode}
    answer = account.call(caller, "comprehend", "StartPiiEntitiesDetectionJob", 0, **given)
    job_id: str = needed(answer, "JobId")
    return job_id


def state(account: Account, caller: Caller, job_id: str) -> JobState:
    """How the job stands. Raises `CallRefused`."""
    answer = account.call(caller, "comprehend", "DescribePiiEntitiesDetectionJob", 0, JobId=job_id)
    properties = needed(answer, "PiiEntitiesDetectionJobProperties")
    output = properties.get("OutputDataConfig", {}).get("S3Uri", "")
    return JobState(properties["JobStatus"], properties.get("Message", ""), output)


def follow(
    account: Account, caller: Caller, job_id: str, tell: Callable[[JobState], None], pause: Callable[[], None]
) -> JobState:
    """Wait until the job has ended; `tell` hears each change. Raises `CallRefused`."""
    shown = ""
    while True:
        now = state(account, caller, job_id)
        if now.status != shown:
            tell(now)
            shown = now.status
        if now.status in ENDED:
            return now
        pause()


def found(account: Account, caller: Caller, output: str) -> Counter[str]:
    """How many entities of each type a detecting job found.

    Results are JSON lines, ``{"Entities": [...], "File": ..., "Line": n}``: in an ``output.tar.gz``, or in a file
    ``.out`` for each document.

    Raises:
        CallRefused: they cannot be read.
    """
    bucket, _, prefix = output.removeprefix("s3://").partition("/")
    kinds: Counter[str] = Counter()
    try:
        for key in _keys(account, caller, bucket, prefix):
            for line in _lines(read_object(account, caller, bucket, key), key):
                kinds.update(entity["Type"] for entity in json.loads(line)["Entities"])
    except (ValueError, KeyError, TypeError, OSError, EOFError, tarfile.TarError) as error:
        raise CallRefused("UnexpectedAnswer", f"the results under {output} cannot be read") from error
    return kinds


def _keys(account: Account, caller: Caller, bucket: str, prefix: str) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = account.call(caller, "s3", "ListObjectsV2", 0, Bucket=bucket, Prefix=prefix, **token)
        yield from (each["Key"] for each in page.get("Contents", ()) if each["Key"].endswith((".tar.gz", ".out")))
        if not page.get("NextContinuationToken"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def _lines(data: bytes, key: str) -> Iterator[bytes]:
    if not key.endswith(".tar.gz"):
        yield from (line for line in data.splitlines() if line.strip())
        return
    with gzip.open(io.BytesIO(data)) as unpacked:
        archive = unpacked.read(MOST_RESULT_BYTES)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                yield from (line for line in file.read().splitlines() if line.strip())
