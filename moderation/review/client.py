"""Human loops through Amazon A2I's own API: boto3 and nothing else, so that AWS and our endpoint are one code path."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ground.blobs import Blobs
from ground.failpoints import failpoint
from ground.s3 import S3Blobs
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, ModerationError, NotFound, OutputMissing
from moderation.core.loops import OWN_ACCOUNT, Answer, account_of
from moderation.core.policy.policies import Queue
from moderation.review.answers import read_answers, read_confirmations
from moderation.review.resting import Resting
from moderation.settings import Settings

logger = logging.getLogger(__name__)

TASK_UI = "moderation-item"
WORK_TEAM = "reviewers"
MAX_MESSAGE = 500
"""Characters of A2I's error messages that are kept and shown."""
# "Value '{...}' at 'humanLoopInput.inputContent' failed to satisfy constraint": the value may be an item's content,
# and messages go to logs and to readiness.
_VALUE = re.compile(r"Value '.*' at '", re.DOTALL)
_RETRYABLE = {
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "InternalServerException",
    "InternalFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ServiceQuotaExceededException",
    "RequestTimeout",
    "RequestTimeTooSkewed",
}


@dataclass(frozen=True)
class LoopState:
    """A human loop as A2I describes it.

    Attributes:
        status: ``InProgress``, ``Stopping``, ``Stopped``, ``Completed`` or ``Failed``.
        failure: why it failed; empty otherwise.
        output_uri: where its output is, or will be.
    """

    status: str
    failure: str = ""
    output_uri: str | None = None

    @property
    def is_open(self) -> bool:
        """True while somebody may still answer."""
        return self.status in ("InProgress", "Stopping")


@dataclass
class OwnEndpoint:
    """This service's own A2I endpoint, as its clients reach it.

    Attributes:
        url: may be set until the first call, because a server knows its port only once it listens.
        access_key: id and secret; empty in a process that has none.
    """

    url: str
    access_key: tuple[str, str] = ("", "")


