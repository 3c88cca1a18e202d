"""Forwarding: the program hears Amazon, our detectors look beside it, and what both say is kept without content."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ground.awswire.errors import ApiError
from ground.errors import StoreUnavailable
from moderation import cli
from moderation.aws.recorder import forwarding
from moderation.aws.recorder.comparing import compare, labels_of
from moderation.aws.recorder.recordings import Answer, Recording, read_recordings
from moderation.core.errors import InputError, SettingsError
from moderation.settings import Settings
from tests.aws_double.recorded import Recorded
from tests.houses.aws_door import Door, blank, example

SECRET = "ann@example.org wrote to Bob"
EXPLICIT = {"ModerationLabels": [{"Name": "Explicit", "ParentName": "", "Confidence": 91.0, "TaxonomyLevel": 1}], "ModerationModelVersion": "7.0"}  # fmt: skip


TEXT = {"Text": "x", "LanguageCode": "en"}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


class FakeAmazon:
    """Says what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.says: Mapping[str, Any] | Exception = EXPLICIT

    def ask(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((f"{service}.{operation}", parameters))
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture(scope="module")
def module_amazon() -> FakeAmazon:
    return FakeAmazon()


@pytest.fixture(scope="module")
def forwarding_door(tmp_path_factory: pytest.TempPathFactory, module_amazon: FakeAmazon) -> Iterator[Door]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forwarding, "Boto3Amazon", lambda region, url: module_amazon)
        door = Door(tmp_path_factory.mktemp("forwarding"), aws_forward="http://127.0.0.1:9")
    yield door
    door.close()


@pytest.fixture
def amazon(module_amazon: FakeAmazon) -> FakeAmazon:
    module_amazon.asked.clear()
    module_amazon.says = EXPLICIT
    return module_amazon


def kept(door: Door) -> list[Recording]:
    return list(read_recordings(door.settings.data / "aws-recordings"))


