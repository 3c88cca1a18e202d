"""``/v1/moderations``: the requests are those that OpenAI's Python client 3.57 sends, byte for byte in their JSON."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from moderation.api.moderations import CATEGORIES
from tests.houses.api import Api
from tests.receiver import Receiver

MODEL = "omni-moderation-latest"
THREAT = "I will find you and hurt you, you worthless idiot"
TOXIC = {"harassment", "harassment/threatening", "hate", "sexual", "violence", "violence/graphic"}
"""What text.toxicity looks for."""


def picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def data_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def moderate(api: Api, given: Any) -> list[dict[str, Any]]:
    answer = api.post("/v1/moderations", json={"input": given, "model": MODEL})
    assert answer.status_code == 200, answer.text
    assert answer.json["id"].startswith("modr-")
    results: list[dict[str, Any]] = answer.json["results"]
    return results


def test_each_text_has_a_result_whose_flag_is_the_policies_word(api: Api) -> None:
    harmless, threat = moderate(api, ["have a nice day", THREAT])

    assert (harmless["flagged"], harmless["outcome"]) == (False, "approve")
    assert (threat["flagged"], threat["categories"]["harassment"]) == (True, True)
    assert threat["category_scores"]["harassment"] > 0.5
    assert not harmless["categories"]["harassment"]


def test_what_nobody_looked_for_is_never_false_and_is_named(api: Api) -> None:
    (result,) = moderate(api, "have a nice day")

    looked = set(result["category_applied_input_types"])
    assert looked >= TOXIC
    assert set(result["not_looked_for"]) == set(CATEGORIES) - looked
    assert "sexual/minors" in result["not_looked_for"]
    for name in CATEGORIES:
        value, score = result["categories"][name], result["category_scores"][name]
        assert (value, score) == (None, None) if name not in looked else value is False and score is not None


def test_a_text_that_no_detector_could_read_is_flagged_and_nothing_is_said_of_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.detection.answers import Answers

    monkeypatch.setattr(api.service.judge.runner, "look", lambda *_, **__: Answers())

    (result,) = moderate(api, "have a nice day")

    assert result["flagged"] is True
    assert result["category_applied_input_types"] == {}
    assert set(result["categories"].values()) == {None}


def test_texts_and_pictures_together_are_one_item(api: Api) -> None:
    parts = [
        {"type": "text", "text": THREAT},
        {"type": "image_url", "image_url": {"url": data_url(picture())}},
    ]

    (result,) = moderate(api, parts)

    assert result["flagged"] is True
    assert result["category_applied_input_types"]["sexual"] == ["image", "text"]
    assert result["category_applied_input_types"]["harassment"] == ["text"]


def test_a_picture_is_fetched_from_its_address(api: Api) -> None:
    receiver = Receiver()
    receiver.start()

    def give(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(picture())))
        handler.end_headers()
        handler.wfile.write(picture())

    receiver.answers["/a.png"] = give
    try:
        (result,) = moderate(api, [{"type": "image_url", "image_url": {"url": f"{receiver.url}/a.png"}}])
    finally:
        receiver.stop()

    assert result["category_applied_input_types"]["sexual"] == ["image"]


def test_nothing_of_it_is_stored(api: Api) -> None:
    before = api.service.store.counts()
    moderate(api, "have a nice day")

    assert api.service.store.counts() == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("", "input[0]"),
        ([], "input"),
        ([" "], "input[0]"),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64,x"}}], "input[0].image_url.url"),
        ([{"type": "image_url", "image_url": {"url": "data:,x"}}], "input[0].image_url.url"),
        ([{"type": "image_url", "image_url": {"url": "ftp://x.example/a.png"}}], "input[0].image_url.url"),
        ([{"type": "image_url", "image_url": {"url": data_url(b"no picture")}}], "input[0].image_url.url"),
        (["x"] * 33, "input"),
        (7, "input"),
    ],
)
def test_what_cannot_be_moderated_is_refused_by_field(empty_api: Api, given: Any, field: str) -> None:
    answer = empty_api.post("/v1/moderations", json={"input": given})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"].startswith(field)
