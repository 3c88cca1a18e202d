"""The detector of personal data beside presidio, on one core in one process: accuracy and speed.

Documents are those of ``tools/pii-training/unseen.py``, which share nothing with what the model was trained on. Each
round draws new ones, so that no subject sees a text twice, and puts them together to long ones, too. presidio-analyzer
is left out where it is not installed (``pip install presidio-analyzer``): its pattern recognizers alone, which need no
model of a language, and, with ``--engine``, its AnalyzerEngine with a model of spaCy's.

    python benchmarks/pii.py [--rounds 9] [--engine en_core_web_sm]
"""

from __future__ import annotations

import argparse
import logging
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEGUN = time.perf_counter()

from moderation_pii import TextPii  # noqa: E402 - what it takes to import is measured

from moderation.core.items import Part  # noqa: E402

TRAINING = Path(__file__).parents[1] / "tools" / "pii-training"
SAME = {
    "CREDIT_CARD": "CREDIT_DEBIT_NUMBER",
    "US_SSN": "SSN",
    "ES_NIF": "SSN",
    "ES_NIE": "SSN",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "IBAN_CODE": "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "IP_ADDRESS": "IP_ADDRESS",
    "MAC_ADDRESS": "MAC_ADDRESS",
    "DATE_TIME": "DATE_TIME",
    "URL": "URL",
    "US_BANK_NUMBER": "BANK_ACCOUNT_NUMBER",
    "ABA_ROUTING_NUMBER": "BANK_ROUTING",
    "US_DRIVER_LICENSE": "DRIVER_ID",
    "US_PASSPORT": "PASSPORT_NUMBER",
    "UK_PASSPORT": "PASSPORT_NUMBER",
    "UK_NHS": "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "UK_NINO": "UK_NATIONAL_INSURANCE_NUMBER",
    "PERSON": "NAME",
    "LOCATION": "ADDRESS",
}
"""What presidio calls the kinds; its others are not counted, for or against it."""

LONG = 4_000
"""Bytes of a long text."""

Place = tuple[int, int, str]


def ours(detector: TextPii) -> Callable[[str], list[Place]]:
    """What our detector finds."""

    def run(text: str) -> list[Place]:
        detections = detector.detect(Part(type="text", text=text), None)
        return [(d.span.start, d.span.end, d.label.removeprefix("PII/")) for d in detections if d.confidence >= 50]

    return run


def presidio() -> Callable[[str], list[Place]] | None:
    """All of presidio's recognizers that are patterns, each run over the text; None where it is not installed."""
    logging.getLogger("tldextract").setLevel(logging.CRITICAL)
    try:
        from presidio_analyzer import PatternRecognizer, predefined_recognizers
    except ImportError:
        return None
    made = []
    for name in predefined_recognizers.__all__:
        kind = getattr(predefined_recognizers, name)
        if isinstance(kind, type) and issubclass(kind, PatternRecognizer):
            try:
                recognizer = kind()
            except Exception:
                continue
            if recognizer.supported_language == "en":
                made.append(recognizer)

    def run(text: str) -> list[Place]:
        results = [
            result for recognizer in made for result in recognizer.analyze(text, recognizer.supported_entities, None)
        ]
        return surest(results)

    return run


def engine(model: str) -> Callable[[str], list[Place]]:
    """The AnalyzerEngine of presidio with all that it recognizes by default in English."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    said = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    nlp = NlpEngineProvider(nlp_configuration=said).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    return lambda text: surest(analyzer.analyze(text, language="en"))


def surest(results: list[Any]) -> list[Place]:
    """The surest of overlapping results, of the kinds that are counted."""
    found: list[Place] = []
    for result in sorted(results, key=lambda result: (-result.score, result.start - result.end)):
        kind = SAME.get(result.entity_type)
        if kind and not any(start < result.end and result.start < end for start, end, _ in found):
            found.append((result.start, result.end, kind))
    return found


def long_ones(texts: list[str]) -> list[str]:
    """The texts, put together to some of about LONG bytes."""
    made, size = [[]], 0
    for text in texts:
        if size > LONG:
            made.append([])
            size = 0
        made[-1].append(text)
        size += len(text.encode())
    return ["\n\n".join(each) for each in made]


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--engine", help="a spaCy model that is installed, for presidio's AnalyzerEngine")
    args = parser.parse_args()
    full, patterns = ours(TextPii()), ours(TextPii(only_patterns=True))
    full("My name is Ann Lee.")
    print(f"ready after {time.perf_counter() - BEGUN:.2f} s, imports included")
    sys.path.append(str(TRAINING))
    from scoring import Scores
    from unseen import unseen

    subjects = {"full": full, "patterns": patterns}
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    other = presidio()
    if other is not None:
        subjects["presidio"] = other
    if args.engine:
        subjects["engine"] = engine(args.engine)
    scores = {name: Scores() for name in subjects}
    rates: dict[str, list[float]] = {name: [] for name in subjects}
    long_rates: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(args.rounds + 1):
        documents = unseen(1, seed=1000 + number)
        size = sum(len(text.encode()) for _, text, _ in documents)
        for name, run in subjects.items():
            begin = time.process_time()
            found = [run(text) for _, text, _ in documents]
            seconds = time.process_time() - begin
            if number:  # the first round warms up
                rates[name].append(size / seconds / 1e6)
            together = long_ones([text for _, text, _ in documents])
            begin = time.process_time()
            for text in together:
                run(text)
            if number:
                long_rates[name].append(
                    sum(len(text.encode()) for text in together) / (time.process_time() - begin) / 1e6
                )
            for (group, _, places), places_found in zip(documents, found, strict=True):
                scores[name].add(group, places, places_found)
    print(f"\n{'F2':42}{'gold':>6}" + "".join(f"{name:>10}" for name in subjects))
    for kind in sorted(scores["full"].gold):
        print(f"{kind:42}{scores['full'].gold[kind]:6}" + "".join(f"{s.kind(kind)[2]:10.2f}" for s in scores.values()))
    print(f"{'all (micro)':48}" + "".join(f"{s.micro[2]:10.2f}" for s in scores.values()))
    print(f"{'all (macro)':48}" + "".join(f"{s.macro:10.2f}" for s in scores.values()))
    print(f"{'precision':48}" + "".join(f"{s.micro[0]:10.2f}" for s in scores.values()))
    print(
        f"{'gold characters uncovered':48}"
        + "".join(f"{s.uncovered / max(1, s.covered + s.uncovered):10.1%}" for s in scores.values())
    )
    print(f"\n{len(documents)} documents of {size / len(documents):.0f} bytes in a round, none seen before")
    for said, measured in (("each by itself", rates), (f"in texts of {LONG} bytes", long_rates)):
        print(said)
        middle = {name: statistics.median(found) for name, found in measured.items()}
        for name, rate in middle.items():
            beside = [each for each in ("presidio", "engine") if each in middle]
            ratios = "".join(f"  {rate / middle[each]:5.1f} times {each}" for each in beside)
            print(f"{name:10} {rate:7.3f} MB/s{ratios}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
