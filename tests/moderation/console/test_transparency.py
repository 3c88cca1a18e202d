"""The transparency report of a year in the console: made in the background, then a page and a file."""

from __future__ import annotations

import csv
import io

from moderation.service import Service
from tests.houses.console import Console, words

PAGE, FILE = "/review/admin/transparency", "/review/admin/transparency.csv"


def made(service: Service) -> None:
    while service.reports.look() is not None:
        pass


def test_the_page_shows_a_report_once_it_is_made_and_the_file_says_the_same(console: Console) -> None:
    for role in ("lead", "reviewer"):
        console.client(role, role)
    console.post("my social security number is 123-45-6780")
    lead = console.client("lead")

    first, early = lead.get(PAGE), lead.get(FILE)
    made(console.api.service)
    page, file = lead.get(PAGE), lead.get(FILE)

    assert "It is being made" in words(first)
    assert "data-running" in first.text
    assert (early.status_code, early.headers["Retry-After"]) == (503, "10")
    assert page.status_code == file.status_code == 200
    assert "data-running" not in page.text
    assert "automated share" in words(page).lower()
    found = list(csv.DictReader(io.StringIO(file.text)))
    everything = next(row for row in found if (row["section"], row["figure"]) == ("decisions", "all"))
    assert int(everything["value"]) == 1
    assert {row["section"] for row in found} >= {"notices", "decisions", "restrictions", "error rate", "left out"}


def test_the_file_of_the_page_is_the_report_that_it_shows(console: Console) -> None:
    lead = console.client("lead", "lead")
    lead.get(PAGE)
    made(console.api.service)
    shown = console.api.service.reports.asked(console.api.service.pipeline.now().year, None)[0]
    assert shown is not None

    of_page, of_another_app = (lead.get(f"{FILE}?report={shown.id}&app={app}") for app in ("", "shop"))

    assert f"report={shown.id}" in lead.get(PAGE).text
    assert of_page.status_code == 200
    assert of_another_app.status_code == 503


def test_reviewers_see_neither(console: Console) -> None:
    console.client("reviewer", "reviewer")

    for address in (PAGE, FILE):
        assert console.client("reviewer").get(address).status_code == 403
