"""Draws sentences from `grammar.txt`: what is said of it there."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

GRAMMAR = Path(__file__).with_name("grammar.txt")
SLURS = Path(__file__).resolve().parents[2] / "rules" / "lists" / "hate.yml"
"""Words that nobody needs to write down twice."""

_HOLE = re.compile(r"\[([^\[\]]*)\]|\{(=?)(\w+)\}")
"""A choice that has no choice in it, or a filling; the leftmost is filled first."""

_LEET = str.maketrans("oiesa", "01354")


@dataclass
class Section:
    """Sentences of one kind: their labels, those that are left open, and templates."""

    labels: frozenset[str]
    open: frozenset[str]
    templates: list[str] = field(default_factory=list)


class Grammar:
    """The sections and fillings of a grammar file.

    Args:
        chance: draws; the same seed, the same sentences.
    """

    def __init__(self, chance: random.Random, path: Path = GRAMMAR) -> None:
        self._chance = chance
        self._fillings: dict[str, list[str]] = {}
        self.sections: dict[str, Section] = {}
        section: Section | None = None
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("== "):
                name, _, labels = line[3:].partition("|")
                words = [] if labels.strip() == "none" else labels.split()
                section = Section(
                    frozenset(w for w in words if w[0] != "("), frozenset(w[1:-1] for w in words if w[0] == "(")
                )
                self.sections[name.strip()] = section
            elif line and not line.startswith("#"):
                if section is not None:
                    section.templates.append(line)
                else:
                    name, _, fillings = line.partition(":")
                    self._fillings[name] = [filling.strip() for filling in fillings.split("|")]
        entries = yaml.safe_load(SLURS.read_text(encoding="utf-8"))["entries"]
        words = [entry if isinstance(entry, str) else entry["text"] for entry in entries]
        single = [word for word in words if " " not in word]
        self._fillings["slurs"] = [word for word in single if word.endswith("s")]
        self._fillings["slur"] = [word for word in single if not word.endswith("s")]

    def sentence(self, name: str) -> str:
        """One sentence of a section."""
        text = self._filled(self._chance.choice(self.sections[name].templates))
        text = re.sub(r"\s+([.,!?])", r"\1", re.sub(r"\s+", " ", text)).strip()
        draw = self._chance.random()
        if draw < 0.2:
            return text.lower()
        if draw < 0.3:
            return text.rstrip(".")
        if draw < 0.4:
            return self._misspelled(text)
        return text[:1].upper() + text[1:]

    def sentences(self, each: int) -> Iterator[tuple[str, str]]:
        """Section and sentence, each section as often as it has templates, times `each`."""
        for name, section in self.sections.items():
            for _ in range(each * len(section.templates)):
                yield name, self.sentence(name)

    def _misspelled(self, text: str) -> str:
        """The sentence as people write it who are in a hurry, or pass by a filter: harmless ones as well as others."""
        words = text.split()
        for _ in range(1 + len(words) // 6):
            place = self._chance.randrange(len(words))
            word = words[place]
            letters = [at for at in range(1, len(word) - 1) if word[at].isalpha()]
            if len(letters) < 2 or not word.strip(".,!?\"'").isalpha():
                continue
            at = self._chance.choice(letters[:-1])
            words[place] = self._chance.choice(
                (
                    word.translate(_LEET),
                    " ".join(word),
                    word[:at] + word[at + 1 :],
                    word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                    word[:at] + word[at] * 4 + word[at + 1 :],
                    word[:at] + "*" + word[at + 1 :],
                    word.upper(),
                )
            )
        return ("" if self._chance.random() < 0.1 else " ").join(words)

    def _filled(self, text: str) -> str:
        while (hole := _HOLE.search(text)) is not None:
            choice, is_section, name = hole.groups()
            if choice is not None:
                filling = self._chance.choice(choice.split("|"))
            elif is_section:
                filling = self.sentence(name).rstrip(".")
            else:
                filling = self._chance.choice(self._fillings[name])
            text = text[: hole.start()] + filling + text[hole.end() :]
        return text
