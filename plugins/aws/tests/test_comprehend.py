"""Comprehend's detectors against the double of AWS: sizes in bytes and code points, places, languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_aws.calls import Account
from moderation_aws.cutting import pieces, sendable, utf8_length
from moderation_aws.languages import LanguageOptions
from moderation_aws.text_phi import TextPhi
from moderation_aws.text_pii import TextPii
from moderation_aws.text_toxicity import TextToxicity

from moderation.core.detections import Detection
from moderation.hookspecs import Unavailable
from moderation.testing import DetectorContract, FakeContext
from tests.aws_double import AwsDouble
from tests.aws_double.examples import PAULO, PAULO_TEXT, VAN_BOKHORST, entities_of, van_bokhorst
from tests.examples import examples

ENGLISH = LanguageOptions(language="en")
PII, TOXIC, PHI = "comprehend.DetectPiiEntities", "comprehend.DetectToxicContent", "comprehendmedical.DetectPHI"


def look(detector: Any, folder: Path, text: str) -> list[Detection]:
    context = FakeContext(folder, app="shop")
    found: list[Detection] = detector.detect(context.text(text), context)
    return found


def finds(word: str, kind: str, **more: Any) -> Any:
    """An answer function that sees each `word`, by code points."""

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        text, at, entities = given["Text"], -1, []
        while (at := text.find(word, at + 1)) >= 0:
            entities.append({"Type": kind, "Score": 0.99, "BeginOffset": at, "EndOffset": at + len(word), **more})
        return {"Entities": entities}

    return answer


def toxic(given: dict[str, Any]) -> dict[str, Any]:
    """Every segment with "idiot" in it is an insult."""
    scores = [0.97 if "idiot" in segment["Text"] else 0.02 for segment in given["TextSegments"]]
    names = ("PROFANITY", "HATE_SPEECH", "INSULT", "GRAPHIC", "HARASSMENT_OR_ABUSE", "SEXUAL", "VIOLENCE_OR_THREAT")
    return {
        "ResultList": [
            {"Labels": [{"Name": n, "Score": s if n == "INSULT" else 0.05} for n in names], "Toxicity": s}
            for s in scores
        ]
    }


class _OverAws(DetectorContract):
    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        aws.answer(PII, finds("ann@example.org", "EMAIL"))
        aws.answer(TOXIC, toxic)
        aws.answer(
            PHI, lambda g: {**finds("Ann", "NAME", Category="PROTECTED_HEALTH_INFORMATION")(g), "ModelVersion": "2.1"}
        )
        aws.answer("comprehend.DetectDominantLanguage", {"Languages": [{"LanguageCode": "en", "Score": 0.98}]})
        yield
        assert aws.refused == []


class TestPiiContract(_OverAws):
    finds = (("Write to ann@example.org, please.", "PII/EMAIL"), ("\U0001f600\U0001f600 ann@example.org", "PII/EMAIL"))
    ignores = ("Nothing here.",)

    def detector(self) -> TextPii:
        return TextPii(self.account, LanguageOptions())


class TestToxicityContract(_OverAws):
    finds = (("You are an idiot, my friend, and more.", "Toxicity/INSULT"),)
    ignores = ("Good morning.",)

    def detector(self) -> TextToxicity:
        return TextToxicity(self.account, LanguageOptions())


class TestPhiContract(_OverAws):
    finds = (("Patient Ann was seen.", "PII/NAME"),)
    ignores = ("Nothing here.",)

    def detector(self) -> TextPhi:
        return TextPhi(self.account, LanguageOptions())


def test_the_example_of_aws_documentation(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(PII, PAULO)
    found = look(TextPii(account, ENGLISH), tmp_path, PAULO_TEXT)

    assert [(d.label, PAULO_TEXT[d.span.start : d.span.end]) for d in found if d.span] == [
        ("PII/NAME", "Paulo Santos"),
        ("PII/CREDIT_DEBIT_NUMBER", "1111-0000-1111-0000"),
        ("PII/ADDRESS", "123 Any Street, Seattle, WA 98109"),
    ]
    assert found[1].confidence == pytest.approx(89.05550241470337)


def test_the_example_with_eleven_entities(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(PII, van_bokhorst())
    found = look(TextPii(account, ENGLISH), tmp_path, VAN_BOKHORST)

    assert [(d.label.removeprefix("PII/"), VAN_BOKHORST[d.span.start : d.span.end]) for d in found if d.span] == list(
        entities_of(VAN_BOKHORST)
    )
    assert len(found) == 11


def test_places_are_code_points_beyond_the_basic_plane_too(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(PII, finds("ann@example.org", "EMAIL"))
    text = "\U0001f600é\u0301\U0001f1e9\U0001f1ea ann@example.org \U0001d518"
    [found] = look(TextPii(account, ENGLISH), tmp_path, text)

    assert found.span is not None
    assert text[found.span.start : found.span.end] == "ann@example.org"


def test_a_long_text_goes_in_pieces_and_nothing_is_lost_or_doubled(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    aws.answer(PII, finds("ann@example.org", "EMAIL"))
    sentence = "Schöne Grüße \U0001f600 aus dem Süden. "
    text = "".join(f"{sentence * 20}Write to ann@example.org. " for _ in range(330))
    found = look(TextPii(account, ENGLISH), tmp_path, text)

    assert len(text.encode()) > 250_000
    assert aws.count(PII) == 3
    assert [text[d.span.start : d.span.end] for d in found if d.span] == ["ann@example.org"] * 330
    assert len({d.span.start for d in found if d.span}) == 330
    assert aws.refused == []
    assert account.store.usage("2000-01-01")[0].units >= len(text) / 100


@pytest.mark.parametrize("length", [99_999, 100_000, 100_001])
def test_texts_at_the_edge_of_a_call(aws: AwsDouble, account: Account, tmp_path: Path, length: int) -> None:
    aws.answer(PII, {"Entities": []})
    look(TextPii(account, ENGLISH), tmp_path, "x" * length)

    assert aws.count(PII) == (1 if length <= 100_000 else 2)
    assert aws.refused == []


def test_an_entity_on_a_cut_is_found_whole(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(PII, finds("123 Any Street, Seattle", "ADDRESS"))
    text = "x" * 99_990 + "123 Any Street, Seattle" + "y" * 200
    [found] = look(TextPii(account, ENGLISH), tmp_path, text)

    assert found.span is not None
    assert text[found.span.start : found.span.end] == "123 Any Street, Seattle"


def test_offsets_outside_the_text_make_the_answer_worthless(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(PII, {"Entities": [{"Type": "NAME", "Score": 0.9, "BeginOffset": 3, "EndOffset": 99}]})

    with pytest.raises(Unavailable, match="3-99 of a text of 5"):
        look(TextPii(account, ENGLISH), tmp_path, "Hello")


@pytest.mark.parametrize(("code", "sent"), [("es", "es"), ("en", "en")])
def test_the_language_is_detected(aws: AwsDouble, account: Account, tmp_path: Path, code: str, sent: str) -> None:
    aws.answer(
        "comprehend.DetectDominantLanguage",
        {"Languages": [{"LanguageCode": "de", "Score": 0.1}, {"LanguageCode": code, "Score": 0.8}]},
    )
    aws.answer(PII, {"Entities": []})
    look(TextPii(account, LanguageOptions()), tmp_path, "Buenos días a todos, ¿qué tal estáis?")

    assert aws.last(PII)["LanguageCode"] == sent


def test_a_language_that_is_not_read_is_a_failure_unless_told_otherwise(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    aws.answer("comprehend.DetectDominantLanguage", {"Languages": [{"LanguageCode": "de", "Score": 0.99}]})
    aws.answer(PII, {"Entities": []})
    text = "Guten Morgen allerseits, wie geht es?"

    with pytest.raises(Unavailable, match=r"language 'de'; comprehend\.pii reads en, es"):
        look(TextPii(account, LanguageOptions()), tmp_path, text)
    look(TextPii(account, LanguageOptions(other_languages="as_english")), tmp_path, text)
    assert aws.last(PII)["LanguageCode"] == "en"


def test_short_texts_are_taken_as_english_without_asking(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(PII, {"Entities": []})
    look(TextPii(account, LanguageOptions()), tmp_path, "Hola Ann")

    assert [call.name for call in aws.calls] == [PII]


def test_abuse_is_placed_in_its_stretch_of_a_long_text(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(TOXIC, toxic)
    text = "Ein Satz mit Ümläuten \U0001f600. " * 600 + "You idiot! " + "And on it goes. " * 200
    found = look(TextToxicity(account, ENGLISH), tmp_path, text)

    assert found
    assert {d.label for d in found} == {"Toxicity/INSULT"}
    assert all("idiot" in text[d.span.start : d.span.end] for d in found if d.span)
    assert aws.count(TOXIC) > 1
    assert aws.refused == []


def test_a_missing_result_is_no_answer(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(TOXIC, {"ResultList": []})

    with pytest.raises(Unavailable, match="0 results for 1"):
        look(TextToxicity(account, ENGLISH), tmp_path, "You idiot")


def test_medical_types_are_ours_and_their_words_are_not_kept(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    text = "MRN 839201, Dr. Ann Lee, carpenter"
    phi = "PROTECTED_HEALTH_INFORMATION"
    aws.answer(PHI, {"ModelVersion": "2.1", "Entities": [
        {"Type": "ID", "Text": "839201", "Score": 0.9, "BeginOffset": 4, "EndOffset": 10, "Category": phi},
        {"Type": "NAME", "Text": "Ann Lee", "Score": 0.9, "BeginOffset": 16, "EndOffset": 23, "Category": phi},
        {"Type": "GENDER", "Text": "carpenter", "Score": 0.9, "BeginOffset": 25, "EndOffset": 34, "Category": phi},
    ]})  # fmt: skip
    found = look(TextPhi(account, ENGLISH), tmp_path, text)

    assert [d.label for d in found] == ["Custom/PHI_ID", "PII/NAME", "PII"]
    assert "839201" not in str([d.attributes for d in found])


@pytest.mark.parametrize("length", [19_999, 20_000, 20_001])
def test_medical_texts_are_counted_in_characters(aws: AwsDouble, account: Account, tmp_path: Path, length: int) -> None:
    aws.answer(PHI, {"Entities": [], "ModelVersion": "2.1"})
    look(TextPhi(account, ENGLISH), tmp_path, "\U0001f600" * length)

    assert aws.count(PHI) == (1 if length <= 20_000 else 2)
    assert aws.refused == []


@settings(max_examples=examples(40), deadline=None)
@given(st.text(max_size=400), st.integers(4, 60), st.integers(0, 30))
def test_pieces_cover_the_text_within_the_size(text: str, most: int, overlap: int) -> None:
    cut = list(pieces(text, most, overlap=overlap))

    assert all(text[p.start : p.start + len(p.text)] == p.text for p in cut)
    assert all(0 < utf8_length(p.text) <= most for p in cut)
    covered = {at for p in cut for at in range(p.start, p.start + len(p.text))}
    assert covered == set(range(len(text)))


def test_pieces_end_with_sentences() -> None:
    assert [p.text for p in pieces("One sentence. Another one. A third.", 20)] == [
        "One sentence. ",
        "Another one. ",
        "A third.",
    ]


def test_half_a_surrogate_pair_is_sent_as_something_else_of_the_same_length() -> None:
    assert sendable("a\ud800b\U0001f600") == "a\ufffdb\U0001f600"
