"""The programs of docs/aws-local.md, run as they stand there, unmodified but for the variables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from review_ui.a2i.labelling.advancing import advance_jobs
from tests.houses.aws_door import EXAMPLES, Door, blank
from tests.waiting import PATIENCE_SECONDS

DOC = EXAMPLES.parent / "docs" / "aws-local.md"
PROGRAMS = {
    match[1]: match[0]
    for match in re.findall(r"```python\n(# (\w+)\.py.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
}


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    for name in ("dough.jpg", "face.jpg"):
        (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    return tmp_path


def run(door: Door, name: str, *given: str, text: str = "") -> str:
    """What a program prints."""
    environment = {**os.environ, **door.environment()}
    program = [sys.executable, "-c", PROGRAMS[name], *given]
    done = subprocess.run(
        program, env=environment, input=text, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_none_is_longer_than_twenty_lines() -> None:
    """Beside imports, blank lines and the first, which says how a program is called."""
    assert set(PROGRAMS) == {"moderate", "helmets", "toxic", "label"}
    lines = {
        name: [line for line in text.splitlines()[1:] if line and "import " not in line]
        for name, text in PROGRAMS.items()
    }
    assert max(map(len, lines.values())) <= 20


def test_pictures_are_moderated_with_a_human_loop(door: Door, photographs: Path) -> None:
    unsure = {"ModerationLabelName": "Explicit", "ConfidenceGreaterThanEquals": 40}
    flow = door.flow("program", {"ConditionType": "ModerationLabelConfidenceCheck", "ConditionParameters": unsure})

    lines = run(door, "moderate", flow, str(photographs)).splitlines()

    assert re.fullmatch(r"dough\.jpg \['Explicit \d\d'\] people look", lines[0])
    assert lines[1] == "face.jpg [] done"
    loops = door.client("sagemaker-a2i-runtime").list_human_loops(FlowDefinitionArn=flow)["HumanLoopSummaries"]
    assert [each["HumanLoopStatus"] for each in loops] == ["InProgress"]


def test_helmets_are_looked_for_in_a_folder(door: Door, photographs: Path) -> None:
    lines = run(door, "helmets", str(photographs)).splitlines()

    assert lines[1] == "face.jpg: 1 people, 1 without a helmet, 0 unclear"


def test_toxic_lines_are_told(door: Door) -> None:
    nice = "What a nice day it is today, the sun shines."
    text = "\n".join([nice] * 10 + ["I hate you, you worthless idiot, and I will kill you"])

    [line] = run(door, "toxic", text=text).splitlines()

    assert re.match(r"HARASSMENT_OR_ABUSE 0\.\d\d: I hate you", line)


def test_people_label_the_pictures_of_a_bucket(door: Door) -> None:
    control = door.client("sagemaker")
    members = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
    control.create_workteam(WorkteamName="labellers", Description="d", MemberDefinitions=members)
    door.s3.create_bucket(Bucket="to-label")
    door.s3.put_object(Bucket="to-label", Key="pictures/one.png", Body=blank())

    run(door, "label", door.review.arn("workteam/private-crowd", "labellers"), "to-label", "cat", "dog")
    advance_jobs(door.review)

    described = control.describe_labeling_job(LabelingJobName="label-to-label")
    assert described["LabelingJobStatus"] == "InProgress"
    assert described["LabelCounters"]["Unlabeled"] == 1
