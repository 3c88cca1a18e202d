"""Attributes as they were measured: calibration on made-up truth, cards held against what is loaded, the command."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from moderation.cli import run
from moderation.core.errors import PolicyFault
from moderation.perspective.attributes import NAMES, SHIPPED, Attributes, Card, read_cards
from moderation.perspective.calibration import Judged, fit, quality_of, score_of, weighted_to
from moderation.plugins import load_plugins
from moderation.settings import Settings

OPTIONS = ("--label", "Toxicity/INSULT", "--detector", "text.blocklist", "--means", "insults", "--source", "ours")


def texts(number: int, seed: int = 1) -> list[Judged]:
    """Texts whose chance of having the attribute is the square of their confidence."""
    chance = random.Random(seed)
    made = []
    for _ in range(number):
        confidence = 0.0 if chance.random() < 0.3 else chance.uniform(10, 100)
        made.append(Judged(confidence, chance.random() < (confidence / 100) ** 2))
    return made


def test_scores_are_the_share_of_texts_that_have_it() -> None:
    knots = fit(texts(20_000))

    for confidence in (0, 20, 50, 80):
        assert score_of(confidence, knots) == pytest.approx((confidence / 100) ** 2, abs=0.03)


def test_scores_hold_for_the_share_that_is_asked_for() -> None:
    weighted = weighted_to(texts(20_000), 0.1)

    assert sum(each.weight for each in weighted if each.has) == pytest.approx(2000)
    assert sum(each.weight for each in weighted) == pytest.approx(20_000)


def test_figures_are_those_of_folds_left_out() -> None:
    quality = quality_of(texts(5000))
    by_chance = quality_of([Judged(each.confidence, number % 2 == 0) for number, each in enumerate(texts(5000))])

    assert quality.auroc == pytest.approx(0.91, abs=0.02)
    assert quality.calibration_error < 0.02
    assert by_chance.auroc == pytest.approx(0.5, abs=0.03)


@given(
    st.lists(st.builds(Judged, st.floats(0, 100), st.booleans(), st.floats(0.01, 100)), min_size=2, max_size=200),
    st.floats(0, 100),
    st.floats(0, 100),
)
def test_more_confidence_is_never_a_lower_score_and_none_is_0_or_1(given: list[Judged], one: float, two: float) -> None:
    knots = fit(given)

    low, high = (score_of(each, knots) for each in sorted((one, two)))
    assert low <= high
    assert 0 <= low <= 1
    assert [each[0] for each in knots] == sorted({each[0] for each in knots})


def test_the_shipped_cards_were_measured_with_the_shipped_detectors() -> None:
    """Whoever changes a detector's version measures its attributes again, or they are gone for callers."""
    attributes = Attributes.load(None, load_plugins(Settings()).detectors)

    assert not attributes.missing
    assert set(attributes.cards) == set(NAMES) - {"SEVERE_TOXICITY"}
    assert "nothing was measured" in attributes.why_not("SEVERE_TOXICITY")


def test_every_shipped_figure_is_in_the_docs() -> None:
    page = Path("docs/perspective.md").read_text()

    for name, card in read_cards(SHIPPED).items():
        figures = card.figures
        assert figures.precision is not None
        numbers = (figures.auroc, figures.average_precision, figures.precision, figures.recall)
        shown = " | ".join(f"{number:.2f}".lstrip("0") for number in numbers)
        assert f"| `{name}` | {card.count:,}, {card.positives:,} | {shown} |" in page


def test_an_attribute_of_another_version_or_of_a_detector_that_is_gone_has_no_score() -> None:
    class Other:
        name, version, reads = "text.toxicity", "2.0", ("text",)

    class Lists:
        name, version, reads = "text.blocklist", "1.1", ("text",)

    other = Attributes.load(None, [Other(), Lists()])  # type: ignore[list-item]
    gone = Attributes.load(None, [Lists()])  # type: ignore[list-item]

    assert not other.cards
    assert "measured with text.toxicity 1.0, and 2.0 is loaded" in other.why_not("TOXICITY")
    assert "text.toxicity, which is not loaded" in gone.why_not("TOXICITY")


def own_card(**changed: object) -> dict[str, object]:
    card = read_cards(SHIPPED)["INSULT"].model_dump(mode="json", exclude_none=True)
    return {**card, **changed}


def test_a_card_of_ones_own_is_offered_and_a_faulty_file_is_told_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cards.yml"
    path.write_text(yaml.safe_dump({"attributes": {"SEVERE_TOXICITY": own_card(labels=["Toxicity/HATE_SPEECH"])}}))
    monkeypatch.setenv("MODERATION_PERSPECTIVE_CARDS", str(path))

    assert run(["perspective", "attributes", "--json"]) == 0
    assert "SEVERE_TOXICITY" in json.loads(capsys.readouterr().out)["attributes"]

    path.write_text("attributes:\n  SPAM:\n    label: [Toxicity/SPAM]\n")
    assert run(["perspective", "attributes"]) == 2
    assert f"{path}:3:5: E101 unknown key 'label'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"calibration": [[0, 0.5], [60, 0.4]]}, "scores never fall"),
        ({"calibration": [[60, 0.1], [10, 0.4]]}, "confidences rise"),
        ({"calibration": [[0, 0.1], [60, 4.0]]}, "scores 0-1"),
        ({"calibration": [[0, 0.1], [60]]}, "[confidence, score]"),
        ({"labels": ["Toxicity/INSLUT"]}, "unknown label"),
        ({"positives": 3}, "20"),
    ],
)
def test_a_card_that_cannot_be_meant_is_refused(tmp_path: Path, changed: dict[str, object], words: str) -> None:
    path = tmp_path / "cards.yml"
    path.write_text(yaml.safe_dump({"attributes": {"X": own_card(**changed)}}))

    with pytest.raises(PolicyFault) as refused:
        read_cards(path)
    assert words in str(refused.value)


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


def test_texts_that_people_judged_become_a_card(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rude = [(f"number {n}: what an idiot you are", "1") for n in range(60)]
    kind = [(f"number {n}: what a lovely evening that was", "0") for n in range(60)]
    foreign = [("Das ist doch alles ganz schrecklich, was ihr hier den ganzen Tag so schreibt", "0")]
    path = write(tmp_path / "texts.csv", rude + kind + foreign)

    done = run(["perspective", "measure", "INSULT", str(path), "--detector", "text.toxicity", *OPTIONS])

    assert done == 0
    out, err = capfd.readouterr()
    card = Card.model_validate(yaml.safe_load(out)["attributes"]["INSULT"])
    assert (card.count, card.positives, card.texts) == (120, 60, "ours")
    assert card.score(85) > 0.8 > 0.1 > card.score(0)
    assert card.figures.auroc > 0.99
    assert "1 texts could not be read" in err


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", "1")] * 5, "5 texts, 5 with label 1; 100 and more are wanted"),
        ([("a", "perhaps")], "texts.csv:2: label is 'perhaps'; 1 or 0 is wanted"),
    ],
)
def test_texts_that_measure_nothing_are_refused(
    tmp_path: Path, rows: list[tuple[str, str]], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "texts.csv", rows)

    done = run(["perspective", "measure", "X", str(path), *OPTIONS])

    assert done == 2
    assert words in capsys.readouterr().err
