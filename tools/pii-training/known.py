"""What the tagger is told of words: which are names, which are English, which are places, how people write them."""

from __future__ import annotations

import re
from pathlib import Path

from moderation_pii.names.features import FIRST_CLUSTER

from names import MORE_FIRST, MORE_LAST, TALKED_OF, foreign
from things import MORE_THINGS, NOT_PEOPLE
from words import FUNCTION, GREETED, LABELS, OTHERS, PLACES, ROADS, SPANISH, SUFFIXES

HERE = Path(__file__).parent


def read(name: str) -> list[str]:
    """The words of a file in sources/."""
    return (HERE / "sources" / name).read_text().split()


def written() -> dict[str, list[str]]:
    """How people write words: the letters of `make_sources.written` to words, the most frequent first."""
    lines = (HERE / "sources" / "written.txt").read_text().splitlines()
    return {line.split(" ", 1)[0]: line.split()[1:] for line in lines}


def kinds() -> dict[str, str]:
    """What the tagger knows of each word: one letter for each list that it is on, in order.

    The last may be a character from FIRST_CLUSTER on: words with the same one stand between the same neighbours.
    """
    first, last, english = read("first.txt"), read("last.txt"), read("english.txt")
    template_words = re.findall(r"(?<![{:\w])[a-z]{2,}(?!\w*[}:])", (HERE / "templates.txt").read_text())
    old = [word for word in (*read("common.txt"), *template_words) if word not in set(english[:6000])]
    towns = (HERE / "sources" / "places.txt").read_text().lower().split()
    lists = {
        "a": first[:300], "b": first[300:1500], "f": first[1500:6000], "c": first[6000:],
        "x": last[:600], "y": last[600:6000], "z": last[6000:25_000], "d": last[25_000:],
        "g": [*foreign("first_names"), *MORE_FIRST], "h": [*foreign("last_names"), *MORE_LAST, *TALKED_OF],
        "u": english[:1500], "v": english[1500:6000], "w": [*english[6000:18_000], *old, *SPANISH, *GREETED, *(word.lower() for word in LABELS)], "q": english[18_000:],
        "t": [*PLACES, *towns], "s": [*(s.lower().strip(".") for s in SUFFIXES[:34]), *ROADS],
        "k": [w.lower() for other in (*OTHERS, *NOT_PEOPLE, *MORE_THINGS) for w in other.split()],
        "o": FUNCTION,
    }  # fmt: skip
    made: dict[str, str] = {}
    for kind, words in sorted(lists.items()):
        for word in dict.fromkeys(words):
            if "-" not in word:
                made[word] = made.get(word, "") + kind
    for letters, words in written().items():
        for word in words:
            made[word] = letters + made.get(word, "")
    for number, line in enumerate((HERE / "sources" / "clusters.txt").read_text().splitlines()):
        for word in line.split():
            made[word] = made.get(word, "") + chr(ord(FIRST_CLUSTER) + number)
    return made


def lists() -> dict[str, str]:
    """The same as the model's file has it: letters to all words of just these, separated by spaces."""
    groups: dict[str, list[str]] = {}
    for word, letters in kinds().items():
        groups.setdefault(letters, []).append(word)
    return {letters: " ".join(sorted(words)) for letters, words in sorted(groups.items())}
