"""What a PII job of Amazon Comprehend asks for (StartPiiEntitiesDetectionJob), as work for `moderation.redacting.jobs`.

Output lies where Comprehend puts it: ``<S3Uri>/<account>-PII-<job id>/output/<file>.out``, redacted text or a line of
JSON for each document. Limits are those of Comprehend's asynchronous PII jobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ground.blobs import FolderBlobs
from ground.database import Database
from moderation.core.detections import Detection
from moderation.core.errors import NotFound
from moderation.core.items import Part
from moderation.core.taxonomy import Taxonomy
from moderation.detection.runner import Runner
from moderation.plugins import Plugins
from moderation.redacting.jobs import JobLimits, RedactionWork
from moderation.redacting.queue import RequestedJob, RequestedJobs
from moderation.redacting.sources import (
    OUT,
    Destination,
    FolderDestination,
    FolderSource,
    S3Destination,
    S3Source,
    Source,
    checked_name,
    s3_client,
)
from moderation.redacting.styles import Style
from moderation.redacting.texts import PERSONAL, labels_of, look_each
from moderation.redacting.windows import Look
from moderation.settings import Settings

ACCOUNT = "000000000000"
"""The account number in our ARNs and places."""
NOT_OF_COMPREHEND = frozenset({"PII/API_KEY", "PII/GPS_POSITION", "PII/DEVICE_SERIAL"})
"""Labels of ours that its PiiEntityType does not have."""
LIMITS = JobLimits(
    least_bytes=500, most_bytes=5_000_000_000, most_files=1_000_000, document_bytes=1_000_000, most_documents=1_000_000
)


def labels_for(types: Sequence[str], taxonomy: Taxonomy) -> frozenset[str]:
    """The labels of some of Comprehend's types, ``ALL`` included; types that the taxonomy lacks find nothing."""
    every = labels_of(None, taxonomy) - NOT_OF_COMPREHEND
    return every if "ALL" in types else every & {PERSONAL + name for name in types}


def open_jobs(settings: Settings, database: Database, plugins: Plugins) -> tuple[RequestedJobs, Runner]:
    """The jobs that are asked for, and the detectors that look through their texts; nothing runs yet.

    The detectors have processes of their own, so that a large job does not keep items waiting for one.
    """
    runner, labels = Runner(plugins, settings.plugins_dir, _no_file), labels_of(None, plugins.taxonomy)

    def work(job: RequestedJob, drafts: Path) -> RedactionWork:
        return work_of(
            job, drafts, settings, plugins.taxonomy, lambda texts: look_each(runner, "comprehend", texts, labels)
        )

    folder, lease = settings.data / "redactions", settings.lease_seconds
    return RequestedJobs(database, work, folder, lease_seconds=lease, sweep_seconds=settings.sweep_seconds), runner


def _no_file(part: Part) -> Path:
    raise NotFound(f"part {part.id} is a text and has no file")


def output_uri(job: RequestedJob) -> str:
    """Where the output of a job lies."""
    given = str(job.request["OutputDataConfig"]["S3Uri"])
    return f"{given.rstrip('/')}/{ACCOUNT}-PII-{job.id}/output/"


def work_of(
    job: RequestedJob,
    drafts: Path,
    settings: Settings,
    taxonomy: Taxonomy,
    look: Look,
) -> RedactionWork:
    """The work of a job.

    Args:
        look: finds all of personal data.

    Raises:
        InputError: a place that cannot be.
    """
    request = job.request
    redaction: Mapping[str, Any] = request.get("RedactionConfig") or {}
    is_redaction = request["Mode"] == "ONLY_REDACTION"
    labels = labels_for(redaction["PiiEntityTypes"] if is_redaction else ["ALL"], taxonomy)

    def look_for(texts: Sequence[str]) -> list[list[Detection]]:
        return [[found for found in each if found.label in labels] for each in look(texts)]

    source, target = _places(job, drafts, settings)
    return RedactionWork(
        sources=[source],
        target=target,
        look=look_for,
        style=style_of(redaction),
        format="text",  # as Comprehend takes all that is no PDF and no picture
        per_line=request["InputDataConfig"].get("InputFormat") == "ONE_DOC_PER_LINE",
        copies=OUT if is_redaction else "",
        indexes="" if is_redaction else OUT,
        limits=LIMITS,
    )


def style_of(redaction: Mapping[str, Any]) -> Style:
    """The style of a RedactionConfig; a mask where only a character is named, else names."""
    mask = redaction.get("MaskCharacter")
    mode = redaction.get("MaskMode") or ("MASK" if mask else "REPLACE_WITH_PII_ENTITY_TYPE")
    return Style.of("mask", mask or "*") if mode == "MASK" else Style()


def _places(job: RequestedJob, drafts: Path, settings: Settings) -> tuple[Source, Destination]:
    bucket, prefix = _split(job.request["InputDataConfig"]["S3Uri"])
    to_bucket, to_prefix = _split(output_uri(job))
    if settings.comprehend_s3:
        client = s3_client(settings.a2i_region)
        leave_out = [to_prefix] if bucket == to_bucket else []
        kms_key = str(job.request["OutputDataConfig"].get("KmsKeyId") or "")
        return S3Source(client, bucket, prefix, leave_out), S3Destination(client, to_bucket, to_prefix, drafts, kms_key)
    root = FolderBlobs(settings.data / "media", settings.media_bucket).root
    base, _, beginning = prefix.rpartition("/")
    out = root / to_bucket / checked_name(to_prefix.rstrip("/"))
    folder = root / bucket / checked_name(base) if base else root / bucket
    return FolderSource(folder, [out], beginning), FolderDestination(out)


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
