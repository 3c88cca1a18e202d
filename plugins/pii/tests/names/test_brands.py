"""Brands, products and places called after somebody."""

import pytest

from plugins.pii.tests.finding import found_in

BRANDS = [
    "Mr. Coffee or Dr. Pepper?",
    "a Louis Vuitton bag and Calvin Klein socks",
    "we love Ben & Jerry's",
    "hey Alexa, stop",
    "the Stanley Cup final",
    "she studies at Johns Hopkins",
]


@pytest.mark.parametrize("text", BRANDS)
def test_takes_no_brand_for_a_person(text):
    assert [found for found in found_in(text) if found[0] == "NAME"] == []


def test_a_person_with_a_brands_name_is_a_person():
    assert ("NAME", "Louis Vernon") in found_in("my name is Louis Vernon and I live here")
    assert ("NAME", "Stanley") in found_in("Dear Mr. Stanley, thank you")
