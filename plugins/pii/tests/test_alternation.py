"""All spellings of a short alternation."""

import pytest
from moderation_pii.alternation import spellings


def test_spellings_are_all_that_an_alternation_matches():
    assert spellings(r"e-?mail|call(?: me| us)?|n[ao]\.") == {
        "e-mail", "email", "call", "call me", "call us", "na.", "no.",
    }  # fmt: skip
    with pytest.raises(ValueError, match="no end of spellings"):
        spellings("a+")
