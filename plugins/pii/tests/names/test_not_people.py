"""What looks like a name and is none."""

import pytest

from plugins.pii.tests.finding import REVIEW, found_in


def names(text: str) -> list[str]:
    return [value for kind, value in found_in(text, REVIEW) if kind == "NAME"]


@pytest.mark.parametrize(
    "text",
    [
        "C'mon, hurry up",
        "Don ' t leave without me",
        "Ima be late again",
        "the Dow rose again",
        "Moreno, Castle and Baker won the tender",
        "Cn w pay wtht A B N dtls?",
        "Sehr geehrte Damen und Herren,",
        "Mit freundlichen Grüßen",
        "Estimados señores:",
        "Szanowni Państwo,",
        "Dear Sirs,",
        "Okafor v. State was decided in 1983",
        "Harper and Finch raised prices",
        "shopping at Harper and Finch today",
        "Zorvanta launched a new phone",
        "Kowalski-Brandt hired 20 people",
        "Off to Ibiza with the girls",
    ],
)
def test_is_nobody(text):
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ann, Claire and Bob went home", "Claire"),
        ("k e v i n was here, im k e v i n", "k e v i n"),
        ("Ring Marta first.", "Marta"),
        ("see you\n-- \nLucía\n", "Lucía"),
        ("Mr Alastair Gow came", "Alastair Gow"),
    ],
)
def test_people_stay_people(text, name):
    assert any(name in found for found in names(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dinner at Ann and Bob's", ["Ann", "Bob"]),
        ("Rosa launched a new blog", ["Rosa"]),
        ("We were at Harper and Finch's wedding", ["Harper", "Finch"]),
    ],
)
def test_people_do_some_of_it_too(text, found):
    assert names(text) == found
