"""Make the files in sources/ from their public-domain originals; they are committed, so this is run seldom.

    python make_sources.py NAMES BOOK...

Args:
    NAMES: folder with the US Census Bureau's 1990 name files dist.all.last, dist.female.first, dist.male.first.
    BOOK: plain texts of Project Gutenberg whose copyright has ended in the United States.
"""

from __future__ import annotations

import random
import re
import sys
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


def modern(folder: Path, known: set[str], names: set[str]) -> list[str]:
    """Words in small letters that programs' own texts use: what people say of machines and orders today."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text("utf-8", "ignore")
        for doc in re.findall(r'"""(.*?)"""|#([^\n]*)', text, re.S):
            counts.update(set(re.findall(r"(?<![\w./'])[a-z]{3,}(?![\w(./'])", doc[0] or doc[1])))
    return [word for word, count in counts.most_common(9000) if count >= 8 and word not in known and word not in names]


def technical(folder: Path, names: set[str]) -> list[str]:
    """Sentences of the Python standard library's own documentation (PSF licence) with words in capitals, none of people."""
    made = []
    for path in sorted(folder.glob("*.py")) + sorted(folder.glob("*/*.py")):
        if "packages" in str(path) or "test" in str(path):
            continue
        for doc in re.findall(r'"""(.*?)"""', path.read_text("utf-8", "ignore"), re.S):
            for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", doc):
                line = " ".join(sentence.split())
                words = re.findall(r"[A-Za-z]+", line)
                capitals = [word for word in words[1:] if word[0].isupper() and len(word) > 1]
                if (
                    30 < len(line) < 160
                    and capitals
                    and "{" not in line
                    and not any(w[0].isupper() and w.lower() in names for w in words)
                ):
                    made.append(line)
    return list(dict.fromkeys(made))


def main() -> int:
    """Write last.txt, first.txt, common.txt and prose.txt."""
    folder, books = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    SOURCES.mkdir(exist_ok=True)
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
    programs = Path(random.__file__).parent
    (SOURCES / "modern.txt").write_text(
        "\n".join(modern(programs, set(common), set(first[:800]) | set(last[:300]))) + "\n"
    )
    sentences = technical(Path(random.__file__).parent, set(first[:2500]))
    random.Random(6).shuffle(sentences)
    (SOURCES / "technical.txt").write_text("\n".join(sentences[:2500]) + "\n")
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
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
