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
