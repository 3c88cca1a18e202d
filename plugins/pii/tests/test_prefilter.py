"""The automaton that says which patterns are worth looking for."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_pii import prefilter
from moderation_pii.context import Words
from moderation_pii.detector import EXPRESSIONS, SIGNS
from moderation_pii.prefilter import Prefilter, widened

from plugins.pii.tests.training import unseen

SHIPPED = Prefilter(EXPRESSIONS, SIGNS)


@cache
def searches():
    """Compiled when a test runs, not when it is collected."""
    return [re.compile(regex, re.ASCII).search for regex in EXPRESSIONS]


@pytest.fixture(scope="module")
def documents():
    return [text for _, text, _ in unseen(2, seed=5)]


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def missed(text):
    seen = set(SHIPPED.seen(text))
    return [EXPRESSIONS[n] for n, search in enumerate(searches()) if n not in seen and search(text)]


def test_names_every_pattern_that_a_document_matches(documents):
    for text in documents:
        for changed in (text, text.upper(), f"中文{text}é", text.replace(" ", "\t")):
            assert missed(changed) == [], changed


@given(text=st.text(alphabet=st.characters() | st.sampled_from("0123456789 -./@:()XaeoñÉ中"), max_size=80))
def test_names_every_pattern_that_any_text_matches(text):
    assert missed(text) == []


def test_the_shipped_automaton_is_that_of_the_patterns():
    assert SHIPPED.is_shipped, "run python tools/pii-training/compile_patterns.py"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A machine for which none is shipped."""
    monkeypatch.setattr(prefilter, "SHIPPED", tmp_path / "patterns.automaton")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("kept", [None, b"", b"0" * 400])
def test_without_the_shipped_automaton_it_compiles_one(elsewhere, kept):
    if kept is not None:
        prefilter.SHIPPED.write_bytes(kept)

    made = Prefilter(["[0-9]{3}", "(?i)b(?=o)ob"])

    assert not made.is_shipped
    assert set(made.seen("BOB")) == {1}


def test_what_is_compiled_is_kept_for_the_next_start(elsewhere, monkeypatch):
    Prefilter(["abc"])
    monkeypatch.setattr(Prefilter, "_compiled", lambda self: pytest.fail("compiled again"))

    assert set(Prefilter(["abc"]).seen("xabc")) == {0}


def test_what_others_could_have_written_is_not_read(elsewhere):
    Prefilter(["abc"])
    (kept,) = (elsewhere / "cache" / "moderation").iterdir()
    kept.chmod(0o666)

    Prefilter(["abc"])

    assert kept.stat().st_mode & 0o777 == 0o644, "made again"


def test_a_start_needs_no_folder_to_keep_it_in(elsewhere, monkeypatch):
    (elsewhere / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(elsewhere / "file"))

    assert set(Prefilter(["abc"]).seen("abc")) == {0}


def test_an_automaton_of_another_version_is_compiled_anew(elsewhere):
    Prefilter(["abc"]).write(prefilter.SHIPPED)
    assert Prefilter(["abc"]).is_shipped
    prefilter.SHIPPED.write_bytes(prefilter.SHIPPED.read_bytes()[:32] + b"\0" * 2000)

    made = Prefilter(["abc"])

    assert not made.is_shipped
    assert set(made.seen("xabcx")) == {0}


def test_says_all_places_where_an_expression_may_end():
    assert Prefilter(["[0-9]b", "x"]).seen("1b 2b 3") == {0: [2, 5]}


def test_of_a_sign_it_says_one_place_however_often_it_is_there():
    assert Prefilter(["[0-9]"], signs=[0]).seen("1" * 100_000) == {0: [1]}


def test_every_match_ends_where_it_says_and_is_no_wider(documents):
    for text in documents[::3]:
        seen = SHIPPED.seen(text)
        for number, search in enumerate(searches()):
            if number not in SIGNS and (found := search(text)) is not None:
                assert found.end() in seen[number], EXPRESSIONS[number]
                assert len(found[0]) <= SHIPPED.widths[number] or SHIPPED.widths[number] == prefilter.UNBOUNDED


def test_threads_may_look_at_once(documents):
    alone = [SHIPPED.seen(text) for text in documents]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(SHIPPED.seen, documents)) == alone


@given(before=st.sampled_from(["", "x", " ", "é", "中"]), word=st.sampled_from(["CALL ME", "móvil", "MÓVIL", "电话"]))
def test_words_are_seen_wherever_they_count(before, word):
    words = Words("call(?: me)?|móvil|电话")
    text = f"{before}{word}"

    assert not words.in_(text.lower()) or Prefilter([words.regex]).seen(text)


@pytest.mark.parametrize("regex", ["a(?=(?:b|c))d", "[^中]x", "[^\xc0-\xff]x"])
def test_refuses_what_it_cannot_make_wider(regex):
    with pytest.raises(ValueError, match=r"write what|name what"):
        widened(regex)
