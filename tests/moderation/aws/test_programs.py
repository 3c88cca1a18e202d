"""The programs of docs/aws-local.md, run as they stand there, unmodified but for the variables."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from plugins.film.tests.films import GREY, card, film
from review_ui.a2i.labelling.advancing import advance_jobs
from review_ui.a2i.outputs import sweep
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import next_task
from review_ui.people.people import People
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
    assert set(PROGRAMS) == {"moderate", "helmets", "film", "toxic", "label"}
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


def test_a_stored_film_is_looked_through(door: Door, tmp_path: Path) -> None:
    with Image.open(EXAMPLES / "dough.jpg") as opened:
        dough = opened.convert("RGB").resize((320, 240))
    (tmp_path / "film.mp4").write_bytes(film(lambda at: dough if 2 <= at < 4 else card(GREY, dough.size), 6, rate=5))

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        printed = pool.submit(run, door, "film", str(tmp_path / "film.mp4"))
        while not printed.done():
            door.service.films.work_once()
            time.sleep(0.05)

    said = re.fullmatch(r"2\.0-(\d\.\d) s: Explicit\n", printed.result())
    assert said is not None
    assert 4 <= float(said[1]) <= 6, "it ends with the next picture, two seconds later at most"


def test_toxic_lines_are_told(door: Door) -> None:
    nice = "What a nice day it is today, the sun shines."
    text = "\n".join([nice] * 10 + ["I hate you, you worthless idiot, and I will kill you"])

    [line] = run(door, "toxic", text=text).splitlines()

    assert re.match(r"HARASSMENT_OR_ABUSE 0\.\d\d: I hate you", line)


def test_people_label_pictures_and_the_labels_are_read(tmp_path: Path) -> None:
    """As the documentation of labelling has it, job, page and all."""
    of_docs = (EXAMPLES.parent / "docs" / "labelling.md").read_text(encoding="utf-8")
    job, page = (re.findall(rf"```{kind}\n(.*?)```", of_docs, re.DOTALL)[0] for kind in ("json", "html"))
    door = Door(tmp_path / "door", undo_seconds=0)
    door.s3.create_bucket(Bucket="yard")
    labels = {"labels": [{"label": "helmet"}, {"label": "no helmet"}]}
    manifest = json.dumps({"source-ref": "s3://yard/one.png"})
    for key, data in {
        "one.png": blank(),
        "page.html": page,
        "in.manifest": manifest,
        "labels.json": json.dumps(labels),
    }.items():
        door.s3.put_object(Bucket="yard", Key=key, Body=data)
    members = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
    door.client("sagemaker").create_workteam(WorkteamName="labellers", Description="d", MemberDefinitions=members)
    people = [
        People(door.review.database).add(name, "reviewer", "long enough password").id for name in ("ann", "bob", "cyd")
    ]
    (tmp_path / "job.json").write_text(job)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        printed = pool.submit(run, door, "label", str(tmp_path / "job.json"))
        while not printed.done():
            advance_jobs(door.review)
            for who in people:
                if (task := next_task(door.review, who)) is not None:
                    submit_answer(door.review, task.id, who, {"seen": {"label": "no helmet"}}, 2.0)
            sweep(door.review)
            time.sleep(0.1)
    door.close()

    assert re.fullmatch(r"s3://yard/one\.png no helmet 0\.\d+", printed.result().strip())
