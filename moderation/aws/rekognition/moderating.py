"""DetectModerationLabels: labels of taxonomy 7 with all their parents, and a human loop where a flow asks for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ground.awswire.errors import ApiError
from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import fault, not_ready
from moderation.aws.rekognition.looking import Answer, examines, look, lookers, surest
from moderation.aws.rekognition.pictures import MODERATION, Picture, read_picture
from moderation.core.detections import Detection
from moderation.core.taxonomy import BEFORE_7, REKOGNITION_TOPS, Taxonomy
from moderation.hookspecs import Detector
from review_ui.a2i.activation import ANY_LABEL, named_labels
from review_ui.a2i.built_in import Flow, activate, need_flow
from review_ui.a2i.pictures import picture_key

VERSION = "7.0"
"""Of Rekognition's moderation model whose taxonomy ours is."""
LEAST = 50.0
"""Confidence of a request that names none."""
MODERATION_LABELS = frozenset(Taxonomy().below(*REKOGNITION_TOPS))
"""The 52 labels of Rekognition's taxonomy 7."""


def detect(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """The labels of a picture.

    Raises:
        ApiError: nobody here looks for any of them with so high a confidence, or for one that the flow's conditions
            name: an answer without it would be an approval.
    """
    taxonomy, least = caller.service.taxonomy, float(p.get("MinConfidence", LEAST))
    if p.get("ProjectVersion"):
        raise not_ready("Custom moderation adapters are Amazon's; leave ProjectVersion out")
    able = need_able(caller, least)
    flow = _flow(caller, p.get("HumanLoopConfig"))
    if flow is not None:
        _need_lookers(flow, able, taxonomy)
    picture = read_picture(caller.service, caller.app, p["Image"], MODERATION)
    found = look(caller.service, caller.name, picture.part, able)
    document: dict[str, Any] = {
        "ModerationLabels": labels_of(found, taxonomy, least),
        "ModerationModelVersion": VERSION,
    }
    if flow is not None:
        document["HumanLoopActivationOutput"] = _activated(caller, flow, p, picture, document)
    return Answer(document, able, not_looked_for(able, taxonomy))


def need_able(caller: Caller, least: float) -> list[Detector]:
    """Who can find a label with as much confidence; at least one whose silence says something."""
    looking = lookers(caller.service, MODERATION_LABELS)
    able = [each for each in looking if surest(each) >= least]
    if any(map(examines, able)):
        return able
    examining = [each for each in looking if examines(each)]
    if not examining:
        raise not_ready("No detector is loaded here that looks for moderation labels; see `moderation plugins`")
    highest = max(map(surest, examining))
    names = ", ".join(each.name for each in examining)
    message = f"{names} is never surer than {highest:g} %, so that nobody here can answer from {least:g} % on"
    raise not_ready(f"{message}; ask with a MinConfidence of at most {highest:g}, or load a model that is surer")


def not_looked_for(able: Sequence[Detector], taxonomy: Taxonomy) -> list[str]:
    """The labels of the first level of which nobody's silence says anything."""
    looked_for = {label for each in able if examines(each) for label in each.labels}
    return [top for top in REKOGNITION_TOPS if not any(taxonomy.covers(top, label) for label in looked_for)]


def labels_of(found: Sequence[Detection], taxonomy: Taxonomy, least: float) -> list[dict[str, Any]]:
    """Each label and each of its parents once, with the most that somebody is sure of; surest first."""
    parents = taxonomy.parents
    sure: dict[str, float] = {}
    for each in found:
        for name in (each.label, *parents(each.label)) if each.label in MODERATION_LABELS else ():
            sure[name] = max(each.confidence, sure.get(name, 0.0))
    return [
        {
            "Name": name,
            "ParentName": next(iter(parents(name)), ""),
            "Confidence": confidence,
            "TaxonomyLevel": 1 + len(parents(name)),
        }
        for name, confidence in sorted(sure.items(), key=lambda pair: (-pair[1], len(parents(pair[0])), pair[0]))
        if confidence >= least
    ]


def _flow(caller: Caller, config: Mapping[str, Any] | None) -> Flow | None:
    if config is None:
        return None
    try:
        return need_flow(caller.review, config["FlowDefinitionArn"], caller.at_a2i)
    except ApiError as error:
        code = error.code if error.code == "ResourceNotFoundException" else "InvalidParameterException"
        raise fault(code, error.message) from error


def _need_lookers(flow: Flow, able: Sequence[Detector], taxonomy: Taxonomy) -> None:
    """Refuse conditions on labels that nobody looks for: they would never be true, and never ask people."""
    found = {label for each in able for label in each.labels if label in taxonomy}
    for name in sorted(named_labels(flow.conditions or ()) - {ANY_LABEL}):
        if any(name == label or name in taxonomy.parents(label) for label in found):
            continue
        newer = BEFORE_7.get(name)
        hint = f"; in taxonomy 7 it is {' or '.join(newer)}" if newer else ""
        message = f"The flow's activation conditions name '{name[:100]}', which no detector here looks for"
        raise not_ready(f"{message} with the confidence asked for{hint}")


def _activated(
    caller: Caller, flow: Flow, p: Mapping[str, Any], picture: Picture, answer: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What becomes of the loop. A picture that came as bytes is stored, so that people can be shown it."""
    config = p["HumanLoopConfig"]
    asked = {name: value for name, value in p.items() if name != "Image"}

    def request() -> Mapping[str, Any]:
        return {**asked, "Image": {"S3Object": picture.s3_object or _kept(caller, config["HumanLoopName"], picture)}}

    # Sampling goes by the picture, wherever it lies.
    asked_for = {**asked, "Image": picture.s3_object or {"Bytes": picture.sha256}}
    try:
        return activate(caller.review, caller.at_a2i, flow, config["HumanLoopName"], asked_for, request, answer)
    except ApiError as error:
        if error.code == "ServiceQuotaExceededException":
            raise fault("HumanLoopQuotaExceededException", error.message) from error
        raise fault("InvalidParameterException", error.message) from error


def _kept(caller: Caller, loop_name: str, picture: Picture) -> Mapping[str, str]:
    key = picture_key(caller.app, loop_name, picture.sha256)
    uri = caller.service.blobs.put(key, picture.data, picture.content_type)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Name": key}
