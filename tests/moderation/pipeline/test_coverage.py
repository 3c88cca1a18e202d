"""Each given part of an item is under a policy in force for the item's app, or no door takes the item in."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import run
from moderation.settings import Settings
from tests.houses.api import NOBODY, Api
from tests.paths import EXAMPLES
from tests.recordings import mp4, wav

FILM, SOUND = mp4(b"vide", b"soun"), wav()
PNG = (EXAMPLES / "tiny.png").read_bytes()


def media(type_: str, data: bytes) -> dict[str, str]:
    return {"type": type_, "base64": base64.b64encode(data).decode()}


TEXT = {"type": "text", "text": "Have a nice day"}
VIDEO, AUDIO, IMAGE = media("video", FILM), media("audio", SOUND), media("image", PNG)

POLICY = """
policy: {name}
format: 1
description: A test.
applies_to: {applies_to}
{more}
if_nothing_matches: reject
if_a_detector_fails: reject
"""
TEXT_READER = """
from moderation import hookimpl
from moderation.core.items import Part

class Subtitles:
    name, version, reads, makes, time_limit_seconds = "test.subtitles", "1", ("video",), ("text",), 5.0
    def extract(self, part, context):
        return [Part(type="text", text="a nice film")]

@hookimpl
def register_extractors(settings):
    return [Subtitles()]
"""


def write_policy(folder: Path, name: str, applies_to: str, more: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(POLICY.format(name=name, applies_to=applies_to, more=more))


@pytest.fixture
def own_rules(tmp_path: Path) -> Iterator[Api]:
    """Texts of every app are covered, films of the forum's, and sounds by a policy that waits for a detector."""
    rules = tmp_path / "rules"
    write_policy(rules, "texts", "{content_type: [text]}")
    write_policy(rules, "films", "{content_type: [video], app: [forum]}")
    write_policy(rules, "sounds", "{content_type: [audio]}", "only_with: [transcribe.text]")
    write_policy(rules, "files", "{content_type: [document], app: [forum]}")
    opened = Api.open(Settings(data=tmp_path / "data", rules=rules, a2i_endpoint_url=NOBODY))
    yield opened
    opened.close()


def faults(answer: Any) -> list[str]:
    """The fields of a refusal for want of a policy."""
    assert answer.status_code == 422, answer.text
    assert answer.json["type"] == "/docs#problem-policy-missing"
    return [error["field"] for error in answer.json["errors"]]


def test_a_sound_beside_a_text_is_refused_by_name_and_nothing_is_stored(empty_api: Api) -> None:
    answer = empty_api.post("/v1/items", json={"parts": [TEXT, AUDIO]})

    assert faults(answer) == ["parts[1]"]
    [error] = answer.json["errors"]
    assert "audio" in error["message"]
    assert "'shop'" in error["message"]
    assert "applies_to" in error["message"], "it says what to do"
    assert answer.json["detail"].startswith("parts[1]: ")
    assert empty_api.service.store.backlog()[0] == 0
    assert not list((empty_api.service.settings.data / "media").rglob("*.wav"))


def test_every_part_without_a_policy_is_named(empty_api: Api) -> None:
    answer = empty_api.post("/v1/items", json={"parts": [AUDIO, TEXT, IMAGE, AUDIO]})

    assert faults(answer) == ["parts[0]", "parts[3]"]


def test_files_of_a_form_are_counted_after_the_parts_of_its_item(empty_api: Api) -> None:
    files = [(io.BytesIO(PNG), "a.png"), (io.BytesIO(SOUND), "b.wav")]
    form = {"item": json.dumps({"parts": [TEXT]}), "file": files}

    answer = empty_api.post("/v1/items", data=form, content_type="multipart/form-data")

    assert faults(answer) == ["parts[2]"]
    assert not list((empty_api.service.settings.data / "media").rglob("*.*"))


def test_of_a_batch_only_the_covered_items_are_taken(idle_api: Api) -> None:
    answer = idle_api.post("/v1/items/batch", json=[{"parts": [TEXT]}, {"parts": [TEXT, AUDIO]}, {"parts": [IMAGE]}])

    assert [entry["status"] for entry in answer.json["items"]] == [202, 422, 202]
    problem = answer.json["items"][1]["problem"]
    assert problem["type"] == "/docs#problem-policy-missing"
    assert [error["field"] for error in problem["errors"]] == ["parts[1]"]
    assert idle_api.service.store.backlog()[0] == 2


def test_a_policy_for_another_app_covers_nothing(own_rules: Api) -> None:
    item = {"parts": [TEXT, VIDEO]}

    assert own_rules.post("/v1/items", json=item, app="forum").status_code == 202
    assert faults(own_rules.post("/v1/items", json=item, app="shop")) == ["parts[1]"]


def test_a_policy_that_waits_for_a_detector_covers_nothing(own_rules: Api) -> None:
    assert own_rules.get("/v1/policies").json["not_in_force"], "the policy for sounds waits"
    assert faults(own_rules.post("/v1/items", json={"parts": [TEXT, AUDIO]})) == ["parts[1]"]


def test_a_text_from_a_file_is_covered_as_a_text_or_as_a_document(own_rules: Api) -> None:
    form = {"file": (io.BytesIO(b"Have a nice day"), "a.txt")}

    answer = own_rules.post("/v1/items", data=form, content_type="multipart/form-data")

    assert answer.status_code == 202


def test_a_document_policy_does_not_cover_a_plain_text(tmp_path: Path) -> None:
    write_policy(tmp_path / "rules", "files", "{content_type: [document]}")
    api = Api.open(Settings(data=tmp_path / "data", rules=tmp_path / "rules", a2i_endpoint_url=NOBODY))
    form = {"item": json.dumps({"parts": [TEXT]}), "file": (io.BytesIO(b"Have a nice day"), "a.txt")}

    answer = api.post("/v1/items", data=form, content_type="multipart/form-data")
    api.close()

    assert faults(answer) == ["parts[0]"]


def test_check_refuses_a_film_whose_words_alone_a_policy_covers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parts that are read out of a given part do not stand for it: nobody looked at the film itself."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "subtitles.py").write_text(TEXT_READER)
    (tmp_path / "film.mp4").write_bytes(FILM)
    write_policy(tmp_path / "rules", "texts", "{content_type: [text]}")
    folders = ["--plugins-dir", str(tmp_path / "plugins"), "--rules", str(tmp_path / "rules")]

    code = run(["check", *folders, str(tmp_path / "film.mp4")])

    said = capsys.readouterr().out
    assert code == 2
    assert "refused  parts[0]: " in said
    assert "video" in said
