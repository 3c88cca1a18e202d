"""``moderation models train ppe``: what is read, what is learnt, and what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_models.commands import models as command
from moderation_models.heads import Head, read_head
from moderation_models.ppe.covers import COVERS
from moderation_models.ppe.learning import Rows, learn, odds
from moderation_models.ppe.reviewed import labels_of
from moderation_models.ppe.samples import CLASSES, MEANINGS, read_pictures
from moderation_models.ppe.training import Figures, Trained
from numpy.typing import NDArray
from PIL import Image

from ground.statistics import wilson
from moderation.core.detections import Detection
from moderation.core.errors import InputError
from moderation.evidence.reviewed import ReviewedPicture
from moderation.settings import Settings
from tests.examples import examples


def rows(worn: NDArray[Any], features: NDArray[Any]) -> Rows:
    count = len(worn)
    return Rows(features[:, None], features[:, None], worn, numpy.arange(count) // 2, numpy.ones(count, bool))


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.5))
def test_what_can_be_told_apart_is_told_apart_and_as_sure_as_it_is_right(seed: int, rare: float) -> None:
    random = numpy.random.default_rng(seed)
    worn = random.random(400) < rare
    worn[:10] = True
    features = random.normal(0, 1, (400, 8)) * 30
    features[:, 3] += numpy.where(worn, 90, -90)
    head = learn(rows(worn, features))
    sure = odds(head, features[:, None])

    assert ((sure > 0) == worn).mean() > 0.97
    assert ((sure > 0) == worn)[abs(sure) > 1.4].mean() > 0.97


def test_a_few_parts_of_ones_own_do_not_unlearn_what_was_known() -> None:
    random = numpy.random.default_rng(3)
    worn = random.random(600) < 0.5
    features = random.normal(0, 1, (600, 20))
    features[:, 0] += numpy.where(worn, 1.5, -1.5)
    before = learn(rows(worn, features))
    few = rows(worn[:12], random.normal(0, 1, (12, 20)))

    after = learn(few, before)
    assert (((odds(after, features[:, None])) > 0) == worn).mean() > 0.85


def test_nothing_that_can_be_told_is_told_unsurely() -> None:
    random = numpy.random.default_rng(4)
    worn = random.random(400) < 0.5
    head = learn(rows(worn, random.normal(0, 1, (400, 30))))

    fresh = random.normal(0, 1, (400, 1, 30))
    assert (abs(odds(head, fresh)) > 1.4).mean() < 0.1


def yolo(folder: Path, text: str, name: str = "a") -> Path:
    Image.new("RGB", (64, 64), "grey").save(folder / f"{name}.png")
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_boxes_of_yolo_files_are_read(tmp_path: Path) -> None:
    [picture] = read_pictures(yolo(tmp_path, "0 0.5 0.25 0.2 0.1\n\n3 0.5 0.6 0.4 0.4\n"))

    assert [(each.cover, each.is_worn) for each in picture.labels] == [("head_cover", True), ("vest", False)]
    assert picture.labels[0].box == pytest.approx((0.4, 0.2, 0.6, 0.3))


def test_classes_of_ones_own_order_are_read(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("bare_head\nhelmet\n")
    [picture] = read_pictures(yolo(tmp_path, "1 0.5 0.25 0.2 0.1\n"))

    assert picture.labels[0].is_worn
    assert set(CLASSES) == set(MEANINGS)


def test_folders_of_faces_are_read(tmp_path: Path) -> None:
    for name in ("with_mask", "without_mask"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (64, 64)).save(tmp_path / name / "a.png")

    assert [(p.name, p.labels[0].is_worn) for p in read_pictures(tmp_path)] == [
        ("with_mask/a.png", True),
        ("without_mask/a.png", False),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9 0.5 0.5 0.1 0.1", r"a\.txt:1: .*class '9' is none"),
        ("0 0.5 0.5 0.1 0.1\nhelmet 0.5 0.5 0.1 0.1", r"a\.txt:2: "),
        ("0 0.5 0.5 0.1", r"a\.txt:1: no box of CLASS X Y WIDTH HEIGHT, class 0 to 5"),
        ("0 50 50 10 10", r"a\.txt:1: .*shares of the picture"),
        ("0 nan 0.5 0.1 0.1", r"a\.txt:1: .*shares of the picture"),
        ("0 0.5 0.5 0.1 0.1\n" * 1001, r"a\.txt has 1,001 lines; a picture has at most 1,000"),
    ],
)
def test_what_is_wrong_with_a_label_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_pictures(yolo(tmp_path, text))


def test_a_class_that_is_none_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("helmet\nhat\n")

    with pytest.raises(InputError, match=r"classes\.txt:2: 'hat' is no class; there are helmet"):
        read_pictures(yolo(tmp_path, "0 0.5 0.5 0.1 0.1"))


def test_a_folder_without_labels_says_how_they_are_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"put a YOLO file .* beside each"):
        read_pictures(tmp_path)


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["train", "ppe", *arguments], obj=settings, standalone_mode=False)


def faces(folder: Path, count: int, *, right: bool = True) -> Path:
    """Pictures that stand for faces: what stands for a mask is pale below."""
    random = numpy.random.default_rng(1)
    for name, is_pale in (("with_mask", right), ("without_mask", not right)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(60, 120, (6, 6, 3), numpy.uint8)
            if is_pale:
                pixels[3:] = 235
            Image.fromarray(pixels).resize((64, 64)).save(folder / name / f"{number}.png")
    return folder


def test_a_head_is_learnt_and_written_with_figures(tmp_path: Path) -> None:
    mine = tmp_path / "models"
    done = run(Settings(models=mine), "--from", str(faces(tmp_path / "faces", 27)), "--afresh")

    assert done.exit_code == 0, done
    assert done.return_value == 0
    assert "face_cover: learnt from" in done.output
    assert "after:  worn and told so 100.0 % (" in done.output
    assert read_head(mine / "ppe-face-cover.npz").weights.shape == (1, 1280)
    assert sorted(path.name for path in mine.iterdir()) == ["ppe-face-cover.npz"]


def figures(right: int) -> Figures:
    return Figures(wilson(right, 10), wilson(right, 10), wilson(5, 10), wilson(5, 5), right)


@pytest.mark.parametrize(("before", "written"), [(9, False), (8, True), (7, True)])
def test_a_head_that_is_worse_than_the_one_in_use_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, written: bool
) -> None:
    head = Head(numpy.ones((1, 1280)), numpy.ones(1), numpy.zeros(1280), numpy.ones(1280))
    trained = Trained(COVERS[1], head, 100, 10, figures(before), figures(8))
    monkeypatch.setattr("moderation_models.ppe.training.train", lambda *args, **more: iter([trained]))
    source, mine = str(faces(tmp_path / "faces", 1)), tmp_path / "models"
    done = run(Settings(models=mine), "--from", source)

    assert (mine / "ppe-face-cover.npz").is_file() is written
    assert done.return_value == (0 if written else 1)
    assert ("which stays in use" in done.output) is not written
    assert run(Settings(models=mine), "--from", source, "--even-if-worse").return_value == 0
    assert (mine / "ppe-face-cover.npz").is_file()


def test_too_little_to_learn_from_is_said(tmp_path: Path) -> None:
    done = run(Settings(models=tmp_path), "--from", str(faces(tmp_path / "faces", 3)))

    assert isinstance(done.exception, InputError)
    assert "at least 20 parts with and 20 without a cover are wanted; worn are face_cover: 3 of 6" in str(
        done.exception
    )


@pytest.mark.parametrize("arguments", [(), ("--from", ".", "--reviewed")])
def test_where_to_learn_from_is_one_place(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(Settings(models=tmp_path), *arguments)

    assert "--from FOLDER or --reviewed, one of them" in str(done.exception)


def test_without_a_folder_for_heads_nothing_is_looked_at(tmp_path: Path) -> None:
    done = run(Settings(), "--from", str(tmp_path))

    assert "set MODERATION_MODELS to a folder" in str(done.exception)


def person(**parts: dict[str, float | None]) -> Detection:
    places = {part: {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4} for part in parts}
    return Detection(label="Person", confidence=90, attributes={"parts": parts, "places": places})


def reviewed(
    outcome: str, *people: Detection, asked: tuple[str, ...] = ("head_cover", "vest")
) -> list[tuple[str, bool]]:
    picture = ReviewedPicture("i/p0", b"", people, outcome, frozenset(asked))
    return [(each.cover, each.is_worn) for each in labels_of(picture)]


def test_an_approval_says_that_all_wear_what_the_policy_asks_for() -> None:
    one, two = (
        person(head={"head_cover": 40}, torso={"vest": 90}),
        person(head={"head_cover": 97}, face={"face_cover": 3}),
    )

    assert reviewed("approve", one, two) == [("head_cover", True), ("vest", True), ("head_cover", True)]


def test_a_rejection_says_what_is_missing_where_it_can_be_one_thing() -> None:
    sure = person(head={"head_cover": 40}, torso={"vest": 90})

    assert reviewed("reject", sure) == [("head_cover", False)]
    assert reviewed("reject", sure, sure) == []
    assert reviewed("reject", person(head={"head_cover": 40}, torso={"vest": 30})) == []
    assert reviewed("reject", person(head={"head_cover": 40}, torso={"vest": 30}), asked=("vest",)) == [("vest", False)]
