"""``vision.ppe``: people, their parts, and what policies make of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy
import pytest
from moderation_models.heads import Head, read_head
from moderation_models.ppe.covers import COVERS, SHIPPED, digest_of
from moderation_models.ppe.detector import Ppe
from moderation_models.ppe.training import write_head
from PIL import Image, ImageDraw

from moderation.core.detections import Detection
from moderation.core.items import Tool
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import evaluate
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Verdict
from moderation.hookspecs import Unavailable
from moderation.policies.files import policy_of_bytes, policy_paths, read_policy, shipped_rules
from moderation.testing import DetectorContract, FakeContext
from tests.paths import ROOT

EXAMPLES = ROOT / "examples"


def portrait(side: int = 300) -> Image.Image:
    """Somebody with a bare head, from the waist up."""
    with Image.open(EXAMPLES / "face.jpg") as picture:
        return picture.convert("RGB").crop((60, 0, 420, 360)).resize((side, side))


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


class TestPpe(DetectorContract):
    detector = Ppe
    finds = ((EXAMPLES / "face.jpg", "Person"),)
    ignores = (EXAMPLES / "landscape.jpg",)


@pytest.fixture(scope="module")
def tool() -> Ppe:
    return Ppe()


def people(found: list[Detection]) -> list[Detection]:
    return [each for each in found if each.label == "Person"]


def parts_of(person: Detection) -> dict[str, Any]:
    parts = person.attributes["parts"]
    assert isinstance(parts, dict)
    return parts


def test_head_and_face_of_somebody_bare_are_seen_and_bare(tool: Ppe) -> None:
    [person] = people(tool.look(portrait()))
    parts = parts_of(person)

    assert parts["head"]["head_cover"] < 50
    assert parts["face"]["face_cover"] < 50
    assert person.box is not None
    places: Any = person.attributes["places"]
    assert places["head"]["top"] < places["face"]["top"]


def test_hands_are_positions_and_nothing_is_said_of_gloves(tool: Ppe) -> None:
    [person] = people(tool.look(portrait()))

    for hand in ("left_hand", "right_hand"):
        assert parts_of(person)[hand] == {"hand_cover": None}
    assert "PPE/HAND_COVER" not in Ppe.labels


def test_more_than_fifteen_people_are_seen_each_once(tool: Ppe) -> None:
    crowd = Image.new("RGB", (1500, 1200), "#8a8f94")
    for number in range(20):
        crowd.paste(portrait(260), (20 + 290 * (number % 5), 20 + 290 * (number // 5)))
    found = people(tool.look(crowd))

    heads = [
        place["head"] for each in found if isinstance(place := each.attributes["places"], dict) and "head" in place
    ]
    cells = [(int(h["left"] * 1500 - 20) // 290, int(h["top"] * 1200 + 60) // 290) for h in heads]
    assert len(set(cells)) > 15
    assert len(cells) - len(set(cells)) <= 2


def test_a_face_that_fills_the_picture_is_of_a_person(tool: Ppe) -> None:
    with Image.open(EXAMPLES / "face.jpg") as picture:
        close = picture.convert("RGB").crop((150, 20, 300, 210)).resize((600, 760))

    assert "head" in parts_of(people(tool.look(close))[0])


def test_nobody_is_seen_in_grey_noise_and_tiny_pictures(tool: Ppe) -> None:
    noise = numpy.random.default_rng(5).integers(0, 255, (300, 400, 3), numpy.uint8)

    assert tool.look(Image.fromarray(noise)) == []
    assert tool.look(Image.new("RGB", (1, 1))) == []
    assert tool.look(Image.new("RGB", (4000, 3), "white")) == []


GLOVES = """
policy: gloves
format: 1
applies_to: {content_type: [image]}
needs: [vision.ppe]
if_nothing_matches: approve
if_a_detector_fails: {approve: "nobody minds"}
queues: [{name: safety, a2i_flow: safety}]
rules:
  - id: no-gloves
    why: Hands without gloves
    when: {people: {lacking: {left_hand: hand_cover}, if_part_not_visible: ignore}}
    then: reject
"""


def judged(policy: Policy, found: list[Detection]) -> Verdict:
    by = Tool(name="vision.ppe", version="1")
    findings = [each.model_copy(update={"detector": by, "part": "p0"}) for each in found]
    return evaluate([policy], Subject("site-cameras", frozenset({"image"})), findings, Taxonomy())


def test_a_rule_about_gloves_neither_rejects_nor_approves(tool: Ppe) -> None:
    policy, faults = policy_of_bytes("gloves.yml", GLOVES.encode(), Taxonomy())
    assert policy is not None, faults
    verdict = judged(policy, tool.look(portrait()))

    assert (verdict.outcome, verdict.queue) == ("review", "safety")
    assert verdict.reason == "vision.ppe could not tell, which could change the outcome."
    assert [rule.unknown_because for rule in verdict.policies[0].unknown] == [("vision.ppe",)]


def test_somebody_without_a_helmet_is_not_approved_on_site(tool: Ppe) -> None:
    [path] = [path for path in policy_paths([shipped_rules()]) if path.stem == "site-ppe"]
    policy, _ = read_policy(path, Taxonomy())
    assert policy is not None

    assert judged(policy, tool.look(portrait())).outcome in ("reject", "review")
    assert judged(policy, []).outcome == "approve"


def test_a_head_of_ones_own_stands_in_for_the_shipped_one(tmp_path: Path) -> None:
    shipped = read_head(SHIPPED / COVERS[0].file)
    write_head(Head(shipped.weights * 0, shipped.bias * 0 + 9, shipped.mean, shipped.scale), tmp_path / COVERS[0].file)
    mine = Ppe(tmp_path)

    assert mine.version != Ppe().version
    assert parts_of(people(mine.look(portrait()))[0])["head"]["head_cover"] > 99
    assert {each.label for each in mine.look(portrait())} == {"Person", "PPE/HEAD_COVER"}


def test_a_head_that_is_none_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / COVERS[2].file).write_bytes(b"PK\x03\x04 not")
    context = FakeContext(tmp_path)

    with pytest.raises(Unavailable, match=r"ppe-vest\.npz cannot be read as a head"):
        Ppe(tmp_path).detect(context.media(png(portrait())), context)


def test_a_head_of_another_net_is_no_answer(tmp_path: Path) -> None:
    write_head(Head(numpy.ones((1, 3)), numpy.ones(1), numpy.zeros(3), numpy.ones(3)), tmp_path / COVERS[0].file)
    context = FakeContext(tmp_path)

    with pytest.raises(Unavailable, match="train it again, or remove it"):
        Ppe(tmp_path).detect(context.media(png(portrait())), context)


def test_a_drawn_helmet_makes_a_head_more_covered(tool: Ppe) -> None:
    bare = portrait(400)
    [person] = people(tool.look(bare))
    places: Any = person.attributes["places"]
    head = {key: value * 400 for key, value in places["head"].items()}
    helmet, pen = bare.copy(), None
    pen = ImageDraw.Draw(helmet)
    left, right, top = head["left"], head["left"] + head["width"], head["top"]
    pen.pieslice((left, top, right, top + head["height"] * 0.85), 180, 360, fill="#f2c200")
    pen.ellipse((left - 8, top + head["height"] * 0.36, right + 8, top + head["height"] * 0.5), fill="#f2c200")
    [after] = people(tool.look(helmet))

    assert parts_of(after)["head"]["head_cover"] > parts_of(person)["head"]["head_cover"] + 20


def test_the_version_names_the_heads() -> None:
    assert Ppe().version.endswith(digest_of(None))
