"""Write the CSV files that the shipped attributes of ``/perspective`` are measured on, from clones of public data sets.

python tools/perspective/texts.py CLONES OUT

README.md beside this says which, and under which licences. No text of them is part of this project.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

TYPES = {"INSULT": "Insult", "PROFANITY": "Profane/Obscene", "THREAT": "Threat", "IDENTITY_ATTACK": "Identity"}
"""Attribute to the beginning of the type that raters gave a stretch."""
ORDINARY = 0.95
"""Share of ordinary comments among those without an attribute; the rest is toxic otherwise. One comment in twenty of the
Civil Comments is toxic to half of its raters or more without being of one kind in particular."""
UNLABELLED = ("PROFANITY",)
"""What comments that are called harmless may have all the same, so that they are no examples of being without it."""


def main(clones: Path, out: Path) -> None:
    """Write a file for each attribute, and one for HateCheck."""
    surge = [(row["text"], row["is_toxic"] == "Toxic") for row in rows(clones / "surge-ai+toxicity", "toxicity_en.csv")]
    write(out / "TOXICITY.csv", ((text, toxic, 1.0) for text, toxic in surge))
    ordinary = [text for text, toxic in surge if not toxic]
    spans = list(rated(clones / "ipavlopoulos+toxic_spans"))
    for attribute in TYPES:
        toxic = [(text, attribute in given) for text, given in spans]
        without = sum(not has for _, has in toxic)
        of_toxic, of_ordinary = 1.0, 0.0
        if attribute not in UNLABELLED:
            of_toxic, of_ordinary = (1 - ORDINARY) / without, ORDINARY / len(ordinary)
        made = [(text, has, 1.0 if has else of_toxic * 1e4) for text, has in toxic]
        if of_ordinary:
            made += [(text, False, of_ordinary * 1e4) for text in ordinary]
        write(out / f"{attribute}.csv", made)
    cases = rows(clones / "paul-rottger+hatecheck-data", "test_suite_cases.csv")
    write(out / "hatecheck.csv", ((row["test_case"], row["label_gold"] == "hateful", 1.0) for row in cases))


def rated(clone: Path) -> Iterator[tuple[str, set[str]]]:
    """Comments that three raters or more looked at, with the attributes that more than half of them saw in it."""
    texts = {row["comment_id"]: row["comment_text"] for row in rows(clone, "data/comments.csv")}
    raters: dict[str, list[str]] = defaultdict(list)
    for row in rows(clone, "data/annotations.csv"):
        raters[row["comment_id"]].append(row["annotation"])
    seen: dict[str, set[str]] = defaultdict(set)
    for row in rows(clone, "data/spans.csv"):
        seen[row["annotation"]] |= {name for name, begin in TYPES.items() if row["type"].startswith(begin)}
    for comment, theirs in raters.items():
        if comment in texts and len(theirs) >= 3:
            votes = [name for each in theirs for name in seen[each]]
            yield texts[comment], {name for name in TYPES if votes.count(name) * 2 > len(theirs)}


def rows(clone: Path, name: str) -> Iterable[dict[str, str]]:
    """The rows of a CSV file at the head of a clone."""
    shown = subprocess.run(["git", "-C", str(clone), "show", f"HEAD:{name}"], capture_output=True, check=True)
    return csv.DictReader(shown.stdout.decode("utf-8", "replace").splitlines(keepends=True))


def write(path: Path, texts: Iterable[tuple[str, bool, float]]) -> None:
    """A file as ``moderation perspective measure`` reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "weight"])
        writer.writerows((text.replace("\0", " "), int(has), f"{weight:.6g}") for text, has, weight in texts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
