"""The transparency report of a year in the console: a page and a file, for those who oversee."""

from __future__ import annotations

import csv
import io

from tests.houses.console import Console, words


def test_the_page_and_the_file_say_the_same(console: Console) -> None:
    for role in ("lead", "reviewer"):
        console.client(role, role)
    console.post("my social security number is 123-45-6780")

    page = console.client("lead").get("/review/admin/transparency")
    found = list(csv.DictReader(io.StringIO(console.client("lead").get("/review/admin/transparency.csv").text)))

    assert page.status_code == 200
    said = words(page)
    assert "Automated share" in said or "automated share" in said
    everything = next(row for row in found if (row["section"], row["figure"]) == ("decisions", "all"))
    assert int(everything["value"]) >= 0
    assert {row["section"] for row in found} >= {"notices", "decisions", "restrictions", "error rate", "left out"}


def test_reviewers_see_neither(console: Console) -> None:
    console.client("reviewer", "reviewer")

    for name in ("transparency", "transparency.csv"):
        assert console.client("reviewer").get(f"/review/admin/{name}").status_code == 403
