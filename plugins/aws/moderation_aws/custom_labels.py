"""``rekognition.custom_labels``: things that models of one's own know, by DetectCustomLabels.

A model is billed by the hour while it runs, so nothing here starts one in passing: `moderation aws models` does, or
the configuration says ``start_when_needed``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context, Unavailable
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, CallRefused, needed
from moderation_aws.cards import CUSTOM_LABELS
from moderation_aws.image_labels import known_labels

ARN = (
    r"^arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:project/[a-zA-Z0-9_.\-]{1,255}/version/[a-zA-Z0-9_.\-]{1,255}/[0-9]+$"
)


class ModelOptions(BaseModel):
    """One entry of ``custom_labels:`` in the configuration.

    Attributes:
        project_version: ARN of a trained model.
        names: the model's label to ours: ``{vest: Custom/HIGH_VISIBILITY_VEST}``; others of its labels are ignored.
        min_confidence: percent.
        inference_units: how many to start; each costs its hours and answers a few pictures a second.
        start_when_needed: start the model when a picture finds it stopped. That takes minutes, and costs until it is
            stopped; the picture goes to people meanwhile.
        stop_when_idle_minutes: what ``moderation aws models stop --idle`` goes by; None never stops it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    project_version: Annotated[str, Field(pattern=ARN)]
    names: Annotated[dict[str, str], Field(min_length=1)]
    min_confidence: Annotated[float, Field(ge=0, le=100)] = 50.0
    inference_units: Annotated[int, Field(ge=1, le=5)] = 1
    start_when_needed: bool = False
    stop_when_idle_minutes: Annotated[float, Field(gt=0)] | None = None

    _known = field_validator("names")(known_labels)

    @property
    def title(self) -> str:
        """Project and version, for people."""
        _, _, path = self.project_version.partition(":project/")
        project, _, version, *_ = path.split("/")
        return f"{project}/{version}"


class CustomLabels:
    """What any number of models see in a picture, all asked at once. When one gives no answer, there is none."""

    name = "rekognition.custom_labels"
    version = "1.1"
    card = CUSTOM_LABELS
    reads = ("image",)
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, models: Sequence[ModelOptions]) -> None:
        self._account, self._fitting, self._models = account, fitting, tuple(models)
        self.labels = tuple(sorted({label for model in models for label in model.names.values()}))
        self.min_confidence = min(model.min_confidence for model in models)

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Things in the order of the models and their answers. Raises `Unreadable` and `Unavailable`."""
        images = pictures.images_of(part, context, pictures.CUSTOM_LABELS, self._fitting)
        return merge_looks([self._ask_all(context, image) for image in images])

    def _ask_all(self, context: Context, image: Mapping[str, Any]) -> list[Detection]:
        caller = Caller(context.app, self.name)
        with ThreadPoolExecutor(max_workers=min(len(self._models), 16)) as threads:
            answers = list(threads.map(lambda model: self._ask(caller, model, image), self._models))
        return [detection for answer in answers for detection in answer]

    def _ask(self, caller: Caller, model: ModelOptions, image: Mapping[str, Any]) -> list[Detection]:
        try:
            answer = self._account.call(
                caller,
                "rekognition",
                "DetectCustomLabels",
                1,
                ProjectVersionArn=model.project_version,
                Image=image,
                MinConfidence=model.min_confidence,
            )
        except CallRefused as error:
            if error.code == "ResourceNotReadyException" and model.start_when_needed:
                start(self._account, caller, model)
                raise Unavailable(f"model {model.title} was stopped, and is being started") from error
            raise
        return [
            Detection(
                label=model.names[thing["Name"]],
                confidence=thing["Confidence"],
                box=pictures.box_of((thing.get("Geometry") or {}).get("BoundingBox")),
                attributes={"model": model.title, "model_label": thing["Name"]},
            )
            for thing in needed(answer, "CustomLabels")
            if thing["Name"] in model.names and thing["Confidence"] >= model.min_confidence
        ]


def start(account: Account, caller: Caller, model: ModelOptions) -> None:
    """Ask for a model to be started; that it starts or runs already is fine. Raises `CallRefused`."""
    try:
        account.call(
            caller,
            "rekognition",
            "StartProjectVersion",
            0,
            ProjectVersionArn=model.project_version,
            MinInferenceUnits=model.inference_units,
        )
    except CallRefused as error:
        if error.code != "ResourceInUseException":
            raise


def stop(account: Account, caller: Caller, model: ModelOptions) -> None:
    """Ask for a model to be stopped; that it stops or is stopped already is fine. Raises `CallRefused`."""
    try:
        account.call(caller, "rekognition", "StopProjectVersion", 0, ProjectVersionArn=model.project_version)
    except CallRefused as error:
        if error.code != "ResourceInUseException":
            raise


def state(account: Account, caller: Caller, model: ModelOptions) -> tuple[str, str]:
    """A model's status (``RUNNING``, ``STOPPED``, ``STARTING``, ...) and AWS's words on it. Raises `CallRefused`."""
    project, _, rest = model.project_version.partition("/version/")
    version, _, _ = rest.partition("/")
    token: dict[str, str] = {}
    while True:
        # A project's ARN ends in its own time of creation, which a version's does not have: names find it.
        answer = account.call(
            caller, "rekognition", "DescribeProjectVersions", 0, ProjectArn=_project_arn(account, caller, project),
            VersionNames=[version], **token,
        )  # fmt: skip
        for found in needed(answer, "ProjectVersionDescriptions"):
            if found["ProjectVersionArn"] == model.project_version:
                return found["Status"], found.get("StatusMessage", "")
        if not answer.get("NextToken"):
            raise CallRefused("ResourceNotFoundException", f"model {model.title} is not there")
        token = {"NextToken": answer["NextToken"]}


def _project_arn(account: Account, caller: Caller, start_of_arn: str) -> str:
    token: dict[str, str] = {}
    while True:
        answer = account.call(caller, "rekognition", "DescribeProjects", 0, **token)
        for project in needed(answer, "ProjectDescriptions"):
            if project["ProjectArn"].rpartition("/")[0] == start_of_arn:
                arn: str = project["ProjectArn"]
                return arn
        if not answer.get("NextToken"):
            raise CallRefused("ResourceNotFoundException", f"project {start_of_arn.rpartition('/')[2]} is not there")
        token = {"NextToken": answer["NextToken"]}
