"""Words of a text: those of an ASCII text are the same, whatever stands behind it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from moderation_text.words import listed_words, split_words


@given(text=st.text(alphabet=st.characters(codec="ascii")))
@example("f*ck y_o_u, 1d10t! $$ (a+b)")
def test_words_of_an_ascii_text_are_those_of_any_text(text):
    assert split_words(text) == split_words(f"{text} é")[:-1]
    assert listed_words(text) == listed_words(f"{text} é")[:-1]


@pytest.mark.parametrize("alone", "ก๛あヺ㐀中鿿豈𠀀")
def test_a_character_of_a_script_without_spaces_is_a_word(alone):
    (before, word, behind) = split_words(f"a{alone}1")

    assert (before.text, word.text, behind.text) == ("a", alone, "1")
    assert (before.letter, word.letter, behind.letter) == (before, None, behind)
    assert listed_words(f"a{alone}b") == ["a", alone, "b"]
