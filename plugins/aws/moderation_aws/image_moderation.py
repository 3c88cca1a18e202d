"""``rekognition.moderation``: unsafe pictures, by DetectModerationLabels (taxonomy 7)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.looks import merge_looks
from moderation.core.started_loops import ATTRIBUTE, LABEL
from moderation.hookspecs import Context
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, needed
from moderation_aws.cards import MODERATION
from moderation_aws.taxonomy_map import MODERATION_LABELS, moderation_label


class ModerationOptions(BaseModel):
    """``moderation:`` in the configuration.

    Attributes:
        min_confidence: the lowest that Rekognition reports.
        project_version: ARN of a custom moderation adapter.
        flow_definition_arn: lets Rekognition start a human loop of its own by the flow's activation conditions, for
            those who have such flows at Amazon A2I. The item waits for the loop's end, and what people chose in it
            stands in place of what Rekognition found.
        content_classifiers: what the loop's workers may expect.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_confidence: Annotated[float, Field(ge=0, le=100)] = 50.0
    project_version: str | None = None
    flow_definition_arn: Annotated[str, Field(max_length=256)] | None = None
    content_classifiers: tuple[Literal["FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent"], ...] = ()


class ImageModeration:
    """Rekognition's moderation labels, each level of a finding as it was answered.

    Attributes hold the model's version, and whether the picture is animated or illustrated (percent).
    """

    name = "rekognition.moderation"
    version = "1.2"
    card = MODERATION
    reads = ("image",)
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, options: ModerationOptions) -> None:
        self._account, self._fitting, self._options = account, fitting, options
        self.min_confidence = options.min_confidence
        self.labels = MODERATION_LABELS if options.flow_definition_arn is None else (*MODERATION_LABELS, LABEL)

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The labels at or over the floor. Raises `Unreadable` and `Unavailable`."""
        images = pictures.images_of(part, context, pictures.MODERATION, self._fitting)
        answers = [self._ask(context, image) for image in images]
        # A loop is one of its own for each look that people are asked about.
        loops = [found for answer in answers for found in answer if found.label == LABEL]
        return [*merge_looks([[d for d in answer if d.label != LABEL] for answer in answers]), *loops]

    def _ask(self, context: Context, image: Mapping[str, Any]) -> list[Detection]:
        given: dict[str, Any] = {"Image": image, "MinConfidence": self.min_confidence}
        if self._options.project_version is not None:
            given["ProjectVersion"] = self._options.project_version
        if self._options.flow_definition_arn is not None:
            given["HumanLoopConfig"] = self._loop()
        answer = self._account.call(Caller(context.app, self.name), "rekognition", "DetectModerationLabels", 1, **given)
        facts = self._facts(answer)
        found = []
        for label in needed(answer, "ModerationLabels"):
            name = moderation_label(label["Name"], label["ParentName"])
            attributes = facts if name == label["Name"] else {**facts, "rekognition_label": label["Name"]}
            if label["Confidence"] >= self.min_confidence:
                found.append(Detection(label=name, confidence=label["Confidence"], attributes=attributes))
        if ATTRIBUTE in facts:
            # Of its own, because a flow may ask people about pictures in which nothing was found.
            found.append(Detection(label=LABEL, confidence=100, attributes=facts))
        return found

    def _loop(self) -> dict[str, Any]:
        """A name of its own for each look; the retries of one call carry the same."""
        loop: dict[str, Any] = {
            "HumanLoopName": f"moderation-{uuid.uuid4().hex}",
            "FlowDefinitionArn": self._options.flow_definition_arn,
        }
        if self._options.content_classifiers:
            loop["DataAttributes"] = {"ContentClassifiers": list(self._options.content_classifiers)}
        return loop

    def _facts(self, answer: dict[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = {"model": answer.get("ModerationModelVersion", "")}
        kinds = {kind["Name"].lower(): kind["Confidence"] for kind in answer.get("ContentTypes", ())}
        if kinds:
            facts["content_types"] = kinds
        if self._options.project_version is not None:
            # Rekognition answers with its own model when the adapter has run out, and says so by leaving this out.
            facts["adapter"] = "used" if answer.get("ProjectVersion") else "expired"
        loop = answer.get("HumanLoopActivationOutput") or {}
        if "HumanLoopArn" in loop:
            facts[ATTRIBUTE] = loop["HumanLoopArn"]
            facts["human_loop_reasons"] = list(loop.get("HumanLoopActivationReasons", ()))
        return facts
