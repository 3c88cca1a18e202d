"""The leads' page of legal holds: put something there, see who did and why, release it or a whole case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.houses.desk import Desk, form_token, words_of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "data")
    yield opened
    opened.review.close()


def test_a_lead_holds_and_releases_and_everybody_can_see_who_and_why(desk: Desk) -> None:
    lead = desk.client("lead", name="lea")
    form = {"csrf": form_token(lead), "kind": "author", "app": "shop", "case": "C-1", "why": "a letter", "until": ""}
    for author in ("ann", "bob"):
        assert lead.post("/review/lead/holds", data={**form, "value": author}).status_code == 303
    wrong = lead.post("/review/lead/holds", data={**form, "kind": "item", "value": "no-such-item"})
    there = words_of(lead, "/lead/holds")

    assert wrong.status_code == 422
    assert "there is no such item" in wrong.get_data(as_text=True)
    assert re.search(r"bob author, shop C-1 a letter lea \S+ for good", there)
    done = lead.post(
        "/review/lead/holds/release", data={"csrf": form["csrf"], "hold": "", "case": "C-1", "why": "settled"}
    )
    again = lead.post("/review/lead/holds/release", data={"csrf": form["csrf"], "hold": "1", "why": "settled"})
    assert (done.status_code, again.status_code) == (303, 422)
    assert "Nothing is on hold." in words_of(lead, "/lead/holds")
    assert "released by lea" in words_of(lead, "/lead/holds?all=1")
