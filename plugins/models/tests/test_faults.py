"""What is wrong with a model is said with its file, line and remedy: at the start where it can be, else at its load."""

from __future__ import annotations

from pathlib import Path

import numpy
import onnx
import pytest
from moderation_models.folder import SHIPPED, read_models
from moderation_models.onnx_file import MAX_BYTES, ModelBroken, read_weights
from PIL import Image

from moderation.core.errors import PolicyFault
from moderation.plugins import load_plugins
from moderation.settings import Settings
from plugins.models.tests.nets import CELLS, COLOURS, Models, cells, colours

RED = Image.new("RGB", (64, 64), "red")


def faults(models: Models) -> list[str]:
    """Each as LINE: message (hint)."""
    with pytest.raises(PolicyFault) as caught:
        read_models(models.folder)
    return [f"{fault.line}: {fault.message} ({fault.hint})" for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("file: own.onnx\n", "", "1: 'file' is missing (add file: ..)"),
        ("version:", "verson:", "2: unknown key 'verson' (did you mean 'version'?)"),
        ("model: acme.own", "model: own", "1: this value cannot be meant (write another, as the docs have it)"),
        ("{size: 64}", "{size: 0}", "5: a side is a whole number of pixels, 1 to 4096 (write size: 640, or size: [HEIGHT, WIDTH])"),
        ("{size: 64}", "{size: 64, resise: fit}", "5: unknown key 'resise' (did you mean 'resize'?)"),
        ("{size: 64}", "{size: 64, resize: squash}", "5: 'squash' is not one of stretch, fit, crop (write stretch or fit or crop)"),
        ("{size: 64}", "{size: 64, std: 0}", "5: a std of 0 divides by nothing (write 255 for values from 0 to 1)"),
        ("{size: 64}", "{size: 64, mean: [1, 2]}", "5: a number is wanted, or one for each of the three channels (write 127, or [123, 117, 104])"),
        ("{size: 64}", "{size: 64, multiple_of: 32}", "5: multiple_of goes with resize: fit ()"),
        ("{size: 64}", "{size: 64, type: uint8, mean: 1}", "5: levels stay as they are in uint8 (remove mean and std)"),
        ("{kind: classes}", "{kind: clases}", "6: 'clases' is not one of classes, yolo, ssd, embedding (did you mean 'classes'?)"),
        ("{kind: classes}", "{kind: classes, overlap: 0.4}", "6: 'overlap' does not go with kind: classes (with classes go tensor, scores)"),
        ("{kind: classes}", "{kind: embedding}", "6: an embedding needs a head (add head: FILE.npz with weights and bias)"),
        ("{kind: classes}", "{kind: embedding, head: h.npz}", "6: there is no file 'h.npz' beside this one (mend the name, or put the file there)"),
        ("blue: Weapons", "blue: Weapon", "8: unknown label 'Weapon' (did you mean 'Weapons' (under Violence)?)"),
        ("blue: Weapons", "blau: Weapons", "8: 'blau' is none of the classes (add it to classes:, or mend it)"),
        ("file: own.onnx", "file: own.onx", "3: there is no file 'own.onx' beside this one (mend the name, or put the file there)"),
        ("file: own.onnx", "file: ../own.onnx", "3: '../own.onnx' is not in this folder (put the file beside this one)"),
        ("file: own.onnx", "file: package:no_such_thing/own.onnx", "3: package 'no_such_thing' is not installed (pip install the distribution that has no_such_thing)"),
        ("model: acme.own", "model: vision.hints", f"1: there is a model 'vision.hints' already, in {SHIPPED / 'hints.yml'} (give it another name)"),
    ],
)  # fmt: skip
def test_a_fault_in_the_file_stops_the_start_with_its_line(
    models: Models, before: str, after: str, wanted: str
) -> None:
    assert before in COLOURS
    models.add(colours(), COLOURS.replace(before, after))

    assert faults(models) == [wanted]
    with pytest.raises(PolicyFault):
        load_plugins(Settings(models=models.folder))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("percent: [[0.5, 40]]", "a list of pairs of raw score and percent is wanted (write [[0.2, 40], [0.9, 95]])"),
        ("percent: [[0.5, 40], [0.4, 50]]", "scores rise from pair to pair, and percents do not fall (sort the pairs)"),
        ("percent: [[40, 0.5], [50, 140]]", "a percent is 0 to 100 (write [[0.2, 40], [0.9, 95]]: the raw score first)"),
        ("percent: {Pills: [[0, 0], [1, 50]]}", "percents of 'Pills', which no class leads to ()"),
        ("floor: 101", "101 is wrong here: at most 100.0 (write at most 100.0)"),
        ("crops_from: nose", "'nose' says no places (known here: face, person, head)"),
        ("tiles: {grid: 2, worth: 0.5}", "worth goes with rule: agree ()"),
        ("tiles: {grid: 1}", "1 is wrong here: at least 2 (write at least 2)"),
        ("examples: [{picture: a.png, expect: []}]", "there is no file 'a.png' beside this one (mend the name, or put the file there)"),
        ("examples: [{picture: own.onnx, expect: [Pills]}]", "no class leads to 'Pills', which an example expects ()"),
    ],
)  # fmt: skip
def test_so_does_one_in_what_may_be_added(models: Models, line: str, wanted: str) -> None:
    models.add(colours(), COLOURS + line + "\n")

    assert faults(models) == [f"9: {wanted}"]


def test_tiles_and_crops_do_not_go_together(models: Models) -> None:
    models.add(colours(), COLOURS + "crops_from: face\ntiles: {grid: 2}\n")

    assert faults(models) == ["10: either tiles or crops, not both (remove one)"]


