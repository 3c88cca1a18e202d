"""Names of people as they occur: by the census, of many countries, those that people post of, and some that nobody has."""

from __future__ import annotations

import random

from known import read, written
from names import BEFORE_LAST, MORE_FIRST, MORE_LAST, TALKED_OF, foreign
from things import STARTS
from words import FUNCTION

WEIGHTS = {"X": 8.0, "Y": 2.0, "Z": 0.4}
"""How much oftener a word of a class of frequency stands in posts, about."""


class Crowd:
    """Draws first and last names; a last name is of the kind of the first before it.

    Args:
        chance: where all randomness comes from.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.is_blending = chance, True
        self.firsts, self.lasts = (
            [name for name in read(f"{kind}.txt") if name not in _NEVER] for kind in ("first", "last")
        )
        self.foreign_firsts = [name for name in (*foreign("first_names"), *MORE_FIRST * 3) if name not in _NEVER]
        self.foreign_lasts = [
            name for name in (*foreign("last_names"), *MORE_LAST * 3, *TALKED_OF) if name not in _NEVER
        ]
        self._posted_firsts = self._posted(set(self.firsts[:4000]), "F")
        self._posted_lasts = self._posted(set(self.lasts[:12_000]), "L", *TALKED_OF)
        self._kind = "census"

    def _posted(self, known: set[str], cluster: str, *more: str) -> tuple[list[str], list[float]]:
        """Names of these by how often posts have them with a capital, and their weights, cumulated."""
        weights = dict.fromkeys(more, 1.0)
        for letters, words in written().items():
            if letters[0] in "ABCD":
                weight = WEIGHTS[letters[1]] * (0.25 if letters[0] == "D" else 1.0)
                likely = cluster in letters
                for word in words:
                    if word in known:
                        weights[word] = weight * (3.0 if likely else 0.5 if letters[2:] else 1.0)
        total, sums = 0.0, []
        for weight in weights.values():
            total += weight
            sums.append(total)
        return list(weights), sums

    def first(self) -> str:
        """A first name; one of twelve is on no list."""
        chance = self.chance
        draw = chance.random()
        self._kind = "foreign" if draw < 0.25 else "posted" if draw < 0.5 else "census"
        if self.is_blending and chance.random() < 0.1:
            return self._blended(self.foreign_firsts if draw < 0.4 else self.firsts)
        if self._kind == "foreign":
            name = chance.choice(self.foreign_firsts).title()
            return f"{name}-{chance.choice(self.foreign_firsts).title()}" if chance.random() < 0.05 else name
        if self._kind == "posted":
            return self._of(self._posted_firsts).title()
        return self.firsts[int(len(self.firsts) * chance.random() ** 5)].title()

    def last(self) -> str:
        """A last name."""
        chance = self.chance
        if self.is_blending and chance.random() < 0.1:
            return self._blended(self.foreign_lasts if self._kind == "foreign" else self.lasts)
        if self._kind == "foreign":
            name = chance.choice(self.foreign_lasts).title()
            return f"{chance.choice(BEFORE_LAST)} {name}" if chance.random() < 0.1 else name
        if self._kind == "posted":
            name = self._of(self._posted_lasts).title()
        else:
            name = self.lasts[int(len(self.lasts) * chance.random() ** 4)].title()
        if name.startswith("Mc") and len(name) > 4:
            name = "Mc" + name[2:].title()
        return "O'" + name if chance.random() < 0.02 else name

    def _of(self, weighted: tuple[list[str], list[float]]) -> str:
        return self.chance.choices(weighted[0], cum_weights=weighted[1])[0]

    def _blended(self, names: list[str]) -> str:
        """A name that nobody has: the beginning of one, the end of another; now and then a word made up of syllables."""
        chance = self.chance
        if chance.random() < 0.25:
            made = "".join(
                chance.choice(_ONSETS) + chance.choice(_VOWELS) for _ in range(chance.choice((1, 2, 2, 2, 3)))
            )
            return (made + chance.choice(_ENDS)).title()
        one, two = chance.choice(names), chance.choice(names)
        return (one[: chance.randint(2, 4)] + two[-chance.randint(2, 4) :]).title()


_NEVER = {word.lower() for word in (*FUNCTION, *STARTS)} - {"will", "love", "hope", "young", "king", "sunny"}
"""Words that a list of names has and that are hardly ever meant as one."""

_ONSETS = "b br c ch d dr f fr g gr h j k kh kl l m n ng p r s sh st t th tr v w y z zh".split()
_VOWELS = "a a a e e i i o o u ae ai ei ia ie io oo ou".split()
_ENDS = ["", "", *"n n r s l th k m x ng nko ski sson ini etti ez wa yan shvili oglu".split()]
