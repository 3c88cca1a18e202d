"""A first name and the surname behind it are one name; whose something is has a name too."""

import pytest

from plugins.pii.tests.finding import REVIEW, found_in


def names(text: str) -> list[str]:
    return [value for kind, value in found_in(text, REVIEW) if kind == "NAME"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Should I call him Joel Ward if he's playing air hockey?", "Joel Ward"),
        ("badge 17, visiting Carlos Banks, badge 125", "Carlos Banks"),
        ("Gonna be a good one -- Amy Adams and @somebody Saturday! #SNL", "Amy Adams"),
    ],
)
def test_a_surname_that_is_another_word_belongs_to_the_name(text, name):
    assert name in names(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [("Yep, at derek's house now, see you Sunday", "derek"), ("Excellent, I'll see what riley's plans are", "riley")],
)
def test_whose_something_is_has_a_name_in_small_letters_too(text, name):
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text", ["my usual guy's out of town", "the joy's gone", "Trader Joe's for milk", "they say it is what it's"]
)
def test_not_all_that_owns_is_a_person(text):
    assert names(text) == []


def test_a_frequent_word_in_capitals_is_no_surname():
    assert names("Ask Joel About It") == ["Joel"]
