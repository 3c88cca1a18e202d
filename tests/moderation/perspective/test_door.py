"""Perspective's callers: what they send is understood, and where there is no score they are told so, never a number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from moderation.core.detections import Detection, Failure
from moderation.core.items import Part, Span, Tool
from moderation.detection.answers import Answers
from moderation.perspective.attributes import SHIPPED, read_cards
from moderation.settings import Settings
from moderation.storage.tables import metadata, score_suggestions
from tests.houses.api import NOBODY, Api
from tests.moderation.perspective import recorded

RUDE, KIND = recorded.TEXT, "Thank you all for the lovely evening"
GERMAN = "Das ist doch alles ganz schrecklich, was ihr hier den ganzen Tag so schreibt"
ANALYZE, SUGGEST = "/perspective/v1alpha1/comments:analyze", "/perspective/v1alpha1/comments:suggestscore"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application over the shipped detectors, without workers."""
    opened = Api.open(Settings(data=tmp_path_factory.mktemp("door"), a2i_endpoint_url=NOBODY))
    yield opened
    opened.close()


def ask(api: Api, body: Any, path: str = ANALYZE, **more: Any) -> TestResponse:
    return api.client.post(path, query_string={"key": api.keys["forum"]}, json=body, **more)


def comment(text: str, *names: str, **more: Any) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {name: {} for name in names or ("TOXICITY",)}, **more}


def value(answer: TestResponse, name: str = "TOXICITY") -> float:
    assert answer.status_code == 200, answer.text
    score: float = answer.json["attributeScores"][name]["summaryScore"]["value"]
    return score


def error_type(answer: TestResponse) -> str:
    error = answer.json["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    kind: str = error["details"][0]["errorType"]
    return kind


@pytest.mark.parametrize("client", recorded.ALL)
def test_an_unmodified_client_gets_its_score_by_another_base_url_alone(door: Api, client: str) -> None:
    sent = dict(recorded.ALL[client])
    sent["query_string"] = {**sent["query_string"], "key": door.keys["forum"]}

    answer = door.client.open(**{**sent, "path": f"/perspective{sent['path']}"})

    assert value(answer) > 0.3
    scores = answer.json["attributeScores"]
    assert set(scores) == set(json.loads(sent["data"])["requestedAttributes"])
    assert scores["TOXICITY"]["spanScores"] == [
        {"begin": 0, "end": len(RUDE), "score": scores["TOXICITY"]["summaryScore"]}
    ]
    assert scores["TOXICITY"]["summaryScore"]["type"] == "PROBABILITY"
    assert (answer.json["languages"], answer.json["detectedLanguages"]) == (["en"], ["en"])


def test_what_is_rude_scores_higher_than_what_is_not_and_nothing_scores_0(door: Api) -> None:
    names = tuple(read_cards(SHIPPED))
    rude, kind = ask(door, comment(RUDE, *names)), ask(door, comment(KIND, *names))

    assert value(rude) > 2 * value(kind)
    assert all(0 < value(kind, name) < 0.2 for name in names)


def test_places_are_counted_in_utf_16_and_stand_where_the_detectors_found_something(door: Api) -> None:
    text = "\U0001f600\U0001f600 you idiot"

    answer = ask(door, comment(text, "INSULT", spanAnnotations=True)).json["attributeScores"]["INSULT"]

    begin = len(text[: text.index("idiot")].encode("utf-16-le")) // 2
    assert (begin, begin + 5) in {(span["begin"], span["end"]) for span in answer["spanScores"]}
    assert max(span["score"]["value"] for span in answer["spanScores"]) == answer["summaryScore"]["value"]


def test_a_score_under_the_threshold_is_left_out(door: Api) -> None:
    wanted = {"TOXICITY": {"scoreThreshold": 0.9}, "INSULT": {"scoreThreshold": 0}}

    some = ask(door, {**comment(KIND), "requestedAttributes": wanted}).json
    none = ask(door, {**comment(KIND), "requestedAttributes": {"TOXICITY": {"scoreThreshold": 0.9}}}).json

    assert set(some["attributeScores"]) == {"INSULT"}
    assert "attributeScores" not in none


def test_the_token_comes_back(door: Api) -> None:
    more = {"clientToken": "their-17", "sessionId": 4, "communityId": "sports", "context": {"entries": [{"text": "x"}]}}

    assert ask(door, comment(KIND, **more)).json["clientToken"] == "their-17"


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (comment(""), "COMMENT_EMPTY", "Comment must be non-empty."),
        (comment(" \n\t"), "COMMENT_EMPTY", "Comment must be non-empty."),
        ({"requestedAttributes": {"TOXICITY": {}}}, "COMMENT_EMPTY", "Comment must be non-empty."),
        (comment("x" * 20_481), "COMMENT_TOO_LONG", "Value (20481) exceeded limit (20480)"),
        (comment("\u20ac" * 6_827), "COMMENT_TOO_LONG", "Value (20481) exceeded limit (20480)"),
        ({"comment": {"text": KIND}}, "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes"),
        (
            comment(KIND, "FLIRTATION"),
            "INVALID_REQUEST",
            "Unknown requested attribute: FLIRTATION (nothing was measured",
        ),
        (comment(KIND, "TOXICITY", "SEVERE_TOXICITY"), "INVALID_REQUEST", "attribute: SEVERE_TOXICITY (nothing was"),
        (
            {"comment": {"text": KIND, "type": "HTML"}, "requestedAttributes": {"TOXICITY": {}}},
            "INVALID_REQUEST",
            "only 'PLAIN_TEXT' comments are supported",
        ),
        (
            {"comment": {"text": KIND}, "requestedAttributes": {"TOXICITY": {"scoreType": "RAW"}}},
            "INVALID_REQUEST",
            "Requested score type RAW is not supported by attribute TOXICITY",
        ),
        (
            comment(KIND, languages=["en", "fr"]),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support request languages: fr",
        ),
        (
            comment(GERMAN),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support request languages: und",
        ),
        (
            comment(GERMAN, languages=["en"]),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support",
        ),
    ],
)
def test_what_cannot_be_scored_is_the_documented_400(door: Api, body: Any, kind: str, words: str) -> None:
    answer = ask(door, body)

    assert error_type(answer) == kind
    assert words in answer.json["error"]["message"]


