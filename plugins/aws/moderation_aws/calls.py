"""Calls to AWS: a turn under the quota, the call, retries with jitter within a time, errors in words, and the meter."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from moderation.hookspecs import Unavailable, Unreadable
from moderation_aws.clients import client
from moderation_aws.shared import Store, StoreFailed

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 8.0
PATIENCE_SECONDS = 45.0
"""All attempts of one call: with the longest single one it stays under `TIME_LIMIT_SECONDS`."""
TIME_LIMIT_SECONDS = 90.0
"""For detectors of a few calls; below the lease under which a worker holds an item (120 s)."""

THROTTLED = {
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "ProvisionedThroughputExceededException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "BandwidthLimitExceeded",
}
TEMPORARY = {
    "InternalServerError",
    "InternalServerException",
    "InternalFailure",
    "InternalError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ModelNotReadyException",
    "RequestTimeout",
    "RequestTimeoutException",
}
UNREADABLE = {"InvalidImageFormatException", "ImageTooLargeException"}
_CREDENTIALS = "the credentials are wrong or have run out"
REMEDIES: Mapping[str, str] = {
    "AccessDeniedException": "allow the action to the credentials in use",
    "AccessDenied": "allow the action to the credentials in use",
    "UnrecognizedClientException": _CREDENTIALS,
    "InvalidSignatureException": f"{_CREDENTIALS}, or this machine's clock is off",
    "SignatureDoesNotMatch": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "ExpiredTokenException": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "SubscriptionRequiredException": "the account is not signed up for the service, or is closed",
    "OptInRequired": "the account is not signed up for the service, or is closed",
    "InvalidS3ObjectException": "the object must be in the same Region, and readable by the credentials in use",
    "ResourceNotReadyException": "the model does not run: moderation aws models start",
    "ResourceNotFoundException": "what the configuration names is not there in this Region",
    "HumanLoopQuotaExceededException": "too many human loops are open in the account",
    "LimitExceededException": "too many jobs run at once in the account",
}
"""Error code to what to do. Messages of other codes are left out: they may quote content."""


ANSWERS: Mapping[str, str] = {
    "rekognition.DetectModerationLabels": "ModerationLabels",
    "rekognition.DetectProtectiveEquipment": "Persons",
    "rekognition.DetectFaces": "FaceDetails",
    "rekognition.DetectText": "TextDetections",
    "rekognition.DetectLabels": "Labels",
    "rekognition.DetectCustomLabels": "CustomLabels",
    "rekognition.DescribeProjects": "ProjectDescriptions",
    "rekognition.DescribeProjectVersions": "ProjectVersionDescriptions",
    "rekognition.StartContentModeration": "JobId",
    "rekognition.StartLabelDetection": "JobId",
    "rekognition.StartFaceDetection": "JobId",
    "rekognition.GetContentModeration": "JobStatus",
    "rekognition.GetLabelDetection": "JobStatus",
    "rekognition.GetFaceDetection": "JobStatus",
    "comprehend.DetectPiiEntities": "Entities",
    "comprehend.DetectToxicContent": "ResultList",
    "comprehend.DetectDominantLanguage": "Languages",
    "comprehend.StartPiiEntitiesDetectionJob": "JobId",
    "comprehend.DescribePiiEntitiesDetectionJob": "PiiEntitiesDetectionJobProperties",
    "comprehendmedical.DetectPHI": "Entities",
    "transcribe.StartTranscriptionJob": "TranscriptionJob",
    "transcribe.GetTranscriptionJob": "TranscriptionJob",
    "bedrock-runtime.ApplyGuardrail": "assessments",
}
"""What every answer of an operation has. botocore reads an answer that broke off as an empty one, without an error; it
must not be taken for "nothing found"."""


class CallRefused(Unavailable):
    """A call that AWS refused for good, or for longer than there is time.

    Attributes:
        code: AWS's error code, or the kind of exception when nothing answered.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class Caller:
    """Who calls, for the meter."""

    app: str
    detector: str


