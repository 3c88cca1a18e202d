"""``moderation models``: list, check, evaluate; and what the doctor says of models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from moderation_models.commands import models as command
from moderation_models.trying import try_model
from onnx import TensorProto, helper
from PIL import Image

from moderation.plugins import load_plugins
from moderation.settings import Settings
from plugins.models.tests.nets import CELLS, COLOURS, Models, cells, colours, painted


def run(models: Models, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, arguments, obj=Settings(models=models.folder), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value or 0, done.stdout


def labelled(folder: Path, **pictures: list[Image.Image]) -> Path:
    for label, shown in pictures.items():
        (folder / label).mkdir(parents=True)
        for number, picture in enumerate(shown):
            picture.save(folder / label / f"{number}.png")
    return folder


def plain(*colour: str) -> list[Image.Image]:
    return [Image.new("RGB", (64, 64), each) for each in colour]


def test_the_list_says_what_each_model_finds_and_where_it_lies(models: Models) -> None:
    path = models.add(colours(), COLOURS)

    _, said = run(models, "list")

    assert f"acme.own 1  {path}" in said
    assert "classes, 64 x 64, from 20 %: Custom/RED, Weapons" in said
    assert "vision.explicit 1." in said
    assert "weights: licence not stated" in said


def test_a_check_looks_at_the_examples(models: Models) -> None:
    plain("red")[0].save(models.folder / "red.png")
    plain("lime")[0].save(models.folder / "green.png")
    right = "examples: [{picture: red.png, expect: [Custom/RED]}, {picture: green.png, expect: []}]\n"
    wrong = "examples: [{picture: red.png, expect: []}, {picture: green.png, expect: [Weapons]}]\n"

    models.add(colours(), COLOURS + right)
    code, said = run(models, "check", str(models.folder))
    assert (code, "ok     acme.own 1, 2 examples" in said) == (0, True)

    models.add(colours(), COLOURS + wrong)
    code, said = run(models, "check", str(models.folder))
    assert code == 1
    assert "own.yml: example red.png: nothing was expected; found: Custom/RED" in said
    assert "own.yml: example green.png: 'Weapons' was not found; found: nothing" in said


def test_a_check_says_where_a_file_is_wrong_before_it_is_in_use(models: Models, tmp_path: Path) -> None:
    path = models.add(colours(), COLOURS.replace("Weapons", "Weapon"))

    done = CliRunner().invoke(command, ["check", str(models.folder)], obj=Settings(), standalone_mode=False)

    assert done.return_value == 1
    assert f"{path}:8:33: E102 unknown label 'Weapon'" in done.stdout
    assert "did you mean 'Weapons'" in done.stdout


def test_a_net_that_ends_its_process_or_never_answers_is_named(models: Models) -> None:
    huge = helper.make_graph(
        [
            helper.make_node("Shape", ["picture"], ["sides"]),
            helper.make_node("Cast", ["sides"], ["wide"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["wide", "times"], ["wider"]),
            helper.make_node("Cast", ["wider"], ["shape"], to=TensorProto.INT64),
            helper.make_node("ConstantOfShape", ["shape"], ["filled"]),
            helper.make_node("ReduceSum", ["filled"], ["scores"]),
        ],
        "net",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, None)],
        [helper.make_tensor("times", TensorProto.FLOAT, [4], [100.0, 100.0, 100.0, 100.0])],
    )
    models.add(helper.make_model(huge, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), COLOURS)

    said = try_model(models.read())

    # 300 TB: the runtime says that it cannot, or dies of it.
    assert len(said) == 1
    assert said[0].startswith(("own.onnx cannot", "ended its process"))
    assert try_model(models.read(), seconds=0.0) == ["did not load and look at its examples within 0 s"]


def test_the_doctor_tries_each_model(models: Models) -> None:
    models.add(colours(), COLOURS.replace("size: 64", "size: 32"))
    settings = Settings(models=models.folder)

    found = [
        each for group in load_plugins(settings).manager.hook.examine(settings=settings, services=()) for each in group
    ]

    said = {each.text: each.is_problem for each in found}
    assert any(text.startswith("acme.own: own.onnx reads 1 x 3 x 64 x 64") and wrong for text, wrong in said.items())
    assert any(text.startswith("vision.explicit 1") and not wrong for text, wrong in said.items())


def test_precision_recall_and_calibration_are_counted_by_label(models: Models, tmp_path: Path) -> None:
    models.add(colours(), COLOURS + "floor: 0\n")
    folder = labelled(
        tmp_path / "set",
        **{
            "Custom/RED": plain("red", "red", "red", "lime"),
            "none": plain("lime", "black", "red"),
            "Weapons": plain("blue"),
        },
    )

    code, said = run(models, "evaluate", str(folder), "--at", "50", "--json", "--model", "acme.own")

    [result] = json.loads(said)
    red = result["labels"]["Custom/RED"]
    assert (code, result["pictures"]) == (0, 8)
    assert (red["right"], red["wrong"], red["missed"]) == (3, 1, 1)
    assert red["precision"]["share"] == red["recall"]["share"] == 0.75
    assert red["precision"]["low"] == pytest.approx(0.3006, abs=1e-4)  # Wilson's interval of 3 in 4
    assert red["precision"]["high"] == pytest.approx(0.9544, abs=1e-4)
    surest = red["calibration"][-1]
    assert (surest["from"], surest["found"], surest["confidence"], surest["right"]) == (90, 4, 100.0, 75.0)
    assert {(c["shows"], c["found"]): c["pictures"] for c in result["confusion"]} == {
        ("Custom/RED", "Custom/RED"): 3, ("Custom/RED", "none"): 1, ("Weapons", "Weapons"): 1,
        ("none", "Custom/RED"): 1, ("none", "none"): 2,
    }  # fmt: skip


def test_a_parent_stands_for_its_children_and_a_class_for_its_label(models: Models, tmp_path: Path) -> None:
    models.add(colours(), COLOURS)
    folder = labelled(tmp_path / "set", Violence=plain("blue", "lime"), blue=plain("blue"))

    _, said = run(models, "evaluate", str(folder), "--json", "--model", "acme.own")

    labels = json.loads(said)[0]["labels"]
    counts = {label: (of["right"], of["wrong"], of["missed"]) for label, of in labels.items()}
    # That a picture shows violence does not say whether it shows weapons.
    assert counts == {"Custom/RED": (0, 0, 0), "Violence": (2, 0, 1), "Weapons": (1, 0, 0)}


def test_boxes_of_a_coco_file_are_held_against_those_found(models: Models, tmp_path: Path) -> None:
    models.add(cells(), CELLS)
    painted({(0, 0, 32, 32): "red", (96, 96, 128, 128): "red"}).save(tmp_path / "a.png")
    painted({(32, 32, 64, 64): "red"}).save(tmp_path / "b.png")
    boxes = [(1, [0, 0, 30, 30]), (1, [64, 0, 32, 32]), (2, [33, 33, 32, 32])]
    coco: dict[str, Any] = {
        "images": [
            {"id": n, "file_name": f"{name}.png", "width": 128, "height": 128} for n, name in ((1, "a"), (2, "b"))
        ],
        "categories": [{"id": 7, "name": "red"}],
        "annotations": [{"image_id": image, "category_id": 7, "bbox": box} for image, box in boxes],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco), encoding="utf-8")

    _, said = run(models, "evaluate", str(tmp_path / "coco.json"), "--json")

    [result] = json.loads(said)
    places = result["places"]["Custom/RED"]
    assert (places["right"], places["wrong"], places["missed"]) == (2, 1, 1)
    assert result["labels"]["Custom/RED"]["right"] == 2


def test_a_picture_that_cannot_be_read_is_no_clean_answer(models: Models, tmp_path: Path) -> None:
    models.add(colours(), COLOURS)
    folder = labelled(tmp_path / "set", none=plain("lime"))
    (folder / "none" / "broken.png").write_bytes(b"no picture")

    code, said = run(models, "evaluate", str(folder), "--json", "--model", "acme.own")

    [result] = json.loads(said)
    assert code == 1
    assert result["pictures"] == 1
    assert [each["picture"] for each in result["unreadable"]] == ["none/broken.png"]


def test_the_page_shows_confusion_and_mistakes_and_trusts_no_name(models: Models, tmp_path: Path) -> None:
    models.add(colours(), COLOURS)
    folder = labelled(tmp_path / "set", **{"Custom/RED": plain("red"), "none": []})
    plain("red")[0].save(folder / "none" / "<b>&.png")

    _, said = run(models, "evaluate", str(folder), "--html", str(tmp_path / "page.html"))

    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "acme.own: 2 pictures; found counts from 20 %" in said
    assert "50.0 % (9-91)" in said
    assert "&lt;b&gt;&amp;.png" in page
    assert "<b>" not in page
    assert "found, 100 %" in page


@pytest.mark.parametrize(
    ("folder", "wanted"),
    [
        ("Weapon", "'Weapon' is no label and no class of a model; did you mean 'Weapons'?"),
        (".", "lies in no folder of a label"),
    ],
)
def test_a_folder_that_is_no_label_is_an_error(models: Models, tmp_path: Path, folder: str, wanted: str) -> None:
    from moderation.core.errors import InputError

    models.add(colours(), COLOURS)
    (tmp_path / "set" / folder).mkdir(parents=True)
    plain("red")[0].save(tmp_path / "set" / folder / "a.png")

    with pytest.raises(InputError, match=wanted.replace(".", r"\.").replace("?", r"\?")):
        run(models, "evaluate", str(tmp_path / "set"))


@pytest.mark.parametrize(
    ("content", "wanted"),
    [("{}", "is no COCO file"), ("[", "is no COCO file"), ('{"images": [{"id": 1}], "categories": [], "annotations": []}', r"images\[0\]")],
)  # fmt: skip
def test_a_coco_file_that_is_none_is_an_error(models: Models, tmp_path: Path, content: str, wanted: str) -> None:
    from moderation.core.errors import InputError

    (tmp_path / "coco.json").write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=wanted):
        run(models, "evaluate", str(tmp_path / "coco.json"))
