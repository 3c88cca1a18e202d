"""What ``moderation doctor`` says about the AWS detectors, and with ``--aws`` one real call of each."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.core.errors import SettingsError
from moderation.core.items import Media, Part
from moderation.hookspecs import Finding, Unavailable, Unreadable
from moderation_aws import custom_labels
from moderation_aws.calls import Account, Caller, CallRefused
from moderation_aws.configuration import AwsConfig, load_config, open_account, own_media
from moderation_aws.offer import detectors, extractors
from moderation_aws.shared import StoreFailed

if TYPE_CHECKING:
    from PIL.Image import Image

    from moderation.settings import Settings

CALLER = Caller("moderation", "moderation doctor")
SAMPLE_TEXT = "Hello, this is a call of moderation doctor, to see whether the service answers."
NO_JOB = "0" * 64
NOT_FOUND = ("ResourceNotFoundException", "NotFoundException", "BadRequestException", "InvalidParameterException")
"""Answers to a question about a job that does not exist: the service is there, and lets us ask."""
SERVICES = ("rekognition", "comprehend", "comprehendmedical", "transcribe", "bedrock-runtime", "sagemaker-runtime")


def examine_aws(settings: Settings, services: Collection[str]) -> Iterator[Finding]:
    """See `moderation.hookspecs.examine`; calls AWS when `services` names ``aws``."""
    may_call = "aws" in services
    if settings.aws_region is None:
        if may_call:
            yield Finding("AWS: set MODERATION_AWS_REGION; without it no AWS detector is offered", is_problem=True)
        return
    try:
        config = load_config(settings)
    except SettingsError as error:
        yield Finding(f"AWS: {error}", is_problem=True)
        return
    account = open_account(settings, config)
    tools = [*detectors(settings), *extractors(settings)]
    yield Finding(f"AWS in {settings.aws_region}: {', '.join(sorted(tool.name for tool in tools))}")
    yield from _settings(settings, config, account)
    if not may_call:
        yield Finding("AWS was not called; `moderation doctor --aws` calls it, once for each of these")
        return
    yield from _calls(settings, config, account, tools)


def _settings(settings: Settings, config: AwsConfig, account: Account) -> Iterator[Finding]:
    if settings.media_s3 and not own_media(settings):
        where = f"{settings.a2i_region}, the detectors in {settings.aws_region}"
        yield Finding(f"AWS: media lie in {where}: detectors cannot read them in place", is_problem=True)
    longest = max(config.video.wait_seconds, config.transcribe.wait_seconds)
    if account.bucket is not None and settings.lease_seconds <= longest:
        remedy = f"set MODERATION_LEASE_SECONDS over {longest:g}"
        yield Finding(f"AWS: where policies need rekognition.video or transcribe.text, {remedy}")
    if account.bucket is None:
        yield Finding("AWS: rekognition.video and transcribe.text want a bucket (docs/aws-detectors.md)")
    try:
        account.store.usage("9999-01-01")
    except StoreFailed as error:
        yield Finding(f"AWS: quotas are not shared and nothing is metered: {error}", is_problem=True)


def _calls(settings: Settings, config: AwsConfig, account: Account, tools: list[Any]) -> Iterator[Finding]:
    try:
        identity = account.call(CALLER, "sts", "GetCallerIdentity", 0)
    except CallRefused as error:
        yield Finding(f"AWS credentials: {error}", is_problem=True)
        return
    yield Finding(f"AWS credentials: {identity.get('Arn')}")
    yield from _regions(settings)
    yield from _quotas(account)
    yield from _bucket(settings, account)
    if settings.a2i_endpoint_url == "aws":
        yield from _human_loops(account)
    for tool in tools:
        problem = _try(account, config, tool)
        yield Finding(f"{tool.name} answers" if problem is None else f"{tool.name}: {problem}", problem is not None)


def _regions(settings: Settings) -> Iterator[Finding]:
    import boto3

    session = boto3.session.Session()
    for service in SERVICES:
        known = session.get_available_regions(service)
        if known and settings.aws_region not in known:
            yield Finding(f"{service} is not offered in {settings.aws_region}, as far as this boto3 knows")


def _quotas(account: Account) -> Iterator[Finding]:
    """Whether the paces are within what Service Quotas says that the account may do."""
    for service in sorted({name.partition(".")[0] for name in account.rates}):
        try:
            answer = account.call(CALLER, "service-quotas", "ListServiceQuotas", 0, ServiceCode=service, MaxResults=100)
        except CallRefused as error:
            yield Finding(f"quotas of {service} are not known: {error.code}")
            continue
        for quota in answer.get("Quotas", ()):
            for name, rate in account.rates.items():
                is_it = name.startswith(f"{service}.") and name.partition(".")[2] in quota["QuotaName"].split()
                if is_it and "per second" in quota["QuotaName"] and quota["Value"] < rate:
                    remedy = f"set calls_per_second: {{{name}: {quota['Value']:g}}}"
                    yield Finding(f"{name}: paced at {rate:g} calls a second, {remedy}", is_problem=True)


def _bucket(settings: Settings, account: Account) -> Iterator[Finding]:
    if account.bucket is None:
        return
    try:
        account.call(CALLER, "s3", "HeadBucket", 0, Bucket=account.bucket)
    except CallRefused as error:
        yield Finding(f"bucket {account.bucket}: {error}", is_problem=True)
        return
    yield Finding(f"bucket {account.bucket} can be reached")
    if settings.a2i_endpoint_url != "aws":
        return
    try:
        rules = account.call(CALLER, "s3", "GetBucketCors", 0, Bucket=settings.media_bucket).get("CORSRules", [])
    except CallRefused as error:
        rules = []
        if error.code != "NoSuchCORSConfiguration":
            yield Finding(f"CORS of bucket {settings.media_bucket}: {error}", is_problem=True)
            return
    if not any("GET" in rule.get("AllowedMethods", ()) for rule in rules):
        message = "allow GET from the worker portal, or its pictures stay empty"
        yield Finding(f"bucket {settings.media_bucket} has no CORS rule for Amazon A2I: {message}", is_problem=True)


def _human_loops(account: Account) -> Iterator[Finding]:
    try:
        account.call(CALLER, "sagemaker", "ListFlowDefinitions", 0, MaxResults=1)
    except CallRefused as error:
        yield Finding(
            f"Amazon A2I: {error}. It is closed to new customers; this project's own endpoint takes its place "
            "(leave MODERATION_A2I_ENDPOINT_URL empty)",
            is_problem=True,
        )
    else:
        yield Finding("Amazon A2I answers")


def _try(account: Account, config: AwsConfig, tool: Any) -> str | None:
    """What is wrong with a detector or extractor; None when it answers. Jobs are asked about, not started."""
    try:
        if tool.name == "rekognition.video":
            _ask_about(account, "rekognition", "GetContentModeration", JobId=NO_JOB)
        elif tool.name.startswith("transcribe."):
            _ask_about(account, "transcribe", "GetTranscriptionJob", TranscriptionJobName=NO_JOB)
        elif tool.name == "rekognition.custom_labels":
            states = {m.title: custom_labels.state(account, CALLER, m)[0] for m in config.custom_labels}
            stopped = [f"{title} is {state}" for title, state in states.items() if state != "RUNNING"]
            return f"{', '.join(stopped)}: moderation aws models start" if stopped else None
        elif "text" in tool.reads:
            _look(tool, Part(id="p0", type="text", text=SAMPLE_TEXT))
        elif "image" in tool.reads:
            _look(tool, _picture())
        else:
            endpoint = next(e.endpoint for e in config.endpoints if tool.name == f"sagemaker.{e.name}")
            state = account.call(CALLER, "sagemaker", "DescribeEndpoint", 0, EndpointName=endpoint)["EndpointStatus"]
            return None if state == "InService" else f"endpoint {endpoint} is {state}"
    except (Unavailable, Unreadable) as error:
        return str(error)
    return None


def _ask_about(account: Account, service: str, operation: str, **job: str) -> None:
    try:
        account.call(CALLER, service, operation, 0, **job)
    except CallRefused as error:
        if error.code not in NOT_FOUND:
            raise


def _picture() -> Part:
    media = Media(uri="s3://doctor/picture", sha256="", content_type="image/png", size_bytes=len(_picture_bytes()))
    return Part(id="p0", type="image", media=media)


def _picture_bytes() -> bytes:
    out = io.BytesIO()
    _sample().save(out, "PNG")
    return out.getvalue()


def _sample() -> Image:
    from PIL import Image

    return Image.linear_gradient("L").convert("RGB")


class _Samples:
    """The context of a look at a sample."""

    app = CALLER.app

    def path(self, part: Part) -> Path:
        """Samples have no file."""
        raise ValueError("a sample has no file")

    def read(self, part: Part) -> bytes:
        """The sample picture."""
        return _picture_bytes()

    def looks(self, part: Part, longest: int | None = None) -> list[Image]:
        """The sample picture, which is small."""
        return [_sample()]


def _look(tool: Any, part: Part) -> None:
    if hasattr(tool, "extract"):
        tool.extract(part, _Samples())
    else:
        tool.detect(part, _Samples())
