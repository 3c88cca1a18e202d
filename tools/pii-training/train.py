"""Train the tagger of names and addresses and write moderation_pii/names/names.model.

    python tools/pii-training/train.py [--documents 24000] [--seed 1]

Needs ``pip install python-crfsuite faker`` (both MIT), for training only. The same seed makes the same file.
"""

from __future__ import annotations

import argparse
import json
import random
import struct
import tempfile
import time
from pathlib import Path

import pycrfsuite
from moderation_pii.names import tagger
from moderation_pii.names.features import DISTANCES, TOKEN, properties
from moderation_pii.names.known_words import KnownWords, filed
from moderation_pii.names.packing import LABELS, SCALE

from corpus import Corpus
from known import lists

MODEL = Path(tagger.__file__).with_name("names.model")
FORGET, FORGET_LISTS = 0.12, 0.3
"""Shares of names that are shown as if nothing were known of them, and as if on no list, so that the words around and
how people write them are learned too."""

FORGET_OTHERS = 0.12
"""The same of words in capitals that are no names: most such words that people write are on no list."""

DARING = {
    "0e=Cname": 1.7, "0e=Crare": 1.7, "0e=Cnothing": 1.2, "0e=Ccapital": 1.2, "0e=Cboth": 0.9, "0s=l": 0.5,
}  # fmt: skip
"""By how many nats a word with this property is rather taken for a name than training has it. Lists decide how many: a
known name, a rare one, what is on no list, what is mostly written with a capital, a name that is something else too; a
word in small letters. What is missed weighs more than a false alarm, and people write of each other in more ways than
templates show."""

DARING_PLACES = {"B-ADDRESS": 0.4, "I-ADDRESS": 0.2}
"""The same of words and numbers in addresses."""

_LISTS = str.maketrans("", "", "abcdfghxyzFL")
_NEVER_FORGOTTEN = frozenset("oDEuvXY")
"""What is known of words that are frequent: who is not on the lists of names then is hardly anybody."""


def labelled(text: str, places: list[tuple[int, int, str]]) -> tuple[list[str], list[str]]:
    """Words and their labels."""
    words, labels = [], []
    at = 0
    for match in TOKEN.finditer(text):
        while at < len(places) and match.start() >= places[at][1]:
            at += 1
        inside = at < len(places) and places[at][0] <= match.start()
        words.append(match.group())
        labels.append("O" if not inside else ("B-" if match.start() == places[at][0] else "I-") + places[at][2])
    return words, labels


def features(words: list[str], known: KnownWords, labels: list[str], chance: random.Random) -> list[list[str]]:
    """The features of each word, as the tagger adds them."""
    kinds, forgets, forgets_lists = [], False, False
    for word, label in zip(words, labels, strict=True):
        kind = known.of(word.lower())
        if label[0] == "B":
            draw = chance.random() if word[0].isupper() else 1.0
            forgets, forgets_lists = draw < FORGET, draw < FORGET_LISTS
        if label.endswith("NAME"):
            if not _NEVER_FORGOTTEN & set(kind):
                kind = "" if forgets else kind.translate(_LISTS) if forgets_lists else kind
        elif word[0].isupper() and kind and not _NEVER_FORGOTTEN & set(kind) and chance.random() < FORGET_OTHERS:
            kind = ""
        kinds.append(kind)
    seen = [properties(word, kind) for word, kind in zip(words, kinds, strict=True)]
    edge = properties("\n", "")
    classes = [edge.name, *(word.name for word in seen), edge.name]
    made = []
    for at, word in enumerate(seen):
        row = ["0" + feature for feature in word.own]
        for distance in DISTANCES:
            if distance:
                place = at - distance
                row += [f"{distance}{feature}" for feature in (seen[place] if 0 <= place < len(seen) else edge).near]
        row += [f"L{classes[at]}|{classes[at + 1]}", f"R{classes[at + 1]}|{classes[at + 2]}"]
        made.append(row)
    return made


def write(crf: pycrfsuite.Tagger, path: Path) -> None:
    """The model in the form the tagger reads: scores less that of O, in steps of 1/SCALE."""
    info = crf.info()
    rows: dict[str, dict[str, float]] = {}
    for (feature, label), weight in info.state_features.items():
        rows.setdefault(feature, {})[label] = weight
    for feature, daring in DARING.items():
        row = rows.setdefault(feature, {})
        row["B-NAME"] = row.get("B-NAME", 0.0) + daring
    for form in ("C", "U", "I", "l", *(f"d{digits}" for digits in range(1, 7))):
        row = rows.setdefault(f"0s={form}", {})
        for label, daring in DARING_PLACES.items():
            row[label] = row.get(label, 0.0) + daring
    names, packed = [], b""
    for feature in sorted(rows):
        row = rows[feature]
        zero = row.get("O", 0.0)
        steps = [max(-8000, min(8000, round((row.get(label, 0.0) - zero) * SCALE))) for label in LABELS]
        if max(map(abs, steps)) >= 4:
            names.append(feature)
            packed += struct.pack("<4h", *steps)
    moves = [[a, b, round(w * SCALE)] for (a, b), w in info.transitions.items() if b[0] != "I" or a[2:] == b[2:]]
    present = {(a, b) for a, b, _ in moves}
    moves += [[a, b, 0] for a in ("O", *LABELS) for b in ("O", "B-NAME", "B-ADDRESS") if (a, b) not in present]
    blob = "\n".join(names).encode()
    known = filed(lists())
    said = {
        "kinds": known.kinds,
        "lines": len(known.lines),
        "names": len(blob),
        "moves": sorted(moves),
    }
    head = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    path.write_bytes(struct.pack("<I", len(head)) + head + known.lines + blob + packed)
    print(len(names), "features,", path.stat().st_size, "bytes")


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=24_000)
    parser.add_argument("--iterations", type=int, default=85)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--out", type=Path, default=MODEL, help="where the model is written, in place of the shipped one"
    )
    args = parser.parse_args()
    begin = time.perf_counter()
    known, chance = KnownWords(filed(lists())), random.Random(args.seed)
    trainer = pycrfsuite.Trainer(verbose=False)
    for text, places in Corpus(args.seed).documents(args.documents):
        words, labels = labelled(text, sorted(places))
        if words:
            trainer.append(features(words, known, labels, chance), labels)
    trainer.set_params({"c1": 0.4, "c2": 0.1, "max_iterations": args.iterations, "feature.possible_transitions": False})
    print(f"{time.perf_counter() - begin:.0f} s to draw")
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(f"{folder}/crf")
        crf = pycrfsuite.Tagger()
        crf.open(f"{folder}/crf")
        write(crf, args.out)
    print(f"{time.perf_counter() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