def test_the_longest_comment_is_scored(door: Api) -> None:
    text = ("the weather is fine and we are glad of it. " * 500)[:20_480]

    assert 0 < value(ask(door, comment(text))) < 1


def test_a_language_without_scores_is_dropped_where_the_caller_says_so(door: Api) -> None:
    answer = ask(door, comment(GERMAN, dropUnsupportedAttributes=True))

    assert answer.status_code == 200
    assert "attributeScores" not in answer.json


@pytest.mark.parametrize("kind", ["crashed", "timed_out", "unavailable", "invalid_answer", "raised", "not_run"])
def test_a_detector_without_an_answer_is_503_and_never_a_number(
    door: Api, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool(name="text.toxicity", version="1.0")

    def fail(app: str, texts: Sequence[Part], only: Any) -> tuple[list[list[Detection]], Answers]:
        return [[]], Answers(failures=[Failure(detector=tool, part="p0", kind=kind, message="it is gone")])

    monkeypatch.setattr(door.service.judge.runner, "look_each", fail)
    answer = ask(door, comment(KIND))
    dropped = ask(door, comment(KIND, dropUnsupportedAttributes=True))

    assert (answer.status_code, answer.json["error"]["status"]) == (503, "UNAVAILABLE")
    assert "text.toxicity gave no answer" in answer.json["error"]["message"]
    assert answer.headers["Retry-After"] == "1"
    assert dropped.status_code == 503


def test_a_failure_of_the_service_is_500_in_the_same_form_without_content(
    door: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setattr(door.service.judge.runner, "look_each", fail)
    answer = ask(door, comment("the secret text"))

    assert (answer.status_code, answer.json["error"]["status"]) == (500, "INTERNAL")
    assert "the secret text" not in caplog.text


class TestKeys:
    def test_a_header_does_as_well_and_keeps_the_key_out_of_logs_of_addresses(self, door: Api) -> None:
        key = door.keys["forum"]
        for headers in ({"X-Goog-Api-Key": key}, {"Authorization": f"Bearer {key}"}):
            assert value(door.client.post(ANALYZE, json=comment(KIND), headers=headers)) > 0

    def test_without_a_key_it_is_403_and_a_wrong_one_is_400_as_google_says_it(self, door: Api) -> None:
        nobody = door.client.post(ANALYZE, json=comment(KIND))
        wrong = door.client.post(f"{ANALYZE}?key=AIzaSyWrong", json=comment(KIND))

        assert (nobody.status_code, nobody.json["error"]["status"]) == (403, "PERMISSION_DENIED")
        assert (wrong.status_code, wrong.json["error"]["status"]) == (400, "INVALID_ARGUMENT")
        assert wrong.json["error"]["message"].startswith("API key not valid.")
        assert wrong.json["error"]["details"][0]["reason"] == "API_KEY_INVALID"

    def test_the_log_never_has_the_key(self, door: Api, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("INFO"):
            ask(door, comment(KIND))

        assert "route=/perspective" in caplog.text
        assert door.keys["forum"] not in caplog.text

    def test_an_app_that_calls_too_often_is_429_with_googles_reason(self, tmp_path: Path) -> None:
        api = Api.open(Settings(data=tmp_path, a2i_endpoint_url=NOBODY, calls_per_second=0.01))
        try:
            answer = [ask(api, comment("", "X")) for _ in range(3)][-1]
        finally:
            api.close()

        assert (answer.status_code, answer.json["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert answer.json["error"]["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "cannot be read as JSON"),
        (b"[]", "Invalid JSON payload"),
        (b'{"comment": {"text": 1.5, "tone": "x"}}', 'Unknown name "tone" at "comment"'),
        (b'{"comment": {"text": "\\ud800"}}', "surrogate"),
        (b'{"comment": {"text": "a"}, "comments": 1}', 'Unknown name "comments"'),
        (b'{"requestedAttributes": {"TOXICITY": 3}}', 'Invalid value at "requestedAttributes.TOXICITY"'),
        (b'{"requestedAttributes": {"TOXICITY": {"scoreThreshold": NaN}}}', "cannot be read as JSON"),
    ],
)
def test_a_body_that_is_no_request_is_400_and_says_where(door: Api, body: bytes, words: str) -> None:
    answer = door.client.post(ANALYZE, query_string={"key": door.keys["forum"]}, data=body)

    assert (answer.status_code, answer.json["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert words in answer.json["error"]["message"]


def test_names_as_in_the_proto_and_null_are_read(door: Api) -> None:
    body = {"comment": {"text": KIND, "type": None}, "requested_attributes": {"TOXICITY": None}, "do_not_store": True}

    assert value(ask(door, body)) > 0


def test_too_large_a_body_and_other_addresses_are_refused_in_googles_form(door: Api) -> None:
    large = ask(door, comment(KIND, context={"entries": [{"text": "x" * 4_000_000}]}))
    elsewhere = door.client.post("/perspective/v1alpha1/comments:delete", query_string={"key": "k"})
    reading = door.client.get(ANALYZE)

    assert (large.status_code, large.json["error"]["code"]) == (413, 413)
    assert elsewhere.json["error"]["status"] == reading.json["error"]["status"] == "NOT_FOUND"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=4,
)
FIELDS = ("comment", "requestedAttributes", "languages", "spanAnnotations", "doNotStore", "attributeScores", "context")


@settings(max_examples=25, deadline=None)
@given(body=st.dictionaries(st.sampled_from(FIELDS), JSON), path=st.sampled_from([ANALYZE, SUGGEST]))
def test_no_body_is_a_failure_of_the_service(door: Api, body: Any, path: str) -> None:
    answer = ask(door, body, path)

    assert answer.status_code in (200, 400), answer.text
    assert answer.status_code == 200 or answer.json["error"]["message"]


class TestNothingStays:
    @pytest.mark.parametrize("do_not_store", [True, False])
    def test_scoring_stores_nothing(self, door: Api, do_not_store: bool) -> None:
        before = rows(door)
        ask(door, comment(RUDE, doNotStore=do_not_store))

        assert rows(door) == before

    def test_a_verdict_is_kept_without_the_text_and_the_last_one_counts(self, door: Api) -> None:
        body = {"comment": {"text": RUDE}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
        for said in (1, 0):
            body["attributeScores"] = {"TOXICITY": {"summaryScore": {"value": said}}}
            answer = ask(door, {**body, "clientToken": "t", "languages": ["en"]}, SUGGEST)
            assert answer.json == {"requestedLanguages": ["en"], "detectedLanguages": ["en"], "clientToken": "t"}

        (row,) = suggested(door, "TOXICITY")
        assert row.confidences["Toxicity/INSULT"] >= 60
        assert [(each["attribute"], each["value"]) for each in row.said] == [("TOXICITY", 0)]
        assert "idiot" not in json.dumps([str(each) for each in row])

    @pytest.mark.parametrize(
        ("scores", "words"),
        [
            ({}, "must not be empty"),
            ({"TOXICITY": {}}, "has no value"),
            ({"TOXICITY": {"summaryScore": {"value": 2}}}, "not 0 to 1"),
            ({"TOXICITY": {"summaryScore": {"value": 1, "type": "RAW"}}}, "another type"),
            ({"SPAM": {"summaryScore": {"value": 1}}}, "Unknown requested attribute: SPAM"),
        ],
    )
    def test_a_verdict_that_says_nothing_is_400_and_not_kept(self, door: Api, scores: Any, words: str) -> None:
        before = rows(door)
        answer = ask(door, {"comment": {"text": RUDE}, "attributeScores": scores}, SUGGEST)

        assert error_type(answer) == "INVALID_REQUEST"
        assert words in answer.json["error"]["message"]
        assert rows(door) == before

    def test_a_verdict_on_a_stretch_counts_for_the_comment(self, door: Api) -> None:
        text = f"{RUDE}!"
        spans = [{"begin": 0, "end": 4, "score": {"value": value}} for value in (0.1, 0.8)]
        ask(door, {"comment": {"text": text}, "attributeScores": {"INSULT": {"spanScores": spans}}}, SUGGEST)

        (row,) = suggested(door, "INSULT")
        assert row.said[0]["value"] == 0.8


def suggested(api: Api, attribute: str) -> list[Any]:
    """The rows of verdicts on an attribute."""
    with api.service.database.engine.connect() as connection:
        found = connection.execute(sa.select(score_suggestions)).all()
    return [row for row in found if row.said[0]["attribute"] == attribute]


def rows(api: Api) -> dict[str, int]:
    """How many rows each table has, but for signs of life and figures of processes."""
    tables = [table for name, table in metadata.tables.items() if name not in ("processes", "own_secrets")]
    with api.service.database.engine.connect() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables
        }


def test_the_discovery_document_leads_back_to_this_service(door: Api) -> None:
    for path in ("$discovery/rest?version=v1alpha1", "discovery/v1/apis/commentanalyzer/v1alpha1/rest"):
        document = door.client.get(f"/perspective/{path}").json

        assert document["rootUrl"] == "http://localhost/perspective/"
        methods = document["resources"]["comments"]["methods"]
        assert {each["path"] for each in methods.values()} == {
            "v1alpha1/comments:analyze",
            "v1alpha1/comments:suggestscore",
        }
        named = set(_references(document))
        assert named <= set(document["schemas"])
        assert "requestedAttributes" in document["schemas"]["AnalyzeCommentRequest"]["properties"]


def _references(document: Any) -> list[str]:
    if isinstance(document, dict):
        own = [document["$ref"]] if isinstance(document.get("$ref"), str) else []
        return own + [each for inner in document.values() for each in _references(inner)]
    if isinstance(document, list):
        return [each for inner in document for each in _references(inner)]
    return []


def test_of_two_at_one_place_the_surer_is_told() -> None:
    from moderation.perspective.analyzing import _span_scores

    card = read_cards(SHIPPED)["INSULT"]
    found = [Detection(label="Toxicity/INSULT", confidence=each, span=Span(start=1, end=3)) for each in (60, 85)]

    assert [each["score"]["value"] for each in _span_scores("hello", found, card)] == [round(card.score(85), 6)]
