"""Names and addresses by the model, and numbers that are spelled out or spread."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_pii import TextPii
from moderation_pii.names import tagger
from moderation_pii.reading.folding import Folded

from moderation.core.items import Part

DETECTOR = TextPii()

FOUND = [
    ("NAME", "Ticket raised by ‹Rosa Delgado› on Monday"),
    ("NAME", "thanks ‹Kevin›, that helped"),
    ("NAME", "The suspect, ‹Martin O'Neill›, fled on foot."),
    ("NAME", "my name is ‹sarah miller›"),
    ("NAME", "Passenger list: ‹Jonas van der Berg›"),
    ("NAME", "Mail from ‹Priya Sharma›'s office"),
    ("NAME", "can't believe ‹Kovalchuk› scored again"),
    ("NAME", "went to see the fireworks w/ ‹Brielle› and my mom"),
    ("NAME", "so happy for ‹kaitlyn› lol"),
    ("ADDRESS", "Leverans till ‹Storgatan 12, 211 42 Malmö›"),
    ("ADDRESS", "The parcel went to ‹742 Evergreen Terrace, Springfield, OR 97403›."),
    ("ADDRESS", "residing at ‹18 Orchard Close, Leeds LS6 2AB›"),
    ("AGE", "Police held Martin Foster, ‹41›, of Leeds"),
    ("PHONE", "call me at ‹five five five, 0 1 nine nine 2 3 four›"),
    ("PHONE", "text ‹4 1 5 5 5 5 0 1 2 3› pls"),
    ("PHONE", "numbr ‹2O6-555-Ol99›"),
    ("PHONE", "‹4️⃣1️⃣5️⃣5️⃣5️⃣5️⃣0️⃣1️⃣9️⃣9›️⃣ on whatsapp"),
    ("CREDIT_DEBIT_CVV", "the cvv is ‹three one nine›"),
    ("CREDIT_DEBIT_NUMBER", "card ‹four one one one one one one one one one one one one one one one›"),
    ("SSN", "my s.s.n is ‹5 3 6 2 2 9 0 1 8›"),
    ("PIN", "pin is ‹four eight two one›"),
    ("PASSWORD", "my pssword is ‹tr0ub4dor!3›"),
    ("EMAIL", "write ‹john dot smith at gmail dot com›"),
    ("EMAIL", "‹jsmith42 @ yahoo . com›"),
    ("USERNAME", "login ok user=‹robin_m›"),
    ("USERNAME", '203.0.113.9 - ‹frank› [10/Oct/2020:13:55:36 +0000] "GET / HTTP/1.0"'),
]
CLEAN = [
    "thanks so much, that worked perfectly",
    "Is Bluetooth supported on this speaker?",
    "Please read the Terms of Service and the Privacy Policy.",
    "one two three, testing",
    "I have one or two questions about the five stars",
    "from nine to five I work, one out of four days",
    "We use Docker and Postgres in production.",
    "Dear Customer, your request was received.",
    "Thanks Verizon for another day without signal",
    "Skyrim is still my favourite game by far",
    "Does anybody know if Costco sells the Kirkland batteries?",
    "Flew Ryanair to Lisbon, never again",
]


def found_in(text):
    detections = DETECTOR.detect(Part(type="text", text=text), None)
    return [(d.label.removeprefix("PII/"), text[d.span.start : d.span.end]) for d in detections]


@pytest.mark.parametrize(("kind", "marked"), FOUND, ids=[f"{kind}: {text}" for kind, text in FOUND])
def test_finds_what_no_plain_pattern_sees(kind, marked):
    before, _, rest = marked.partition("‹")
    value, _, after = rest.partition("›")

    assert (kind, value) in found_in(before + value + after)


@pytest.mark.parametrize("text", CLEAN)
def test_leaves_clean_chat_alone(text):
    assert found_in(text) == []


@given(text=st.text(max_size=200))
def test_tagged_places_are_inside_any_text_in_order(text):
    folded = Folded(text)
    end = 0

    for tagged in tagger.tagger().tag(folded.text):
        assert end <= tagged.start < tagged.end <= len(folded.text)
        end = tagged.end


def test_a_detector_can_be_sent_to_another_process():
    copy = pickle.loads(pickle.dumps(TextPii(only_patterns=True)))

    assert [d.label for d in copy.detect(Part(type="text", text="I am Ann Lee, bob@example.com"), None)] == [
        "PII/NAME",
        "PII/EMAIL",
    ]


def test_the_model_is_small():
    assert tagger._MODEL.stat().st_size < 5 << 20
