"""DetectToxicContent: scores for what is looked for, and errors where nobody can say."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from moderation.core.detections import Failure
from moderation.core.items import Tool
from moderation.detection.answers import Answers
from tests.houses.aws_door import Door


def code(call: Any, **parameters: Any) -> str:
    """The code of the error that a call is answered with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


class TestToxicContent:
    def test_segments_are_scored_by_the_kinds_that_are_looked_for(self, door: Door) -> None:
        texts = ["I hate you, you worthless idiot, and I will kill you", "What a nice day it is today, the sun shines."]
        results = door.client("comprehend").detect_toxic_content(
            TextSegments=[{"Text": text} for text in texts], LanguageCode="en"
        )["ResultList"]

        scores = [{label["Name"]: label["Score"] for label in each["Labels"]} for each in results]
        # Nobody here looks for insults, profanity or what is graphic: a number for them would be made up.
        assert set(scores[0]) == {"HATE_SPEECH", "HARASSMENT_OR_ABUSE", "VIOLENCE_OR_THREAT", "SEXUAL"}
        assert results[0]["Toxicity"] == max(scores[0].values()) > 0.5
        assert results[1]["Toxicity"] < 0.5

    @pytest.mark.parametrize(
        ("texts", "language", "refusal"),
        [
            (["x"], "de", "UnsupportedLanguageException"),
            (["é" * 501], "en", "TextSizeLimitExceededException"),
            (["x"] * 11, "en", "InvalidRequestException"),
            (
                ["Das ist ein Satz in einer anderen Sprache, den niemand hier lesen kann."],
                "en",
                "UnsupportedLanguageException",
            ),
        ],
    )
    def test_what_cannot_be_looked_at_is_refused(
        self, door: Door, texts: list[str], language: str, refusal: str
    ) -> None:
        call = door.client("comprehend").detect_toxic_content

        assert code(call, TextSegments=[{"Text": text} for text in texts], LanguageCode=language) == refusal

    def test_a_detector_that_gave_no_answer_is_an_error(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        failure = Failure(detector=Tool(name="text.toxicity", version="1"), kind="crashed", message="it broke")
        monkeypatch.setattr(door.service.judge.runner, "look_each", lambda *_: ([[]], Answers([], [failure])))
        call = door.client("comprehend").detect_toxic_content

        assert code(call, TextSegments=[{"Text": "x"}], LanguageCode="en") == "InternalServerException"

    def test_where_nobody_looks_for_it_nothing_is_answered(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        plugins = door.service.judge.plugins
        nobody = type(plugins)(plugins.manager, plugins.distributions, (), (), (), plugins.taxonomy)
        monkeypatch.setattr(door.service.judge, "plugins", nobody)
        call = door.client("comprehend").detect_toxic_content

        assert code(call, TextSegments=[{"Text": "x"}], LanguageCode="en") == "ResourceUnavailableException"
