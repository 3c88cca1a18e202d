"""``text.toxicity`` beside ``text.blocklist``, on one core in one process: texts a second, and their ratio.

Texts are the sentences of the training's grammar, alone and ten together, drawn anew each round so that neither meets
one twice. Rounds are interleaved, so that both see the same machine.

    python benchmarks/toxicity.py [--rounds 7] [--texts 2000]
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools" / "text-training"))

from grammar import Grammar
from moderation_text.detector import Blocklist
from moderation_text.toxicity.detector import Toxicity

from moderation.core.items import Part

TOGETHER = 200
"""Texts that the service hands over at once when many wait."""


def drawn(seed: int, texts: int, sentences: int) -> list[Part]:
    """Texts of so many sentences each."""
    grammar = Grammar(random.Random(seed))
    names = list(grammar.sections)
    chance = random.Random(seed)
    return [
        Part(type="text", text=" ".join(grammar.sentence(chance.choice(names)) for _ in range(sentences)))
        for _ in range(texts)
    ]


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one run."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def rate(each: Callable[[Sequence[Part]], object], parts: Sequence[Part], together: int) -> float:
    """Texts a second, handed over so many at once."""
    took = seconds(lambda: [each(parts[at : at + together]) for at in range(0, len(parts), together)])
    return len(parts) / took


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--texts", type=int, default=2000)
    args = parser.parse_args()
    toxicity, blocklist = Toxicity(), Blocklist.load()
    subjects: dict[str, tuple[Callable[[Sequence[Part]], object], int]] = {
        "text.blocklist": (lambda parts: [blocklist.detect(part, None) for part in parts], 1),
        "text.toxicity, one by one": (lambda parts: [toxicity.detect(part, None) for part in parts], 1),
        f"text.toxicity, {TOGETHER} at once": (lambda parts: toxicity.detect_batch(parts, None), TOGETHER),
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    toxicity.detect(Part(type="text", text="hello"), None)
    blocklist.detect(Part(type="text", text="hello"), None)
    print(f"memory of both, loaded: {(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024:.0f} MB more")
    for sentences in (1, 10):
        rates: dict[str, list[float]] = {name: [] for name in subjects}
        for number in range(args.rounds):
            parts = drawn(1000 * sentences + number, args.texts // sentences, sentences)
            for name, (each, together) in subjects.items():
                rates[name].append(rate(each, parts, together))
        base = rates["text.blocklist"]
        length = statistics.mean(len(part.text or "") for part in parts)
        print(f"texts of {sentences} sentence(s), {length:.0f} characters, median of {args.rounds} rounds:")
        for name, found in rates.items():
            ratio = statistics.median(one / other for one, other in zip(found, base, strict=True))
            print(f"  {name:32} {statistics.median(found):9,.0f} texts/s   {ratio:5.2f} of the block list")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