class HumanLoops:
    """A client of A2I. Nothing is called, and no address is needed, before its first use.

    Args:
        settings: Region, role and endpoint.
        own: this service's own endpoint, used unless the settings name another.
        blobs: where the own endpoint writes outputs.
        is_own: True for the own endpoint, whichever the settings name.
    """

    def __init__(self, settings: Settings, own: OwnEndpoint, blobs: Blobs, *, is_own: bool = False) -> None:
        self._settings, self._own = settings, own
        self._is_own = is_own or settings.a2i_endpoint_url is None
        # As a fallback, the own endpoint has its own team beside the one that the settings name on AWS.
        self._team = None if is_own else settings.a2i_workteam_arn
        self._blobs = blobs
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._resting = {service: Resting(_is_away) for service in ("sagemaker", "sagemaker-a2i-runtime")}
        self._flow_arns: dict[str, str] = {}
        self._teams: dict[str, str] = {}
        """Work teams of flow definitions, which cannot be changed once they are made."""
        self._at_amazon: dict[str, HumanLoops] = {}
        """Clients for loops that others started, by Region."""

    def provision(self, queues: Iterable[Queue], *, dry_run: bool = False) -> list[str]:
        """Make what queues need and is not there: work team, task template, flow definitions. May run again.

        Args:
            dry_run: make nothing, only say what is missing.

        Returns:
            What was made, in words; empty when everything was there.

        Raises:
            HumanLoopRefused: A2I refused for good.
            HumanLoopsUnavailable: try again.
        """
        made: list[str] = []
        team = self._team or self._ensure_team(made, dry_run=dry_run)
        template = self._ensure_template(made, dry_run=dry_run)
        for queue in sorted({q.a2i_flow: q for q in queues}.values(), key=lambda q: q.a2i_flow):
            if self._describe_flow(queue.a2i_flow) is not None:
                continue
            made.append(f"flow definition {queue.a2i_flow}, {queue.reviewers} reviewers")
            if dry_run:
                continue
            self._control(
                "create_flow_definition",
                FlowDefinitionName=queue.a2i_flow,
                HumanLoopConfig={
                    "WorkteamArn": team,
                    "HumanTaskUiArn": template,
                    "TaskTitle": f"Moderation: {queue.name}"[:128],
                    "TaskDescription": "Look at the item, read why it is here, and approve or reject it.",
                    "TaskCount": queue.reviewers,
                    "TaskTimeLimitInSeconds": 3600,
                    "TaskAvailabilityLifetimeInSeconds": 864_000,
                },
                OutputConfig={"S3OutputPath": f"s3://{self._settings.media_bucket}/a2i"},
                RoleArn=self._settings.a2i_role_arn,
            )
        return made

    def start(self, name: str, flow: str, content: Mapping[str, Any]) -> str:
        """Open a human loop; the same name again opens nothing.

        Returns:
            Its ARN.

        Raises:
            HumanLoopRefused: A2I refused for good; or the content needs a clearance, and at Amazon's endpoint the flow
                definition's work team is not private, so that nobody knows who would see it.
            HumanLoopsUnavailable: try again.
        """
        arn = self._flow_arn(flow)
        if content.get("clearance") and self._is_at_amazon:
            self._need_private_team(flow)
        body = json.dumps(content, separators=(",", ":"))
        try:
            with failpoint("a2i.ask_to_start"):
                answer = self._runtime(
                    "start_human_loop", HumanLoopName=name, FlowDefinitionArn=arn, HumanLoopInput={"InputContent": body}
                )
            return str(answer["HumanLoopArn"])
        except _Conflict:
            # Somebody opened it before, perhaps this service before it was killed: A2I says 409 for such a name.
            there = self._runtime("describe_human_loop", HumanLoopName=name)
            if there["FlowDefinitionArn"] != arn:
                # Its answers are to another question, and may be of people whom somebody else chose.
                raise HumanLoopRefused(f"the name {name} is taken by a loop of another flow definition") from None
            return str(there["HumanLoopArn"])

    def start_here(self, name: str, flow: str, content: Mapping[str, Any]) -> str:
        """Open a human loop over what may not leave this machine, as `start` does; never at Amazon's endpoint.

        Raises:
            HumanLoopRefused: the settings name Amazon's endpoint.
        """
        if self._is_at_amazon:
            why = "stays on this machine"
            if content.get("clearance"):
                why = f"stays on this machine, or needs {', '.join(content['clearance'])} in a queue without,"
            raise HumanLoopRefused(f"content that {why} is not sent to Amazon's A2I")
        return self.start(name, flow, content)

    @property
    def _is_at_amazon(self) -> bool:
        url = self._settings.a2i_endpoint_url
        return not self._is_own and (url == "aws" or ".amazonaws.com" in f".{urlsplit(url or '').hostname or ''}.")

    def _need_private_team(self, flow: str) -> None:
        """Raises `HumanLoopRefused` for a flow definition whose work team is a public or a vendor's workforce."""
        if flow not in self._teams:
            config = self._control("describe_flow_definition", FlowDefinitionName=flow).get("HumanLoopConfig", {})
            self._teams[flow] = str(config.get("WorkteamArn", ""))
        if not is_private_team(self._teams[flow]):
            team = self._teams[flow] or "none"
            raise HumanLoopRefused(
                f"flow definition '{flow}' has work team {team}, which is no private one: content that needs a "
                "clearance is not shown to it"
            )

    def at(self, arn: str | None) -> HumanLoops:
        """The endpoint at which the loop with this ARN is: this one, or Amazon's for a loop that was started there."""
        if arn is None or account_of(arn) in ("", OWN_ACCOUNT):
            return self
        region = arn.split(":")[3]
        if (self._settings.a2i_endpoint_url, self._settings.a2i_region) == ("aws", region):
            return self
        with self._lock:
            if region not in self._at_amazon:
                there = self._settings.model_copy(update={"a2i_endpoint_url": "aws", "a2i_region": region})
                self._at_amazon[region] = HumanLoops(there, self._own, self._blobs)
            return self._at_amazon[region]

    def find(self, name: str) -> str | None:
        """The ARN of the loop of this name; None when there is none."""
        try:
            return str(self._runtime("describe_human_loop", HumanLoopName=name)["HumanLoopArn"])
        except NotFound:
            return None

    def describe(self, name: str) -> LoopState:
        """How a loop stands. Raises `NotFound`, `HumanLoopRefused` or `HumanLoopsUnavailable`."""
        answer = self._runtime("describe_human_loop", HumanLoopName=name)
        failure = " ".join(str(answer[k]) for k in ("FailureCode", "FailureReason") if answer.get(k))
        output = answer.get("HumanLoopOutput") or {}
        return LoopState(answer["HumanLoopStatus"], failure, output.get("OutputS3Uri"))

    def stop(self, name: str) -> None:
        """Withdraw a loop; nothing happens when it has ended."""
        with failpoint("a2i.ask_to_stop"):
            self._runtime("stop_human_loop", HumanLoopName=name)

    def erase(self, name: str) -> str | None:
        """Withdraw a loop and delete it with its input, answers and output.

        Returns:
            The name of its output, which the endpoint may yet write; empty when there is no such loop; None while
            somebody still has it open, which ends when they are done or their time is up.

        Raises:
            HumanLoopRefused: A2I refused for good.
            HumanLoopsUnavailable: try again.
            StoreUnavailable: try again.
        """
        try:
            if self.describe(name).is_open:
                self.stop(name)
            state = self.describe(name)
            if state.is_open:
                return None
            with failpoint("a2i.ask_to_delete"):
                self._runtime("delete_human_loop", HumanLoopName=name)
        except NotFound:
            return ""
        if state.output_uri is not None:
            self.erase_output(state.output_uri)
        return state.output_uri or ""

    def erase_output(self, output_uri: str) -> None:
        """Delete what an endpoint wrote of a loop; nothing happens when there is nothing. Raises `StoreUnavailable`."""
        self._output_blobs().delete(output_uri)

    def answers(self, name: str, output_uri: str) -> list[Answer]:
        """What reviewers answered in a completed loop.

        Raises:
            OutputMissing: the output is not there.
            OutputMalformed: it is not what our template gives.
            StoreUnavailable: try again.
        """
        return read_answers(name, self._output(name, output_uri))

    def confirmations(self, name: str, output_uri: str) -> list[Answer]:
        """Which of Rekognition's labels reviewers chose in a completed loop that Rekognition started.

        Raises:
            OutputMissing: the output is not there.
            OutputMalformed: it is not what the built-in task gives.
            StoreUnavailable: try again.
        """
        return read_confirmations(name, self._output(name, output_uri))

    def _output(self, name: str, output_uri: str) -> bytes:
        try:
            return self._output_blobs().get(output_uri)
        except NotFound as error:
            raise OutputMissing(f"the output of human loop {name} is not there yet") from error

    # What A2I needs to be there

    def _ensure_team(self, made: list[str], *, dry_run: bool) -> str:
        try:
            answer = self._control("describe_workteam", WorkteamName=WORK_TEAM)
            return str(answer["Workteam"]["WorkteamArn"])
        except NotFound:
            if not self._is_own:
                raise HumanLoopRefused("no work team: set MODERATION_A2I_WORKTEAM_ARN to a private work team") from None
        made.append(f"work team {WORK_TEAM}")
        if dry_run:
            return ""
        answer = self._control(
            "create_workteam",
            WorkteamName=WORK_TEAM,
            Description="Everybody who may review",
            MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["reviewers"]}}],
        )
        return str(answer["WorkteamArn"])

    def _ensure_template(self, made: list[str], *, dry_run: bool) -> str:
        try:
            return str(self._control("describe_human_task_ui", HumanTaskUiName=TASK_UI)["HumanTaskUiArn"])
        except NotFound:
            made.append(f"task template {TASK_UI}")
            if dry_run:
                return ""
            content = task_template()
            answer = self._control("create_human_task_ui", HumanTaskUiName=TASK_UI, UiTemplate={"Content": content})
            return str(answer["HumanTaskUiArn"])

    def _describe_flow(self, flow: str) -> str | None:
        try:
            return str(self._control("describe_flow_definition", FlowDefinitionName=flow)["FlowDefinitionArn"])
        except NotFound:
            return None

    def _flow_arn(self, flow: str) -> str:
        if flow not in self._flow_arns:
            arn = self._describe_flow(flow)
            if arn is None and self._is_own:
                raise HumanLoopsUnavailable(
                    f"flow definition '{flow}' is not made yet; the service makes it at its start"
                )
            if arn is None:
                raise HumanLoopRefused(f"A2I has no flow definition '{flow}'; run `moderation a2i provision`")
            self._flow_arns[flow] = arn
        return self._flow_arns[flow]

    # Calls

    def _control(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        return self._call("sagemaker", operation, arguments)

    def _runtime(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        return self._call("sagemaker-a2i-runtime", operation, arguments)

    def _call(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        client = self._client(service)
        try:
            with self._resting[service].call():
                answer: Mapping[str, Any] = getattr(client, operation)(**arguments)
            return answer
        except ClientError as error:
            raise _translated(operation, error) from error
        except NoCredentialsError as error:
            raise HumanLoopRefused(f"A2I {operation}: no AWS credentials were found") from error
        except BotoCoreError as error:
            raise HumanLoopsUnavailable(f"A2I {operation}: {error}") from error

    def _client(self, service: str) -> Any:
        with self._lock:
            return self._made_client(service)

    def _made_client(self, service: str) -> Any:
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            given: dict[str, Any] = {"region_name": self._settings.a2i_region}
            if self._is_own:
                key_id, secret = self._own.access_key
                given |= {"aws_access_key_id": key_id, "aws_secret_access_key": secret, "endpoint_url": self._own.url}
            retries: Any = {"mode": "standard", "total_max_attempts": 4}
            config = Config(retries=retries, connect_timeout=5, read_timeout=20, max_pool_connections=20)
            url = self._settings.a2i_endpoint_url
            if not self._is_own and url is not None and url != "aws":
                given["endpoint_url"] = url
                if service == "s3":
                    # Another installation's endpoint gives outputs itself, under a path of its own.
                    given["endpoint_url"] = f"{url.rstrip('/')}/s3"
                    config = config.merge(Config(s3={"addressing_style": "path"}))
            make: Any = boto3.session.Session().client
            self._clients[service] = make(service, config=config, **given)
        return self._clients[service]

    def _output_blobs(self) -> Blobs:
        if self._is_own:
            return self._blobs
        return S3Blobs(self._settings.media_bucket, self._client("s3"), self._settings.data / "media-cache")


class _Conflict(ModerationError):
    """The name is taken by an active loop with other input."""


def _is_away(error: BaseException) -> bool:
    """Whether nobody answered: no connection, or nothing within the time for it."""
    from botocore import exceptions

    return isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError)


def _translated(operation: str, error: Any) -> ModerationError:
    """A2I's error as ours: not there, taken, later, or never."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = _VALUE.sub("Value at '", str(error.response.get("Error", {}).get("Message", "")))
    message = f"A2I {operation}: {code}: {said}"[:MAX_MESSAGE]
    if code == "ConflictException":
        return _Conflict(message)
    if code in ("ResourceNotFound", "ResourceNotFoundException"):
        return NotFound(message)
    if code == "ValidationException" and "could not find" in message.lower():
        return NotFound(message)
    if code in _RETRYABLE or status in (429, 402) or status >= 500:
        return HumanLoopsUnavailable(message)
    return HumanLoopRefused(message)


def is_private_team(arn: str) -> bool:
    """True of a private work team's ARN, as SageMaker writes it: of employees, not of Mechanical Turk or a vendor."""
    return ":workteam/private-crowd/" in arn


def task_template() -> str:
    """Our worker task template (Liquid with A2I's crowd elements); the same text works on AWS."""
    import review_ui

    path = Path(review_ui.__file__).parent / "task_templates" / "moderation.liquid.html"
    return path.read_text(encoding="utf-8")
