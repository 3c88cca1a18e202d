"""Unmodified boto3 ``rekognition`` clients at the door: answers, loops, and errors where nobody can answer."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from ground.blobs import FolderBlobs
from moderation.aws.rekognition.faults import failed
from moderation.core.detections import Detection, Failure, FailureKind
from moderation.core.errors import SettingsError
from moderation.core.items import Box, Extraction, Part, Place, Span, Tool
from moderation.detection.answers import Answers
from moderation.serving.app import create_app
from tests.houses.aws_door import CATS, Door, blank, example

EXPLICIT = {"name": "Explicit", "least": 40.0}
BUCKET = "pictures"


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    """Code and message of the error that a call is answered with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def header(answer: Any, name: str) -> str:
    return str(answer["ResponseMetadata"]["HTTPHeaders"].get(f"x-moderation-{name}", ""))


@pytest.fixture
def seen(door: Door, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has whoever is asked about a picture find these, or fail so."""

    def see(*found: Detection | Failure) -> None:
        tool = Tool(name="own", version="1")
        answers = Answers(
            [each.model_copy(update={"detector": tool}) for each in found if isinstance(each, Detection)],
            [each for each in found if isinstance(each, Failure)],
        )
        monkeypatch.setattr(door.service.judge.runner, "look", lambda *_: answers)

    return see


@pytest.fixture(scope="module", autouse=True)
def bucket(door: Door) -> str:
    door.s3.create_bucket(Bucket=BUCKET)
    for name in ("dough.jpg", "face.jpg", "address-in-picture.png"):
        door.s3.put_object(Bucket=BUCKET, Key=f"in/{name}", Body=example(name))
    return BUCKET


def stored(name: str) -> dict[str, Any]:
    return {"S3Object": {"Bucket": BUCKET, "Name": f"in/{name}"}}


class TestModerationLabels:
    def test_what_a_detector_here_finds_is_answered_in_taxonomy_7(self, door: Door) -> None:
        answer = door.rekognition.detect_moderation_labels(Image=stored("dough.jpg"), MinConfidence=40)

        [label] = answer["ModerationLabels"]
        assert (label["Name"], label["ParentName"], label["TaxonomyLevel"]) == ("Explicit", "", 1)
        assert 40 <= label["Confidence"] <= 59
        assert answer["ModerationModelVersion"] == "7.0"
        assert header(answer, "looked") == "vision.explicit/1.0, vision.hints/1.0"

    def test_the_answer_says_what_nobody_here_looks_for(self, door: Door) -> None:
        answer = door.rekognition.detect_moderation_labels(Image={"Bytes": blank()})

        unseen = header(answer, "not-looked-for").split(", ")
        assert "Explicit" not in unseen
        # A detector whose silence is no look does not count as one, whatever it can find.
        assert {"Violence", "Hate Symbols", "Gambling", "Alcohol"} <= set(unseen)

    def test_a_label_comes_with_all_its_parents_and_the_least_confidence_is_held(
        self, door: Door, seen: Callable[..., None]
    ) -> None:
        seen(
            Detection(label="Exposed Buttocks or Anus", confidence=91.5),
            Detection(label="Blood & Gore", confidence=49),
            Detection(label="PPE/VEST", confidence=99),
            Detection(label="Explicit Nudity", confidence=95),
        )
        labels = door.rekognition.detect_moderation_labels(Image={"Bytes": blank()})["ModerationLabels"]

        assert [(each["Name"], each["ParentName"], each["TaxonomyLevel"], each["Confidence"]) for each in labels] == [
            ("Explicit", "", 1, 95),
            ("Explicit Nudity", "Explicit", 2, 95),
            ("Exposed Buttocks or Anus", "Explicit Nudity", 3, 91.5),
        ]

    def test_who_is_never_sure_enough_is_not_taken_for_one_that_found_nothing(self, door: Door) -> None:
        ask = door.rekognition.detect_moderation_labels

        code, message = refused(ask, Image={"Bytes": blank()}, MinConfidence=59.5)

        assert code == "ResourceNotReadyException"
        assert "vision.explicit is never surer than 59 %" in message
        assert ask(Image={"Bytes": blank()}, MinConfidence=59)["ModerationLabels"] == []

    def test_adapters_of_amazons_are_not_here(self, door: Door) -> None:
        ask = door.rekognition.detect_moderation_labels

        assert refused(ask, Image={"Bytes": blank()}, ProjectVersion=CATS)[0] == "ResourceNotReadyException"


def condition(name: str, least: float) -> dict[str, Any]:
    parameters = {"ModerationLabelName": name, "ConfidenceGreaterThanEquals": least}
    return {"ConditionType": "ModerationLabelConfidenceCheck", "ConditionParameters": parameters}


class TestHumanLoops:
    def test_a_loop_starts_when_a_condition_is_true(self, door: Door) -> None:
        flow = door.flow("unsure", condition("Explicit", 41), condition("*", 99))
        config = {"HumanLoopName": "dough-1", "FlowDefinitionArn": flow}
        answer = door.rekognition.detect_moderation_labels(
            Image=stored("dough.jpg"), MinConfidence=40, HumanLoopConfig=config
        )

        output = answer["HumanLoopActivationOutput"]
        assert output["HumanLoopArn"] == door.review.arn("human-loop", "dough-1")
        assert output["HumanLoopActivationReasons"] == ["ConditionsEvaluation"]
        results = json.loads(output["HumanLoopActivationConditionsEvaluationResults"])["Conditions"]
        assert [each["EvaluationResult"] for each in results] == [True, False]
        described = door.client("sagemaker-a2i-runtime").describe_human_loop(HumanLoopName="dough-1")
        assert described["HumanLoopStatus"] == "InProgress"

    def test_the_same_request_again_is_the_same_loop(self, door: Door) -> None:
        config = {"HumanLoopName": "again-1", "FlowDefinitionArn": door.flow("all")}
        ask = door.rekognition.detect_moderation_labels

        arns = {
            ask(Image=stored("dough.jpg"), HumanLoopConfig=config)["HumanLoopActivationOutput"]["HumanLoopArn"]
            for _ in range(2)
        }

        assert len(arns) == 1
        assert refused(ask, Image={"Bytes": blank()}, HumanLoopConfig=config)[0] == "InvalidParameterException"

    def test_where_no_condition_is_true_the_answer_says_so_and_nobody_is_asked(self, door: Door) -> None:
        flow = door.flow("sure", condition("Explicit", 59))
        config = {"HumanLoopName": "blank-1", "FlowDefinitionArn": flow}
        answer = door.rekognition.detect_moderation_labels(Image={"Bytes": blank()}, HumanLoopConfig=config)

        output = answer["HumanLoopActivationOutput"]
        assert "HumanLoopArn" not in output
        assert (
            json.loads(output["HumanLoopActivationConditionsEvaluationResults"])["Conditions"][0]["EvaluationResult"]
            is False
        )
        runtime = door.client("sagemaker-a2i-runtime")
        assert runtime.list_human_loops(FlowDefinitionArn=flow)["HumanLoopSummaries"] == []

    def test_people_are_shown_a_picture_that_came_as_bytes(self, door: Door) -> None:
        config = {"HumanLoopName": "bytes-1", "FlowDefinitionArn": door.flow("bytes")}
        door.rekognition.detect_moderation_labels(Image={"Bytes": blank(300, 90)}, HumanLoopConfig=config)

        from review_ui.a2i.tables import human_loops

        query = human_loops.select().where(human_loops.c.name == "bytes-1")
        row = door.review.database.read(lambda c: c.execute(query).first())
        assert row is not None
        content = json.loads(row.input_content)
        place = content["aiServiceRequest"]["image"]["s3Object"]
        assert door.service.blobs.get(f"s3://{place['bucket']}/{place['name']}") == blank(300, 90)
        assert content["aiServiceResponse"]["moderationModelVersion"] == "7.0"

    @pytest.mark.parametrize(
        ("label", "hint"), [("Weapon Violence", ""), ("Self Injury", "in taxonomy 7 it is Self-Harm")]
    )
    def test_a_condition_on_a_label_that_nobody_looks_for_is_an_error(self, door: Door, label: str, hint: str) -> None:
        flow = door.flow(f"on-{label.replace(' ', '-').lower()}", {"Or": [condition(label, 50), condition("*", 99)]})
        config = {"HumanLoopName": "unseen-1", "FlowDefinitionArn": flow}

        code, message = refused(
            door.rekognition.detect_moderation_labels, Image={"Bytes": blank()}, HumanLoopConfig=config
        )

        assert code == "ResourceNotReadyException"
        assert f"'{label}'" in message
        assert hint in message

    def test_flows_that_are_not_there_or_not_for_pictures_are_refused(self, door: Door) -> None:
        ask = door.rekognition.detect_moderation_labels
        gone = {"HumanLoopName": "x", "FlowDefinitionArn": door.review.arn("flow-definition", "gone")}
        custom = {"HumanLoopName": "x", "FlowDefinitionArn": door.flow("custom", source=False)}

        assert refused(ask, Image={"Bytes": blank()}, HumanLoopConfig=gone)[0] == "ResourceNotFoundException"
        assert refused(ask, Image={"Bytes": blank()}, HumanLoopConfig=custom)[0] == "InvalidParameterException"

    def test_more_loops_than_there_may_be_are_refused_as_a_quota(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(door.review, "most_loops", 1)
        config = {"HumanLoopName": "too-many", "FlowDefinitionArn": door.flow("busy")}

        for name in ("busy-1", "busy-2"):
            config["HumanLoopName"] = name
            code = ""
            try:
                door.rekognition.detect_moderation_labels(Image={"Bytes": blank()}, HumanLoopConfig=config)
            except ClientError as error:
                code = error.response["Error"]["Code"]
        assert code == "HumanLoopQuotaExceededException"


def worker(number: int, parts: dict[str, Any], confidence: float = 95.0) -> Detection:
    box = {"left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2}
    places = dict.fromkeys(parts, box)
    about = {"id": number, "parts": parts, "places": places}
    return Detection(label="Person", confidence=confidence, box=Box(**box), attributes=about)


class TestEquipment:
    def test_a_person_is_answered_with_the_parts_that_were_judged(self, door: Door) -> None:
        answer = door.rekognition.detect_protective_equipment(
            Image=stored("face.jpg"),
            SummarizationAttributes={"MinConfidence": 80, "RequiredEquipmentTypes": ["FACE_COVER", "HEAD_COVER"]},
        )

        [person] = answer["Persons"]
        # Hands are seen, and nobody here says what is on them: a hand without a cover would pass for a bare one.
        assert {part["Name"] for part in person["BodyParts"]} == {"FACE", "HEAD"}
        assert answer["Summary"]["PersonsWithoutRequiredEquipment"] == [person["Id"]]
        assert header(answer, "not-looked-for") == "HAND_COVER"
        assert header(answer, "looked").startswith("vision.ppe/")

    def test_the_summary_is_by_required_types_and_confidence(self, door: Door, seen: Callable[..., None]) -> None:
        seen(
            worker(0, {"head": {"head_cover": 93.0}, "face": {"face_cover": 97.0}, "left_hand": {"hand_cover": None}}),
            worker(1, {"head": {"head_cover": 4.0}, "face": {"face_cover": 97.0}}),
            worker(2, {"head": {"head_cover": 71.0}, "face": {"face_cover": 97.0}}),
            worker(3, {"face": {"face_cover": 97.0}}),
            worker(4, {"head": {"head_cover": 93.0}}, confidence=60.0),
        )
        ask = door.rekognition.detect_protective_equipment
        wanted = {"MinConfidence": 80, "RequiredEquipmentTypes": ["HEAD_COVER"]}

        answer = ask(Image={"Bytes": blank()}, SummarizationAttributes=wanted)

        assert answer["Summary"] == {
            "PersonsWithRequiredEquipment": [0],
            "PersonsWithoutRequiredEquipment": [1],
            "PersonsIndeterminate": [2, 3, 4],
        }
        [piece] = next(part for part in answer["Persons"][0]["BodyParts"] if part["Name"] == "HEAD")[
            "EquipmentDetections"
        ]
        assert (piece["Type"], piece["Confidence"], piece["CoversBodyPart"]["Value"]) == ("HEAD_COVER", 93.0, True)
        bare = next(part for part in answer["Persons"][1]["BodyParts"] if part["Name"] == "HEAD")
        assert bare["EquipmentDetections"] == []
        assert "Summary" not in ask(Image={"Bytes": blank()})

    def test_gloves_that_nobody_judges_cannot_be_required(self, door: Door) -> None:
        wanted = {"MinConfidence": 80, "RequiredEquipmentTypes": ["HEAD_COVER", "HAND_COVER"]}

        code, message = refused(
            door.rekognition.detect_protective_equipment, Image={"Bytes": blank()}, SummarizationAttributes=wanted
        )

        assert (code, "HAND_COVER" in message) == ("ResourceNotReadyException", True)


class TestFacesAndTexts:
    def test_faces_are_where_they_are(self, door: Door) -> None:
        [face] = door.rekognition.detect_faces(Image={"Bytes": example("face.jpg")})["FaceDetails"]

        assert set(face) == {"BoundingBox", "Confidence"}
        assert face["Confidence"] > 90
        assert 0 < face["BoundingBox"]["Width"] < 1

    def test_what_nobody_estimates_of_faces_is_an_error(self, door: Door) -> None:
        code, message = refused(
            door.rekognition.detect_faces, Image={"Bytes": blank()}, Attributes=["DEFAULT", "AGE_RANGE"]
        )

        assert (code, "AGE_RANGE" in message) == ("ResourceNotReadyException", True)

    def test_lines_come_before_their_words(self, door: Door) -> None:
        found = door.rekognition.detect_text(Image=stored("address-in-picture.png"))["TextDetections"]

        lines = [each for each in found if each["Type"] == "LINE"]
        assert [each["Id"] for each in found] == list(range(len(found)))
        assert lines
        for line in lines:
            words = [each["DetectedText"] for each in found if each.get("ParentId") == line["Id"]]
            assert " ".join(words) == line["DetectedText"]
            assert len(line["Geometry"]["Polygon"]) == 4

    def test_words_are_filtered_by_size_confidence_and_region(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tool = Tool(name="reader", version="1")
        places = (
            Place(span=Span(start=0, end=9), box=Box(left=0, top=0, width=0.9, height=0.1), confidence=99),
            Place(span=Span(start=10, end=15), box=Box(left=0, top=0.5, width=0.5, height=0.3), confidence=60),
        )
        made = Part(
            type="text", text="left here\nbelow", extraction=Extraction(part="p0", extractor=tool, places=places)
        )
        monkeypatch.setattr(door.service.judge.runner, "extract", lambda *_: ([made], Answers()))

        def words(**filters: Any) -> list[str]:
            answer = door.rekognition.detect_text(Image={"Bytes": blank()}, Filters=filters)
            return [each["DetectedText"] for each in answer["TextDetections"] if each["Type"] == "WORD"]

        low = [{"BoundingBox": {"Left": 0, "Top": 0.4, "Width": 1, "Height": 0.6}}]
        right = [{"Polygon": [{"X": 0.6, "Y": 0}, {"X": 1, "Y": 0}, {"X": 1, "Y": 0.2}]}]
        assert words() == ["left", "here", "below"]
        assert words(WordFilter={"MinConfidence": 70}) == ["left", "here"]
        assert words(WordFilter={"MinBoundingBoxHeight": 0.2}) == ["below"]
        assert words(RegionsOfInterest=low) == ["below"]
        assert words(RegionsOfInterest=right) == ["here"]

    def test_a_text_of_which_a_line_cannot_be_read_is_not_answered_in_part(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failure = Failure(detector=Tool(name="vision.text", version="2"), kind="not_run", message="1 of 2 lines")
        monkeypatch.setattr(door.service.judge.runner, "extract", lambda *_: ([], Answers([], [failure])))

        code, message = refused(door.rekognition.detect_text, Image={"Bytes": blank()})

        assert (code, "1 of 2 lines" in message) == ("ResourceNotReadyException", True)


class TestOwnModels:
    def test_an_arn_is_a_model_of_the_operators(self, door: Door) -> None:
        ask = door.rekognition.detect_custom_labels

        labels = ask(ProjectVersionArn=CATS, Image={"Bytes": blank()})["CustomLabels"]

        assert [(each["Name"], each["Confidence"]) for each in labels] == [("Cat", 90), ("Dog", 40)]
        assert labels[0]["Geometry"]["BoundingBox"]["Width"] == 0.5
        assert "Geometry" not in labels[1]
        assert len(ask(ProjectVersionArn=CATS, Image={"Bytes": blank()}, MaxResults=1)["CustomLabels"]) == 1
        assert ask(ProjectVersionArn=CATS, Image={"Bytes": blank()}, MinConfidence=91)["CustomLabels"] == []

    def test_labels_in_general_are_those_of_the_model_behind_the_operation(self, door: Door) -> None:
        ask = door.rekognition.detect_labels

        [label] = ask(Image={"Bytes": blank()})["Labels"]

        assert (label["Name"], len(label["Instances"])) == ("Cat", 1)
        only = {"GeneralLabels": {"LabelInclusionFilters": ["Dog"]}}
        assert [each["Name"] for each in ask(Image={"Bytes": blank()}, MinConfidence=1, Settings=only)["Labels"]] == [
            "Dog"
        ]

    def test_without_a_model_behind_it_the_answer_is_an_error(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = CATS.replace("cats", "dogs")
        ask = door.rekognition

        assert refused(ask.detect_custom_labels, ProjectVersionArn=other, Image={"Bytes": blank()})[0] == (
            "ResourceNotReadyException"
        )
        assert refused(ask.detect_labels, Image={"Bytes": blank()}, Features=["IMAGE_PROPERTIES"])[0] == (
            "ResourceNotReadyException"
        )
        assert (
            refused(ask.detect_custom_labels, ProjectVersionArn=CATS, Image={"Bytes": blank()}, MinConfidence=96)[0]
            == "InvalidParameterException"
        )

    @pytest.mark.parametrize("entry", ["cats=own.cats", f"{CATS}=own.dogs", "own.cats"])
    def test_a_mapping_to_nothing_stops_the_start(
        self, door: Door, monkeypatch: pytest.MonkeyPatch, entry: str
    ) -> None:
        settings = door.settings.model_copy(update={"aws_models": entry})
        monkeypatch.setattr(door.service, "settings", settings)

        with pytest.raises(SettingsError, match="MODERATION_AWS_MODELS"):
            create_app(door.service, door.review)


class TestPictures:
    @pytest.mark.parametrize(
        ("image", "code"),
        [
            ({"Bytes": b"no picture"}, "InvalidImageFormatException"),
            ({"Bytes": blank(kind="GIF")}, "InvalidImageFormatException"),
            ({"Bytes": example("corrupt.jpg")}, "InvalidImageFormatException"),
            ({"Bytes": blank(200, 79)}, "InvalidParameterException"),
            ({"Bytes": blank(10_001, 100)}, "ImageTooLargeException"),
            ({"Bytes": b"\x89PNG" + bytes(5_242_880)}, "ImageTooLargeException"),
            ({}, "InvalidParameterException"),
            ({"Bytes": blank(), "S3Object": {"Bucket": BUCKET, "Name": "x"}}, "InvalidParameterException"),
            ({"S3Object": {"Bucket": BUCKET}}, "InvalidParameterException"),
            ({"S3Object": {"Bucket": BUCKET, "Name": "in/none.jpg"}}, "InvalidS3ObjectException"),
            ({"S3Object": {"Bucket": "nobodys", "Name": "in/face.jpg"}}, "InvalidS3ObjectException"),
            ({"S3Object": {"Bucket": "moderation-media", "Name": "media/x.jpg"}}, "InvalidS3ObjectException"),
            ({"S3Object": {"Bucket": BUCKET, "Name": "../../moderation.db"}}, "InvalidS3ObjectException"),
            ({"S3Object": {"Bucket": BUCKET, "Name": "in/face.jpg", "Version": "3"}}, "InvalidS3ObjectException"),
        ],
    )
    def test_pictures_out_of_bounds_are_refused_by_name(self, door: Door, image: dict[str, Any], code: str) -> None:
        assert refused(door.rekognition.detect_faces, Image=image)[0] == code

    def test_a_small_file_that_is_a_huge_picture_is_too_large(self, door: Door) -> None:
        out = io.BytesIO()
        Image.new("1", (9_900, 9_900)).save(out, "PNG")

        assert refused(door.rekognition.detect_faces, Image={"Bytes": out.getvalue()})[0] == "ImageTooLargeException"

    def test_moderation_takes_smaller_ones_and_equipment_no_larger_than_its_limit(self, door: Door) -> None:
        ask = door.rekognition

        assert ask.detect_moderation_labels(Image={"Bytes": blank(50, 50)})["ModerationLabels"] == []
        assert refused(ask.detect_moderation_labels, Image={"Bytes": blank(49, 60)})[0] == "InvalidParameterException"
        assert (
            refused(ask.detect_protective_equipment, Image={"Bytes": blank(4_097, 70)})[0] == "ImageTooLargeException"
        )

    def test_a_stored_picture_may_be_larger_than_one_in_a_request(self, door: Door) -> None:
        noise = blank() + bytes(6_000_000)
        door.s3.put_object(Bucket=BUCKET, Key="large.png", Body=noise)

        assert refused(door.rekognition.detect_faces, Image={"Bytes": noise})[0] == "ImageTooLargeException"
        large = {"S3Object": {"Bucket": BUCKET, "Name": "large.png"}}
        assert door.rekognition.detect_faces(Image=large)["FaceDetails"] == []

    def test_another_apps_pictures_are_not_there(self, door: Door) -> None:
        other = door.client("rekognition", door.other)

        assert refused(other.detect_faces, Image=stored("face.jpg"))[0] == "InvalidS3ObjectException"
        assert door.client("rekognition", door.operator).detect_faces(Image=stored("face.jpg"))["FaceDetails"]

    def test_outputs_of_people_are_not_read_as_pictures_by_apps(self, door: Door) -> None:
        assert isinstance(door.service.blobs, FolderBlobs)
        uri = door.service.blobs.put("a2i/pictures/x", blank(), "image/png")
        bucket, _, key = uri.removeprefix("s3://").partition("/")

        image = {"S3Object": {"Bucket": bucket, "Name": key}}
        assert refused(door.rekognition.detect_faces, Image=image)[0] == "InvalidS3ObjectException"


class TestFailures:
    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            ("raised", "InternalServerError"),
            ("crashed", "InternalServerError"),
            ("invalid_answer", "InternalServerError"),
            ("timed_out", "ThrottlingException"),
            ("unavailable", "ThrottlingException"),
            ("unreadable", "InvalidImageFormatException"),
            ("not_run", "ResourceNotReadyException"),
        ],
    )
    @pytest.mark.parametrize("operation", ["detect_moderation_labels", "detect_faces", "detect_protective_equipment"])
    def test_a_detector_that_gave_no_answer_is_an_error_and_never_an_empty_list(
        self, door: Door, seen: Callable[..., None], operation: str, kind: FailureKind, code: str
    ) -> None:
        tool = Tool(name="vision.explicit", version="1")
        seen(Failure(detector=tool, kind=kind, message="it broke"), Detection(label="Explicit", confidence=50))

        found, message = refused(getattr(door.rekognition, operation), Image={"Bytes": blank()})

        assert found == code
        assert "vision.explicit gave no answer: it broke" in message

    def test_every_kind_of_failure_has_an_error(self) -> None:
        for kind in FailureKind.__args__:  # type: ignore[attr-defined]
            assert failed(Failure(detector=Tool(name="x", version="1"), kind=kind, message="m")).status in (400, 500)

    def test_where_nobody_looks_at_all_nothing_is_answered(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        plugins = door.service.judge.plugins
        nobody = type(plugins)(plugins.manager, plugins.distributions, (), (), (), plugins.taxonomy)
        monkeypatch.setattr(door.service.judge, "plugins", nobody)

        for operation in ("moderation_labels", "faces", "text", "protective_equipment"):
            code, _ = refused(getattr(door.rekognition, f"detect_{operation}"), Image={"Bytes": blank()})
            assert code == "ResourceNotReadyException"

    def test_operations_that_are_not_offered_are_refused_by_name(self, door: Door) -> None:
        code, message = refused(door.rekognition.list_collections)
        assert (code, message[:15]) == ("UnknownOperationException", "ListCollections")

    def test_base64_that_is_none_is_a_documented_error(self, door: Door) -> None:
        import urllib.error
        import urllib.request

        for image in (
            {"Bytes": "!!"},
            {"Bytes": 3},
            {"Bytes": base64.b64encode(b"x").decode() + "\x00"},
            {"Bytes": [1]},
        ):
            body = json.dumps({"Image": image}).encode()
            target = {"X-Amz-Target": "RekognitionService.DetectFaces", "Content-Type": "application/x-amz-json-1.1"}
            headers = door.signed("POST", "/", body, "rekognition", **target)
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(urllib.request.Request(f"{door.url}/", body, headers))
            with caught.value as answer:
                assert json.load(answer)["__type"] in ("InvalidParameterException", "ValidationException")
