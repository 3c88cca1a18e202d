"""What is known of words is found in their lines, of every word and of nothing else."""

from hypothesis import given
from hypothesis import strategies as st
from moderation_pii.names.known_words import KnownWords, filed

WORDS = st.text(alphabet=st.sampled_from("abcñé中\U0001d49c'-"), min_size=1, max_size=5)


@given(known=st.dictionaries(WORDS, st.sampled_from("fls"), max_size=40), others=st.lists(st.text(max_size=5)))
def test_knows_of_each_word_what_was_said_of_it(known, others):
    words = KnownWords(filed({kind: " ".join(w for w in known if known[w] == kind) for kind in "fls"}))

    for _ in "twice":
        assert {word: words.of(word) for word in (*known, *others)} == {w: known.get(w, "") for w in (*known, *others)}


def test_knows_nothing_of_half_a_character():
    words = KnownWords(filed({"f": "ann"}))

    assert [words.of(odd) for odd in ("\ud800", "ann\ud800", "an")] == ["", "", ""]
