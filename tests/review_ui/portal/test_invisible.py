"""Hidden characters: shown where they deceive, left alone where a script or an emoji needs them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from review_ui.portal.invisible import hidden_in, visible
from tests.content import text
from tests.examples import examples
from tests.houses.desk import Desk


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("open \u202egnp.exe", ["RLO"]),
        ("fr\u200bee", ["ZWSP"]),
        ("fr\u200dee", ["ZWJ"]),
        ("so\u00adft", ["SHY"]),
        ("bell\x07", ["07"]),
        ("a\U000e0069\U000e0067", ["TAG i", "TAG g"]),
        ("\u3164", ["FILL"]),
        ("\u200d\u200d\u200d", ["ZWJ", "ZWJ", "ZWJ"]),
    ],
)
def test_what_hides_is_shown(words: str, shown: list[str]) -> None:
    assert re.findall(r'data-char="([^"]+)"', str(visible(words))) == shown
    assert hidden_in(words) == len(shown)


@pytest.mark.parametrize(
    "words",
    [
        "plain words\nand a tab\t",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم",
        "क्\u200dष",
        "e\u0301 ü",
    ],
)
def test_what_a_script_or_an_emoji_needs_stays_as_it_is(words: str) -> None:
    assert visible(words) == Markup.escape(words)


@settings(deadline=None, max_examples=examples(200))
@given(st.text(alphabet=st.sampled_from("aé<&\"'\u202e\u200b\u200d\u0645\U0001f3f4\U000e0067\n\x00"), max_size=30))
def test_copied_from_the_page_it_is_what_was_posted(words: str) -> None:
    assert Markup(re.sub(r'<span class="odd"[^>]*>|</span>', "", str(visible(words)))).unescape() == words


def test_a_task_shows_them_in_texts_and_in_what_the_app_says(desk: Desk) -> None:
    about = {"id": "1", "app": "shop", "content_id": "c", "metadata": {"title": "in\u200bvoice"}}
    desk.start_item(text("a\u202eb"), item=about)
    client = desk.client()
    page = client.get(client.get("/review/next").headers["Location"]).get_data(as_text=True)

    assert re.findall(r'data-char="([^"]+)"', page) == ["RLO", "ZWSP"]
