"""Thresholds from answers, over items whose truth is known because the test made it up."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import run
from moderation.core.detections import Detection
from moderation.core.errors import NotFound
from moderation.core.policy.file import Band
from moderation.core.policy.policies import Policy
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.history import Case, Opinion
from moderation.evidence.tuning import BandTuning, Tuner, patch
from moderation.policies.files import policy_of_bytes, read_document
from moderation.storage.opening import existing_database
from moderation.storage.suggestions import Said, SuggestedScore, SuggestedScores
from tests.houses.past import Past

TAXONOMY = Taxonomy()
TEXT = """\
policy: words
format: 1
applies_to: {content_type: [text]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}

bands:
  # numbers of people; keep this comment
  numbers: {label: PII/SSN, review_from: 40, reject_from: 97, queue: people}   # and this one

sampling:
  - {id: approved, of: approve, percent: 10, queue: people}
  - {id: rejected, of: reject, percent: 20, queue: people}
"""


class Texts:
    """The stored texts of the time."""

    def policy(self, version: str, taxonomy: Taxonomy) -> Policy:
        if version != "then":
            raise NotFound(version)
        return made(TEXT)


def made(text: str) -> Policy:
    policy, faults = policy_of_bytes("words.yml", text.encode(), TAXONOMY)
    assert policy is not None, faults
    return policy


def history(number: int, chance: random.Random, *, sampled: bool = True) -> list[Case]:
    """Items whose chance of deserving a reject is 0 under 60, 99.5 % from 80, and in between between."""
    cases = []
    for n in range(number):
        confidence = chance.uniform(0, 100)
        share = 0.0 if confidence < 60 else 0.995 if confidence >= 80 else (confidence - 60) / 20
        truth = "reject" if chance.random() < share else "approve"
        outcome = "reject" if confidence >= 97 else "review" if confidence >= 40 else "approve"
        percent, sampling = {"approve": (10, "approved"), "reject": (20, "rejected"), "review": (100, None)}[outcome]
        opinions: tuple[Opinion, ...] = ()
        if chance.random() * 100 < percent and (sampled or sampling is None):
            opinions = (Opinion(truth, True, (20.0,), sampling, "words", "then", "people"),)
        cases.append(
            Case(
                item_id=str(n),
                created_at=datetime(2027, 1, 1 + n % 10, tzinfo=UTC),
                subject=Subject("shop", frozenset({"text"}), str(n)),
                findings=[Detection(label="PII/SSN", confidence=confidence, part="p0")],
                outcome=outcome,
                queue=None,
                reach={},
                tools=None,
                judged_at=datetime(2027, 1, 1 + n % 10, tzinfo=UTC),
                opinions=opinions,
            )
        )
    return cases


def tuned(cases: list[Case], text: str = TEXT, precision: float = 0.95, error: float = 0.01) -> BandTuning:
    tuner = Tuner(made(text), TAXONOMY, Texts())  # type: ignore[arg-type]
    for case in cases:
        tuner.add(case)
    return tuner.suggest(precision, error)[0]


def test_thresholds_go_to_where_the_truth_changes() -> None:
    tuning = tuned(history(20_000, random.Random(3)))

    assert 74 <= (tuning.value("reject_from") or 0) <= 80
    assert 59 <= (tuning.value("review_from") or 0) <= 64
    assert tuning.reviews_then < tuning.reviews_now / 2


def test_a_band_with_a_table_is_left_as_it_is() -> None:
    text = TEXT.replace("reject_from: 97", "reject_from: {by: metadata.category, toys: 90, default: 97}")
    assert text != TEXT
    tuner = Tuner(made(text), TAXONOMY, Texts())  # type: ignore[arg-type]
    for case in history(50, random.Random(3)):
        tuner.add(case)

    assert tuner.left_out == ("numbers",)
    assert tuner.suggest(0.95, 0.01) == []


def test_the_reached_share_stands_with_an_interval_that_keeps_the_goal() -> None:
    reject, review = tuned(history(20_000, random.Random(4))).suggestions

    assert reject.reached is not None
    assert review.reached is not None
    assert 0.95 <= reject.reached.low <= reject.reached.share <= reject.reached.high
    assert review.reached.low <= review.reached.share <= review.reached.high <= 0.01


def test_answers_are_weighted_by_how_items_were_picked() -> None:
    """Under 40 one item of ten is looked at. One in fifty of them is bad there, and none from 40 to 60."""
    chance = random.Random(5)
    cases = [case for case in history(30_000, chance) if case.findings[0].confidence < 60]  # type: ignore[union-attr]
    for case in cases:
        if case.outcome == "approve" and case.opinions and chance.random() < 0.02:
            said = case.opinions[0]
            case.opinions = (Opinion("reject", True, said.seconds, said.sampling, "words", "then", "people"),)

    weighed = tuned(cases, error=0.01).suggestions[1]

    assert weighed.suggested is None, "unweighted, the error rate would be about 0.3 %: within the goal"
    assert weighed.reached is not None
    assert weighed.reached.share == pytest.approx(0.02, abs=0.008)


VERIFIED = """\
rules:
  - id: verified
    when: {metadata: {key: verified, is: true}}
    then: approve
    overrides: [numbers.review, numbers.reject]
