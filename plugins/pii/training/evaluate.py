"""Measure the detector, kind by kind, on the documents in evaluation/ with values filled in.

    python plugins/pii/training/evaluate.py [--set dev|heldout|chat|unseen] [--rounds 6] [--seed 11] [--show NAME]

A document says where values go: ``{KIND}`` or ``{KIND:variant}``. Names come from Faker's lists of many countries.
A found place counts when its kind is right and it shares half of the longer of the two. F2 weighs what is missed four
times as much as false alarms.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict

from faker import Faker
from moderation.core.items import Part
from moderation_pii import TextPii

from filling import Labelled, documents
from unseen import unseen
from values import Values

LOCALES = [
    "en_US",
    "en_US",
    "en_US",
    "en_GB",
    "en_IN",
    "es_ES",
    "de_DE",
    "fr_FR",
    "it_IT",
    "pl_PL",
    "nl_NL",
    "es_MX",
    "pt_BR",
    "sv_SE",
    "tr_TR",
]


class People:
    """Faker's people of many countries; first and last name of one draw come from one country."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.fakers = {locale: Faker(locale) for locale in set(LOCALES)}
        for locale, faker in self.fakers.items():
            faker.seed_instance(f"{seed}{locale}")
        self.locale = "en_US"

    def first(self) -> str:
        """A first name; it chooses the country."""
        self.locale = self.chance.choice(LOCALES)
        return self.fakers[self.locale].first_name()

    def last(self) -> str:
        """A last name of the country of the first."""
        return self.fakers[self.locale].last_name()

    def street(self) -> str:
        """An English street."""
        return self.fakers["en_US"].street_name()

    def city(self) -> str:
        """An English town."""
        return self.fakers["en_US"].city()

    def word(self) -> str:
        """A plain English word."""
        return self.fakers["en_US"].word()


def drawn(name: str, rounds: int, seed: int) -> list[Labelled]:
    """The documents of a set with people of many countries in them."""
    if name == "unseen":
        return unseen(rounds, seed)
    people = People(seed)
    return documents(
        name, rounds, Values(random.Random(seed), people.first, people.last, people.street, people.city, people.word)
    )


def f2(right: int, found: int, gold: int) -> tuple[float, float, float]:
    """Precision, recall, F2."""
    precision, recall = right / found if found else 1.0, right / gold if gold else 1.0
    both = 4 * precision + recall
    return precision, recall, 5 * precision * recall / both if both else 0.0


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="dev", choices=["dev", "heldout", "chat", "unseen"])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--at-least", type=float, default=50)
    parser.add_argument("--show", help="print what is missed (-) and wrongly found (+) of this kind or group")
    args = parser.parse_args()
    detector = TextPii()
    right, found, gold = Counter[str](), Counter[str](), Counter[str]()
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    names = Counter[tuple[str, str]]()
    uncovered = covered = 0
    seconds, size = 0.0, 0
    for group, text, places in drawn(args.set, args.rounds, args.seed):
        part = Part(type="text", text=text)
        begin = time.perf_counter()
        detections = detector.detect(part, None)
        seconds += time.perf_counter() - begin
        size += len(text.encode())
        spans = [
            (d.span.start, d.span.end, d.label.removeprefix("PII/"))
            for d in detections
            if d.confidence >= args.at_least
        ]
        group_counts = groups[group]
        group_counts["documents"] += 1
        group_counts["with findings"] += bool(spans)
        taken = set()
        for start, end, kind in places:
            gold[kind] += 1
            group_counts["gold"] += 1
            names[group, "gold"] += kind == "NAME"
            marks = bytearray(end - start)
            for s, e, _ in spans:
                for i in range(max(s, start), min(e, end)):
                    marks[i - start] = 1
            covered += sum(marks)
            uncovered += len(marks) - sum(marks)
            hit = next(
                (
                    span
                    for span in spans
                    if span not in taken
                    and span[2] == kind
                    and 2 * (min(span[1], end) - max(span[0], start)) >= max(span[1] - span[0], end - start)
                ),
                None,
            )
            if hit:
                taken.add(hit)
                right[kind] += 1
                group_counts["right"] += 1
                names[group, "right"] += kind == "NAME"
            elif args.show in (kind, group):
                print(f"- {kind} [{text[start:end]}] in {text[max(0, start - 50) : end + 40]!r}", file=sys.stderr)
        for span in spans:
            found[span[2]] += 1
            group_counts["found"] += 1
            names[group, "found"] += span[2] == "NAME"
            if span not in taken and args.show in (span[2], group):
                print(
                    f"+ {span[2]} [{text[span[0] : span[1]]}] in {text[max(0, span[0] - 50) : span[1] + 40]!r}",
                    file=sys.stderr,
                )
    print(f"{'kind':42}{'gold':>6}{'found':>7}{'prec':>7}{'recall':>8}{'F2':>7}")
    scores = []
    for kind in sorted(gold | found, key=lambda kind: f2(right[kind], found[kind], gold[kind])[2]):
        scored = f2(right[kind], found[kind], gold[kind])
        if gold[kind]:
            scores.append(scored[2])
        print(f"{kind:42}{gold[kind]:6}{found[kind]:7}{scored[0]:7.2f}{scored[1]:8.2f}{scored[2]:7.2f}")
    total = f2(right.total(), found.total(), gold.total())
    print(f"{'all (micro)':42}{gold.total():6}{found.total():7}{total[0]:7.3f}{total[1]:8.3f}{total[2]:7.3f}")
    print(
        f"macro F2 {sum(scores) / max(1, len(scores)):.3f}; gold characters uncovered {uncovered / max(1, covered + uncovered):.1%}; {size / seconds / 1e6:.2f} MB/s"
    )
    for group, counts in groups.items():
        p, r, f = f2(counts["right"], counts["found"], counts["gold"])
        print(
            f"{group:12} documents {counts['documents']:4}  with findings {counts['with findings'] / counts['documents']:6.1%}  precision {p:.2f} recall {r:.2f} F2 {f:.2f}"
            f"  NAME F2 {f2(names[group, 'right'], names[group, 'found'], names[group, 'gold'])[2]:.2f}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
