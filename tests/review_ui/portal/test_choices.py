"""What reviewers may choose: a policy's labels and reasons, in the words of the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from review_ui.portal.task_view import show
from tests.houses.desk import Desk, form_token, item

TEXT = {"id": "p0", "type": "text", "text": "x"}
NAMES = {"Weapons": {"en": "A weapon", "es": "Un arma"}, "Violence": {"": "Harm <b>"}}
REASONS = [
    {"name": "advert", "words": {"de": "Werbung", "en": "It advertises"}},
    {"name": "off-topic", "words": {"es": "Otro tema"}},
    {"name": "broken", "words": 5},
]


def open_task(desk: Desk, client: FlaskClient, language: str) -> tuple[str, str, str]:
    """Its address, its page, and the token of its form."""
    address = client.get("/review/next").headers["Location"]
    page = client.get(address, headers={"Accept-Language": language}).get_data(as_text=True)
    return address, page, page.partition('name="csrf" value="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("language", "read"),
    [
        ("en", ["A weapon", "Harm &lt;b&gt;", "It advertises", "Otro tema"]),
        ("es-MX,en;q=0.5", ["Un arma", "Harm &lt;b&gt;", "It advertises", "Otro tema"]),
        ("de", ["A weapon", "Harm &lt;b&gt;", "Werbung", "Otro tema"]),
    ],
)
def test_each_reviewer_reads_words_of_the_own_language(desk: Desk, language: str, read: list[str]) -> None:
    desk.start(item(TEXT, labels=["Weapons", "Violence", "Alcohol"], names=NAMES, reasons=REASONS))
    _, page, _ = open_task(desk, desk.client(), language)

    assert [words for words in (*read, "Alcohol") if words not in page] == []
    assert page.count('name="because"') == 2, "what has no words is nothing to choose"


def test_what_was_chosen_is_answered_by_name(desk: Desk) -> None:
    loop = desk.start(item(TEXT, labels=["Weapons", "Violence"], names=NAMES, reasons=REASONS))
    client = desk.client()
    task, _, token = open_task(desk, client, "es")
    client.post(task, data={"csrf": token, "decision": "reject", "label": ["1"], "because": ["0", "7"]})

    assert desk.answers(loop) == [
        {
            "decision": {"approve": False, "reject": True},
            "labels": {"Weapons": False, "Violence": True},
            "reasons": {"advert": True, "off-topic": False},
        }
    ]


def test_an_answer_that_was_taken_back_keeps_its_reasons(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", undo_seconds=10)
    desk.start(item(TEXT, labels=["Weapons"], reasons=REASONS))
    client = desk.client()
    task, _, token = open_task(desk, client, "en")
    client.post(task, data={"csrf": token, "decision": "approve", "because": ["1"]})
    undone = client.post(f"{task.partition('?')[0]}/undo", data={"csrf": form_token(client)})
    page = client.get(undone.headers["Location"]).get_data(as_text=True)

    desk.review.close()

    assert page.count('name="because" value="1" checked') == 1
    assert page.count('name="because" value="0" checked') == 0


def test_labels_stand_in_families_by_readable_names_each_with_its_key(desk: Desk) -> None:
    labels = ["Other", "Toxicity/INSULT", "PII/EMAIL", "Toxicity/IDENTITY_ATTACK", "PII/Tax id", "Spam/LINK"]
    names = {"Toxicity": {"en": "Hostile"}, "PII/EMAIL": {"": "E-mail address"}}
    groups = show(item(TEXT, labels=labels, names=names)).groups

    assert [(group.head, [(c.cap, c.words, c.label) for c in group.choices]) for group in groups] == [
        ("", [("1", "Other", "Other"), ("2", "Spam/LINK", "Spam/LINK")]),
        ("Hostile", [("3", "Insult", "Toxicity/INSULT"), ("4", "Identity attack", "Toxicity/IDENTITY_ATTACK")]),
        ("PII", [("5", "E-mail address", "PII/EMAIL"), ("6", "Tax id", "PII/Tax id")]),
    ]


def test_labels_beyond_eighteen_have_no_key(desk: Desk) -> None:
    groups = show(item(TEXT, labels=[f"Custom/Label {number}" for number in range(20)])).groups

    assert [group.head for group in groups] == ["Custom"]
    assert [c.cap for c in groups[0].choices] == [*"123456789", *(f"⇧{n}" for n in range(1, 10)), "", ""]


def test_what_a_form_ticks_is_a_label_wherever_it_stands(desk: Desk) -> None:
    labels = ["Toxicity/A", "Alone", "Toxicity/B"]
    loop = desk.start(item(TEXT, labels=labels))
    client = desk.client()
    task, page, token = open_task(desk, client, "en")
    ticked = re.search(r'value="(\d+)"[^>]*><span><kbd>2</kbd> <bdi[^>]*>B</bdi>', page)
    assert ticked is not None
    client.post(task, data={"csrf": token, "decision": "reject", "label": [ticked[1]]})

    assert desk.answers(loop)[0]["labels"] == {"Toxicity/A": False, "Alone": False, "Toxicity/B": True}
