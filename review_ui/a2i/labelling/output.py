"""A job's output: the manifest's lines with a label and its metadata beside it, as Ground Truth documents them.

https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from review_ui.a2i.labelling.answers import Answered
from review_ui.a2i.labelling.consolidation import merge_boxes, merge_spans, most_likely
from review_ui.a2i.labelling.task_types import TaskType

Answers = Mapping[int, Mapping[str, Answered]]
"""By number of the object, what each person says."""
Labelled = tuple[Any, dict[str, Any]]
"""A label, and what is told of it."""


def consolidate(task_type: TaskType, labels: Sequence[str], answers: Answers) -> dict[int, Labelled]:
    """One label for each object that somebody answered, with the metadata that its task type has."""
    given = {number: each for number, each in answers.items() if each}
    return {
        "class": _classes_of,
        "classes": _sets_of,
        "boxes": _boxes_of,
        "spans": _spans_of,
    }[task_type.kind](labels, given)


def line_of(
    line: Mapping[str, Any], attribute: str, label: Labelled, task_type: TaskType, job: str, at: datetime
) -> dict[str, Any]:
    """A line of the output; what the input had under these two names is replaced.

    Args:
        attribute: the job's LabelAttributeName.
        job: its name.
        at: when the label was made.
    """
    value, told = label
    metadata = {
        **told,
        "job-name": f"labeling-job/{job}",
        "human-annotated": "yes",
        "creation-date": at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "type": f"groundtruth/{task_type.written}",
    }
    return {**line, attribute: value, f"{attribute}-metadata": metadata}


def failed_line(line: Mapping[str, Any], attribute: str, job: str, reason: str) -> dict[str, Any]:
    """A line of the output of an object that nobody labelled, with why."""
    metadata = {"failure-reason": reason, "human-annotated": "yes", "job-name": f"labeling-job/{job}"}
    return {**line, f"{attribute}-metadata": metadata}


def _classes_of(labels: Sequence[str], answers: Answers) -> dict[int, Labelled]:
    votes = {n: {who: min(each.classes) for who, each in given.items()} for n, given in answers.items()}
    made: dict[int, Labelled] = {}
    for number, likely in most_likely(votes, len(labels)).items():
        best = likely.index(max(likely))
        made[number] = best, {"class-name": labels[best], "confidence": round(likely[best], 2)}
    return made


def _sets_of(labels: Sequence[str], answers: Answers) -> dict[int, Labelled]:
    chosen: dict[int, dict[int, float]] = {number: {} for number in answers}
    for k in range(len(labels)):
        votes = {n: {who: int(k in each.classes) for who, each in given.items()} for n, given in answers.items()}
        for number, (_, likely) in most_likely(votes, 2).items():
            if likely > 0.5:
                chosen[number][k] = round(likely, 2)
    return {
        number: (
            sorted(found),
            {
                "class-map": {str(k): labels[k] for k in sorted(found)},
                "confidence-map": {str(k): found[k] for k in sorted(found)},
            },
        )
        for number, found in chosen.items()
    }


def _boxes_of(labels: Sequence[str], answers: Answers) -> dict[int, Labelled]:
    made: dict[int, Labelled] = {}
    for number, given in answers.items():
        merged = merge_boxes({who: each.boxes for who, each in given.items()})
        sizes = [each.size for each in given.values() if each.size is not None]
        boxes = [
            {
                "class_id": box.label,
                "left": round(box.left),
                "top": round(box.top),
                "width": round(box.width),
                "height": round(box.height),
            }
            for box, _ in merged
        ]
        image = [{"width": sizes[0][0], "height": sizes[0][1], "depth": 3}] if sizes else []
        made[number] = (
            {"annotations": boxes, "image_size": image},
            {
                "objects": [{"confidence": round(share, 2)} for _, share in merged],
                "class-map": {str(k): labels[k] for k in sorted({box.label for box, _ in merged})},
            },
        )
    return made


def _spans_of(labels: Sequence[str], answers: Answers) -> dict[int, Labelled]:
    made: dict[int, Labelled] = {}
    for number, given in answers.items():
        merged = merge_spans({who: each.spans for who, each in given.items()})
        entities = [
            {"label": labels[span.label], "startOffset": span.start, "endOffset": span.end} for span, _ in merged
        ]
        value = {"annotations": {"entities": entities, "labels": [{"label": name} for name in labels]}}
        made[number] = value, {"entities": [{"confidence": round(share, 2)} for _, share in merged]}
    return made
