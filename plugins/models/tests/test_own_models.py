"""A YAML file and an ONNX file are a detector, whatever the net gives."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_models.detector import ModelDetector, least_raw, percent_of
from moderation_models.file import Table
from onnx import TensorProto
from PIL import Image

from moderation.core.items import Box
from moderation.hookspecs import Unavailable, Unreadable
from moderation.testing import DetectorContract, FakeContext
from plugins.models.tests.nets import CELLS, COLOURS, Models, cells, colours, painted
from tests.paths import ROOT

RED = Image.new("RGB", (90, 60), "red")


def looked(model: ModelDetector, picture: Image.Image) -> list[tuple[str, float]]:
    return [(each.label, round(each.confidence, 1)) for each in model.find(picture)]


def places(model: ModelDetector, picture: Image.Image) -> list[tuple[str, tuple[float, ...]]]:
    """Label and left, top, width, height in hundredths of the picture."""
    found = []
    for each in model.find(picture):
        assert each.box is not None
        sides = (each.box.left, each.box.top, each.box.width, each.box.height)
        found.append((each.label, tuple(round(100 * side, 1) for side in sides)))
    return sorted(found)


def near(box: Box | None, wanted: tuple[float, float, float, float]) -> bool:
    assert box is not None
    return all(
        abs(has - want) < 0.02
        for has, want in zip((box.left, box.top, box.width, box.height), wanted, strict=True)
    )  # fmt: skip


def test_a_classifier_says_what_the_whole_picture_is(models: Models) -> None:
    models.add(colours(), COLOURS)

    model = models.read()

    assert looked(model, RED) == [("Custom/RED", 100.0)]
    assert looked(model, Image.new("RGB", (90, 60), "lime")) == []
    assert model.find(RED)[0].box is None
    assert model.find(RED)[0].attributes == {"class": "red", "score": 1.0}


def test_it_is_offered_beside_the_shipped_ones(models: Models) -> None:
    from moderation.plugins import load_plugins
    from moderation.settings import Settings

    models.add(colours(), COLOURS)

    names = {detector.name for detector in load_plugins(Settings(models=models.folder)).detectors}

    assert {"acme.own", "vision.explicit", "vision.hints"} <= names
    assert "acme.own" not in {detector.name for detector in load_plugins(Settings()).detectors}


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [("as_is", 100.0), ("sigmoid", 73.1), ("softmax", 57.6)],
)
def test_raw_numbers_become_scores_as_the_file_says(models: Models, scores: str, wanted: float) -> None:
    models.add(colours(), COLOURS.replace("{kind: classes}", f"{{kind: classes, scores: {scores}}}"))

    assert dict(looked(models.read(), RED))["Custom/RED"] == wanted


@pytest.mark.parametrize(("scores", "wanted"), [("softmax", 78.8), ("sigmoid", 73.1)])
def test_classes_of_one_label_add_up_where_they_exclude_each_other(models: Models, scores: str, wanted: float) -> None:
    text = COLOURS.replace("{kind: classes}", f"{{kind: classes, scores: {scores}}}").replace("Weapons", "Custom/RED")
    models.add(colours(), text)

    assert looked(models.read(), RED) == [("Custom/RED", wanted)]


def test_levels_are_changed_as_the_file_says(models: Models) -> None:
    text = COLOURS.replace("{size: 64}", "{size: 64, mean: [55, 0, 0], std: 400, channels: bgr}")
    models.add(colours(), text + "floor: 0\npercent: [[-1, 0], [1, 100]]\n")

    found = dict(looked(models.read(), Image.new("RGB", (64, 64), (0, 0, 255))))

    # Blue comes first: (255 - 55) / 400 of it; nothing of the third.
    assert found == {"Custom/RED": 75.0, "Weapons": 50.0}


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16"])
def test_nets_read_other_numbers_than_floats(models: Models, dtype: str) -> None:
    kinds = {"uint8": TensorProto.UINT8, "int32": TensorProto.INT32, "float16": TensorProto.FLOAT16}
    top = 1 if dtype == "float16" else 255
    text = COLOURS.replace("{size: 64}", f"{{size: 64, type: {dtype}}}") + f"percent: [[0, 0], [{top}, 100]]\n"
    models.add(colours(dtype=kinds[dtype]), text)

    assert looked(models.read(), RED) == [("Custom/RED", 100.0)]


def test_a_cut_looks_at_the_middle_and_a_fit_at_all(models: Models) -> None:
    picture = painted({(0, 0, 36, 64): "red", (92, 0, 128, 64): "red"}, (128, 64))
    models.add(colours(), COLOURS.replace("size: 64", "size: 64, resize: crop"))
    cropped = looked(models.read(), picture)
    models.add(colours(), COLOURS.replace("size: 64", "size: 64, resize: fit, fill: 0"))
    fitted = looked(models.read(), picture)

    assert cropped == []  # an eighth of what is left
    assert [label for label, _ in fitted] == ["Custom/RED"]
    assert fitted[0][1] == pytest.approx(100 * 72 / 128 / 2, abs=1)


def test_a_net_of_free_sides_reads_the_shape_that_the_picture_has(models: Models) -> None:
    models.add(colours(None), COLOURS.replace("size: 64", "size: 64, resize: fit, multiple_of: 32, fill: 0"))

    # 64 x 32 is filled with nothing.
    assert looked(models.read(), Image.new("RGB", (400, 200), "red")) == [("Custom/RED", 100.0)]


def test_a_table_says_what_percent_a_score_is(models: Models) -> None:
    text = COLOURS + "percent: {Custom/RED: [[0.5, 40], [1, 60]]}\n"
    models.add(colours(), text)
    model = models.read()

    assert looked(model, Image.new("RGB", (64, 64), (191, 0, 0))) == [("Custom/RED", 50.0)]
    assert looked(model, Image.new("RGB", (64, 64), (120, 0, 0))) == []
    assert looked(model, Image.new("RGB", (64, 64), "blue")) == [("Weapons", 100.0)]


@pytest.mark.parametrize("layout", ["v5", "v8"])
@pytest.mark.parametrize("size", [(128, 128), (256, 128), (180, 360)])
def test_boxes_lie_where_the_patches_do(models: Models, layout: str, size: tuple[int, int]) -> None:
    text = CELLS.replace("{kind: yolo}", f"{{kind: yolo, layout: {layout}}}")
    models.add(cells(layout), text.replace("size: 128", "size: 128, resize: fit"))
    longest = max(size)
    cell = longest // 4
    left, top = ((longest - side) // 2 % cell for side in size)
    # One cell of what the net sees, in pixels of the picture.
    place = (cell - left if left else 0, cell - top if top else 0)
    patch = (*place, place[0] + cell, place[1] + cell)

    found = models.read().find(painted({patch: "red"}, size))

    assert [each.label for each in found] == ["Custom/RED"]
    wanted = (patch[0] / size[0], patch[1] / size[1], cell / size[0], cell / size[1])
    assert near(found[0].box, wanted)


def test_objectness_counts(models: Models) -> None:
    models.add(cells("v5", objectness=0.5), CELLS.replace("{kind: yolo}", "{kind: yolo, layout: v5}"))

    assert looked(models.read(), painted({(0, 0, 32, 32): "red"})) == [("Custom/RED", 50.0)]


def test_boxes_and_scores_may_come_apart(models: Models) -> None:
    output = "{kind: ssd, corners: yxyx, class_numbers: numbers}"
    models.add(cells("ssd"), CELLS.replace("{kind: yolo}", output))

    found = places(models.read(), painted({(64, 0, 96, 32): "red", (0, 96, 32, 128): "blue"}))

    assert found == [("Custom/RED", (50.0, 0.0, 25.0, 25.0)), ("Weapons", (0.0, 75.0, 25.0, 25.0))]


def test_boxes_that_overlap_are_one_thing_across_tiles(models: Models) -> None:
    models.add(cells(), CELLS + "tiles: {grid: 2, overlap: 0.5}\n")

    found = places(models.read(), Image.new("RGB", (300, 300), "red"))

    # The whole says 16 cells, and the tiles smaller ones, which overlap these by less than the limit of .45.
    assert found.count(("Custom/RED", (0.0, 0.0, 25.0, 25.0))) == 1
    assert len(found) == len(set(found))


def test_tiles_find_what_is_too_small_in_the_whole(models: Models) -> None:
    picture = painted({(16, 16, 32, 32): "red"})
    models.add(cells(), CELLS + "floor: 90\n")
    assert places(models.read(), picture) == []

    models.add(cells(), CELLS + "floor: 90\ntiles: {grid: 2, overlap: 0}\n")

    assert places(models.read(), picture) == [("Custom/RED", (12.5, 12.5, 12.5, 12.5))]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("most", [("Custom/RED", 100.0)]),
        ("agree", [("Custom/RED", 25.0)]),
        ("agree, worth: 0.3", [("Custom/RED", 25.0)]),
    ],
)
def test_scores_of_tiles_are_put_together_by_the_rule(models: Models, rule: str, wanted: list[Any]) -> None:
    models.add(colours(), COLOURS + f"tiles: {{grid: 2, overlap: 0, rule: {rule}}}\n")

    assert looked(models.read(), painted({(0, 0, 64, 64): "red"})) == wanted


@pytest.mark.parametrize(
    ("agree_at", "wanted"),
    [("0.2", [("Custom/RED", 25.0)]), ("0.25", [("Custom/RED", 25.0)]), ("0.3", [])],
)
def test_where_no_tile_agrees_the_picture_is_what_most_tiles_are(
    models: Models, agree_at: str, wanted: list[Any]
) -> None:
    # Each tile is a quarter red where it is red at all; the whole is redder to a net that sees its middle alone.
    picture = painted({(x, y, x + 16, y + 16): "red" for x in (32, 64) for y in (32, 64)})
    text = COLOURS.replace("size: 64", "size: 64, resize: crop, resize_to: 128")
    models.add(colours(), text + f"floor: 1\ntiles: {{grid: 4, overlap: 0, rule: agree, agree_at: {agree_at}}}\n")

    assert looked(models.read(), picture) == wanted


def test_crops_of_what_another_model_finds_are_looked_at_one_by_one(models: Models) -> None:
    models.add(cells(), CELLS.replace("acme.own", "acme.patches"), "patches")
    models.add(
        colours(), COLOURS.replace("red: Custom/RED, blue: Weapons", "blue: Custom/BLUE") + "crops_from: acme.patches\n"
    )
    picture = painted({(0, 0, 32, 32): "red", (96, 32, 128, 64): "blue"})

    found = models.read().find(picture)

    assert [each.label for each in found] == ["Custom/BLUE"]
    assert near(found[0].box, (0.75, 0.25, 0.25, 0.25))


def test_a_margin_is_looked_at_and_not_reported(models: Models) -> None:
    models.add(cells(), CELLS.replace("acme.own", "acme.patches"), "patches")
    models.add(colours(), COLOURS + "crops_from: acme.patches\ncrop_margin: 0.5\n")

    found = models.read().find(painted({(32, 32, 64, 64): "red"}))

    assert [(each.label, round(each.confidence)) for each in found] == [("Custom/RED", 25)]
    assert near(found[0].box, (0.25, 0.25, 0.25, 0.25))


def test_a_picture_with_more_places_than_are_looked_at_goes_to_people(models: Models, tmp_path: Path) -> None:
    models.add(cells(size=384), CELLS.replace("acme.own", "acme.patches").replace("128", "384"), "patches")
    models.add(colours(), COLOURS + "crops_from: acme.patches\n")
    context = FakeContext(tmp_path)

    with pytest.raises(Unreadable, match="144 places to look at; at most 64"):
        models.read().detect(context.media(png(Image.new("RGB", (384, 384), "red"))), context)


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_a_head_makes_classes_of_features(models: Models, suffix: str) -> None:
    arrays = {"weights": [[4, 0, 0], [0, 0, 4]], "bias": [-2, -2], "mean": [0.5, 0, 0.5], "scale": [0.5, 1, 0.5]}
    if suffix == "npz":
        numpy.savez(models.folder / "head.npz", **{name: numpy.array(value) for name, value in arrays.items()})
    else:
        (models.folder / "head.json").write_text(json.dumps(arrays), encoding="utf-8")
    text = COLOURS.replace("{kind: classes}", f"{{kind: embedding, head: head.{suffix}, scores: sigmoid}}")
    models.add(colours(), text.replace("[red, green, blue]", "[red, blue]"))

    # 4 * (1 - .5) / .5 - 2 = 2, whose sigmoid is .881.
    assert looked(models.read(), RED) == [("Custom/RED", 88.1)]


def test_a_head_is_never_unpickled(models: Models) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            raise AssertionError("it was pickled")

    numpy.savez(models.folder / "head.npz", weights=numpy.array([[{"a": 1}]], dtype=object))
    text = COLOURS.replace("{kind: classes}", "{kind: embedding, head: head.npz, scores: sigmoid}")
    models.add(colours(), text)

    with pytest.raises(Exception, match=r"head.npz cannot be read as a head .*allow_pickle"):
        models.read().find(RED)


def test_names_of_classes_may_come_with_the_net(models: Models) -> None:
    net = colours()
    net.metadata_props.add(key="names", value="{0: 'red', 1: 'green', 2: 'blue'}")
    models.add(net, COLOURS.replace("classes: [red, green, blue]\n", ""))

    assert looked(models.read(), RED) == [("Custom/RED", 100.0)]


def test_a_transparent_picture_is_seen_on_white_and_on_black(models: Models, tmp_path: Path) -> None:
    models.add(colours(), COLOURS)
    context = FakeContext(tmp_path)
    nothing = Image.new("RGBA", (64, 64), (0, 0, 0, 0))

    found = models.read().detect(context.media(png(nothing)), context)

    # Nothing on black; on white all three colours are there.
    assert [(each.label, each.confidence) for each in found] == [("Custom/RED", 100.0), ("Weapons", 100.0)]


def test_a_model_that_changed_under_the_service_is_a_failure(models: Models, tmp_path: Path) -> None:
    models.add(colours(), COLOURS)
    model, context = models.read(), FakeContext(tmp_path)
    (models.folder / "own.onnx").write_bytes(b"another")

    with pytest.raises(Unavailable, match=r"own\.onnx is another file: its sha256 is"):
        model.detect(context.media(png(RED)), context)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100)), min_size=2, max_size=6, unique_by=lambda pair: pair[0]),
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 100),
)  # fmt: skip
def test_more_score_is_never_less_confidence(pairs: Any, one: float, other: float, floor: float) -> None:
    raws, percents = sorted(raw for raw, _ in pairs), sorted(percent for _, percent in pairs)
    table: Table = tuple(zip(raws, percents, strict=True))
    low, high = sorted((one, other))

    less, more = percent_of(table, low), percent_of(table, high)

    assert less is None or (more is not None and less <= more + 1e-9)
    edge = least_raw(table, floor)
    reported = percent_of(table, high)
    if reported is not None and reported >= floor + 1e-6:
        assert high >= edge - 1e-6
    if high > edge + 1e-6:
        assert reported is not None
        assert reported >= floor - 1e-6


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class TestAClassifierOfOnesOwn(DetectorContract):
    finds = ((png(RED), "Custom/RED"),)
    ignores = (png(Image.new("RGB", (64, 64), "lime")),)

    @pytest.fixture(autouse=True)
    def _model(self, models: Models) -> None:
        models.add(colours(), COLOURS)
        self.model = models.read()

    def detector(self) -> ModelDetector:
        return self.model


class TestBoxesOfOnesOwn(DetectorContract):
    finds = ((png(painted({(0, 0, 64, 64): "red"})), "Custom/RED"),)
    ignores = (png(painted({})),)

    @pytest.fixture(autouse=True)
    def _model(self, models: Models) -> None:
        models.add(cells(), CELLS.replace("{size: 128}", "{size: 128, resize: fit, fill: 0}") + "tiles: {grid: 2}\n")
        self.model = models.read()

    def detector(self) -> ModelDetector:
        return self.model


def test_a_loaded_model_travels_without_its_net(models: Models) -> None:
    models.add(colours(), COLOURS)
    model = models.read()
    fresh = len(pickle.dumps(model))

    model.find(RED)

    assert len(pickle.dumps(model)) == fresh


def test_faces_are_looked_at_one_by_one(models: Models) -> None:
    models.add(colours(), COLOURS.replace("blue: Weapons", "blue: Custom/BLUE") + "crops_from: face\nfloor: 1\n")
    with Image.open(ROOT / "examples" / "face.jpg") as opened:
        picture = opened.convert("RGB")

    found = models.read().find(picture)

    assert sorted(each.label for each in found) == ["Custom/BLUE", "Custom/RED"]
    assert found[0].box is not None
    assert 0.02 < found[0].box.width < 0.6
    assert models.read().find(Image.new("RGB", (400, 300), "red")) == []
