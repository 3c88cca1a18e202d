"""Slips of the pen in a policy file: each is found at its place, with what may have been meant."""

from __future__ import annotations

import pytest

from moderation.core.taxonomy import Taxonomy
from moderation.policies.files import policy_of_bytes
from tests.moderation.policies.good import GOOD

SLIPS = [
    # old, new, the word at fault, code, a piece of message or hint
    ("policy: shop", "polcy: shop", "polcy", "E101", "did you mean 'policy'?"),
    ("format: 1", "format: 2", "2", "E102", "this version reads format: 1"),
    ("format: 1", 'format: "1"', '"1"', "E102", "write 1, without quotes"),
    (
        "taxonomy: rekognition-moderation-7",
        "taxonomy: rekognition-moderation-6",
        "rekognition-moderation-6",
        "E104",
        "known: rekognition-moderation-7",
    ),
    ("content_type: [text, image]", "content_type: [txt, image]", "txt", "E102", "did you mean 'text'?"),
    ("content_type: [text, image]", "content_type: text", "text", "E102", "write [text]"),
    ("if_nothing_matches: approve", "if_nothing_matches: aprove", "aprove", "E102", "did you mean approve?"),
    ("if_nothing_matches: approve", "if_nothing_matches: review", "review", "E102", "write {review: QUEUE}"),
    (
        "if_a_detector_fails: {review: people}",
        "if_a_detector_fails: {review: peple}",
        "peple",
        "E105",
        "did you mean 'people'?",
    ),
    ("reviewers: 2, agree: 2", "reviewers: 5, agree: 2", "5", "E102", "at most 3"),
    ("reviewers: 2, agree: 2", "reviewers: 1, agree: 2", "2", "E102", "more than reviewers"),
    ("a2i_flow: senior", "a2i_flow: Senior", "Senior", "E102", "small letters"),
    ("[PII/PHONE, PII/EMAIL]", "[PII/PHONE, PII/EMIAL]", "PII/EMIAL", "E104", "did you mean 'PII/EMAIL'"),
    ("label: Weapons, review", "label: Weapon, review", "Weapon", "E104", "did you mean 'Weapons' (under Violence)?"),
    ("label: Weapons, review", "label: weapons, review", "weapons", "E104", "did you mean 'Weapons'"),
    ("review_from: 60", "review_from: {by: category, a: 50, default: 60}", "category", "E102", "metadata.category"),
    ("review_from: 60", "review_from: {by: metadata.c, a: 50, default: 0.6}", "0.6", "E102", "did you mean 60?"),
    ("review_from: 60", "review_from: {by: metadata.c, 5: 50, default: 60}", "", "E101", "write '5'"),
    ("review_from: 60", "review_from: {by: metadata.c, default: 60}", "", "E102", "a row for one value"),
    ("review_from: 60", "review_from: {by: metadata.c, a: 50}", "", "E103", "add default: 60"),
    (
        "review_from: 60",
        "review_from: {by: metadata.c, a: 96, default: 60}",
        "95",
        "E102",
        "more than review_from (96)",
    ),
    ("review_from: 60", "review_from: 0.6", "0.6", "E102", "did you mean 60?"),
    ("review_from: 60", "review_from: 1", "1", "E102", "write 100 for certainty"),
    ("review_from: 60", 'review_from: "60"', '"60"', "E102", "write 60, without quotes"),
    ("review_from: 60", "review_from: 60%", "60%", "E102", "write 60, without %"),
    ("review_from: 60", "review_from: '0,6'", "'0,6'", "E102", "did you mean 60?"),
    ("review_from: 60", "review_from: 160", "160", "E102", "outside 0 to 100"),
    ("review_from: 60", "review_from: .nan", ".nan", "E102", "not a number that can be compared"),
    ("review_from: 60, reject_from: 95", "review_from: 95, reject_from: 60", "60", "E102", "must be more than"),
    ("review_from: 60", "reviewfrom: 60", "reviewfrom", "E101", "did you mean 'review_from'?"),
    ("queue: people}\nrules", "queue: poeple}\nrules", "poeple", "E105", "did you mean 'people'?"),
    ("{list: contact}", "{list: contacts}", "contacts", "E106", "did you mean 'contact'?"),
    ("at_least: 80}\n    then", "atleast: 80}\n    then", "atleast", "E101", "did you mean 'at_least'?"),
    ("then: reject", "then: deny", "deny", "E102", "did you mean reject?"),
    ("then: reject", "than: reject", "than", "E101", "did you mean 'then'?"),
    ("{head: head_cover}", "{head: hed_cover}", "hed_cover", "E102", "did you mean 'head_cover'?"),
    ("{head: head_cover}", "{haed: head_cover}", "haed", "E102", "did you mean 'head'?"),
    ("{head: head_cover}", "{head: face_cover}", "{head: face_cover}", "E102", "did you mean head_cover?"),
    ("if_part_not_visible: ignore", "if_part_not_visible: ignored", "ignored", "E102", "did you mean 'ignore'?"),
    ("if_part_not_visible: ignore", "if_part_not_visible: review", "review", "E112", "make a second rule"),
    ("mode: {percent: 10}", "mode: {percent: 0}", "0", "E102", "over 0"),
    ("mode: {percent: 10}", "mode: {shadow_until: soon}", "soon", "E102", "such as 2027-01-31"),
    ("mode: {percent: 10}", "mode: {shadow_until: 2027-02-30}", "2027-02-30", "E102", "there is no day"),
    ("score: risk", "score: risc", "risc", "E106", "did you mean 'risk'?"),
    ("combine: noisy_or", "combine: noisy-or", "noisy-or", "E102", "did you mean 'noisy_or'?"),
    ("weight: 0.5", "weight: 50", "50", "E102", "over 0, up to 1"),
    ("overrides: [weapons.review]", "overrides: [weapons]", "weapons", "E107", "write weapons.review, weapons.reject"),
    (
        "overrides: [weapons.review]",
        "overrides: [weapon.review]",
        "weapon.review",
        "E107",
        "did you mean 'weapons.review'?",
    ),
    ("id: helmets", "id: phone", "phone", "E108", "another rule"),
    ("{weapons: {review_from: 50", "{weapon: {review_from: 50", "weapon", "E107", "did you mean 'weapons'?"),
    ("review_from: 50, reject_from: 60", "at_least: 50", "at_least", "E111", "a band has no 'at_least'"),
    ("of: approve, percent", "of: approved, percent", "approved", "E102", "did you mean 'approve'?"),
    ("percent: 2, queue", "percent: 200, queue", "200", "E102", "up to 100"),
    ("[{Weapons: 96}]", "[{Weapns: 96}]", "Weapns", "E104", "did you mean 'Weapons'"),
    ("expect: reject", "expect: rejected", "rejected", "E102", "did you mean reject?"),
    (
        "because: [weapons.reject]",
        "because: [weapons.rejects]",
        "weapons.rejects",
        "E107",
        "did you mean 'weapons.reject'?",
    ),
    ("needs: [pii.text]", "needs: [pii.txt]", "pii.txt", "E114", "did you mean 'pii.text'?"),
    ("  weapons: {label", "  weapons:{label", "", "E100", "put a space after the colon"),
    ("  weapons: {label", "\tweapons: {label", "", "E100", "spaces, not with tabs"),
    ("then: reject\n", "then: reject\n    then: reject\n", "then", "E116", "remove one"),
]


