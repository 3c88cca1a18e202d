"""Documents of known formats at the two doors: the API and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moderation.cli import run
from tests.houses.api import Api
from tests.moderation.redacting import encoded
from tests.moderation.redacting.encoded import DOCUMENTS

ESCAPED = r'{"note": "mail ann.lee\u0040example.org", "n": 1}'


class TestApi:
    def test_what_is_encoded_is_found_and_the_places_are_those_of_the_text_that_was_sent(self, api: Api) -> None:
        answer = api.post("/v1/redact", json={"text": ESCAPED}).get_json()

        assert json.loads(answer["text"]) == {"note": "mail [EMAIL]", "n": 1}
        assert [ESCAPED[e["start"] : e["end"]] for e in answer["entities"]] == [r"ann.lee\u0040example.org"]
        assert answer["unread"] == []

    def test_a_format_can_be_named(self, api: Api) -> None:
        body = {"text": "ann**.lee**@example.org", "format": "markdown"}

        assert api.post("/v1/redact", json=body).get_json()["text"] == "[EMAIL]"

    def test_a_text_that_is_not_what_it_is_said_to_be_is_refused_with_its_place(self, api: Api) -> None:
        answer = api.post("/v1/redact", json={"text": '{"a": 1,}', "format": "json"})

        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["field"] == "text"
        assert "it is not JSON" in answer.get_json()["errors"][0]["message"]

    def test_what_nobody_can_look_through_is_said(self, api: Api) -> None:
        text = f"![logo](data:image/png;base64,{'iVBORw0K' * 80})"

        assert api.post("/v1/redact", json={"text": text}).get_json()["unread"] == ["image/png in base64"]


class TestCommand:
    def test_a_folder_of_all_formats_has_copies_in_which_nothing_is_left(self, tmp_path: Path) -> None:
        given, out = tmp_path / "in", tmp_path / "out"
        given.mkdir()
        for name in ("in_json.json", "quotes.csv", "tags.html", "both.eml", "people.xlsx", "letter.docx", "wide.txt"):
            (given / name).write_bytes(DOCUMENTS[name])

        assert run(["redact", str(given), "-o", str(out), "--data", str(tmp_path / "data")]) == 0

        copies = sorted(out.glob("*.out"))
        assert len(copies) == 7
        assert [encoded.leaks(copy.read_bytes()) for copy in copies] == [set()] * 7
        index = json.loads((out / "letter.docx.entities.jsonl").read_text())
        assert {entity["Member"] for entity in index["Entities"]} >= {"word/document.xml", "docProps/core.xml"}

    def test_what_nobody_reads_has_no_copy_or_is_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.rtf").write_bytes(b"{\\rtf1 x}")
        page = f'<html><img src="data:image/png;base64,{"iVBORw0K" * 80}"> ann.lee@example.org</html>'
        (tmp_path / "page.html").write_text(page)
        data = ["--data", str(tmp_path / "data")]

        assert run(["redact", str(tmp_path / "page.html"), "-o", str(tmp_path / "out.html"), *data]) == 1
        assert run(["redact", str(tmp_path / "a.rtf"), "-o", str(tmp_path / "out.rtf"), *data]) == 2

        said = capsys.readouterr().err
        assert "page.html: kept as it is and not looked through: image/png in base64" in said
        assert "a.rtf: not redacted: it is rich text (RTF), which is not read as text" in said
        assert not (tmp_path / "out.rtf").exists()

    def test_a_format_that_is_named_holds_for_all_files(self, tmp_path: Path) -> None:
        (tmp_path / "note").write_text("<p>ann<b>.lee</b>@example.org</p>")
        data = ["--data", str(tmp_path / "data")]

        assert run(["redact", str(tmp_path / "note"), "-o", str(tmp_path / "out"), "--format", "html", *data]) == 0

        assert (tmp_path / "out").read_text() == "<p>[EMAIL]<b></b></p>"
