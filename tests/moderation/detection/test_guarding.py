"""At every door a list that keeps content on this machine is asked first: no byte of a match goes elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count, permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from ground.awswire.errors import ApiError
from moderation.aws.recorder import forwarding
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.detection.answers import Answers
from moderation.detection.guarding import Guarding
from tests.houses.aws_door import Door, blank

LISTED, OTHER = "the words that must never leave this place", "words like any other, about the weather"
PICTURE, PLAIN = blank(), blank(color="red")
_DAYS = count()
REMOTE = "arn:aws:rekognition:us-east-1:000000000000:project/remote/version/first/1"
PLUGIN = """
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Unavailable

class Tool:
    version, min_confidence, max_confidence, time_limit_seconds = "1", 1.0, 99.0, 20.0

class Elsewhere(Tool):
    leaves_machine = True
    def __init__(self, name, reads, labels):
        self.name, self.reads, self.labels = name, reads, labels
    def detect(self, part, context):
        with open({sent!r}, "a") as out:
            out.write(part.text or part.media.sha256)
        return []

class Lists(Tool):
    name, reads, labels, keeps_on_machine = "m.lists", ("text", "image"), ("Custom/LISTED",), True
    def detect(self, part, context):
        if part.text == "broken":
            raise Unavailable("the list is away")
        if part.text != {listed!r} and (part.media is None or part.media.sha256 != {sha256!r}):
            return []
        return [Detection(label="Custom/LISTED", confidence=99, attributes={{"list": "p", "keeps_on_machine": True}})]

@hookimpl
def register_detectors(settings):
    return [
        Elsewhere("a.words", ("text",), ("Toxicity/INSULT", "PII/EMAIL")),
        Lists(),
        Elsewhere("z.pictures", ("image",), ("Custom/SEEN",)),
    ]
"""
CARD = """
attributes:
  INSULT:
    means: An insult, as somebody elsewhere has it
    labels: [Toxicity/INSULT]
    detectors: {a.words: "1"}
    languages: [en]
    texts: made up
    count: 100
    positives: 20
    share: 10
    figures: {auroc: 0.8, average_precision: 0.5, calibration_error: 0.1, recall: 0.5}
    calibration: [[0, 0.04], [100, 0.9]]
