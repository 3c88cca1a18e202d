"""What people do to a value so that no filter sees it: for measuring only; nothing here is used in training."""

from __future__ import annotations

import random
import re

DIGITS = "zero one two three four five six seven eight nine".split()


class Disguise:
    """Writes as people do who hide from filters."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def words(self, text: str) -> str:
        """The text with letters lost in a third of its longer words."""
        return re.sub(
            r"[a-z]{4,}", lambda w: self._lossy(w.group()) if self.chance.random() < 0.35 else w.group(), text
        )

    def _lossy(self, word: str) -> str:
        draw = self.chance.random()
        if draw < 0.5:
            at = self.chance.randint(1, len(word) - 1)
            return word[:at] + word[at + 1 :]
        if draw < 0.7:
            return word[0] + re.sub("[aeiou]", "", word[1:])
        if draw < 0.85:
            return word.replace("o", "0").replace("e", "3", 1)
        at = self.chance.randint(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    def value(self, kind: str, value: str) -> str:
        """A value in disguise."""
        if kind == "EMAIL":
            return self._email(value.lower())
        if kind in ("NAME", "ADDRESS", "PASSWORD", "USERNAME"):
            return self.words(value.lower()) if kind in ("NAME", "ADDRESS") else value
        digits = [c for c in value if c.isdigit()]
        draw = self.chance.random()
        if draw < 0.25:
            return " ".join(DIGITS[int(c)] for c in digits)
        if draw < 0.5:
            return self._grouped([DIGITS[int(c)] if self.chance.random() < 0.5 else c for c in digits])
        if draw < 0.65:
            return self.chance.choice((" ", ".", "-", " . ", "_", "*", "/")).join(digits)
        if draw < 0.8:
            return "".join({"0": "O", "1": "l"}.get(c, c) for c in value)
        if draw < 0.9:
            return " ".join(self.words(DIGITS[int(c)]) for c in digits)
        return "".join(f"{c}\ufe0f\u20e3" for c in digits)

    def _grouped(self, digits: list[str]) -> str:
        """Digits and words, with a comma or so between threes."""
        text = digits[0]
        for number, digit in enumerate(digits[1:], start=1):
            text += (self.chance.choice((", ", " - ", " ")) if number % 3 == 0 else " ") + digit
        return text

    def _email(self, value: str) -> str:
        user, host = value.split("@")
        return self.chance.choice((
            f"{user} at {host.replace('.', ' dot ')}",
            f"{user.replace('.', ' dot ')} at {host.replace('.', ' dot ')}",
            f"{user}(at){host.replace('.', '(dot)')}",
            f"{user} [at] {host}",
            f"{user} @ {host.replace('.', ' . ')}",
            f"{user}@{host.replace('.', ' dot ')}",
            f"{user} AT {host.replace('.', ' DOT ')}",
            f"{user}{{at}}{host}",
            f"{user} at {host}",
            f"{' '.join(user)} @ {host}",
        ))  # fmt: skip
