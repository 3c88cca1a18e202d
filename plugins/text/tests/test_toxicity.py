"""What ``text.toxicity`` finds, how sure it is at most, and what it does not claim to read."""

import json
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from moderation_text.toxicity import detector as toxicity
from moderation_text.toxicity.detector import CEILING, LIKELY, Toxicity, drawn_together
from moderation_text.toxicity.file import MODEL, read
from moderation_text.toxicity.model import Model
from moderation_text.toxicity.plain import Plain
from moderation_text.toxicity.windows import MOST, windows
from moderation_text.toxicity.words import GROUP, words_of

from moderation.core.items import Part
from moderation.hookspecs import Unreadable
from moderation.testing import DetectorContract

DETECTOR = Toxicity()
THREAT = "I know where you live and I am going to kill you tonight."
HARMLESS = "The baker on our street opens at seven and sells out of rye bread by noon. "


class TestToxicity(DetectorContract):
    detector = Toxicity
    finds = (
        (THREAT, "Toxicity/VIOLENCE_OR_THREAT"),
        ("I want to die and I cut myself again last night.", "Wellbeing/SELF_HARM"),
        ("All immigrants are vermin and should be shot.", "Toxicity/HATE_SPEECH"),
        ("You are a pathetic, ugly, worthless loser.", "Toxicity/HARASSMENT_OR_ABUSE"),
        ("Congratulations! You have won a free prize. Call 09061234567 now to claim.", "Toxicity/SPAM"),
        ("She moaned as he slid his cock deep inside her wet pussy.", "Toxicity/SEXUAL"),
    )
    ignores = ("", "The parcel arrived on Tuesday, and everything was in it.", "👍", "42", HARMLESS * 20)


REVIEWED_FROM = 30.0
"""By the shipped policies."""


def confidences(text, detector=DETECTOR):
    return {found.label: found.confidence for found in reversed(detector.detect(Part(type="text", text=text), None))}


def likely(text):
    return {label for label, confidence in confidences(text).items() if confidence >= REVIEWED_FROM}


@pytest.mark.parametrize(
    "text",
    [
        "I am a gay man and proud of it.", "My sister is deaf and works as a nurse.", "Muslims celebrate Eid this week.",
        "As a trans woman I felt safe at this school.", "Black people deserve equal pay.", "We met two Jewish neighbours.",
        "He called me a cripple on the bus and I reported him to the police.",
        "Saying that women are inferior is unacceptable and should be reported.",
        "I hate wet socks.", "I could murder a curry right now.", "Kill the server and restart it, please.",
        "The suicide prevention line is open day and night.", "Breast cancer screening is free from forty.",
    ],
)  # fmt: skip
def test_people_are_no_insult_and_neither_are_those_who_object(text):
    assert likely(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "K1LL ALL JEWS!!!", "kιll αll wοmen", "ＫＩＬＬ ＡＬＬ ＷＯＭＥＮ",
        "I ha\u200bte all wo\u200bmen, they are ver\u00admin",
    ],
)  # fmt: skip
def test_disguises_are_undone_before_it_looks(text):
    assert "Toxicity/HATE_SPEECH" in likely(text)


def test_what_is_learned_of_one_group_holds_for_every_other():
    said = [
        words_of(f"I met some {group} today")
        for group in ("women", "gay men", "black people", "Muslims", "trans women")
    ]

    assert said == [["i", "met", "some", GROUP, "today"]] * 5
    assert "black" in words_of("two black shoes")


@given(st.text(max_size=300))
def test_it_is_never_surer_than_a_policy_that_rejects_asks_for(text):
    try:
        found = DETECTOR.detect(Part(type="text", text=text), None)
    except Unreadable:
        return
    assert all(DETECTOR.min_confidence <= each.confidence <= CEILING for each in found)


def test_even_the_worst_stays_under_the_ceiling():
    assert (
        80
        < max(confidences(f"{THREAT} You filthy whore, I will cut your throat and rape you. {THREAT}").values())
        <= CEILING
    )


@given(st.floats(10, 100), st.floats(10, 100))
def test_the_order_of_confidences_stays_when_they_are_drawn_together(one, other):
    low, high = sorted((one, other))

    assert drawn_together(low) <= drawn_together(high) <= CEILING
    assert drawn_together(low) < drawn_together(high) or high - low < 1e-9


@pytest.mark.parametrize("before", [0, 1, 7, 40])
@pytest.mark.parametrize("after", [0, 40])
def test_a_threat_is_found_at_its_place_in_a_long_harmless_text(before, after):
    text = HARMLESS * before + THREAT + " " + HARMLESS * after

    found = [
        each
        for each in DETECTOR.detect(Part(type="text", text=text), None)
        if each.label == "Toxicity/VIOLENCE_OR_THREAT"
    ]

    assert found
    assert found[0].confidence >= LIKELY
    span = found[0].span
    assert THREAT[:40] in (text if span is None else text[span.start : span.end])


