"""What ``text.blocklist`` finds through disguise, and what it leaves alone."""

from itertools import groupby

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from moderation_text.detector import Blocklist
from moderation_text.lists import Entry, Lists, read_lists, shipped_lists
from moderation_text.matching import Matcher

from moderation.core.items import Part
from moderation.testing import DetectorContract

SHIPPED = read_lists(shipped_lists())
DETECTOR = Blocklist(SHIPPED)
SINGLE = sorted({e.text for e in SHIPPED.entries if e.text.isascii() and e.text.isalpha() and len(e.text) >= 4})
LABEL = {entry.text: entry.label for entry in SHIPPED.entries}
LISTED = {word for entry in SHIPPED.entries for word in entry.text.lower().replace("'", " ").split()}

ALIKE = {
    "a": "аαａ𝖺@4",
    "c": "сｃⓒ",
    "e": "еεｅ3",
    "i": "іιｉ1!",
    "k": "кｋ",
    "o": "оοｏ0🅾",
    "p": "рｐ",
    "s": "ѕｓ$5",
    "t": "тτ7",
}
INNOCENT_WORDS = """
Scunthorpe class classic assassin assess asset assume bass brass compass embassy glass grass harass massage passage
cocktail peacock Hancock Hitchcock cockpit cockroach shuttlecock Dickens Dickinson dictionary predict verdict Essex
Sussex Middlesex sextant unisex title titan titillate constitution document circumvent cucumber accumulate shiitake
mishit Matsushita snigger niggle night Niger Nigeria raccoon tycoon cocoon spicy despicable suspicion auspicious
grape drapes scrape therapist skyscraper rapeseed buttress butter rebuttal analysis canal banal finally analog
Penistone peninsula happens pennant pakistan packing dyked chinkapin kiked fagot faggeted homogeneous retardant
retarder scrapped scrappy crape twatterlight hello shell seashell Michelle turducken looser loosest lose mishap
damnation damnify arsenal parse sparse hoarse coarse sword swordfish whorl whortleberry pussyfooting sluttish-free
wankel tossed tossing pricked prickly prickle clownfish stupidity dumbbell dumbwaiter mormon oxymoron idiom idioms
idiomatic idiosyncrasy tardy custard mustard bastardise buggery-free debugger cummerbund cumulus scum-less assorted
passion compassion hit he'll we'll she'll skill skills overkill killjoy cyclone 455 1337 a55 A55 SH17 4x4 B2B 5S
C3PO R2D2 x11 5h17 i18n l10n k8s w3c
"""
INNOCENT = INNOCENT_WORDS.split()


class TestBlocklist(DetectorContract):
    detector = Blocklist.load
    finds = (
        ("You idiot!", "Toxicity/INSULT"),
        ("go k i l l yourself, you 1d10t", {"Toxicity/VIOLENCE_OR_THREAT", "Toxicity/INSULT"}),
    )
    ignores = ("", "You are kind.", "Scunthorpe United 4-5-5", "漢字かな")


def found_in(text, detector=DETECTOR):
    detections = detector.detect(Part(type="text", text=text), None)
    return [(d.label, text[d.span.start : d.span.end]) for d in detections]


def matcher(*entries, allow=()):
    return Matcher([Entry(text, "Toxicity/INSULT", "strong", 85.0, "mine") for text in entries], allow)


