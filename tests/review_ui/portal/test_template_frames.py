"""What the page of a template may do beside answering: hosts, links, the veil, drafts; and when it cannot be submitted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.houses.agency import SCRIPT, Agency, picture
from tests.pages import until
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.browser
FIELD = '<crowd-form><crowd-input name="x" label="X" value="1"></crowd-input>{}</crowd-form>'
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    opened = Agency(tmp_path_factory.mktemp("agency") / "data")
    yield opened
    opened.server.close()


@pytest.fixture
def page(agency: Agency, open_page: Callable[..., Any]) -> Any:
    return agency.signed_in(open_page)


def begin(agency: Agency, page: Any, name: str, template: str, content: Any = None, **tags: str) -> Any:
    given = [{"Key": f"moderation:{key}-hosts", "Value": value} for key, value in tags.items()]
    agency.start(SCRIPT + template, content or {}, name, given)
    return agency.next(page, name)


def refusal(frame: Any) -> str:
    """What is said to who submits."""
    frame.get_by_role("button", name="Submit").click()
    said = frame.locator("crowd-form > .crowd-problem:not(:empty)")
    said.wait_for()
    return str(said.inner_text())


def play(page: Any) -> list[str]:
    """Stand in for all other hosts; the addresses that were asked for."""
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        is_script = route.request.resource_type == "script"
        body = "document.body.append('from outside')" if is_script else "<p>A film</p>"
        route.fulfill(body=body, content_type="text/javascript" if is_script else "text/html")

    page.route(re.compile("^https://"), answer)
    return asked


OUTSIDE = FIELD.format(
    '<script src="https://cdn.example.com/a.js" defer></script><iframe src="{{ task.input.film }}"></iframe>'
)


def test_a_page_that_wants_hosts_which_nobody_allowed_says_so_and_cannot_be_answered(agency: Agency, page: Any) -> None:
    asked = play(page)
    frame = begin(agency, page, "closed", OUTSIDE, {"film": "https://films.example.com/1"})

    words = frame.locator("body").inner_text()

    assert "scripts from cdn.example.com are not allowed" in words
    assert "frames from films.example.com are not allowed" in words
    assert frame.get_by_role("button", name="Submit").count() == 0
    assert asked == []


def test_hosts_that_the_owner_allows_are_opened_and_no_others(agency: Agency, page: Any) -> None:
    asked = play(page)
    probe = """<script>addEventListener("load", () => {
      for (const [tag, src] of [["script", "https://other.example.com/b.js"], ["iframe", "https://other.example.com/"]])
        document.body.append(Object.assign(document.createElement(tag), { src }));
    })</script>"""
    hosts = {"script": "cdn.example.com", "frame": "films.example.com"}
    frame = begin(agency, page, "open", OUTSIDE + probe, {"film": "https://films.example.com/1"}, **hosts)

    frame.frame_locator("iframe[src*=films]").get_by_text("A film").wait_for()
    frame.get_by_text("from outside").wait_for()
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    assert sorted(asked) == ["https://cdn.example.com/a.js", "https://films.example.com/1"]
    assert agency.answer("open") == {"x": "1"}


def test_an_element_that_a_script_makes_and_nobody_knows_keeps_the_page_from_being_answered(
    agency: Agency, page: Any
) -> None:
    script = "<script>addEventListener('load', () => document.body.append(document.createElement('crowd-' + 'new')));</script>"
    frame = begin(agency, page, "made", FIELD.format("") + script)
    frame.locator("crowd-new").wait_for(state="attached")

    assert "crowd-new is not offered here" in refusal(frame)
    assert agency.status("made") == "InProgress"


@pytest.mark.parametrize(
    ("name", "element", "said"),
    [
        ("src", "<crowd-bounding-box name='b' labels=\"['a']\" src='/nowhere.png'></crowd-bounding-box>", "cannot be loaded"),
        ("labels", "<crowd-keypoint name='k' labels='[oh' src='{{ task.input.p }}'></crowd-keypoint>", "labels cannot be read"),
        ("classes", "<crowd-image-classifier name='c' categories='[]' src='{{ task.input.p }}'></crowd-image-classifier>", "no categories"),
        ("file", "<crowd-input type='file' name='f'></crowd-input>", "files cannot be handed in"),
        ("pairs", "<crowd-textract-analyze-document src='{{ task.input.p }}' initial-value='[]'></crowd-textract-analyze-document>", "no key-value pairs"),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_cannot_be_answered(
    agency: Agency, page: Any, name: str, element: str, said: str
) -> None:
    frame = begin(agency, page, f"faulty-{name}", FIELD.format(element), {"p": picture()})
    frame.get_by_text(said).first.wait_for()

    assert said in refusal(frame)
    assert agency.status(f"faulty-{name}") == "InProgress"


def test_a_document_has_to_be_opened_and_links_say_where_they_lead(agency: Agency, page: Any) -> None:
    uri = agency.review.blobs.put("b" * 64, PDF, "application/pdf")
    body = "<iframe src='{{ task.input.pdf | grant_read_access }}'></iframe><a id='out' href='https://example.org/a?b'>out</a>"
    frame = begin(agency, page, "document", FIELD.format(body), {"pdf": uri})

    refused = refusal(frame)
    frame.get_by_text("out", exact=True).click()
    leads_to = page.locator("#leaving-link[href*='example.org']").get_attribute("href")
    page.get_by_role("button", name="Stay here").click()
    frame.get_by_role("button", name="Open the document").click()
    document = page.locator("#leaving-link[href*='/a2i/']").get_attribute("href")
    page.get_by_role("button", name="Stay here").click()
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    assert "The document has to be opened first" in refused
    assert leads_to == "https://example.org/a?b"
    assert "/a2i/s3/" in document
    assert agency.answer("document") == {"x": "1"}


def test_the_portals_veil_lies_over_media_until_it_is_lifted(agency: Agency, page: Any) -> None:
    body = FIELD.format(
        "<img id='own' src='{{ task.input.p }}'><crowd-image-classifier name='c' categories=\"['a']\" src='{{ task.input.p }}'></crowd-image-classifier>"
    )
    frame = begin(agency, page, "veiled", body, {"p": picture()})
    pictures = [frame.locator("#own"), frame.locator("crowd-image-classifier img")]

    def filters() -> set[str]:
        return {each.evaluate("e => getComputedStyle(e).filter") for each in pictures}

    before = filters()
    page.locator("#main").press("b")
    until(page, "!document.getElementById('blur').checked")
    _settle(frame, "grayscale(1)")
    grey = filters()
    page.locator("#main").press("g")
    _settle(frame, "none")

    assert before == {"blur(24px) grayscale(1)"}
    assert grey == {"grayscale(1)"}
    assert filters() == {"none"}


def _settle(frame: Any, wanted: str) -> None:
    frame.locator("#own").evaluate(
        "async (e, wanted) => { while (getComputedStyle(e).filter !== wanted) await new Promise(requestAnimationFrame); }",
        wanted,
        timeout=PATIENCE_SECONDS * 1000,
    )


def test_what_was_begun_is_there_again_after_a_reload_and_gone_after_the_answer(agency: Agency, page: Any) -> None:
    body = """<crowd-form><crowd-text-area name="note" label="Note"></crowd-text-area>
      <select name="plain" aria-label="Plain"><option value="">-</option><option>one</option></select>
      <crowd-checkbox name="sure">Sure</crowd-checkbox>
      <crowd-keypoint name="points" src="{{ task.input.p }}" labels="['eye', 'ear']"></crowd-keypoint>
      <crowd-semantic-segmentation name="seen" src="{{ task.input.p }}" labels="['sky']"></crowd-semantic-segmentation></crowd-form>"""
    frame = begin(agency, page, "draft", body, {"p": picture()})
    frame.locator("crowd-keypoint img").evaluate("image => image.decode()")
    frame.get_by_label("Note").fill("half a <thought>")
    frame.get_by_label("Plain").select_option("one")
    frame.get_by_label("Sure").check()
    for tool in ("crowd-keypoint", "crowd-semantic-segmentation"):
        frame.locator(f"{tool} .upper-canvas").press(" ")
    until(
        page,
        "Object.entries(sessionStorage).some(([key, value]) => value.includes('thought') && value.includes('iVBOR'))",
    )

    frame = agency.next(page, "draft")
    frame.get_by_role("button", name="eye: 200, 100", exact=True).wait_for()
    frame.locator("crowd-semantic-segmentation").evaluate(
        "async e => { while (e.missing()) await new Promise(requestAnimationFrame); }"
    )
    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    answer = agency.answer("draft")
    assert {key: answer[key] for key in ("note", "plain", "sure")} == {
        "note": "half a <thought>",
        "plain": "one",
        "sure": {"on": True},
    }
    assert answer["points"]["keypoints"] == [{"label": "eye", "x": 200, "y": 100}]
    assert len(answer["seen"]["labeledImage"]["pngImageData"]) > 100
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('review-draft')).length") == 0


def test_an_answer_as_large_as_a_painted_picture_is_taken(agency: Agency, page: Any) -> None:
    script = "<script>document.querySelector('crowd-form').onsubmit = () => { document.querySelector('[name=x] textarea').value = 'x'.repeat(900000); };</script>"
    frame = begin(
        agency, page, "large", "<crowd-form><crowd-text-area name='x'></crowd-text-area></crowd-form>" + script
    )

    frame.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/done**")

    assert len(agency.answer("large")["x"]) == 900_000