@given(st.text(st.sampled_from("ab .\n!é漢"), max_size=3000))
def test_windows_hold_every_character_in_order(text):
    places = list(windows(text))

    assert places[0][0] == 0
    assert places[-1][1] == len(text)
    assert all(end - start <= MOST for start, end in places)
    assert all(start <= last for (_, last), (start, _) in pairwise(places))
    assert all(start < later for (start, _), (later, _) in pairwise(places))


@pytest.mark.parametrize(
    "text",
    [
        "Der Zug nach Hamburg ist heute leider wieder ausgefallen und wir warten seit einer Stunde.",
        "El tren arriba amb retard i la gent espera fa més de mitja hora a l'andana.",
        "Mañana vamos a la playa con los niños porque hace muy buen tiempo.",
        "Le musée est fermé aujourd'hui, nous reviendrons la semaine prochaine avec les enfants.",
        "Pociąg do Krakowa jest dzisiaj bardzo opóźniony, czekamy na peronie.",
        "Привет, как дела? Завтра идём в кино.", "今天天气很好,我们去公园吧。", "مرحبا، كيف حالك اليوم؟",
        HARMLESS * 8 + "Der Zug nach Hamburg ist heute leider wieder ausgefallen und wir warten hier alle zusammen. " * 8,
    ],
)  # fmt: skip
def test_a_language_that_it_does_not_know_is_a_failure_and_no_clean_answer(text):
    with pytest.raises(Unreadable, match="not in English"):
        DETECTOR.detect(Part(type="text", text=text), None)


def test_what_is_found_in_the_english_part_of_a_text_is_told_whatever_stands_around():
    foreign = "Der Zug nach Hamburg ist heute leider wieder ausgefallen und wir warten seit einer Stunde. "

    assert "Toxicity/VIOLENCE_OR_THREAT" in likely(foreign * 10 + "\n" + THREAT + "\n" + foreign * 10)


@pytest.mark.parametrize(
    "text", ["lol", "ok gracias", "👍👍", "Müller GmbH", "12345", "gn8 bruh u up", "wtf r u doin 2nite m8 its late af"]
)
def test_short_and_casual_texts_are_read(text):
    assert likely(text) == set()


def test_a_batch_is_answered_as_one_by_one_whatever_its_size():
    texts = [THREAT, "", HARMLESS * 30, "You are a loser.", HARMLESS * 7 + THREAT] * 60
    parts = [Part(type="text", text=text) for text in texts]

    assert DETECTOR.detect_batch(parts, None) == [DETECTOR.detect(part, None) for part in parts]


def test_every_word_counts_once_so_repeating_it_changes_little():
    assert likely("love " * 5000) == set()
    assert confidences("kill all women") == pytest.approx(confidences("kill all women\n" + "\n" * 300))


def test_a_model_of_another_form_is_refused_with_the_remedy(tmp_path):
    head, _, rest = MODEL.read_bytes().partition(b"\n")
    other = tmp_path / "other.model"
    for data in (json.dumps({**json.loads(head), "format": 99}).encode() + b"\n" + rest, rest, b"{}"):
        other.write_bytes(data)

        with pytest.raises(ValueError, match="train it anew"):
            read(other)


def test_the_model_is_small_and_names_what_the_detector_tells():
    assert MODEL.stat().st_size <= 2_000_000
    assert set(read(MODEL).columns) == set(toxicity.LABELS)


ARRAYS, PLAIN = Model(read(MODEL)), Plain(read(MODEL))


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from((*THREAT.lower().split(), GROUP, '"', "k!ll", "ÿ")), max_size=40).map(" ".join)
)
@example("")
@example(THREAT)
def test_numbers_are_the_same_with_numpy_and_without(text):
    words = words_of(text)

    assert PLAIN.odds(words) == ARRAYS.odds([words])[0].tolist()
    assert PLAIN.scores([words])[0] == pytest.approx(ARRAYS.scores([words])[0], abs=1e-9)


def test_the_first_texts_of_a_process_are_scored_without_numpy():
    code = (
        "import sys; from moderation_text.toxicity import scoring; s = scoring.Scoring()\n"
        "few = s.scores([['kill', 'them']]); assert 'numpy' not in sys.modules\n"
        "s.scores([['word'] * scoring.PLAINLY]); assert 'numpy' in sys.modules\n"
        "assert [[round(n, 6) for n in few[0]]] == [[round(n, 6) for n in s.scores([['kill', 'them']])[0]]]"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