@pytest.mark.parametrize(
    "disguise",
    [
        "idiot", "IDIOT", "iDiOt", "i d i o t", "i.d.i.o.t", "i-d-i-o-t", "i_d_i_o_t", "i  d  i  o  t", "i . d . i . o . t",
        "i\nd\ni\no\nt", "id.iot", "id-iot", "id🙂iot", "idiooot", "iidiot", "IDIOOOOOT", "1d10t", "id!ot", "!d!0t", "1diot",
        "ｉｄｉｏｔ", "𝕚𝕕𝕚𝕠𝕥", "ⓘⓓⓘⓞⓣ", "🅸🅳🅸🅾🆃", "🇮🇩🇮🇴🇹", "іdіоt", "ιdιot", "ïdïöt", "i\u0301d\u0301i\u0301ot",
        "i\u200bd\u200bi\u200bo\u200bt", "id\u00adiot", "\u202eidiot", "id●ot", "id*ot", "i**ot", "i*d*i*o*t", "і d і о t", "i d i o o o t",
        "1 d 1 0 t", "ı̇dıot",
    ],
)  # fmt: skip
def test_finds_a_word_through_its_disguises_at_its_place(disguise):
    before, after = "Listen, you ", " there"
    text = before + disguise + after

    found = found_in(text)

    assert [label for label, _ in found] == ["Toxicity/INSULT"]
    assert found[0][1].strip("\u202e") == disguise.strip("\u202e")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$h1t", "$h1t"), ("a$$", "a$$"), ("@ss", "@ss"), ("sh!t!", "sh!t"), ("f*ck", "f*ck"), ("f**k!", "f**k"),
        ("**idiot**", "idiot"), ("#idiot", "idiot"), ("@idiot", "idiot"), ("you_idiot", "idiot"), ("idiot's", "idiot"),
        ("(idiot)", "idiot"), ("kill, yourself", "kill, yourself"), ("kill\nyourself", "kill\nyourself"),
        ("#killyourself", "killyourself"), ("k i l l   y o u r s e l f", "k i l l   y o u r s e l f"),
        ("k1ll y0ursélf", "k1ll y0ursélf"), ("I f u c k u", "f u c k u"), ("a r s e!", "a r s e"), ("i! d! i! o! t!", "i! d! i! o! t"), ("z x i d i o t z", "i d i o t"),
    ],
)  # fmt: skip
def test_places_are_the_words_own_without_what_touches_them(text, found):
    assert found in [value for _, value in found_in(text)]


@pytest.mark.parametrize(
    "text",
    [
        *INNOCENT,
        "push it, pull it, cut it up; drop dead gorgeous, beat the rush, a bomb cyclone, kill time, shooting stars",
        "I will go. Die hard is on tonight.",
        "A s s e s s m e n t",
        "g l a s s",
        "c l a s s i c",
        "It's hit after hit; that's hitting.",
        "The pen is red, as sure as eggs.",
        "Model S hit the road, Galaxy A55 and Mazda A55",
        "455 5417 8008 7175 101 4$$ 5.5.5",
        "5 0 1 0 1 3 7 4 5 5",
        "Maine coon and a chink in the armor, spic and span",
        "Moby Dick by Herman Melville, Philip K. Dick's novels",
        "Сосна растёт, а попа нет: сосок и пися",
        "don't kill yourself over this",
        "wet back, gang bang on, a she male bird",
        "your youths, younger youtube yourself, youre your",
        "Section 21 of class2, covid19, web3 and mp3",
        "El tren arriba amb retard a la ciutat",
        "Le train a un retard de dix minutes",
        "Das Buch ist zu dick und ich mag es nicht",
        "I'll shoot you an email tomorrow",
    ],
)
def test_innocent_text_stays_innocent(text):
    assert found_in(text) == []


