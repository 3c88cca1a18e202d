"""The detector of personal data against presidio's pattern recognizers, interleaved in one run on one core.

Short documents of the detector's own evaluation set, filled anew. presidio-analyzer is left out where it is not
installed (``pip install presidio-analyzer``; it needs no language model for its pattern recognizers).

    python benchmarks/pii.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from moderation_pii import TextPii

from moderation.core.items import Part

TRAINING = Path(__file__).parents[1] / "plugins" / "pii" / "training"


def short_documents() -> list[str]:
    """Records, notes and messages with made-up values."""
    sys.path.append(str(TRAINING))
    from filling import documents
    from values import Values

    chance = random.Random(3)
    lists = {
        name: (TRAINING / "sources" / f"{name}.txt").read_text().split()[:1500] for name in ("first", "last", "common")
    }
    draw = {name: (lambda words=words: chance.choice(words)) for name, words in lists.items()}
    first, last = (lambda: draw["first"]().title()), (lambda: draw["last"]().title())
    values = Values(chance, first, last, lambda: f"{last()} Street", lambda: f"{last()}ville", draw["common"])
    return [text for _, text, _ in documents("heldout", 4, values)]


def presidio() -> Callable[[str], object] | None:
    """All of presidio's recognizers that are patterns, each run over the text; None where it is not installed."""
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
    return lambda text: [r.analyze(text, r.supported_entities, None) for r in made]


def main() -> int:
    """Print megabytes in a second, and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    texts = short_documents()
    size = sum(len(text.encode()) for text in texts)
    begin = time.perf_counter()
    full, patterns = TextPii(), TextPii(only_patterns=True)
    full.detect(Part(type="text", text="My name is Ann Lee."), None)
    print(f"ready after {time.perf_counter() - begin:.2f} s")
    subjects: dict[str, Callable[[str], object]] = {
        "full": lambda text: full.detect(Part(type="text", text=text), None),
        "patterns": lambda text: patterns.detect(Part(type="text", text=text), None),
    }
    other = presidio()
    if other is not None:
        subjects["presidio patterns"] = other
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for text in texts[:50]:
        for run in subjects.values():
            run(text)
    for _ in range(args.rounds):
        for name, run in subjects.items():
            begin = time.process_time()
            for text in texts:
                run(text)
            seconds[name].append(time.process_time() - begin)
    print(f"{len(texts)} documents of {size / len(texts):.0f} bytes")
    rates = {name: size / statistics.median(times) / 1e6 for name, times in seconds.items()}
    for name, rate in rates.items():
        ratio = f"  {rate / rates['presidio patterns']:.1f} times presidio" if other is not None else ""
        print(f"{name:18} {rate:7.3f} MB/s{ratio}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