def test_the_good_file_is_good() -> None:
    assert policy_of_bytes("shop.yml", GOOD.encode(), Taxonomy())[1] == []


@pytest.mark.parametrize(("old", "new", "word", "code", "said"), SLIPS, ids=[slip[1][:40] for slip in SLIPS])
def test_a_slip_is_found_at_its_place_with_what_was_meant(old: str, new: str, word: str, code: str, said: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)

    _, faults = policy_of_bytes("shop.yml", text.encode(), Taxonomy())

    assert [fault.code for fault in faults] == [code], [fault.render() for fault in faults]
    fault = faults[0]
    line = text.splitlines()[fault.line - 1]
    if word:
        assert line[fault.column - 1 : fault.column - 1 + fault.length] == word, fault.render()
    assert said in f"{fault.message}; {fault.hint}", fault.render()


def test_all_slips_of_a_file_are_said_at_once() -> None:
    text = GOOD.replace("review_from: 60", "review_from: 0.6").replace("then: reject", "then: deny")
    text = text.replace("PII/EMAIL", "PII/EMIAL").replace("a2i_flow: senior", "a2i_flow: Senior")

    _, faults = policy_of_bytes("shop.yml", text.encode(), Taxonomy())

    assert [(fault.line, fault.code) for fault in faults] == [(10, "E102"), (12, "E104"), (16, "E102"), (24, "E102")]


def test_what_is_gone_with_a_wrong_place_is_not_said_to_be_unknown() -> None:
    text = GOOD.replace(
        "{name: people, a2i_flow: people, reviewers: 2", "{name: people, a2i_flow: people, reviewers: 9"
    )

    _, faults = policy_of_bytes("shop.yml", text.encode(), Taxonomy())

    assert [fault.code for fault in faults] == ["E102"]
