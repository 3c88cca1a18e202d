"""Every tool that is shipped says what it sees and does not see; the documents and the API say the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from moderation.commands.plugins import plugins
from moderation.core.cards import Card, Licence, card_lines, card_of
from moderation.core.errors import InputError
from moderation.core.shipped import SHIPPED_TOOLS
from moderation.plugins import load_plugins
from moderation.settings import Settings
from tests.houses.api import Api
from tools import cards

NO_CARD = """
from moderation import hookimpl

class Silent:
    name, version, reads, labels = "acme.silent", "1", ("text",), ("Custom/X",)
    min_confidence, time_limit_seconds = 0.0, 1.0

    def detect(self, part, context):
        return []

@hookimpl
def register_detectors(settings):
    return [Silent()]
"""


def test_every_tool_that_is_shipped_has_a_card_on_the_page() -> None:
    page = cards.page()

    missing = [name for name in SHIPPED_TOOLS if f"### `{name}`" not in page]

    assert missing == []
    assert [tool.name for tool in load_plugins(Settings()).detectors if card_of(tool) is None] == []


def test_the_documents_are_as_the_cards_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cards.stale() == []

    changed = tmp_path / "detectors.md"
    changed.write_text(cards.PAGE.read_text(encoding="utf-8") + "more", encoding="utf-8")
    monkeypatch.setattr(cards, "PAGE", changed)
    assert cards.stale() == [changed]


def test_the_api_lists_what_is_loaded_with_its_card(api: Api) -> None:
    listed = api.get("/v1/detectors").json["detectors"]

    by_name = {each["name"]: each for each in listed}
    assert list(by_name) == sorted(by_name)
    assert by_name["vision.explicit"]["labels"] == ["Explicit"]
    assert by_name["vision.text"]["makes"] == ["text"]
    one = api.get("/v1/detectors/vision.explicit").json
    assert one == by_name["vision.explicit"]
    assert one["card"]["licence"]["weights"] == "BSD-2-Clause"
    assert not one["card"]["leaves_machine"]
    assert "people decide" in one["card"]["sees"]


def test_one_that_is_not_loaded_is_not_found(api: Api) -> None:
    answer = api.get("/v1/detectors/vision.x")

    assert answer.status_code == 404
    assert "no detector 'vision.x' is loaded" in answer.json["detail"]


def test_a_card_is_shown_on_the_command_line() -> None:
    said = CliRunner().invoke(plugins, ["--card", "vision.faces"], obj=Settings()).stdout
    data = CliRunner().invoke(plugins, ["--card", "vision.faces", "--json"], obj=Settings()).stdout

    assert said.startswith("vision.faces 2.0")
    assert "does not see" in said
    assert "stays on this machine" in said
    assert Card.model_validate(json.loads(data)).licence.weights == "BSD-3-Clause"


def test_a_detector_without_a_card_says_so(tmp_path: Path) -> None:
    (tmp_path / "silent.py").write_text(NO_CARD, encoding="utf-8")
    command = [sys.executable, "-m", "moderation", "plugins", "--plugins-dir", str(tmp_path), "--card", "acme.silent"]

    said = subprocess.run(command, capture_output=True, text=True).stdout
    data = subprocess.run([*command, "--json"], capture_output=True, text=True).stdout

    assert "no card: nobody says what it sees and does not see" in said
    assert json.loads(data) is None


def test_a_name_that_nobody_has_is_an_error() -> None:
    with pytest.raises(InputError, match=r"no detector or extractor 'x\.y' is loaded; there are .*vision\.faces"):
        CliRunner().invoke(plugins, ["--card", "x.y"], obj=Settings(), standalone_mode=False, catch_exceptions=False)


def test_what_was_not_measured_is_said() -> None:
    card = Card(sees="much", does_not_see="the rest", licence=Licence(code="MIT"), cost="little", leaves_machine=True)

    assert ("measured", "nothing") in card_lines(card)
    assert ("content", "is sent to a service elsewhere") in card_lines(card)
    with pytest.raises(ValidationError):
        Card(sees="much", does_not_see="", cost="little")