"""


class Amazon:
    """The endpoint that requests are forwarded to; writes down what it is sent."""

    def __init__(self, sent: Path) -> None:
        self._sent = sent

    def ask(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._sent.open("a") as out:
            out.write(str(parameters))
        raise ApiError("ThrottlingException", "not now")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sent") / "bytes"


def opened(folder: Path, sent: Path, **given: Any) -> Door:
    plugin = PLUGIN.format(sent=str(sent), listed=LISTED, sha256=hashlib.sha256(PICTURE).hexdigest())
    (folder / "cards.yml").write_text(CARD)
    return Door(
        folder / "door", plugin, perspective_cards=folder / "cards.yml", aws_models=f"{REMOTE}=z.pictures", **given
    )


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, sent: Path) -> Iterator[Door]:
    made = opened(tmp_path_factory.mktemp("guarded"), sent)
    yield made
    made.close()


@pytest.fixture(scope="module")
def forwarding_door(tmp_path_factory: pytest.TempPathFactory, sent: Path) -> Iterator[Door]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forwarding, "Boto3Amazon", lambda region, url: Amazon(sent))
        made = opened(tmp_path_factory.mktemp("forwards"), sent, aws_forward="http://127.0.0.1:9")
    yield made
    made.close()


@pytest.fixture
def bytes_sent(sent: Path) -> Callable[[], int]:
    sent.unlink(missing_ok=True)
    return lambda: sent.stat().st_size if sent.exists() else 0


def http(door: Door, path: str, body: Any) -> requests.Response:
    key = door.service.accounts.add_key("shop", datetime.now(UTC)).key
    url = door.url.removesuffix("/aws")
    headers = {"Authorization": f"Bearer {key}"}
    return requests.post(f"{url}{path}", json=body, headers=headers, timeout=30)


# Each asks at a door, and says how it was answered: None, or the code of the error.


def perspective(door: Door, text: str) -> str | None:
    body = {"comment": {"text": text}, "requestedAttributes": {"INSULT": {}}, "languages": ["en"]}
    return status(http(door, "/perspective/v1alpha1/comments:analyze", body))


def suggested(door: Door, text: str) -> str | None:
    scores = {"INSULT": {"summaryScore": {"value": 1}}}
    body = {"comment": {"text": text}, "attributeScores": scores, "languages": ["en"]}
    return status(http(door, "/perspective/v1alpha1/comments:suggestscore", body))


def moderations(door: Door, text: str) -> str | None:
    [result] = http(door, "/v1/moderations", {"input": text}).json()["results"]
    return "flagged" if result["flagged"] else None


def redact(door: Door, text: str) -> str | None:
    return status(http(door, "/v1/redact", {"text": text}))


def status(answer: requests.Response) -> str | None:
    return None if answer.status_code == 200 else str(answer.status_code)


def amazons(client: str, operation: str, **more: Any) -> Callable[[Door, Any], str | None]:
    def ask(door: Door, content: Any) -> str | None:
        given = {"Image": {"Bytes": content}} if isinstance(content, bytes) else {"Text": content, "LanguageCode": "en"}
        if operation == "detect_toxic_content":
            given = {"TextSegments": [{"Text": content}], "LanguageCode": "en"}
        try:
            getattr(door.client(client), operation)(**given, **more)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return None

    ask.__name__ = operation
    return ask


pii, has_pii = amazons("comprehend", "detect_pii_entities"), amazons("comprehend", "contains_pii_entities")
toxic = amazons("comprehend", "detect_toxic_content")
custom_labels = amazons("rekognition", "detect_custom_labels", ProjectVersionArn=REMOTE)
labels, faces = amazons("rekognition", "detect_moderation_labels"), amazons("rekognition", "detect_faces")


def texts() -> str:
    """One that nobody has looked at lately: findings are remembered for some minutes."""
    return f"{OTHER} of day {next(_DAYS)}"


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (perspective, "503"),
        (suggested, "503"),
        (moderations, "flagged"),
        (redact, "503"),
        (pii, "InternalServerException"),
        (has_pii, "InternalServerException"),
    ],
)
def test_no_byte_of_a_listed_text_leaves_by_a_door_and_nobody_is_told_that_it_was_looked_at(
    door: Door, bytes_sent: Callable[[], int], ask: Callable[[Door, Any], str | None], refusal: str
) -> None:
    for text in (LISTED, "broken"):
        assert ask(door, text) == refusal, text
        assert bytes_sent() == 0, text

    assert ask(door, texts()) is None
    assert bytes_sent() > 0


def test_toxicity_is_looked_for_by_nobody_elsewhere(door: Door, bytes_sent: Callable[[], int]) -> None:
    for text in (LISTED, "broken", OTHER):
        toxic(door, text)

    assert bytes_sent() == 0


def test_no_byte_of_a_listed_picture_reaches_a_detector_that_stands_behind_a_model(
    door: Door, bytes_sent: Callable[[], int]
) -> None:
    assert custom_labels(door, PICTURE) == "ResourceNotReadyException"
    assert bytes_sent() == 0

    assert custom_labels(door, PLAIN) is None
    assert bytes_sent() > 0


@pytest.mark.parametrize("ask", [pii, has_pii, toxic, labels, faces])
def test_a_door_that_forwards_keeps_what_is_listed_and_answers_by_itself(
    forwarding_door: Door, bytes_sent: Callable[[], int], ask: Callable[[Door, Any], str | None]
) -> None:
    listed, other = (PICTURE, PLAIN) if ask in (labels, faces) else (LISTED, texts())

    assert ask(forwarding_door, listed) != "ThrottlingException"
    assert bytes_sent() == 0
    assert ask(forwarding_door, other) == "ThrottlingException", "the other side's word"
    assert bytes_sent() > 0


class Tool(SimpleNamespace):
    """One that sees texts."""

    version, reads = "1", ("text",)


@pytest.mark.parametrize("order", list(permutations(("elsewhere", "lists", "other", "here"))))
def test_in_whatever_order_tools_stand_those_elsewhere_may_see_nothing_of_a_match(order: tuple[str, ...]) -> None:
    tools: list[Any] = [
        Tool(name=name, leaves_machine=name in ("elsewhere", "other"), keeps_on_machine=name == "lists")
        for name in order
    ]
    guarding = Guarding(SimpleNamespace(detectors=tools))  # type: ignore[arg-type]

    def look(parts: Sequence[Part], guards: Any) -> Answers:
        assert [tool.name for tool in tools if guards(tool)] == ["lists"]
        about = {"list": "partners", "keeps_on_machine": True}
        return Answers(
            [Detection(label="Custom/L", confidence=99, attributes=about) for p in parts if p.text == LISTED]
        )

    def asked(*texts: str) -> tuple[set[str], int]:
        parts = [Part(id=f"p{number}", type="text", text=text) for number, text in enumerate(texts)]
        cleared = guarding.clear(parts, tools, look)
        return {tool.name for tool in tools if cleared.may(tool)}, len(cleared.refused)

    assert asked(OTHER) == ({"elsewhere", "lists", "other", "here"}, 0)
    assert asked(LISTED) == ({"lists", "here"}, 2)
    assert asked(OTHER, LISTED) == ({"lists", "here"}, 4), "what came together stays together"
