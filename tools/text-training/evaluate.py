"""Measure the classifier on texts that it has not seen, beside the block list.

python tools/text-training/evaluate.py DATA                    # trained without the held-out fifth, measured on it
python tools/text-training/evaluate.py DATA --without davidson  # trained without a source, measured on it
python tools/text-training/evaluate.py DATA --shipped           # the shipped model, on the functional tests alone
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from moderation.core.items import Part
from moderation.hookspecs import Unreadable
from moderation_text.detector import Blocklist
from moderation_text.toxicity import detector as toxicity
from moderation_text.toxicity import file as shipped
from moderation_text.toxicity.detector import LABELS as NAMES

from evaluating import FUNCTIONAL, UNSEEN, average_precision, cases
from sources import LABELS, SOURCES, Text, read_sources
from train import fitted_to, frequent_words, generated, packed, rows_of

THRESHOLD = 50.0
REVIEW = 30.0
"""From which the shipped policies ask people."""
SEVERITY = 60.0
"""From which the shipped policy asks people about a listed word."""


def confidences(detector: object, text: str) -> list[float] | None:
    """The highest confidence of each of `LABELS`; None where the detector does not read the text."""
    try:
        found = detector.detect(Part(type="text", text=text), None)
    except Unreadable:
        return None
    return [max((d.confidence for d in found if d.label == NAMES[label]), default=0.0) for label in LABELS]


def measure_labels(texts: Sequence[Text], model: object, words: object) -> None:
    """Average precision, and precision and recall from 50 on, by label and source; the block list's beside."""
    answers = [confidences(model, text.text) for text in texts]
    listed = [confidences(words, text.text) for text in texts]
    print(f"not read: {sum(answer is None for answer in answers)} of {len(texts)}")
    scores = np.array([answer or [0.0] * len(LABELS) for answer in answers])
    beside = np.array(listed)
    wanted = np.array([text.labels for text in texts])
    source = np.array([text.source for text in texts])
    print("label source texts with | AUPRC | from 50: precision recall | block list: precision recall")
    for column, label in enumerate(LABELS):
        for name in (*SOURCES, "all"):
            rows = (wanted[:, column] >= 0) & ((source == name) | (name == "all"))
            truth = wanted[rows, column] == 1
            if not truth.any() or truth.all():
                continue
            told, list_told = scores[rows, column] >= THRESHOLD, beside[rows, column] >= SEVERITY
            line = f"{label} {name} {len(truth)} {truth.sum()} | {average_precision(truth, scores[rows, column]):.3f}"
            for flags in (told, list_told):
                line += (
                    f" | {(flags & truth).sum() / max(1, flags.sum()):.2f} {(flags & truth).sum() / truth.sum():.2f}"
                )
            print(line)


def measure_harmless(texts: Sequence[Text], model: object, words: object) -> None:
    """The share of what its source calls harmless that is flagged, from several confidences on."""
    print("harmless texts of | texts | flagged from 20, 30, 50 | by the block list")
    for name, column in (("sms", "spam"), ("davidson", "harassment"), ("edos", "hate"), ("hatemoji", "hate")):
        mine = [text for text in texts if text.source == name and text.labels[LABELS.index(column)] == 0]
        if mine:
            highest = np.array([max(confidences(model, text.text) or [0.0]) for text in mine])
            listed = np.array([max(confidences(words, text.text) or [0.0]) for text in mine]) >= SEVERITY
            shares = " ".join(f"{(highest >= least).mean():.3f}" for least in (20, 30, 50))
            print(f"{name} | {len(mine)} | {shares} | {listed.mean():.3f}")


def measure_functions(path: Path, model: object, words: object) -> None:
    """The functional tests of a file: the share flagged under each name, by the model, the block list, and either."""
    shares: dict[tuple[str, bool], list[tuple[bool, bool]]] = {}
    for case in cases(path):
        flags = tuple(
            any(value >= least for value in confidences(each, case.text) or [100.0])
            for each, least in ((model, REVIEW), (words, SEVERITY))
        )
        shares.setdefault((case.name, case.is_toxic), []).append(flags)
    print(f"{path.name} | from {REVIEW:.0f} on flagged by the model, the list, either")
    for (name, is_toxic), flags in shares.items():
        told = np.array(flags)
        print(
            f"{'toxic' if is_toxic else 'fine '} {name:28} {told[:, 0].mean():.2f} {told[:, 1].mean():.2f} {told.any(1).mean():.2f}  n={len(flags)}"
        )
    for kind in (True, False):
        told = np.array([flag for (_, toxic), flags in shares.items() if toxic is kind for flag in flags])
        print(
            f"all {'toxic' if kind else 'fine'}: {told[:, 0].mean():.3f} {told[:, 1].mean():.3f} {told.any(1).mean():.3f}  n={len(told)}"
        )


def main() -> int:
    """Train what is asked for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--without", choices=[*SOURCES])
    parser.add_argument("--shipped", action="store_true")
    args = parser.parse_args()
    words, model = Blocklist.load(), toxicity.Toxicity()
    if args.shipped:
        for path in (FUNCTIONAL, UNSEEN):
            measure_functions(path, model, words)
        return 0
    if args.data is None:
        parser.error("DATA is missing: the folder of the data sets")
    texts = list(read_sources(args.data))
    unseen = [text for text in texts if (text.source == args.without if args.without else text.is_held_out)]
    numbers = {(text.source, text.id) for text in unseen}
    seen = [text for text in texts if (text.source, text.id) not in numbers]
    learned = [*seen, *generated()]
    with tempfile.TemporaryDirectory() as folder:
        shipped.MODEL = Path(folder) / shipped.MODEL.name
        shipped.MODEL.write_bytes(packed(fitted_to(learned, rows_of(learned)), frequent_words(learned)))
        measure_labels(unseen, model, words)
        measure_harmless(unseen, model, words)
        for path in () if args.without else (FUNCTIONAL, UNSEEN):
            measure_functions(path, model, words)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