@st.composite
def disguises(draw):
    """A listed word and a disguise of it."""
    word = draw(st.sampled_from(SINGLE))
    letters = list(word)
    for place in draw(st.sets(st.integers(0, len(word) - 1), max_size=max(1, len(word) - 3))):
        letter = letters[place]
        # A digit at the end makes a model number of a word, and one that stands for the first letter a quantity.
        choice = ALIKE.get(letter, letter) if 0 < place < len(word) - 1 else letter.upper()
        letters[place] = draw(st.sampled_from(choice))
    noise = draw(st.sampled_from(["", "", "\u200b", "\u00ad", "\u0336", "\u0301"]))
    letters = [draw(st.sampled_from([c, c.upper()])) + noise for c in letters[:-1]] + [letters[-1]]
    way = draw(st.sampled_from(["plain", "spelled", "broken", "drawn out"]))
    if way == "spelled":
        return word, draw(st.sampled_from([" ", ".", "-", "_", " . ", "  "])).join(letters)
    if way == "broken":
        place = draw(st.integers(1, len(letters) - 1))
        return word, "".join(letters[:place]) + draw(st.sampled_from([".", "-", "_", "~", "..", "🙂"])) + "".join(
            letters[place:]
        )
    if way == "drawn out" and not noise:
        place = draw(st.integers(1, len(letters) - 1))
        letters[place] *= draw(st.integers(3, 30))
    return word, "".join(letters)


@given(
    disguised=disguises(),
    before=st.sampled_from(["", "well ", "😀 漢字 ", "(", '"']),
    after=st.sampled_from(["", " said", "!", ").", "\n"]),
)
def test_finds_any_disguise_of_a_listed_word(disguised, before, after):
    word, disguise = disguised
    # Signs that may stand for a letter and stand at an end belong to the sentence as well as to the word.
    text = before + disguise + after

    found = found_in(text)

    assert any(label == LABEL[word] and disguise in value + "!" for label, value in found), found


@given(
    word=st.sampled_from(SINGLE),
    before=st.text("abcdefghijklmnopqrstuvwxyzéжλ", max_size=5),
    after=st.text("abcdefghijklmnopqrstuvwxyzéжλ", max_size=5),
)
def test_never_finds_a_listed_word_inside_another(word, before, after):
    longer = before + word + after
    listed = {squeezed(listed) for listed in LISTED | {entry.text.replace(" ", "") for entry in SHIPPED.entries}}
    assume((before or after) and squeezed(longer) not in listed and not longer.startswith("you"))

    assert found_in(f"so {longer} it is") == []


@given(st.text("0123456789 .,-/:$%()", max_size=80))
def test_numbers_are_no_words(text):
    assert found_in(text) == []


@given(st.lists(st.sampled_from(INNOCENT), max_size=30), st.sampled_from([" ", ", ", "\n"]))
def test_innocent_words_stay_innocent_in_any_company(words, gap):
    assert found_in(gap.join(words)) == []


@given(st.text(max_size=200))
def test_places_are_inside_any_text(text):
    for detection in DETECTOR.detect(Part(type="text", text=text), None):
        assert 0 <= detection.span.start < detection.span.end <= len(text)


def test_a_detection_says_which_list_and_how_severe_and_not_the_word():
    (found,) = DETECTOR.detect(Part(type="text", text="what a m0ron"), None)

    assert dict(found.attributes) == {"list": "insults", "severity": "strong", "disguised": True}
    assert found.confidence == 85


def softened(text, detector=DETECTOR):
    return [(d.confidence, d.attributes.get("softened")) for d in detector.detect(Part(type="text", text=text), None)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("go and kill your self", "kill your self"), ("youstupididiot", "idiot"), ("you are youridiot", "idiot"),
        ("what the f0ck", "f0ck"), ("f0cking hell", "f0cking"), ("hey idiot2", "idiot2"), ("moron99!", "moron99"),
    ],
)  # fmt: skip
def test_finds_what_is_parted_run_together_or_numbered(text, found):
    assert found in [value for _, value in found_in(text)]


@pytest.mark.parametrize(
    "text",
    [
        "he called me a {} and I reported him", 'the word "{}" is hurtful', "She said {} to my brother", "“{}” was on the wall",
        "Somebody shouted {} at me.", "Being called {} is not okay",
    ],
)  # fmt: skip
@pytest.mark.parametrize("words", ["faggot", "f4ggot", "kill yourself"])
def test_who_reports_or_objects_to_severe_words_is_sent_to_a_person_and_not_rejected(text, words):
    assert softened(text.format(words)) == [(85.0, "quoting")]