class TestForwarding:
    def test_the_program_hears_amazon_and_both_are_kept(self, forwarding_door: Door, amazon: FakeAmazon) -> None:
        answer = forwarding_door.rekognition.detect_moderation_labels(Image={"Bytes": blank()})

        assert answer["ModerationLabels"][0]["Name"] == "Explicit"
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-moderation-looked"] == "forwarded"
        recording = kept(forwarding_door)[-1]
        assert (recording.app, recording.service, recording.operation) == (
            "shop",
            "rekognition",
            "DetectModerationLabels",
        )
        assert recording.amazon.document == EXPLICIT
        assert recording.here.document is not None
        assert recording.here.document["ModerationLabels"] == []
        assert recording.size == len(blank())

    def test_a_picture_of_an_own_bucket_goes_as_bytes(self, forwarding_door: Door, amazon: FakeAmazon) -> None:
        forwarding_door.s3.create_bucket(Bucket="pictures")
        forwarding_door.s3.put_object(Bucket="pictures", Key="one.png", Body=blank())

        amazon.says = {"FaceDetails": []}
        forwarding_door.rekognition.detect_faces(Image={"S3Object": {"Bucket": "pictures", "Name": "one.png"}})

        [(asked, parameters)] = amazon.asked
        assert asked == "rekognition.DetectFaces"
        assert set(parameters["Image"]) == {"Bytes"}

    def test_an_object_that_is_not_the_apps_is_not_asked_about(self, forwarding_door: Door, amazon: FakeAmazon) -> None:
        with pytest.raises(ClientError, match="InvalidS3ObjectException"):
            forwarding_door.rekognition.detect_faces(Image={"S3Object": {"Bucket": "companys-own", "Name": "one.png"}})

        assert amazon.asked == []

    def test_no_content_and_no_key_is_in_a_recording(self, forwarding_door: Door, amazon: FakeAmazon) -> None:
        amazon.says = {"Entities": [{"Type": "EMAIL", "Score": 0.99, "BeginOffset": 0, "EndOffset": 15}]}
        comprehend = forwarding_door.client("comprehend")

        comprehend.detect_pii_entities(Text=SECRET, LanguageCode="en")
        amazon.says = {"TextDetections": [{"DetectedText": "topsecret", "Type": "LINE", "Id": 0, "Confidence": 99.0}]}
        forwarding_door.rekognition.detect_text(Image={"Bytes": blank()})

        folder = forwarding_door.settings.data / "aws-recordings"
        text = "".join(path.read_text() for path in folder.glob("*.jsonl"))
        for content in (
            SECRET,
            "ann@",
            "Bob",
            "topsecret",
            forwarding_door.key.secret,
            forwarding_door.key.id,
            "Signature",
        ):
            assert content not in text
        assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
        assert kept(forwarding_door)[-2].size == len(SECRET)

    def test_what_amazon_refuses_is_refused_and_kept(self, forwarding_door: Door, amazon: FakeAmazon) -> None:
        amazon.says = ApiError("ThrottlingException", "Rate exceeded", 400)

        with pytest.raises(ClientError, match="ThrottlingException"):
            forwarding_door.rekognition.detect_faces(Image={"Bytes": blank()})

        recording = kept(forwarding_door)[-1]
        assert recording.amazon == Answer(None, "ThrottlingException", recording.amazon.seconds)
        assert recording.here.document == {"FaceDetails": []}

    def test_where_it_does_not_answer_the_program_is_told_to_try_again(
        self, forwarding_door: Door, amazon: FakeAmazon
    ) -> None:
        amazon.says = StoreUnavailable(
            "the endpoint that requests are forwarded to did not answer (ConnectTimeoutError)"
        )

        with pytest.raises(ClientError, match="InternalServerError"):
            forwarding_door.rekognition.detect_faces(Image={"Bytes": blank()})

    def test_human_loops_are_started_here(self, forwarding_door: Door, amazon: FakeAmazon) -> None:
        config = {"HumanLoopName": "here-1", "FlowDefinitionArn": forwarding_door.flow("all")}

        answer = forwarding_door.rekognition.detect_moderation_labels(
            Image={"Bytes": example("dough.jpg")}, MinConfidence=40, HumanLoopConfig=config
        )

        assert answer["HumanLoopActivationOutput"]["HumanLoopArn"].endswith("/here-1")
        assert "HumanLoopConfig" not in amazon.asked[0][1]

    def test_recordings_are_played_to_the_same_request(self, forwarding_door: Door, amazon: FakeAmazon) -> None:
        forwarding_door.rekognition.detect_moderation_labels(Image={"Bytes": blank(99, 99)})
        parameters = {"Image": {"Bytes": amazon.asked[0][1]["Image"]["Bytes"]}}

        played = Recorded(forwarding_door.settings.data / "aws-recordings")

        assert played.ask("rekognition", "DetectModerationLabels", parameters) == EXPLICIT
        with pytest.raises(ApiError, match="NotRecorded"):
            played.ask("rekognition", "DetectModerationLabels", {"Image": {"Bytes": "AAAA"}})

    def test_another_endpoint_is_asked_as_boto3_asks(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        """Any endpoint that speaks Rekognition: here, another one of ours."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", door.key.id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", door.key.secret)
        there = forwarding.Boto3Amazon("us-east-1", door.url)

        assert there.ask("rekognition", "DetectFaces", {"Image": {"Bytes": encoded(blank())}}) == {"FaceDetails": []}
        with pytest.raises(ApiError, match="InvalidImageFormatException"):
            there.ask("rekognition", "DetectFaces", {"Image": {"Bytes": encoded(b"no picture")}})
        monkeypatch.setattr(forwarding, "SECONDS", 3.0)
        with pytest.raises(StoreUnavailable, match="did not answer"):
            forwarding.Boto3Amazon("us-east-1", "http://127.0.0.1:9").ask("comprehend", "DetectPiiEntities", TEXT)

    def test_the_setting_is_amazon_or_an_address(self) -> None:
        with pytest.raises(SettingsError, match="MODERATION_AWS_FORWARD"):
            forwarding.open_forwarder(Settings(aws_forward="amazon"))
        assert forwarding.open_forwarder(Settings()) is None


def recording(amazon: Any, here: Any, **more: Any) -> Recording:
    sides = [Answer(None, each) if isinstance(each, str) else Answer(each, seconds=0.5) for each in (amazon, here)]
    given = {"at": "2031-05-01T00:00:00+00:00", "app": "shop", "service": "rekognition", "operation": "DetectLabels"}
    return Recording(**{**given, "request": {}, "size": 10, **more}, amazon=sides[0], here=sides[1])  # type: ignore[arg-type]


def labels(*names: str) -> dict[str, Any]:
    return {"Labels": [{"Name": name, "Confidence": 80} for name in names]}


class TestComparing:
    def test_agreement_is_by_label_over_what_both_answered(self) -> None:
        [found] = compare(
            [
                recording(labels("Cat", "Dog"), labels("Cat")),
                recording(labels("Cat"), labels("Cat")),
                recording(labels(), labels("Dog")),
                recording("ThrottlingException", labels("Cat")),
                recording(labels("Cat"), "ResourceNotReadyException"),
            ]
        )

        assert (found.calls, found.answered, found.same) == (5, 3, 1)
        assert (found.labels["Cat"].agreement, found.labels["Dog"].agreement) == (1.0, 0.0)
        assert (found.amazon_errors, found.here_errors) == (
            {"ThrottlingException": 1},
            {"ResourceNotReadyException": 1},
        )
        assert found.dollars == pytest.approx(0.004)

    def test_a_text_costs_three_units_at_least(self) -> None:
        sizes = {10: 0.0003, 300: 0.0003, 301: 0.0004}

        for size, dollars in sizes.items():
            more = {"service": "comprehend", "operation": "DetectPiiEntities", "size": size}
            [found] = compare([recording({"Entities": []}, {"Entities": []}, **more)])
            assert found.dollars == pytest.approx(dollars)

    def test_what_each_operation_finds_has_a_name(self) -> None:
        worn = {
            "EquipmentDetections": [{"Type": "HEAD_COVER", "Confidence": 90}, {"Type": "FACE_COVER", "Confidence": 10}]
        }
        toxic = [{"Labels": [{"Name": "INSULT", "Score": 0.9}, {"Name": "PROFANITY", "Score": 0.1}]}]

        assert labels_of({"Persons": [{"BodyParts": [worn]}]}, 50) == {"Person", "HEAD_COVER"}
        assert labels_of({"ResultList": toxic}, 50) == {"INSULT"}
        assert labels_of({"Entities": [{"Type": "EMAIL", "Score": 0.5}]}, 50) == {"EMAIL"}
        assert labels_of({"FaceDetails": [{"Confidence": 99}]}, 50) == {"Face"}

    def test_the_command_shows_both_sides(
        self, forwarding_door: Door, amazon: FakeAmazon, capsys: pytest.CaptureFixture[str]
    ) -> None:
        forwarding_door.rekognition.detect_moderation_labels(Image={"Bytes": blank()})
        data = ["--data", str(forwarding_door.settings.data)]

        assert cli.run(["compare", *data]) == 0
        assert "Explicit: both" in capsys.readouterr().out
        assert cli.run(["compare", "--json", *data]) == 0
        assert {each["operation"] for each in json.loads(capsys.readouterr().out)} >= {"DetectModerationLabels"}

    def test_what_is_no_recording_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "2031-01-01.jsonl").write_text('{"at": 1}\n')

        with pytest.raises(InputError, match=r"2031-01-01.jsonl, line 1: no recording"):
            list(read_recordings(tmp_path))
        with pytest.raises(InputError, match="MODERATION_AWS_FORWARD"):
            list(read_recordings(tmp_path / "none"))