def test_every_fault_of_every_file_is_said(models: Models) -> None:
    models.add(colours(), COLOURS.replace("size: 64", "size: 0").replace("Weapons", "Weapon"), "a")
    models.add(colours(), "model: [\n", "b")
    models.add(colours(), "- model\n", "c")

    assert [line.split(":")[0] for line in faults(models)] == ["5", "8", "2", "0"]


def test_the_digest_to_write_down_is_said_and_another_file_is_noticed(models: Models) -> None:
    models.add(colours(), COLOURS.replace("sha256: SHA256\n", ""))
    said = faults(models)[0]
    assert said.startswith("3: which file is meant is not said (add sha256: ")

    digest = said.split("sha256: ")[1][:64]
    models.add(colours(), COLOURS.replace("SHA256", digest))
    assert read_models(models.folder)

    models.add(colours(size=32), COLOURS.replace("SHA256", digest))
    assert faults(models)[0].startswith("4: own.onnx is another file: its sha256 is ")


def test_there_must_be_such_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PolicyFault, match="no such folder of models"):
        read_models(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("size: 64", "size: 32", "own.onnx reads 1 x 3 x 64 x 64, not n x 3 x 32 x 32: mend input: size or layout"),
        ("size: 64", "size: 64, layout: nhwc", "own.onnx reads 1 x 3 x 64 x 64, not n x 64 x 64 x 3: mend input: size or layout"),
        ("size: 64", "size: 64, type: uint8", r"own.onnx reads tensor\(float\), not uint8: mend input: type"),
        ("size: 64", "size: 64, tensor: image", "own.onnx has no input 'image': there are picture"),
        ("kind: classes", "kind: classes, tensor: logits", "own.onnx has no output 'logits': there are scores"),
        ("green, blue]", "green, blue, grey]", "own.onnx gives 3 classes, not 4: mend classes:"),
        ("[red, green, blue]", "{red: 0, blue: 3}", "own.onnx gives 3 classes, not at least 4: mend classes:"),
        ("classes: [red, green, blue]\n", "", "own.onnx knows no class 'red'; it carries nothing: add classes:"),
        ("kind: classes", "kind: yolo", "'scores' is 1 x 3, which layout: v8 is not; try the other"),
        ("kind: classes", "kind: ssd", "own.onnx has no output 'boxes': there are scores"),
    ],
)  # fmt: skip
def test_a_net_that_is_not_what_the_file_says_cannot_be_used(
    models: Models, before: str, after: str, wanted: str
) -> None:
    assert before in COLOURS
    models.add(colours(), COLOURS.replace(before, after))

    with pytest.raises(ModelBroken, match=wanted):
        models.read().find(RED)


def test_the_other_layout_of_boxes_is_noticed(models: Models) -> None:
    models.add(cells("v5"), CELLS)

    with pytest.raises(ModelBroken, match=r"own\.onnx gives 12 classes, not 3"):
        models.read().find(RED)


def test_a_head_must_go_with_its_net(models: Models) -> None:
    numpy.savez(models.folder / "head.npz", weights=numpy.ones((3, 5)))
    models.add(colours(), COLOURS.replace("kind: classes", "kind: embedding, head: head.npz"))

    with pytest.raises(ModelBroken, match="the head wants 5 features, and the net gives 3"):
        models.read().find(RED)


@pytest.mark.parametrize("in_branch", [False, True])
def test_tensors_in_other_files_are_refused(models: Models, in_branch: bool) -> None:
    net = cells()
    tensor = net.graph.initializer[0]
    if in_branch:
        branch = onnx.GraphProto(initializer=[tensor])
        attribute = onnx.AttributeProto(name="then_branch", type=onnx.AttributeProto.GRAPH, g=branch)
        net.graph.node.append(onnx.NodeProto(op_type="If", attribute=[attribute]))
        tensor = net.graph.node[-1].attribute[0].g.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    tensor.ClearField("raw_data")
    models.add(net, CELLS)

    assert faults(models) == [
        "3: its tensors lie in other files; save it as one file (save_as_external_data=False) ()"
    ]  # fmt: skip


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_half_a_file_is_damaged(models: Models, keep: float) -> None:
    data = cells().SerializeToString()
    models.add(data[: int(len(data) * keep)], CELLS)

    assert faults(models) == ["3: own.onnx is no ONNX file, or damaged; export it again ()"]


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 not a net", b"\x80\x04\x95pickle", bytes(range(256)), b"\x3a\x02\x3a\x00" * 99]
)
def test_what_is_no_net_is_refused_at_the_start_or_at_its_load(models: Models, data: bytes) -> None:
    models.add(data, COLOURS)

    with pytest.raises((PolicyFault, ModelBroken), match=r"own\.onnx (is no ONNX file, or damaged|cannot be loaded)"):
        models.read().find(RED)


def test_graphs_in_graphs_without_end_are_refused(models: Models) -> None:
    graph = onnx.GraphProto()
    for _ in range(20):
        attribute = onnx.AttributeProto(name="body", type=onnx.AttributeProto.GRAPH, g=graph)
        graph = onnx.GraphProto(node=[onnx.NodeProto(op_type="Loop", attribute=[attribute])])
    models.add(onnx.ModelProto(graph=graph).SerializeToString(), COLOURS)

    assert faults(models) == ["3: own.onnx is no ONNX file, or damaged; export it again ()"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    with pytest.raises(ModelBroken, match=r"huge\.onnx has 536,870,913 bytes; a model has at most 536,870,912"):
        read_weights(path, None)
