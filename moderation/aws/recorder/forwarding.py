"""Forwarding: a request to `/aws` goes to Amazon, or another endpoint, too; what comes back is answered, both are kept.

The program sees what it saw before it was pointed here. What our detectors say of the same is in the recording alone,
and a failure of theirs changes nothing for the program.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from ground.awswire.errors import ApiError
from ground.errors import StoreUnavailable
from moderation.aws.recorder.recordings import FOLDER, Answer, Recording, Recordings, size_of
from moderation.core.errors import SettingsError
from moderation.settings import Settings

logger = logging.getLogger(__name__)

SECONDS = 30.0
"""Longest wait for the other side."""
HERE_ALONE = ("HumanLoopConfig",)
"""Parameters that name what is here: flow definitions."""

Local = Callable[[], Mapping[str, Any]]


class Amazon(Protocol):
    """The other side."""

    def ask(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it answers. Raises `ApiError`, with the code of its error."""
        ...


class Boto3Amazon:
    """The other side, over boto3 with this machine's credentials.

    Args:
        endpoint_url: None for Amazon itself.
    """

    def __init__(self, region: str, endpoint_url: str | None) -> None:
        self._region, self._endpoint_url = region, endpoint_url
        self._clients: dict[str, Any] = {}

    def ask(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """See `Amazon.ask`."""
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            call = getattr(self._client(service), xform_name(operation))
            answer = dict(call(**_decoded(parameters)))
        except ClientError as error:
            told, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise ApiError(told.get("Code", ""), told.get("Message", ""), status) from error
        except BotoCoreError as error:
            # The error's own text may name hosts and credentials.
            message = f"the endpoint that requests are forwarded to did not answer ({type(error).__name__})"
            raise StoreUnavailable(message) from error
        answer.pop("ResponseMetadata", None)
        document: Mapping[str, Any] = json.loads(json.dumps(answer, default=str))
        return document

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            retries: Any = {"mode": "standard", "total_max_attempts": 2}
            config = Config(connect_timeout=SECONDS / 3, read_timeout=SECONDS, retries=retries)
            make: Any = boto3.session.Session().client
            made = make(service, region_name=self._region, endpoint_url=self._endpoint_url, config=config)
            self._clients[service] = made
        return self._clients[service]


class Forwarder:
    """Asks both sides, keeps what they say, and answers what the other side says."""

    def __init__(self, amazon: Amazon, recordings: Recordings) -> None:
        self._amazon, self._recordings = amazon, recordings

    def answer(
        self,
        app: str | None,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        local: Local,
        sent: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """The other side's answer, with what is here alone taken from our own.

        Args:
            local: our own answer.
            sent: what the other side is asked where that is not `parameters`.

        Raises:
            ApiError: what the other side refuses, or ours where people here are to be asked.
            StoreUnavailable: the other side did not answer.
        """
        here, refusal = _timed(local)
        asked = {name: value for name, value in (sent or parameters).items() if name not in HERE_ALONE}
        there, failure = _timed(lambda: self._amazon.ask(service, operation, asked))
        now = datetime.now(UTC)
        recording = Recording(
            now.isoformat(timespec="milliseconds"),
            app or "",
            service,
            operation,
            self._recordings.without_content(parameters),
            size_of(parameters),
            self._kept(there),
            self._kept(here),
        )
        try:
            self._recordings.keep(recording, now)
        except OSError as error:
            raise StoreUnavailable(f"the recording could not be kept: {error.strerror}") from error
        if failure is not None:
            raise failure
        document = dict(there.document or {})
        if any(name in parameters for name in HERE_ALONE):
            if refusal is not None:
                raise refusal
            activation = (here.document or {}).get("HumanLoopActivationOutput")
            document |= {"HumanLoopActivationOutput": activation} if activation is not None else {}
        return document

    def _kept(self, answer: Answer) -> Answer:
        if answer.document is None:
            return answer
        return Answer(self._recordings.without_content(answer.document), seconds=answer.seconds)


def open_forwarder(settings: Settings) -> Forwarder | None:
    """What ``MODERATION_AWS_FORWARD`` asks for; None where nothing is forwarded.

    Raises:
        SettingsError: it is neither ``aws`` nor an address.
    """
    given = settings.aws_forward
    if not given:
        return None
    if given != "aws" and not given.startswith(("http://", "https://")):
        raise SettingsError("MODERATION_AWS_FORWARD is `aws`, or the http address of an endpoint")
    amazon = Boto3Amazon(settings.aws_region or settings.a2i_region, None if given == "aws" else given)
    return Forwarder(amazon, Recordings(settings.data / FOLDER))


def _timed(ask: Local) -> tuple[Answer, Exception | None]:
    began = time.monotonic()
    try:
        document = ask()
        return Answer(document, seconds=round(time.monotonic() - began, 4)), None
    except ApiError as error:
        return Answer(None, error.code, round(time.monotonic() - began, 4)), error
    except StoreUnavailable as error:
        return Answer(None, "Unavailable", round(time.monotonic() - began, 4)), error
    except Exception as error:
        logger.exception("one side of a recorded request failed")
        return Answer(None, type(error).__name__, round(time.monotonic() - began, 4)), error


def _decoded(value: Any) -> Any:
    """Parameters as boto3 takes them: a picture's bytes as bytes."""
    if isinstance(value, Mapping):
        return {
            name: base64.b64decode(inner) if name == "Bytes" and isinstance(inner, str) else _decoded(inner)
            for name, inner in value.items()
        }
    return [_decoded(inner) for inner in value] if isinstance(value, list) else value
