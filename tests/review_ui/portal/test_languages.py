"""Languages: every string of ours can be translated, nothing that others wrote is, and the page turns with the script."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import g, render_template

from ground.statistics import wilson
from moderation import console, notices
from moderation.evidence.overturns import OverturnRate
from moderation.storage.attention import Attention
from review_ui.desk.preferences import choose_severe, end_break, take_break
from review_ui.portal import languages
from review_ui.quality.golden import Feedback, GoldenScore, add_golden
from tests.content import fill, found
from tests.houses.desk import Desk, form_token

KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
SHOWN = ("title", "aria-label", "placeholder", "alt")
WRITTEN_BY_OTHERS = """
one two three four five six seven eight nine ten PII EMAIL Face Threat Insult a b.org and an insult of words task
general it looked odd Rejected by people days ago slow no answer in s asr test.detector shop Be kind ada ada2
Explicit This is too hard on me approve reject p0 p0.t p1 p2 UTC px t
"""
"""What the tests' tasks, queues and people are called, in words."""
TRANSLATED = (languages.LOCALE.parent, Path(console.__file__).parent, Path(notices.__file__).parent)
"""The portal, and the pages that the service adds to it, share their catalogs."""
DATA = set(WRITTEN_BY_OTHERS.split())


class Brackets(gettext.NullTranslations):
    """A language in which every string stands in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


class Untranslated(HTMLParser):
    """Collects the words of a page that are outside of brackets."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.skipping = ""
        self.depth = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "svg", "bdi", "code", "mark"):
            self.skipping = self.skipping or tag
        for name, value in attributes:
            if name in SHOWN and value:
                self.take(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.skipping:
            self.skipping = ""

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.take(data)

    def take(self, text: str) -> None:
        for part in re.split(r"(⟦|⟧)", text):
            if part == "⟦":
                self.depth += 1
            elif part == "⟧":
                self.depth -= 1
            elif self.depth == 0 and re.search(r"[A-Za-z]{2,}", part):
                self.words.append(" ".join(part.split()))


@pytest.fixture
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that speaks Arabic, in brackets."""
    monkeypatch.setattr(languages, "catalogs", lambda: {"ar": Brackets()})


def pages(desk: Desk, client: Any) -> Iterator[tuple[str, str]]:
    """Every page of the portal, by its address."""
    desk.review.undo_seconds = 60
    desk.stuck = [Attention("1", "2", datetime.now(UTC), "3", has_loop=True)]
    visitor = desk.app.test_client()

    def page(path: str, who: Any = client) -> tuple[str, str]:
        return path, who.get(path, headers={"Accept-Language": "ar"}).get_data(as_text=True)

    yield page("/review/sign-in", visitor)
    yield page("/review/")
    task = client.get("/review/next").headers["Location"]
    yield page(task)
    token = form_token(client)
    headers = {"Accept-Language": "ar"}
    yield "unmasked", client.post(f"{task}/unmask", data={"csrf": token}, headers=headers).get_data(as_text=True)
    yield "no decision", client.post(task, data={"csrf": token}, headers=headers).get_data(as_text=True)
    following = client.post(task, data={"csrf": token, "decision": "approve"}).headers["Location"]
    yield page(following)
    client.post(f"{following}/release", data={"csrf": token, "reason": "hard", "to": "lead"})
    for path in (
        "done",
        "history",
        "history?q=9",
        "lead",
        "lead/queues/general",
        "lead/log",
        "people",
        "nowhere",
        "wellbeing",
        "lead/people",
        "lead/quality",
        "lead/quality?show=disagreements",
        "lead/quality?show=golden",
        "lead/quality?show=batches",
        "lead/quality/general",
    ):
        yield page(f"/review/{path}")
    yield page(task.replace("tasks", "history").partition("?")[0])
    listed = client.get("/review/lead/queues/general").get_data(as_text=True)
    ticked = re.search(r'name="task" value="([^"]+)"', listed)
    assert ticked is not None
    form = {"csrf": token, "task": ticked[1]}
    yield "batch", client.post("/review/lead/queues/general/batch", data=form, headers=headers).get_data(as_text=True)
    yield page("/review/", desk.client("policy_owner", name="ada2"))


def pages_of_care(desk: Desk, client: Any) -> Iterator[tuple[str, str]]:
    """The pages on wellbeing and quality, with all that they can say."""

    def page(path: str) -> tuple[str, str]:
        return path, client.get(f"/review/{path}", headers={"Accept-Language": "ar"}).get_data(as_text=True)

    user = next(user.id for user in desk.people.list() if user.name == client.user_name)
    severe = {"detections": [found("Threat", "p0"), found("Explicit", "p0")]}
    source = desk.start_item({"id": "p0", "type": "text", "text": "one"}, **severe)
    yield page("")
    yield page("done")
    yield page("wellbeing")
    choose_severe(desk.review, user, takes_severe=True)
    desk.review.care = replace(desk.review.care, daily_minutes={"severe": 0.1}, daily_items={"Explicit": 1})
    task = client.get("/review/next").headers["Location"]
    desk.start_item({"id": "p0", "type": "text", "text": "two"}, **severe)
    yield page("")
    client.post(task, data={"csrf": form_token(client), "decision": "approve"})
    desk.review.care = replace(desk.review.care, daily_minutes={"severe": 0.0, "Explicit": 1})
    yield page("done")
    yield page("wellbeing")
    desk.review.care = replace(desk.review.care, break_after_minutes=0)
    yield page("wellbeing")
    desk.review.care = replace(desk.review.care, break_enforced_minutes=0)
    yield page("done")
    desk.review.care = replace(desk.review.care, break_enforced_minutes=90, daily_minutes={}, daily_items={})
    take_break(desk.review, user)
    yield page("done")
    end_break(desk.review, user)
    add_golden(desk.review, source, "reject", "three", "ada")
    rate = OverturnRate("general", "one", "reject", 10, 5, 0.5, 0.2, 0.8, alarm=True)
    yield page("lead/quality/general")
    for expected, given in (("reject", "approve"), ("reject", "reject")):
        with desk.app.test_request_context(headers={"Accept-Language": "ar"}):
            g.language, g.session = "ar", None
            told, where = Feedback(expected, given, "four"), {"flow": None, "language": "ar", "direction": "rtl"}
            yield "feedback", render_template("portal/feedback.html", told=told, session=None, **where)
            shown = {
                "queues": [],
                "overturns": [rate],
                "accuracy": [GoldenScore("ada", 2, 1, wilson(1, 2))],
                "golden": [],
            }
            yield "quality", render_template("portal/quality.html", days=28, session=None, **shown, **where)


@pytest.mark.parametrize("shown", [pages, pages_of_care])
def test_every_string_of_ours_can_be_translated(desk: Desk, brackets: None, shown: Any) -> None:
    if shown is pages:
        fill(desk)
    client = desk.client("admin", name="ada")
    left = {}
    for path, html in shown(desk, client):
        parser = Untranslated()
        parser.feed(html)
        words = [w for w in parser.words if not {x.strip(".") for x in re.findall(r"[A-Za-z][\w.]*", w)} <= DATA]
        if words:
            left[path] = words
        assert 'dir="rtl"' in html
        assert 'lang="ar"' in html

    assert left == {}


def test_what_others_wrote_is_escaped_inside_translated_sentences(desk: Desk, brackets: None) -> None:
    name = "<b>bold</b>"
    desk.add_flow("odd", f"Moderation: {name}")
    desk.start({"schema": "moderation-item/1", "parts": [{"type": name, "id": name, "text": "x"}]}, flow="odd")
    client = desk.client()
    where = client.get("/review/next").headers["Location"]
    page = client.get(where, headers={"Accept-Language": "ar"}).get_data(as_text=True)

    assert name not in page
    assert "&lt;b&gt;bold" in page


@pytest.mark.browser
def test_the_page_is_mirrored_where_the_script_runs_the_other_way(
    desk: Desk, reviewer: Callable[..., Any], brackets: None
) -> None:
    desk.start_item({"id": "p0", "type": "text", "text": "x"}, detections=[found("Insult", "p0")])
    page = reviewer("rita", locale="ar")
    page.reload()
    page.click("#start")
    page.wait_for_selector("#answer")
    panel, content = page.locator(".panel").bounding_box(), page.locator(".content").bounding_box()

    assert panel["x"] < content["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    assert page.complaints == []


def test_a_page_comes_in_the_browsers_language(desk: Desk) -> None:
    desk.start_item({"id": "p0", "type": "text", "text": "x"})
    client = desk.client()
    said = {
        asked: client.get("/review/", headers={"Accept-Language": asked}).get_data(as_text=True)
        for asked in ("es-MX,es;q=0.9", "en", "xx", "*")
    }

    assert "1 tarea le espera" in said["es-MX,es;q=0.9"]
    assert 'lang="es"' in said["es-MX,es;q=0.9"]
    assert all("1 task waits for you" in said[asked] for asked in ("en", "xx", "*"))


@pytest.mark.parametrize("path", sorted(languages.LOCALE.glob("*.po")), ids=lambda path: str(path.stem))
def test_a_catalog_has_every_string_and_its_values(path: Path) -> None:
    options = {"trimmed": "true"}
    strings: set[str] = set()
    for method, pattern in (("python", "*.py"), ("jinja2", "templates/**/*.html")):
        for source in sorted(path for root in TRANSLATED for path in root.glob(pattern)):
            with source.open("rb") as file:
                for _, message, _, _ in extract(method, file, keywords=KEYWORDS, options=options):
                    strings.add(message[0] if isinstance(message, tuple) else message)
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    written = {m.id[0] if isinstance(m.id, tuple) else m.id: m for m in catalog if m.id}

    assert set(written) == strings
    for text, message in written.items():
        for said in (message.string,) if isinstance(message.string, str) else message.string:
            assert said
            assert set(re.findall(r"%\(\w+\)s|<kbd>", said)) == set(re.findall(r"%\(\w+\)s|<kbd>", text)), text
