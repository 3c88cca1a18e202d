"""Measure the detector, kind by kind, on the documents in evaluation/ with values filled in.

    python tools/pii-training/evaluate.py [--set dev|heldout|chat|unseen|posts|field|aside|outside|outside_kept|faked|languages] [--rounds 6] [--seed 11] [--show NAME]
    python tools/pii-training/evaluate.py --conll FILE

A document says where values go: ``{KIND}`` or ``{KIND:variant}``. Names come from Faker's lists of many countries.
``posts``, ``field``, ``aside`` and ``outside`` have their values written in and need no rounds and no seed; ``faked``
and ``languages`` have Faker's values alone. ``--conll`` takes posts of others in which people are marked word by word, and
counts names alone.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from faker import Faker
from moderation.core.items import Part
from moderation_pii import TextPii

from conll import conll
from faked import faked
from filling import Labelled, documents
from languages import languages
from marked import marked
from scoring import Scores
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
    if name == "faked":
        return faked(rounds, seed)
    if name == "languages":
        return languages(rounds, seed)
    if name in ("posts", "field", "aside", "outside", "outside_kept"):
        return marked(Path(__file__).parent / "evaluation" / f"{name}.txt")
    people = People(seed)
    return documents(
        name, rounds, Values(random.Random(seed), people.first, people.last, people.street, people.city, people.word)
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--set",
        default="dev",
        choices=[
            "dev",
            "heldout",
            "chat",
            "unseen",
            "posts",
            "field",
            "aside",
            "outside",
            "outside_kept",
            "faked",
            "languages",
        ],
    )
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--at-least", type=float, default=50)
    parser.add_argument("--show", help="print what is missed (-) and wrongly found (+) of this kind or group")
    parser.add_argument("--conll", type=Path, help="a file of posts as WNUT 2017 has them, in place of a set")
    args = parser.parse_args()
    detector, scores = TextPii(), Scores()
    seconds, size = 0.0, 0
    for group, text, places in conll(args.conll) if args.conll else drawn(args.set, args.rounds, args.seed):
        part = Part(type="text", text=text)
        begin = time.perf_counter()
        detections = detector.detect(part, None)
        seconds += time.perf_counter() - begin
        size += len(text.encode())
        found = [
            (d.span.start, d.span.end, d.label.removeprefix("PII/"))
            for d in detections
            if d.confidence >= args.at_least and (not args.conll or d.label == "PII/NAME")
        ]
        for sign, wrong in zip("-+", scores.add(group, places, found), strict=True):
            for start, end, kind in wrong:
                if args.show in (kind, group):
                    around = text[max(0, start - 50) : end + 40]
                    print(f"{sign} {kind} [{text[start:end]}] in {around!r}", file=sys.stderr)
    print("\n".join(scores.table()))
    print(f"{size / seconds / 1e6:.2f} MB/s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