@dataclass(frozen=True)
class Account:
    """An account in a Region, as detectors use it. Travels to their processes.

    Attributes:
        rates: calls per second by ``service.Operation``, for all workers together; others are not paced.
        bucket: for what an operation can only read from S3; None when none was named.
        own_media: what names of media begin with that the service itself keeps in S3, in this Region, each under its
            digest; None when it keeps none there. Objects of apps that are read in place are not among them: somebody
            may replace one after its digest was taken.
    """

    region: str
    store: Store
    rates: Mapping[str, float] = field(default_factory=dict)
    bucket: str | None = None
    own_media: str | None = None
    patience_seconds: float = PATIENCE_SECONDS

    def call(self, caller: Caller, service: str, operation: str, units: float, **parameters: Any) -> dict[str, Any]:
        """One call, repeated while that can help.

        Args:
            service: boto3's name: ``rekognition``.
            operation: as the API has it: ``DetectLabels``.
            units: what the call is billed for, counted when it is answered.

        Raises:
            CallRefused: AWS said no, or nothing within the time.
            Unreadable: AWS could not decode the picture.
        """
        name = f"{service}.{operation}"
        deadline = time.monotonic() + self.patience_seconds
        for attempt in range(1, MAX_ATTEMPTS + 1):
            self._wait_turn(name, deadline)
            try:
                answer: dict[str, Any] = _send(service, self.region, operation, parameters)
                if name in ANSWERS:
                    needed(answer, ANSWERS[name])
                self.count(caller, name, units)
                return answer
            except Exception as raised:
                code, error = _code(raised), raised
            if code in THROTTLED:
                self._slow_down(name)
            pause = random.uniform(0, min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS))  # noqa: S311
            if not _is_temporary(error, code) or attempt == MAX_ATTEMPTS or time.monotonic() + pause > deadline:
                self._give_up(service, operation, code, error)
            logger.info("call=%s attempt=%d code=%s pause=%.1f", name, attempt, code, pause)
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _wait_turn(self, name: str, deadline: float) -> None:
        rate = self.rates.get(name)
        if rate is None:
            return
        try:
            wait = self.store.take_turn(name, rate, max(deadline - time.monotonic(), 0.0))
        except StoreFailed as error:
            # The quota protects itself: calls without a turn may be throttled, and are repeated.
            logger.warning("call=%s goes unpaced: %s", name, error)
            return
        if wait is None:
            message = f"{name}: no turn within {self.patience_seconds:g} s under the quota of {rate:g} calls a second"
            raise CallRefused("QuotaUsedUp", message)
        time.sleep(wait)

    def _slow_down(self, name: str) -> None:
        try:
            self.store.slow_down(name)
        except StoreFailed as error:
            logger.warning("call=%s is not slowed down: %s", name, error)

    def count(self, caller: Caller, name: str, units: float) -> None:
        """Put units of ``service.Operation`` on the meter; a meter that cannot be reached stops nothing."""
        try:
            self.store.used(caller.app, caller.detector, name, units)
        except StoreFailed as error:
            logger.error("call=%s is not on the meter: %s", name, error)

    def _give_up(self, service: str, operation: str, code: str, error: Exception) -> NoReturn:
        if code in UNREADABLE:
            raise Unreadable(f"{service} {operation}: {code}") from error
        if code == "ParamValidationError" or isinstance(error, CallRefused):
            raise error  # the first is a fault of ours; its words may quote content, and stay here
        raise CallRefused(code, f"{service} {operation} in {self.region}: {code}{_remedy(code)}") from error


def _send(service: str, region: str, operation: str, parameters: Mapping[str, Any]) -> Any:
    from botocore import xform_name

    return getattr(client(service, region), xform_name(operation))(**parameters)


def _code(error: Exception) -> str:
    """AWS's error code, or the kind of a botocore exception. Anything else is raised on: it is a fault of ours."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "NoCode")
    if isinstance(error, CallRefused):
        return error.code
    if isinstance(error, BotoCoreError | ResponseParserError):
        return type(error).__name__
    raise error


def _is_temporary(error: Exception, code: str) -> bool:
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NotConnected
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code in THROTTLED or code in TEMPORARY or status >= 500
    return isinstance(error, HTTPClientError | NotConnected | ResponseParserError | CallRefused)


def _remedy(code: str) -> str:
    if code in REMEDIES:
        return f" ({REMEDIES[code]})"
    if code in ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"):
        return " (no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role)"
    if code in ("EndpointConnectionError", "ConnectTimeoutError"):
        return " (nothing answers: no network, or the Region does not offer the service)"
    return ""


def needed(answer: Mapping[str, Any], name: str) -> Any:
    """A member that an answer must have.

    Raises:
        CallRefused: it is not there.
    """
    if answer.get(name) is None:
        raise CallRefused("IncompleteAnswer", f"AWS's answer has no {name}")
    return answer[name]
