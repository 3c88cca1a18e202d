"""Human loops that a service which a detector asked has started by itself, such as Rekognition by ``HumanLoopConfig``.

The detector tells of one by a detection with the loop's ARN among its attributes. What people say in the loop then
stands in place of what the detector found in that part, and the rules have the word again: people were shown what one
service saw in one part, which says nothing of the rest of the item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from moderation.core.detections import Detection, Failure
from moderation.core.items import Tool
from moderation.core.taxonomy import Taxonomy

if TYPE_CHECKING:
    from moderation.core.loops import Answer

ATTRIBUTE = "human_loop"
"""Holds the loop's ARN."""
LABEL = "Custom/HUMAN_LOOP"
"""Of a detection that says nothing but that there is a loop: one may be started where nothing was found."""
_ARN = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:human-loop/[a-z0-9](?:-*[a-z0-9]){0,62}")


def started(detections: Iterable[Detection]) -> dict[str, Detection]:
    """The loops that detections tell of, by ARN, each with a detection that names its detector and part.

    Raises:
        ValueError: an ARN is none.
    """
    loops: dict[str, Detection] = {}
    for detection in detections:
        arn = detection.attributes.get(ATTRIBUTE)
        if arn is None:
            continue
        if not isinstance(arn, str) or not _ARN.fullmatch(arn):
            raise ValueError(f"attribute {ATTRIBUTE} of a detection of {detection.label} is no ARN of a human loop")
        loops.setdefault(arn, detection)
    return loops


def as_people_say(
    detections: Sequence[Detection], said: Mapping[str, Sequence[Answer] | str], taxonomy: Taxonomy
) -> tuple[list[Detection], list[Failure]]:
    """The detections with what people said in place of what they were asked about.

    Confidence is the share of reviewers who chose a label, in percent: A2I does not consolidate answers, and so the
    thresholds of the policy say how many have to agree.

    Args:
        said: by ARN, the answers of each loop; or why it came to nothing.

    Returns:
        The detections, and a failure for each loop that came to nothing: what the service was unsure of stays open.
    """
    asked = started(detections)
    answered = {(asked[arn].detector, asked[arn].part) for arn, answers in said.items() if not isinstance(answers, str)}
    now = [each for each in detections if (each.detector, each.part) not in answered]
    failures: list[Failure] = []
    for arn, answers in said.items():
        tool, part = asked[arn].detector or Tool(name="human loop", version="1"), asked[arn].part
        if isinstance(answers, str):
            failures.append(Failure(detector=tool, part=part, kind="unavailable", message=answers))
            continue
        now += [
            Detection(
                label=label,
                parents=taxonomy.parents(label) if label in taxonomy else (),
                confidence=100 * sum(label in answer.labels for answer in answers) / len(answers),
                detector=tool,
                part=part,
                attributes={ATTRIBUTE: arn, "said_by": "people"},
            )
            for label in sorted({label for answer in answers for label in answer.labels})
        ]
    return now, failures
