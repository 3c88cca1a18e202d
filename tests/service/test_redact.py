"""Redacting a text over the API, and text files on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.cli import run
from moderation.core.detections import Failure
from moderation.core.items import Tool
from tests.service.conftest import Api

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


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "text", "required"),
        ({"text": 5}, "text", "string"),
        ({"text": "x", "types": ["EMIAL"]}, "types[0]", "did you mean EMAIL?"),
        ({"text": "x", "types": []}, "types", "at least 1"),
        ({"text": "x", "mask": "xx"}, "mask", "one of ! # $"),
        ({"text": "x", "more": 1}, "more", "not permitted"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(api: Api, body: object, field: str, said: str) -> None:
    answer = api.post("/v1/redact", json=body)

    assert answer.status_code == 422
    error = answer.get_json()["errors"][0]
    assert error["field"] == field
    assert said in error["message"]


def test_a_text_that_nobody_looked_through_does_not_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = Failure(detector=Tool(name="pii.text", version="1"), kind="timed_out", message="no answer within 5 s")
    monkeypatch.setattr(api.service.judge.runner, "look", lambda *_: ([], [failure]))

    answer = api.post("/v1/redact", json={"text": TEXT})

    assert answer.status_code == 503
    assert "ann@" not in answer.text


def test_files_are_copied_without_personal_data_and_otherwise_byte_for_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, copy = tmp_path / "in.txt", tmp_path / "out.txt"
    filler = b"Nothing to see here, move along.\r\n" * 2000
    source.write_bytes(filler + TEXT.encode() + b"\n" + filler)

    assert run(["redact", str(source), "-o", str(copy), "--data", str(tmp_path / "data")]) == 0

    middle = TEXT.replace("ann@example.org", "[EMAIL]").replace("206-555-0100", "[PHONE]").encode()
    assert copy.read_bytes() == filler + middle + b"\n" + filler
    assert "1 EMAIL, 1 PHONE" in capsys.readouterr().out


def test_a_file_that_cannot_be_redacted_has_no_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, out = tmp_path / "good.txt", tmp_path / "bad.bin", tmp_path / "out"
    good.write_text("ann@example.org")
    bad.write_bytes(b"\xff\xfe\x00")

    assert run(["redact", str(good), str(bad), "-o", str(out), "--mask", "#", "--data", str(tmp_path / "data")]) == 2

    assert [path.name for path in out.iterdir()] == ["good.txt"]
    assert (out / "good.txt").read_text() == "#" * 15
    assert "bad.bin: not redacted: it is not UTF-8 text" in capsys.readouterr().err
    assert run(["redact", str(good), "-o", str(good), "--data", str(tmp_path / "data")]) == 2
    assert good.read_text() == "ann@example.org"
