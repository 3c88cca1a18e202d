"""What the tagger is told of words: which are names, which are English, which are places."""

from __future__ import annotations

import re
from pathlib import Path

from names import MORE_FIRST, MORE_LAST, foreign
from words import FUNCTION, OTHERS, PLACES, SUFFIXES

HERE = Path(__file__).parent


def read(name: str) -> list[str]:
    """The words of a file in sources/."""
    return (HERE / "sources" / name).read_text().split()


def lists() -> dict[str, str]:
    """What the tagger knows of words: kind, one letter, to words."""
    first, last, english = read("first.txt"), read("last.txt"), read("english.txt")
    template_words = re.findall(r"(?<![{:\w])[a-z]{2,}(?!\w*[}:])", (HERE / "templates.txt").read_text())
    old = [word for word in (*read("common.txt"), *template_words) if word not in set(english[:6000])]
    towns = (HERE / "sources" / "places.txt").read_text().lower().split()
    spaced = {
        "a": first[:300], "b": first[300:1500], "f": first[1500:],
        "x": last[:600], "y": last[600:6000], "z": last[6000:25_000],
        "g": [*foreign("first_names"), *MORE_FIRST], "h": [*foreign("last_names"), *MORE_LAST],
        "u": english[:1500], "v": english[1500:6000], "w": [*english[6000:18_000], *old], "q": english[18_000:],
        "t": [*PLACES, *towns], "s": [s.lower().strip(".") for s in SUFFIXES[:34]], "k": [w.lower() for o in OTHERS for w in o.split()],
        "o": FUNCTION,
    }  # fmt: skip
    return {kind: " ".join(sorted({word for word in words if "-" not in word})) for kind, words in spaced.items()}