@pytest.mark.parametrize(
    "text",
    ["you {}", "{}! I said it's late.", "I'm no fan of this, {}, don't come back", "I called my mum. You are a {}."],
)
def test_severe_words_that_are_said_to_somebody_are_as_severe_as_ever(text):
    assert softened(text.format("faggot")) == [(97.0, None)]


def test_only_entries_that_say_so_are_softened_and_none_that_is_strong_or_less():
    entries = (
        Entry("dolt", "Toxicity/INSULT", "severe", 97.0, "mine", "quoting"),
        Entry("oaf", "Toxicity/INSULT", "severe", 97.0, "mine"),
        Entry("clod", "Toxicity/INSULT", "mild", 60.0, "mine", "quoting"),
    )
    detector = Blocklist(Lists(entries, ()))

    said = [softened(f"he called me a {word}", detector) for word in ("dolt", "oaf", "clod")]

    assert said == [[(85.0, "quoting")], [(97.0, None)], [(60.0, None)]]


@pytest.mark.parametrize(
    "text", ["see https://example.org/wiki/{}", "(www.{}.example/about)", "example.com/{}?x=1 is where it stands"]
)
def test_a_word_inside_a_link_counts_little(text):
    assert softened(text.format("faggot")) == [(60.0, "link")]
    assert softened("https://example.org/ you faggot") == [(97.0, None)]


def test_an_entry_of_a_language_counts_wherever_the_text_is_not_plainly_another():
    detector = Blocklist(Lists((Entry("retard", "Toxicity/INSULT", "strong", 85.0, "mine", language="en"),), ()))

    assert found_in("retard", detector)
    assert found_in("you are a retard, la la", detector)
    assert found_in("Il y a du retard dans le train", detector) == []
    anywhere = Blocklist(Lists((Entry("retard", "Toxicity/INSULT", "strong", 85.0, "mine"),), ()))
    assert found_in("Il y a du retard dans le train", anywhere)


def test_no_entry_hides_one_of_another_label_or_of_more_confidence():
    found = found_in("shut the fuck up, you idiot")

    assert ("Toxicity/INSULT", "shut the fuck up") in found
    assert ("Toxicity/PROFANITY", "fuck") in found


def test_a_longer_entry_of_the_same_label_stands_for_the_shorter():
    found = matcher("pig", "fat pig").find("you fat pig")

    assert [(match.start, match.end) for match in found] == [(4, 11)]


def test_what_is_allowed_counts_only_outside_of_the_phrase():
    found = matcher("dick", allow=["moby dick"]).find("moby dick is no dick")

    assert [(match.start, match.end) for match in found] == [(16, 20)]


def test_numbers_and_other_scripts_can_be_listed():
    found = matcher("1488", "傻逼", "сука", "idiot").find("1488 but 14880; 你是傻逼吗; Сука и сук")

    assert [match.entry.text for match in found] == ["1488", "傻逼", "сука"]


def test_a_word_of_another_script_that_looks_like_an_entry_counts_only_among_latin_letters():
    matched = matcher("cocok")

    assert matched.find("это сосок человека и больше ничего") == []
    assert len(matched.find("you absolute сосок, all of you are like this")) == 1


def test_thousands_of_entries_are_found_one_by_one():
    words = [f"{a}{b}{c}zzy" for a in "bcdfgklmnp" for b in "aeiou" for c in "bcdfgklmnpqrstvwxz"] * 2
    detector = Blocklist(Lists(tuple(Entry(w, "Toxicity/SPAM", 60, 60.0, "many") for w in words), ()))

    assert [value for _, value in found_in("a babzzy and a p u x z z y", detector)] == ["babzzy", "p u x z z y"]


def squeezed(word):
    return "".join(letter for letter, _ in groupby(word.lower()))
