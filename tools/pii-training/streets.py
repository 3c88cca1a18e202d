"""Streets and towns, real ones and some that sound like one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from crowd import Crowd
from words import CITIES, STREET_WORDS, SUFFIXES


class Streets:
    """Draws streets and towns.

    Args:
        chance: where all randomness comes from.
        crowd: people whom streets and towns are called by.
        word: draws a plain word.
    """

    def __init__(self, chance: Random, crowd: Crowd, word: Callable[[], str]) -> None:
        self.chance, self.crowd, self.word = chance, crowd, word
        self.towns = (Path(__file__).parent / "sources" / "places.txt").read_text().splitlines()

    def street(self) -> str:
        """A street, whose suffix now and then is one of the rarer."""
        chance = self.chance
        suffix = chance.choice(SUFFIXES[:34] if chance.random() < 0.7 else SUFFIXES)
        draw = chance.random()
        if draw < 0.1:
            return f"{chance.randint(3, 99)}th {suffix}"
        name = (
            chance.choice(STREET_WORDS)
            if draw < 0.45
            else self.crowd.last()
            if draw < 0.8
            else self.crowd.first()
            if draw < 0.9
            else self.word().title()
        )
        if chance.random() < 0.15:
            name = f"{chance.choice(('N', 'S', 'E', 'W', 'North', 'South', 'N.', 'SW', 'NE'))} {name}"
        if chance.random() < 0.1:
            suffix += " " + chance.choice(("N", "S", "NW", "SE", "East"))
        return f"{name} {suffix}"

    def city(self) -> str:
        """A real town or one that sounds like one."""
        draw = self.chance.random()
        if draw < 0.6:
            return self.chance.choice(CITIES if draw < 0.3 else self.towns)
        name = self.crowd.last() if self.chance.random() < 0.5 else self.crowd.first()
        return self.chance.choice(
            (
                f"{name}{self.chance.choice(('ville', 'ton', 'burgh', 'mouth', 'side', 'port', 'bury', 'shire', 'land', 'view', 'stad', 'fort', 'haven', 'chester'))}",
                f"{self.chance.choice(('New', 'North', 'South', 'East', 'West', 'Port', 'Lake'))} {name}",
                name,
            )
        )
