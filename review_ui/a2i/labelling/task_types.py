"""The built-in task types that are offered, known by the names of AWS's functions before and after people's work.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HumanTaskConfig.html lists the functions,
https://docs.aws.amazon.com/sagemaker/latest/dg/sms-data-output.html what a job's output has of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ground.awswire.errors import invalid

Kind = Literal["class", "classes", "boxes", "spans"]
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]*:\d{12}:function:(PRE|ACS)-([A-Za-z0-9]+)")
_MANAGED_UI = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9a-z]{3,12}:human-task-ui/([A-Za-z0-9]+)")


@dataclass(frozen=True)
class TaskType:
    """A built-in task type.

    Attributes:
        name: behind ``PRE-`` and ``ACS-`` in the functions' names.
        kind: what people answer: one class, several, boxes on a picture, or spans of a text.
        source: the manifest's key of an object: ``source-ref`` for what lies in a bucket, ``source`` for a text.
        written: ``type`` in the output's metadata.
        element: of the task's page.
    """

    name: str
    kind: Kind
    source: Literal["source-ref", "source"]
    written: str
    element: str


_ALL = (
    TaskType("ImageMultiClass", "class", "source-ref", "image-classification", "crowd-image-classifier"),
    TaskType(
        "ImageMultiClassMultiLabel",
        "classes",
        "source-ref",
        "image-classification-multilabel",
        "crowd-image-classifier-multi-select",
    ),
    TaskType("TextMultiClass", "class", "source", "text-classification", "crowd-classifier"),
    TaskType(
        "TextMultiClassMultiLabel",
        "classes",
        "source",
        "text-classification-multilabel",
        "crowd-classifier-multi-select",
    ),
    TaskType("BoundingBox", "boxes", "source-ref", "object-detection", "crowd-bounding-box"),
    TaskType("NamedEntityRecognition", "spans", "source", "text-span", "crowd-entity-annotation"),
)
TASK_TYPES: Mapping[str, TaskType] = {each.name: each for each in _ALL}
"""By name."""


def task_type_of(before: str | None, after: str | None) -> TaskType:
    """The task type that two functions' ARNs name.

    Raises:
        ApiError: they name none that is offered, or two.
    """
    names = [_name_in(arn, part) for arn, part in ((before, "PRE"), (after, "ACS"))]
    if names[0] != names[1]:
        raise invalid(f"PRE-{names[0]} and ACS-{names[1]} are of two task types")
    return TASK_TYPES[names[0]]


def managed_type(ui_arn: str, task_type: TaskType) -> None:
    """Check the ARN of a page that AWS keeps for a task type; ours stands for it. Raises `ApiError`."""
    found = _MANAGED_UI.fullmatch(ui_arn)
    if found is None or found[1] != task_type.name:
        raise invalid(f"uiConfig.humanTaskUiArn {ui_arn[:200]} is no page for {task_type.name}")


def built_in_page(task_type: TaskType) -> str:
    """The page of a job that brings no template: its title, the object, and the labels to choose from."""
    head = f'<crowd-form><{task_type.element} name="{task_type.element}" header="{{{{ task.input.header }}}}"'
    shown = {
        "source-ref": ' src="{{ task.input.taskObject | grant_read_access }}"',
        "source": ' text="{{ task.input.taskObject }}"' if task_type.kind == "spans" else "",
    }[task_type.source]
    offered = "labels" if task_type.kind in ("boxes", "spans") else "categories"
    text = "{{ task.input.taskObject }}"
    inner = f"<classification-target>{text}</classification-target>" if task_type.element.startswith("crowd-c") else ""
    labels = f' {offered}="{{{{ task.input.labels | to_json | escape }}}}"'
    # Ground Truth's pages have these regions; elements take them as help for whoever works.
    help_ = "<full-instructions>{{ task.input.description }}</full-instructions>"
    return f"{head}{shown}{labels}>{inner}{help_}</{task_type.element}></crowd-form>"


def _name_in(arn: str | None, part: str) -> str:
    found = _FUNCTION.fullmatch(arn or "")
    if found is None or found[1] != part or found[2] not in TASK_TYPES:
        offered = ", ".join(f"{part}-{name}" for name in TASK_TYPES)
        raise invalid(f"{(arn or 'no function')[:200]} is not run here; these are: {offered}")
    return found[2]
