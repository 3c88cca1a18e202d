"""Rekognition's detectors against the double of AWS: what leaves, and what is made of the answers."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest
from moderation_aws import pictures
from moderation_aws.calls import Account
from moderation_aws.image_faces import FaceOptions, Faces
from moderation_aws.image_labels import ImageLabels, LabelOptions
from moderation_aws.image_moderation import ImageModeration, ModerationOptions
from moderation_aws.image_text import ImageText, TextOptions
from moderation_aws.ppe import Ppe, PpeOptions
from PIL import Image

from moderation.core.detections import Detection
from moderation.hookspecs import Unavailable, Unreadable
from moderation.testing import DetectorContract, ExtractorContract, FakeContext
from tests.aws_double import AwsDouble, Fault
from tests.aws_double.examples import FOUR_PEOPLE, PICTURE, WORKER, box, picture

FIT = pictures.Fitting()
ADAPTER = "arn:aws:rekognition:us-east-1:111122223333:project/p/version/v/1690474772815"
FLOW = "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/f"


PHOTO = picture()


def look(detector: Any, folder: Path, data: bytes = PHOTO) -> list[Detection]:
    context = FakeContext(folder, app="shop")
    found: list[Detection] = detector.detect(context.media(data), context)
    return found


class _OverAws(DetectorContract):
    """A contract whose detector talks to the double."""

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        aws.answer("rekognition.DetectModerationLabels", PICTURE)
        aws.answer("rekognition.DetectProtectiveEquipment", WORKER)
        aws.answer("rekognition.DetectFaces", FACES)
        aws.answer("rekognition.DetectLabels", THINGS)
        yield
        assert aws.refused == []


FACES = {
    "FaceDetails": [{"BoundingBox": box(0.3, -0.05, 0.4, 0.5), "Confidence": 99.9, "AgeRange": {"Low": 23, "High": 35}}]
}
THINGS = {
    "Labels": [
        {
            "Name": "Gun",
            "Confidence": 98.4,
            "Instances": [{"BoundingBox": box(0.1, 0.2, 0.3, 0.4), "Confidence": 97.0}],
            "Parents": [],
        },
        {"Name": "Hard Hat", "Confidence": 88.0, "Instances": []},
    ],
    "LabelModelVersion": "3.0",
}
NAMES = {"Gun": "Weapons", "Hard Hat": "Custom/HARD_HAT"}


class TestModerationContract(_OverAws):
    finds = ((PHOTO, ("Weapons", "Violence")),)

    def detector(self) -> ImageModeration:
        return ImageModeration(self.account, FIT, ModerationOptions())


class TestPpeContract(_OverAws):
    finds = ((PHOTO, ("Person", "PPE/HEAD_COVER", "PPE/HAND_COVER", "PPE/FACE_COVER")),)

    def detector(self) -> Ppe:
        return Ppe(self.account, FIT, PpeOptions())


class TestFacesContract(_OverAws):
    finds = ((PHOTO, "Face"),)

    def detector(self) -> Faces:
        return Faces(self.account, FIT, FaceOptions())


class TestLabelsContract(_OverAws):
    finds = ((PHOTO, ("Weapons", "Custom/HARD_HAT")),)

    def detector(self) -> ImageLabels:
        return ImageLabels(self.account, FIT, LabelOptions(names=NAMES))


def line(number: int, text: str, top: float, sure: float = 99.0, kind: str = "LINE") -> dict[str, Any]:
    parent = {"ParentId": 0} if kind == "WORD" else {}
    place = {"BoundingBox": box(0.1, top, 0.5, 0.05), "Polygon": [{"X": 0.1, "Y": top}]}
    return {"DetectedText": text, "Type": kind, "Id": number, "Confidence": sure, "Geometry": place, **parent}


TEXT = {"TextDetections": [line(0, "CALL ANN", 0.1), line(1, "texture", 0.3, sure=20.0), line(2, "206-555-0100", 0.5), line(3, "CALL", 0.1, kind="WORD")], "TextModelVersion": "3.0"}  # fmt: skip


class TestTextContract(ExtractorContract):
    extracts = ((PHOTO, "CALL ANN\n206-555-0100"),)

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        aws.answer("rekognition.DetectText", TEXT)
        yield
        assert aws.refused == []

    def extractor(self) -> ImageText:
        return ImageText(self.account, FIT, TextOptions())


def test_labels_keep_their_names_and_confidence_and_say_what_kind_of_picture_it_is(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    aws.answer("rekognition.DetectModerationLabels", PICTURE)
    found = look(ImageModeration(account, FIT, ModerationOptions(min_confidence=60)), tmp_path)

    assert [(d.label, d.confidence) for d in found] == [("Weapons", 97.5), ("Violence", 97.5)]
    assert found[0].attributes == {"model": "7.0", "content_types": {"illustrated": 88.25}}
    assert aws.last("rekognition.DetectModerationLabels")["MinConfidence"] == 60
    assert aws.calls[0].region == "us-east-1"


def moderated(name: str, parent: str) -> dict[str, Any]:
    return {"ModerationLabels": [{"Name": name, "ParentName": parent, "Confidence": 90.0, "TaxonomyLevel": 2}], "ModerationModelVersion": "7.1"}  # fmt: skip


def test_a_new_label_counts_as_its_parent(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectModerationLabels", moderated("Crossbows", "Weapons"))
    [found] = look(ImageModeration(account, FIT, ModerationOptions()), tmp_path)

    assert (found.label, found.attributes["rekognition_label"]) == ("Weapons", "Crossbows")


def test_a_new_label_of_the_top_is_unknown_and_people_look(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectModerationLabels", moderated("Deepfakes", ""))

    with pytest.raises(Unavailable, match="'Deepfakes'"):
        look(ImageModeration(account, FIT, ModerationOptions()), tmp_path)


def test_an_answer_without_its_list_is_no_answer(
    aws: AwsDouble, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation_aws.calls.FIRST_PAUSE_SECONDS", 0.001)
    aws.answer("rekognition.DetectModerationLabels", {"ModerationModelVersion": "7.0"})

    with pytest.raises(Unavailable, match="no ModerationLabels"):
        look(ImageModeration(account, FIT, ModerationOptions()), tmp_path)


def test_a_flow_of_amazons_and_an_adapter_go_along(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    loop = {"HumanLoopArn": f"{FLOW}/x", "HumanLoopActivationReasons": ["ConditionsEvaluation"]}
    aws.answer("rekognition.DetectModerationLabels", {**PICTURE, "HumanLoopActivationOutput": loop})
    options = ModerationOptions(
        project_version=ADAPTER, flow_definition_arn=FLOW, content_classifiers=("FreeOfAdultContent",)
    )
    found = look(ImageModeration(account, FIT, options), tmp_path)
    sent = aws.last("rekognition.DetectModerationLabels")

    assert sent["ProjectVersion"] == ADAPTER
    assert sent["HumanLoopConfig"]["FlowDefinitionArn"] == FLOW
    assert found[0].attributes["human_loop"] == f"{FLOW}/x"
    assert found[-1].label == "Custom/HUMAN_LOOP"
    assert found[0].attributes["adapter"] == "expired", "the answer names no adapter, so Rekognition's own model spoke"
    assert aws.refused == []


def test_a_loop_that_did_not_start_is_none(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectModerationLabels", {**PICTURE, "HumanLoopActivationOutput": {}})
    found = look(ImageModeration(account, FIT, ModerationOptions(flow_definition_arn=FLOW)), tmp_path)

    assert all("human_loop" not in detection.attributes for detection in found)


def test_a_loop_about_a_picture_in_which_nothing_was_found_is_told_of(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    loop = {"HumanLoopArn": f"{FLOW}/x", "HumanLoopActivationReasons": ["Sampling"]}
    nothing = {"ModerationLabels": [], "ModerationModelVersion": "7.0", "HumanLoopActivationOutput": loop}
    aws.answer("rekognition.DetectModerationLabels", nothing)
    [told] = look(ImageModeration(account, FIT, ModerationOptions(flow_definition_arn=FLOW)), tmp_path)

    assert (told.label, told.attributes["human_loop"]) == ("Custom/HUMAN_LOOP", f"{FLOW}/x")


def test_four_people_are_each_judged_by_what_they_wear(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectProtectiveEquipment", FOUR_PEOPLE)
    found = look(Ppe(account, FIT, PpeOptions()), tmp_path)
    people = [d for d in found if d.label == "Person"]

    assert people[0].attributes["parts"]["face"] == {"face_cover": 89.6}, "the least sure of the links of the chain"
    assert people[1].attributes["parts"]["head"] == {}
    assert people[2].attributes["parts"]["head"] == {}, "a helmet in the hand covers no head"
    assert people[3].attributes["parts"] == {"face": {"face_cover": 98.8}, "head": {"head_cover": 60.6}}


@pytest.mark.parametrize(
    ("lacking", "sure", "who"),
    [
        ({"head": "head_cover"}, 75, [1, 2, 3]),
        ({"head": "head_cover"}, 60, [1, 2]),
        ({"face": "face_cover"}, 80, []),
        ({"left_hand": "hand_cover"}, 80, [1]),
    ],
)
def test_the_rules_condition_on_people_understands_them(
    aws: AwsDouble, account: Account, tmp_path: Path, lacking: dict[str, str], sure: int, who: list[int]
) -> None:
    from moderation.core.policy.words.people import Unprotected
    from moderation.core.rules.scene import Scene, Subject
    from moderation.core.rules.words.people import PeopleTest

    aws.answer("rekognition.DetectProtectiveEquipment", FOUR_PEOPLE)
    found = look(Ppe(account, FIT, PpeOptions()), tmp_path)
    people = Unprotected.model_validate(
        {"at_least": 80, "lacking": lacking, "covered_at_least": sure, "count": {"at_least": 1}}
    )
    seen = PeopleTest.of(people).test(Scene(Subject("shop", frozenset({"image"})), found, {}))

    assert sorted(match.detection.attributes["id"] for match in seen.matched) == who


def test_a_body_part_that_is_hardly_seen_is_not_visible(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    import copy

    answer = copy.deepcopy(FOUR_PEOPLE)
    answer["Persons"][1]["BodyParts"][3]["Confidence"] = 56.8
    aws.answer("rekognition.DetectProtectiveEquipment", answer)
    people = [d for d in look(Ppe(account, FIT, PpeOptions()), tmp_path) if d.label == "Person"]

    assert "head" not in people[1].attributes["parts"]


def test_what_people_must_wear_is_for_policies_to_say(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    answer = {name: value for name, value in WORKER.items() if name != "Summary"}
    aws.answer("rekognition.DetectProtectiveEquipment", answer)
    found = look(Ppe(account, FIT, PpeOptions()), tmp_path)

    assert set(aws.last("rekognition.DetectProtectiveEquipment")) == {"Image"}
    assert {d.label for d in found} <= {"Person", "PPE/FACE_COVER", "PPE/HAND_COVER", "PPE/HEAD_COVER"}


def test_a_configuration_that_requires_equipment_is_told_where_that_stands_now() -> None:
    with pytest.raises(ValueError, match=r"write people: \{lacking"):
        PpeOptions.model_validate({"required": ["HEAD_COVER"]})


def test_a_box_that_reaches_over_the_edge_ends_there(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectFaces", FACES)
    [face] = look(Faces(account, FIT, FaceOptions(attributes=("AGE_RANGE", "FACE_OCCLUDED"))), tmp_path)

    assert face.box is not None
    assert (face.box.top, round(face.box.height, 2)) == (0.0, 0.45)
    assert face.attributes == {"age_range": {"low": 23, "high": 35}}
    assert aws.last("rekognition.DetectFaces")["Attributes"] == ["AGE_RANGE", "FACE_OCCLUDED"]


def test_only_labels_that_were_named_are_asked_for(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectLabels", THINGS)
    gun, guns, hat = look(ImageLabels(account, FIT, LabelOptions(names=NAMES)), tmp_path)

    assert (gun.label, gun.confidence, gun.box is not None) == ("Weapons", 97.0, True)
    assert (guns.label, guns.confidence, guns.box) == ("Weapons", 98.4, None)
    assert (hat.label, hat.confidence, hat.box) == ("Custom/HARD_HAT", 88.0, None)
    filters = aws.last("rekognition.DetectLabels")["Settings"]["GeneralLabels"]["LabelInclusionFilters"]
    assert filters == ["Gun", "Hard Hat"]


def test_a_label_has_a_confidence_of_its_own_beside_its_instances(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    shirt = {"BoundingBox": box(0.1, 0.2, 0.3, 0.4), "Confidence": 53.4}
    aws.answer("rekognition.DetectLabels", {"Labels": [{"Name": "T-Shirt", "Confidence": 76.4, "Instances": [shirt]}]})
    found = look(
        ImageLabels(account, FIT, LabelOptions(names={"T-Shirt": "Custom/T_SHIRT"}, min_confidence=50)), tmp_path
    )
    sure = {**shirt, "Confidence": 76.4}
    aws.answer("rekognition.DetectLabels", {"Labels": [{"Name": "T-Shirt", "Confidence": 76.4, "Instances": [sure]}]})
    once = look(
        ImageLabels(account, FIT, LabelOptions(names={"T-Shirt": "Custom/T_SHIRT"}, min_confidence=50)), tmp_path
    )

    assert [(each.confidence, each.box is None) for each in found] == [(53.4, False), (76.4, True)]
    assert [(each.confidence, each.box is None) for each in once] == [(76.4, False)]


def test_lines_stand_where_they_were_read(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectText", TEXT)
    context = FakeContext(tmp_path)
    [part] = ImageText(account, FIT, TextOptions()).extract(context.media(PHOTO), context)

    assert part.extraction is not None
    assert part.text == "CALL ANN\n206-555-0100"
    spans = [part.text[place.span.start : place.span.end] for place in part.extraction.places]
    assert spans == ["CALL ANN", "206-555-0100"]
    assert [place.box.top for place in part.extraction.places if place.box] == [0.1, 0.5]


def test_text_beyond_the_first_hundred_words_is_read_in_halves(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    hidden = line(200, "SSN 123-45-6789", 0.9)

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        words = [line(n, f"w{n}", 0.1, kind="WORD") for n in range(100)]
        regions = given.get("Filters", {}).get("RegionsOfInterest")
        if not regions:
            return {"TextDetections": [line(0, "a wall of words", 0.1), *words]}
        is_upper = regions[0]["BoundingBox"]["Top"] < 0.4
        shared = line(1, "in the middle", 0.5)
        return {"TextDetections": [line(0, "a wall of words", 0.1), shared] if is_upper else [shared, hidden]}

    aws.answer("rekognition.DetectText", answer)
    context = FakeContext(tmp_path)
    [part] = ImageText(account, FIT, TextOptions()).extract(context.media(PHOTO), context)

    assert part.text == "a wall of words\nin the middle\nSSN 123-45-6789"
    assert aws.refused == []


def test_a_picture_that_aws_cannot_decode_is_unreadable(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.fail("rekognition.DetectModerationLabels", Fault("InvalidImageFormatException"))

    with pytest.raises(Unreadable, match="InvalidImageFormatException"):
        look(ImageModeration(account, FIT, ModerationOptions()), tmp_path)


def test_what_is_used_is_on_the_meter(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectModerationLabels", PICTURE)
    detector = ImageModeration(account, FIT, ModerationOptions())
    look(detector, tmp_path)
    look(detector, tmp_path)

    [usage] = account.store.usage("2000-01-01")
    assert (usage.app, usage.detector, usage.operation) == (
        "shop",
        "rekognition.moderation",
        "rekognition.DetectModerationLabels",
    )
    assert (usage.calls, usage.units) == (2, 2.0)


def test_a_region_and_its_data_travel_with_the_detector(account: Account) -> None:
    import pickle

    moved = pickle.loads(pickle.dumps(Ppe(dataclasses.replace(account, region="eu-west-1"), FIT, PpeOptions())))

    assert moved._account.region == "eu-west-1"


def clear_letters() -> bytes:
    """White letters by transparency alone: seen on black, and not on white."""
    drawn = Image.new("RGBA", (200, 100), "white")
    drawn.putalpha(Image.linear_gradient("L").resize((200, 100)))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def test_a_picture_that_is_seen_in_two_ways_is_asked_about_twice(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    faces = iter([FACES, {"FaceDetails": [{"BoundingBox": box(0.7, 0.6, 0.2, 0.3), "Confidence": 98.0}]}])
    aws.answer("rekognition.DetectFaces", lambda given: next(faces))
    words = iter([TEXT, {**TEXT, "TextDetections": [*TEXT["TextDetections"], line(4, "ON BLACK", 0.8)]}])
    aws.answer("rekognition.DetectText", lambda given: next(words))
    aws.answer("rekognition.DetectProtectiveEquipment", WORKER)
    context = FakeContext(tmp_path, app="shop")
    part = context.media(clear_letters())

    assert len(Faces(account, FIT, FaceOptions()).detect(part, context)) == 2
    [read] = ImageText(account, FIT, TextOptions()).extract(part, context)
    assert read.text == "CALL ANN\n206-555-0100\nON BLACK"
    people = [found for found in Ppe(account, FIT, PpeOptions()).detect(part, context) if found.label == "Person"]
    assert len(people) == 1
    sent = [call.given["Image"]["Bytes"] for call in aws.calls if call.name == "rekognition.DetectFaces"]
    assert [Image.open(io.BytesIO(each)).getpixel((100, 2))[0] > 128 for each in sent] == [True, False]
