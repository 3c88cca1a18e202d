"""Redacting a text over the API, and text files on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.core.detections import Failure
from moderation.core.errors import SettingsError
from moderation.core.items import Tool
from moderation.core.replacing import FreshNumbers, replace_places
from moderation.detection.answers import Answers
from moderation.redacting.styles import MODES, Style, StyleName
from moderation.redacting.tokens import Restored, TokenKey
from moderation.settings import Settings
from tests.houses.api import NOBODY, Api

TEXT = "Write to ann@example.org\r\nor call 206-555-0100 \U0001f44d"


def test_a_text_comes_back_without_what_was_found_and_with_its_places(api: Api) -> None:
    answer = api.post("/v1/redact", json={"text": TEXT}).get_json()

    assert answer["text"] == "Write to [EMAIL]\r\nor call [PHONE] \U0001f44d"
    assert [(e["type"], TEXT[e["start"] : e["end"]]) for e in answer["entities"]] == [
        ("EMAIL", "ann@example.org"),
        ("PHONE", "206-555-0100"),
    ]


def test_types_are_chosen_and_characters_masked(api: Api) -> None:
    answer = api.post("/v1/redact", json={"text": TEXT, "types": ["EMAIL"], "mask": "*"}).get_json()

    assert answer["text"] == TEXT.replace("ann@example.org", "*" * 15)


def test_the_same_value_has_the_same_number_within_a_text(api: Api) -> None:
    text = "ann@example.org wrote to bob@example.org; Ann@Example.org called 206-555-0100"

    answer = api.post("/v1/redact", json={"text": text, "mode": "pseudonyms"}).get_json()

    assert answer["text"] == "[EMAIL_1] wrote to [EMAIL_2]; [EMAIL_1] called [PHONE_1]"


def test_a_text_may_have_more_in_it_than_a_detector_may_say_at_once(api: Api) -> None:
    text = "\U0001f44d a@b.co " * 10_500

    answer = api.post("/v1/redact", json={"text": text}).get_json()

    assert answer["text"] == "\U0001f44d [EMAIL] " * 10_500
    assert {text[e["start"] : e["end"]] for e in answer["entities"]} == {"a@b.co"}
    assert len(answer["entities"]) == 10_500


AROUND = st.text(alphabet="\U0001f44d\u6f22e\u0301\u05e9\u202e\u200b\u200d\ufe0f\ufeff\r\n ", max_size=20)
UNSEEN = st.text(alphabet="\u200b\u200d\u2060\ufe0f", max_size=2)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(AROUND, st.sampled_from(["ann@example.org", "206-555-0100", "10.20.30.40"]), UNSEEN), max_size=3
    ),
    AROUND,
)
def test_places_cut_the_text_as_it_was_sent_whatever_stands_around(
    api: Api, values: list[tuple[str, str, str]], end: str
) -> None:
    text = "".join(f"{before}\n{value}{unseen}\n" for before, value, unseen in values) + end

    answer = api.post("/v1/redact", json={"text": text, "types": ["EMAIL", "PHONE", "IP_ADDRESS"]}).get_json()

    assert [text[e["start"] : e["end"]] for e in answer["entities"]] == [value for _, value, _ in values]
    assert (
        re.sub(r"\[[A-Z-]+\]", "", answer["text"])
        == "".join(f"{before}\n{unseen}\n" for before, _, unseen in values) + end
    )


def test_tokens_are_put_back_by_their_key_and_no_other(tmp_path: Path) -> None:
    key, other = TokenKey.create(tmp_path / "key"), TokenKey.create(tmp_path / "other")
    opened = Api.open(Settings(data=tmp_path / "data", redact_key_file=tmp_path / "key", a2i_endpoint_url=NOBODY))
    try:
        answer = opened.post("/v1/redact", json={"text": TEXT, "mode": "tokens"}).get_json()
    finally:
        opened.close()
    mine, foreign = Restored(), Restored()

    assert key.restore(answer["text"], mine) == TEXT
    assert other.restore(answer["text"], foreign) == answer["text"]
    assert "ann@" not in answer["text"]
    assert (mine, foreign) == (Restored(restored=2), Restored(of_other_keys=2))
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@given(st.text(min_size=1), st.data())
def test_a_token_opens_only_as_it_was_made(value: str, data: st.DataObject) -> None:
    key = TokenKey(bytes(range(64)))
    token = key.seal("NAME", value)
    at = data.draw(st.integers(token.index(".") + 1, len(token) - 3))
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    count = Restored()

    assert key.restore(f"[{token}]", count) == f"[{value}]"
    assert key.seal("NAME", value) == token
    assert key.restore(changed, count) == changed
    assert key.restore(token.replace("NAME", "SSN"), count) == token.replace("NAME", "SSN")
    assert count == Restored(restored=1, damaged=2)


@given(st.text(max_size=40), st.lists(st.integers(0, 40), max_size=6), st.sampled_from(MODES))
def test_what_stands_outside_is_left_as_it_is_and_tokens_give_all_of_it_back(
    text: str, cuts: list[int], mode: StyleName
) -> None:
    key = TokenKey(bytes(range(64)))
    ends = sorted({min(cut, len(text)) for cut in cuts})
    places = [(start, end, "NAME") for start, end in zip(ends[::2], ends[1::2], strict=False)]

    done = replace_places(text, places, Style(mode, key=key).replace(FreshNumbers()))

    at, kept = 0, []
    for start, end, _ in places:
        kept.append(re.escape(text[at:start]))
        at = end
    assert re.fullmatch(".*".join([*kept, re.escape(text[at:])]), done, re.DOTALL)
    if mode == "tokens":
        assert key.restore(done, count := Restored()) == text
        assert count.restored == len(places)


@given(st.lists(st.text(alphabet="ab[]:.\n", max_size=5) | st.just("TOKEN"), max_size=8), st.data())
def test_a_text_in_pieces_is_restored_as_a_whole_one_is(words: list[str], data: st.DataObject) -> None:
    key = TokenKey(bytes(range(64)))
    text = "".join(words).replace("TOKEN", key.seal("EMAIL", "ann@example.org"))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert "".join(key.restore_all(pieces, Restored())) == key.restore(text, Restored())


@pytest.mark.parametrize("content", [None, b"", b"not base64!", b"c2hvcnQ="])
def test_a_key_file_without_a_key_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsError, match="--new-key FILE"):
        TokenKey.read(path)
    if content is not None:
        with pytest.raises(SettingsError, match="exists"):
            TokenKey.create(path)


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "text", "required"),
        ({"text": 5}, "text", "string"),
        ({"text": "x", "types": ["EMIAL"]}, "types[0]", "did you mean EMAIL?"),
        ({"text": "x", "types": ["EMAIL", ""]}, "types[1]", "unknown type ''"),
        ({"text": "x", "types": []}, "types", "at least 1"),
        ({"text": "x", "types": ["EMAIL"] * 101}, "types", "at most 100"),
        ({"text": "x", "mask": "xx"}, "mask", "one of ! # $"),
        ({"text": "x", "mode": "mask", "mask": "x"}, "mask", "one of ! # $"),
        ({"text": "x", "mode": "labels", "mask": "*"}, "mask", "no meaning with mode labels"),
        ({"text": "x", "mode": "hash"}, "mode", "'pseudonyms'"),
        ({"text": "x", "mode": "tokens"}, "mode", "MODERATION_REDACT_KEY_FILE"),
        ({"text": "x", "more": 1}, "more", "not permitted"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(api: Api, body: object, field: str, said: str) -> None:
    answer = api.post("/v1/redact", json=body)

    assert answer.status_code == 422
    error = answer.get_json()["errors"][0]
    assert error["field"] == field
    assert said in error["message"]


def test_a_text_that_nobody_can_look_through_does_not_come_back(api: Api) -> None:
    answer = api.post("/v1/redact", json={"text": TEXT, "types": ["GPS_POSITION"]})

    assert answer.status_code == 503
    assert "no detector is loaded that finds any" in answer.get_json()["detail"]


def test_a_text_that_nobody_looked_through_does_not_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = Failure(detector=Tool(name="pii.text", version="1"), kind="timed_out", message="no answer within 5 s")
    monkeypatch.setattr(api.service.judge.runner, "look_each", lambda *_, **__: ([[]], Answers(failures=[failure])))

    answer = api.post("/v1/redact", json={"text": TEXT})

    assert answer.status_code == 503
    assert "ann@" not in answer.text
