"""Texts through the whole service against a plain loop over the same detectors and policies, in one run.

The service takes texts in batches, keeps them durably (SQLite, ``synchronous=FULL``), looks at them in the detectors'
processes and writes each decision with its evidence, on all cores. The loop calls the same detectors in this process
and evaluates the same policies on one core; it keeps nothing. They take turns, and the ratio is that of each turn,
because a machine's speed changes.

    python benchmarks/service.py [--texts 4000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moderation.commands.serve import settle_memory
from moderation.core.items import Part
from moderation.core.rules.engine import evaluate
from moderation.detection.subjects import subject_of
from moderation.pipeline.intake import Submission
from moderation.service import Service
from moderation.settings import Settings

SENTENCE = (
    "the market was good today and we sold three chairs in blue please call back tomorrow about the price of one more "
    "table that stands by the window where nobody looks at it since the summer"
)
BATCH = 100
CLIENTS = 4


def make_texts(number: int) -> list[str]:
    """Short posts; every tenth has a telephone number or a card number in it."""
    chance = random.Random(1)
    vocabulary = SENTENCE.split()
    texts = []
    for position in range(number):
        words = [chance.choice(vocabulary) for _ in range(chance.randint(6, 30))]
        if position % 20 == 0:
            words.insert(3, "4111 1111 1111 1111")
        elif position % 20 == 10:
            words.insert(3, "206-555-0142")
        texts.append(f"{' '.join(words)} {position}")
    return texts


class Nobody:
    """Stands in for A2I: loops are started and never answered."""

    def provision(self, queues: Any) -> list[str]:
        """There is all that queues need."""
        return []

    def start(self, name: str, flow: str, content: Any) -> str:
        """The ARN of a loop that is none."""
        return f"arn:aws:sagemaker:us-east-1:000000000000:human-loop/{name}"


def settled(settings: Settings) -> Service:
    """A service with its detectors ready."""
    service = Service.open(settings, human_loops=Nobody())  # type: ignore[arg-type]
    service.judge.keep_warm()
    while service.judge.runner.problems():
        time.sleep(0.1)
    settle_memory()
    return service


def opened() -> Service:
    """One over a folder of its own, whose workers run."""
    service = settled(Settings(data=Path(tempfile.mkdtemp(prefix="moderation-bench-"))))
    service.doorbell.start(service.work_once)
    return service


def through_the_service(service: Service, texts: list[str]) -> None:
    """Post in batches, as several clients do, while workers moderate; until nothing waits."""
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]

    def post(mine: list[list[str]]) -> None:
        for batch in mine:
            parts = [(Part(id="p0", type="text", text=text),) for text in batch]
            service.pipeline.intake([service.pipeline.prepare(Submission("shop", each)) for each in parts])

    clients = [threading.Thread(target=post, args=(batches[number::CLIENTS],)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    while service.store.backlog()[0]:
        time.sleep(0.01)


def plain_loop(service: Service, texts: list[str]) -> None:
    """Each text through the same detectors and policies, one after the other, in this process."""
    judge = service.judge
    detectors: list[Any] = [each for each in judge.plugins.detectors if "text" in each.reads]
    policies, reach = judge.policies.for_content("shop", {"text"}), judge.plugins.reach()
    for text in texts:
        part = Part(id="p0", type="text", text=text)
        item = service.pipeline.prepare(Submission("shop", (part,)))
        found = []
        for detector in detectors:
            for detection in detector.detect(part, None):
                parents = judge.plugins.taxonomy.parents(detection.label)
                found.append(detection.model_copy(update={"part": "p0", "parents": parents}))
        evaluate(policies, subject_of(item, item.parts), found, judge.plugins.taxonomy, reach)


def seconds(work: Callable[[], None]) -> float:
    """How long it took, in wall time: the service uses all cores."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print texts a second of both, and their ratio."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--texts", type=int, default=4000)
    options.add_argument("--rounds", type=int, default=7)
    given = options.parse_args()
    texts = make_texts(given.texts)
    service = opened()
    plain_loop(service, texts[:50])
    rounds = []
    for number in range(given.rounds):
        fresh = [f"{text} {number}" for text in texts]
        plain = seconds(lambda fresh=fresh: plain_loop(service, fresh))  # type: ignore[misc]
        rounds.append((seconds(lambda fresh=fresh: through_the_service(service, fresh)), plain))  # type: ignore[misc]
    service.close()
    for name, took in zip(("service", "plain loop"), map(min, zip(*rounds, strict=True)), strict=True):
        print(f"{name:12} {len(texts) / took:8,.0f} texts/s at best")
    ratio = statistics.median(plain / took for took, plain in rounds)
    print(f"the service does {ratio:.2f} times what the loop does (median of {given.rounds} rounds)")


if __name__ == "__main__":
    main()
