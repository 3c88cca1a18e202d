"""Sentences that the service makes in English, in the reader's language; what people wrote stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask, g

from moderation.core.decisions import Decision
from moderation.core.detections import Detection
from moderation.core.fingerprints import EarlierDecision
from moderation.core.policy.file import FailureAsk
from moderation.core.rules.reasons import NO_ONE, Failing, because
from moderation.core.verdicts import Evidence, NotExamined, PolicyRef, RuleResult, ScoreValue
from moderation.core.wording import waiting_words
from review_ui.portal.said import said

NAMES = {"PII/EMAIL": "Correo electrónico"}


@pytest.fixture
def spanish() -> Iterator[None]:
    with Flask("some").test_request_context():
        g.language = "es"
        yield


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("general: a sample for quality; the rules wanted reject", "general: una muestra de calidad; las reglas querían «rechazar»"),
        ("Appeal against reject: it was: a joke", "Recurso contra «rechazar»: it was: a joke"),
        ("p: Mine. (PII/EMAIL at 91.5 %, at least 80 asked for)", "p: Mine. (Correo electrónico con 91.5 %, se pide al menos 80)"),
        ("p: PII/EMAIL at 80 % or more. (PII/EMAIL at 91.5 %)", "p: Correo electrónico con 80 % o más. (Correo electrónico con 91.5 %)"),
        ("p: A rule of ours. at all", "p: A rule of ours. at all"),
        ("No rule is about what was found.", "Ninguna regla trata de lo que se encontró."),
        ("%(why)s 100 % odd", "%(why)s 100 % odd"),
    ],
)  # fmt: skip
def test_known_forms_are_said_anew_and_all_else_stays(sentence: str, read: str) -> None:
    assert said(sentence, NAMES) == read


def made() -> Iterator[str]:
    """What the service writes, by the functions that write it; names and words of others are of the letters y and z."""
    failure = FailureAsk.model_validate({"review": "zz"})
    detection = Detection(label="Zz", confidence=91.5, part="zz")
    for evidence, scores in (
        ((), ()),
        ((Evidence(detection, 80.0),), ()),
        ((Evidence(detection),), ()),
        ((), (ScoreValue("zz", 3, 2, "counter"),)),
        ((), (ScoreValue("zz", 1, 1, "list"),)),
        ((), (ScoreValue("zz", 81, 80),)),
    ):
        for over_cap in (False, True):
            rule = RuleResult(
                "true", "zz", "review", "Zzz", "zz:1", evidence=evidence, scores=scores, over_cap=over_cap
            )
            yield because("review", [rule], NO_ONE, failure)
    yield because("review", [], Failing(("yy", "zz"), ("zz",), frozenset({"yy"})), failure)
    yield because("review", [], NO_ONE, failure)
    yield because("approve", [], NO_ONE, failure)
    for labels in (("Yy", "Zz"), ()):
        yield waiting_words(NotExamined(policy="zz", labels=labels, waits_for=("zz",)))
    ref = PolicyRef(name="zz", version="zz")
    for outcome, kind, bits in (
        ("approve", "text", 2),
        ("reject", "text", None),
        ("reject", "picture", 3),
        ("reject", "picture", None),
    ):
        decision = Decision(
            outcome=outcome,
            decided_by="people",
            labels=("Zz",),
            reason="zz",
            policy=ref,
            decided_at=datetime(2026, 1, 2, tzinfo=UTC),
        )
        yield EarlierDecision("zz", kind, bits, decision).sentence()


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize("sentence", sorted(set(made())))
def test_every_sentence_that_the_service_makes_is_said_in_spanish(sentence: str) -> None:
    english = set(re.findall(r"[a-z]{3,}", sentence.lower())) - {
        "zzz",
        "bits",
        "byte",
        "detector",
    }  # the last are Spanish, too
    left = set(re.findall(r"[a-z]{3,}", said(sentence, {}).lower()))

    assert left & english <= {"zzz"}, said(sentence, {})
    assert said(sentence, {}) != sentence or not english
