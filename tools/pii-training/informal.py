"""Posts: the lines of informal.txt with one of their alternatives each, and things that are no people."""

from __future__ import annotations

import random
import re
from pathlib import Path

from crowd import WEIGHTS, Crowd
from known import written
from things import AFTER_NAMES, INTERJECTIONS, MADE, MORE_THINGS, NOT_PEOPLE, STARTS
from words import OTHERS

_ALTERNATIVES = re.compile(r"\[([^\[\]]*)\](\? )?")
_BAR = re.compile(r"(?<!\\)\|")
_WHO = ("{NAME}", "{NAME}", "{NAME:first}", "{NAME:first}", "{NAME:first}", "{NAME:last}", "{NAME:last}")
_OPTIONAL = 0.5
"""Share of alternatives with a question mark behind that are taken."""


class Posts:
    """Draws templates of posts, and words in capitals for them.

    Args:
        chance: where all randomness comes from.
        crowd: people; what is called like them is not drawn as a thing, unless its neighbours in posts are things' and
            the name is rare.
    """

    def __init__(self, chance: random.Random, crowd: Crowd) -> None:
        self.chance, self.crowd = chance, crowd
        people = {*crowd.firsts, *crowd.lasts, *crowd.foreign_firsts, *crowd.foreign_lasts}
        leading = {*crowd.firsts[:1500], *crowd.lasts[:3000]}
        self.lines = (Path(__file__).parent / "informal.txt").read_text().splitlines()
        self.acronyms: list[str] = []
        things: dict[str, float] = {}
        for letters, words in written().items():
            if letters[0] == "G" and letters[1] != "Z":
                self.acronyms += [word.upper() for word in words]
            if letters[0] not in "ABC":
                continue
            is_thing = letters[2:] in ("N", "P")
            for word in words:
                if word not in people or (is_thing and word not in leading):
                    things[word] = WEIGHTS[letters[1]]
        self.things, total = list(things), 0.0
        self._sums = []
        for weight in things.values():
            total += weight
            self._sums.append(total)

    def template(self) -> str:
        """A line with its alternatives chosen."""
        line = self.chance.choice(self.lines)
        while (match := _ALTERNATIVES.search(line)) is not None:
            chosen = self.chance.choice(_BAR.split(match.group(1))).replace("\\|", "\N{BROKEN BAR}")
            if match.group(2):
                chosen = f"{chosen} " if self.chance.random() < _OPTIONAL else ""
            line = line[: match.start()] + chosen + line[match.end() :]
        line = line.replace("\N{BROKEN BAR}", "|")
        while "{WHO}" in line:
            line = line.replace("{WHO}", self.chance.choice(_WHO), 1)
        return re.sub(r"  +", " ", line).strip()

    def thing(self) -> str:
        """What is written with a capital and is no person."""
        chance = self.chance
        draw = chance.random()
        if draw < 0.12:
            return f"{chance.choice((self.crowd.first, self.crowd.last))()} {chance.choice(AFTER_NAMES)}"
        if draw < 0.45:
            return chance.choices(self.things, cum_weights=self._sums)[0].title()
        return chance.choice(MORE_THINGS if draw < 0.65 else NOT_PEOPLE if draw < 0.9 else OTHERS)

    def make(self) -> str:
        """What a firm makes that is called like a person, or like nothing known."""
        chance = self.chance
        name = self.crowd.last() if chance.random() < 0.7 else chance.choice(MORE_THINGS)
        return f"{name} {chance.choice(MADE)}"

    def acronym(self) -> str:
        """A word that is mostly written in capitals."""
        return self.chance.choice(self.acronyms)

    def interjection(self) -> str:
        """How a sentence of a post begins or ends by itself."""
        return self.chance.choice(INTERJECTIONS)

    def start(self) -> str:
        """A word that begins a sentence."""
        return self.chance.choice(STARTS)