"""


def test_items_on_which_a_rule_sets_the_band_aside_say_nothing_of_its_thresholds() -> None:
    plain = history(6_000, random.Random(9))
    verified = history(6_000, random.Random(10))
    for case in verified:
        case.subject = Subject("shop", frozenset({"text"}), f"v{case.item_id}", {"verified": True})
        # The band would reject these, and people let all of them pass.
        case.opinions = (Opinion("approve", True, (), None, "words", "then", "people"),)

    knowing = tuned([*plain, *verified], TEXT + VERIFIED)

    assert knowing == tuned(plain, TEXT + VERIFIED)
    assert knowing != tuned([*plain, *verified])


def test_a_rule_that_sets_one_side_aside_leaves_the_other_as_it_is() -> None:
    cases = history(3_000, random.Random(11))
    for case in cases:
        case.subject = Subject("shop", frozenset({"text"}), case.item_id, {"verified": True})

    reject, review = tuned(cases, TEXT + VERIFIED.replace("numbers.review, ", "")).suggestions

    assert (reject.side, reject.answers) == ("reject_from", 0)
    assert review.answers > 0


def test_too_little_evidence_is_said_with_how_much_would_do() -> None:
    tuning = tuned(history(60, random.Random(6)))

    assert all(each.suggested is None for each in tuning.suggestions)
    assert "too little evidence" in tuning.suggestions[0].why
    assert "more answers there would do" in tuning.suggestions[0].why


def test_where_nobody_looks_at_what_is_approved_a_sampling_is_advised() -> None:
    assert "add a sampling of: approve" in tuned(history(3000, random.Random(7), sampled=False)).suggestions[1].why


def test_a_locked_band_is_only_tightened() -> None:
    text = TEXT.replace("queue: people}   #", "queue: people, locked: true}   #")
    reject, review = tuned(history(20_000, random.Random(3)), text).suggestions

    assert reject.suggested is not None, "lower is tighter"
    assert review.suggested is None
    assert "the band is locked" in review.why


def test_the_patch_changes_two_numbers_and_keeps_everything_else(tmp_path: Path) -> None:
    file = tmp_path / "words.yml"
    file.write_text(TEXT)
    tuning = tuned(history(20_000, random.Random(3)))

    shown = patch(made(TEXT), read_document(file, "words.yml"), [tuning])

    lines = [line for line in shown.splitlines() if line.startswith(("-", "+")) and "words.yml" not in line]
    old = "  numbers: {label: PII/SSN, review_from: 40, reject_from: 97, queue: people}   # and this one"
    new = old.replace("40", f"{tuning.value('review_from')}").replace("97", f"{tuning.value('reject_from')}")
    assert lines == [f"-{old}", f"+{new}"]


def test_the_command_prints_suggestions_and_exits_by_whether_there_are_any(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        past.item(85, "reject")

    assert past.run("rules", "tune", "words") == 1
    assert "too little evidence" in capsys.readouterr().out
    for _ in range(80):
        past.item(85, "reject")
    code, said = past.run("rules", "tune", "words", "--precision", "90", "--json"), json.loads(capsys.readouterr().out)

    assert code == 0
    suggestion: Any = said["bands"][0]["suggestions"][0]
    assert (suggestion["side"], suggestion["now"], suggestion["suggested"]) == ("reject_from", 90.0, 85)
    assert "+  numbers: {label: PII/SSN, review_from: 50, reject_from: 85, queue: people}" in said["patch"]


def suggestion(number: int, confidence: float, *said: tuple[str, float], app: str = "shop") -> SuggestedScore:
    about = tuple(Said("A", (label,), value) for label, value in said)
    return SuggestedScore(str(number), app, {"PII/SSN": confidence}, about, datetime(2027, 1, 1, tzinfo=UTC))


def test_verdicts_on_comments_count_for_the_bands_that_they_speak_of() -> None:
    tuner = Tuner(made(TEXT), TAXONOMY, Texts())  # type: ignore[arg-type]
    for number in range(400):
        bad = number % 2 == 0
        tuner.add_suggestion(suggestion(number, 85 if bad else 45, ("PII/SSN", float(bad))))
        tuner.add_suggestion(suggestion(number, 85, ("PII/EMAIL", 0.0)))

    (tuning,) = tuner.suggest(0.95, 0.05)

    assert tuner.suggestions == 800
    assert tuning.value("reject_from") == 85


def test_the_command_reads_verdicts_on_comments_only_where_it_is_told_to(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    past.item(85, "reject")
    with existing_database(past.settings) as database:
        for number in range(80):
            SuggestedScores(database).keep(suggestion(number, 85, ("PII/SSN", 1.0)))

    assert past.run("rules", "tune", "words", "--precision", "90") == 1
    capsys.readouterr()
    code = past.run("rules", "tune", "words", "--precision", "90", "--suggested", "--json")
    said = json.loads(capsys.readouterr().out)

    assert (code, said["items"], said["suggestions"]) == (0, 1, 80)
    assert said["bands"][0]["suggestions"][0]["suggested"] == 85


def test_both_sides_of_a_band_fit_together() -> None:
    """All from 50 on is bad, so that rejecting could begin at 50; but people look from 60 on, and nothing says higher."""
    cases = history(6000, random.Random(8))
    for case in cases:
        confidence = case.findings[0].confidence  # type: ignore[union-attr]
        said = "reject" if confidence >= 50 else "approve"
        case.opinions = (Opinion(said, True, (20.0,), None, "words", "then", "people"),) if confidence >= 45 else ()
    text = TEXT.replace("review_from: 40, reject_from: 97", "review_from: 60, reject_from: 90")

    tuning = tuned(cases, text)

    review, reject = tuning.value("review_from"), tuning.value("reject_from")
    assert review is not None
    assert reject is not None
    assert review < reject
    band = made(text).file.bands["numbers"]
    Band.model_validate({**band.model_dump(exclude_none=True), "review_from": review, "reject_from": reject})


def test_what_an_appeal_brought_is_no_fair_pick() -> None:
    cases = history(4000, random.Random(9))
    for case in cases:
        if case.opinions:
            appeal = Opinion("approve", True, (20.0,), None, "words", "then", "people", "appeal")
            case.opinions = (*case.opinions, appeal)

    assert tuned(cases).suggestions == tuned(history(4000, random.Random(9))).suggestions


def test_a_policy_without_bands_or_of_another_name_is_said(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert past.run("rules", "tune", "wrods") == 2
    assert "no policy 'wrods' is in force; there are words" in capsys.readouterr().err
    assert run(["rules", "tune", "words", "--precision", "100", "--data", str(past.settings.data)]) == 2
