"""Statements of reasons: what was found, which ground, how, and what can be done about it. Nothing of the content."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from moderation.core.dsa import COUNTRIES
from moderation.core.errors import NoGround, NotFound
from moderation.core.statement_rows import dsa_row
from moderation.core.statement_words import text
from moderation.core.statements import Statement
from moderation.reporting.statements import statement_of
from moderation.settings import load_settings
from tests.houses.docket import SECRET, Docket

REQUIRED = {
    "decision_visibility", "decision_ground", "content_type", "category", "content_date", "application_date",
    "decision_facts", "source_type", "automated_detection", "automated_decision", "puid",
}  # fmt: skip
"""Attributes that the DSA Transparency Database asks for, where nothing but visibility is restricted."""
OF_LAW = {"illegal_content_legal_ground", "illegal_content_explanation"}
OF_TERMS = {"incompatible_content_ground", "incompatible_content_explanation"}
OPTIONAL = {
    "category_specification", "decision_ground_reference_url", "territorial_scope", "incompatible_content_illegal"
}  # fmt: skip


@pytest.fixture(scope="module")
def docket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docket]:
    folder = tmp_path_factory.mktemp("docket")
    opened = Docket(load_settings(data=folder / "data"), folder / "rules")
    yield opened
    opened.database.close()


def said(docket: Docket, item_id: str, number: int | None = None) -> Statement:
    return statement_of(docket.store.get_item(item_id), docket.database, docket.versions, number)


def test_a_rejection_by_rules_says_what_was_found_and_on_which_ground(docket: Docket) -> None:
    made = said(docket, docket.by_rules("PII/SSN", 10))

    words = text(made, "en")
    assert "What was found: a social security number." in words
    assert "Ground: it is against our terms. Rules, section 2. Numbers of people are not published." in words
    assert "Rule: numbers.reject, of policy 'board'." in words
    assert "a computer found it, and rules decided. No person has looked at it. Nobody had reported it." in words
    assert "you can appeal" in words
    assert "Write to appeals@example.com." in words


def test_it_is_in_spanish_too_with_the_policys_own_words(docket: Docket) -> None:
    words = text(said(docket, docket.by_rules("PII/SSN", 10)), "es")

    assert "Lo que se encontró: un número de la seguridad social." in words
    assert "Normas, apartado 2. No se publican números de personas." in words
    assert "Escriba a appeals@example.com." in words
    assert not re.search(r"\b(the|was|decided|found)\b", words)


def test_nothing_that_a_reviewer_noted_is_in_it(docket: Docket) -> None:
    item_id = docket.by_people("reject", 11)
    made = said(docket, item_id)

    assert SECRET in docket.store.get_item(item_id).decisions[-1].reason
    for form in (text(made, "en"), text(made, "es"), str(dsa_row(made)), str(made)):
        assert "Jane" not in form
        assert "555-0199" not in form


def test_a_reason_that_people_chose_is_the_ground_before_a_rules_own(docket: Docket) -> None:
    by_reason = said(docket, docket.by_people("reject", 12, reasons=["fraud"]))
    by_rule = said(docket, docket.by_people("reject", 12, reasons=["rude"]))

    assert (by_reason.ground_name, by_rule.ground_name) == ("fraud", "numbers")
    assert by_reason.automation == "partially"
    assert "The people who decided chose: It is a fraud." in text(by_reason, "en")


def test_what_people_found_that_no_machine_had_is_said_so(docket: Docket) -> None:
    item_id = docket.by_rules(None, 13)
    docket.reported(item_id, 14, "reject")

    first, second = said(docket, item_id, 1), said(docket, item_id)

    assert (first.restriction, first.source) == (None, "own_initiative")
    assert "It was approved. Nothing about it is restricted." in text(first, "en")
    assert (second.automation, second.is_detected, second.source) == ("not", False, "notice")
    assert "Somebody had reported it." in text(second, "en")


def test_an_approval_with_an_age_gate_that_rests_on_a_ground_is_a_restriction(docket: Docket) -> None:
    made = said(docket, docket.by_rules("Swimwear or Underwear", 15))

    assert (made.outcome, made.restriction, made.ground_name) == ("approve", "age_restricted", "adult")
    assert dsa_row(made)["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED"]


def test_a_ground_that_nobody_named_is_not_made_up(docket: Docket) -> None:
    made = said(docket, docket.by_rules("Gambling", 16))

    assert made.ground is None
    assert made.no_ground == "policy 'board' names no ground for it"
    assert "was not recorded. Ask us, and we will say." in text(made, "en")
    with pytest.raises(NoGround, match="names no ground"):
        dsa_row(made)


def test_what_restricts_nothing_cannot_be_filed(docket: Docket) -> None:
    with pytest.raises(NoGround, match="restricts nothing"):
        dsa_row(said(docket, docket.by_rules(None, 17)))


@pytest.mark.parametrize("label", ["PII/SSN", "Weapons"])
def test_a_row_for_the_database_has_its_attributes_and_no_others(docket: Docket, label: str) -> None:
    row = dsa_row(said(docket, docket.by_rules(label, 18)))

    own = OF_LAW if label == "Weapons" else OF_TERMS
    assert REQUIRED | own <= set(row) <= REQUIRED | own | OPTIONAL
    assert re.fullmatch(r"[a-zA-Z0-9-_]{1,500}", row["puid"])
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["application_date"])
    assert len(row["decision_facts"]) <= 5000
    assert set(row.get("territorial_scope", ())) <= set(COUNTRIES)
    assert row["automated_decision"] == "AUTOMATED_DECISION_FULLY"


def test_an_appeal_that_is_over_is_not_offered_again(docket: Docket) -> None:
    item_id = docket.by_rules("PII/SSN", 20)
    docket.appealed(item_id, 21, None)

    assert "It cannot be appealed here any more." in text(said(docket, item_id), "en")
    assert said(docket, item_id).redress.refused == "it is being looked at again"


def test_there_is_no_statement_without_a_decision(docket: Docket) -> None:
    item_id = docket.by_rules(None, 22)

    with pytest.raises(NotFound, match="has decisions 1 to 1"):
        said(docket, item_id, 2)


def test_the_words_know_every_restriction_in_both_languages() -> None:
    from moderation.core.dsa import RESTRICTIONS
    from moderation.core.statement_words import _WORDS

    for words in _WORDS.values():
        assert set(words.outcomes) == {None, *RESTRICTIONS}
