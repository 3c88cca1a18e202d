"""Words of forms, which look like names."""

import pytest

from plugins.pii.tests.finding import found_in

WORDS = [
    "VIN# 1HGCM82633A004352",
    "Klant: onbekend, Telefoon: geen",
]


@pytest.mark.parametrize("text", WORDS)
def test_takes_no_word_of_a_form_for_a_person(text):
    assert [found for found in found_in(text) if found[0] == "NAME"] == []
