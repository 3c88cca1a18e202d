"""Words that somebody misspells so that no filter sees them, read as what they are: ``acnt nmbr``, ``s0cial``, ``pasword``.

Only the words that name personal data are looked for, in the ways people bend them: a letter left out, two exchanged,
vowels left out, digits for letters. What is another word itself (``txt`` is none, ``cad`` is) is left alone. Letters
that stand for digits in a number, ``2O6-555-OlOO``, are read as digits.
"""

from __future__ import annotations

import re
import string
from functools import cache

from moderation_pii.context import words
from moderation_pii.expression import later

_WORDS = words(
    "phone number numbers email mail address password username user account routing security social card credit debit visa"
    " mastercard name call text cell mobile whatsapp telegram signal snapchat insta instagram discord contact street bank"
    " code license licence driver drivers passport birth pin plate iban ssn cvv expires expiry login"
)
_OTHER_WORDS = words(
    "bak ban birt cad cal car cel cod coe coed debi debt emil inst mai mali mil mobil nae nam pal plat platte plt late logan ln tet tex use via vis"
)
"""Bent forms that are words or names themselves."""

_AS_LETTERS = {"o": "0", "e": "3", "i": "1", "a": "4", "s": "5"}
_AS_SIGNS = {"a": "@", "s": "$", "i": "!"}
_AS_SOUNDS = {"ph": "f", "c": "k"}
_TOKEN = later(r"[$@]?[A-Za-z0-9][A-Za-z0-9@$*!]{1,12}[A-Za-z0-9]")
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_LEAST_DIGITS = 6
"""Shorter numbers with letters are codes, and floors: 3º B."""

_LIKE_DIGITS = str.maketrans("OolISB", "001158")
_MIXED = later(
    r"(?<![A-Za-z0-9])(?=[.\- ()]*[0-9OolISB.\- ()]*[OolISB])[0-9OolISB]{2,}(?:[.\- ()]{1,2}[0-9OolISB]{2,}){0,6}(?![A-Za-z0-9])"
)


@cache
def _misspelled() -> dict[str, str]:
    """What is written, to the word that is meant."""
    made: dict[str, str] = {}
    for word in sorted(_WORDS):
        bent = {word[:at] + word[at + 1 :] for at in range(1, len(word))}
        bent |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)}
        bent |= {word[0] + re.sub("[aeiou]", "", word[1:])}
        bent |= {word.replace(letter, digit) for letter, digit in _AS_LETTERS.items()}
        bent |= {word.replace(letter, digit, 1) for letter, digit in _AS_LETTERS.items()}
        bent |= {
            word.replace("o", "0").replace("e", "3", 1),
            word.translate({ord(letter): digit for letter, digit in _AS_LETTERS.items()}),
        }
        bent |= {word.replace(letter, sign) for letter, sign in _AS_SIGNS.items()}
        bent |= {word.replace(sound, letter) for sound, letter in _AS_SOUNDS.items() if len(word) > 4 or word == "card"}
        bent |= {re.sub("[aeiou]", "*", word), re.sub("[aeiou]", "*", word, count=1), word + word[-1]}
        for written in bent:
            if len(written) >= 3 and written not in _WORDS and written not in _OTHER_WORDS:
                made.setdefault(written, word)
    return made


_APART = later(r"(?<![A-Za-z0-9])[A-Za-z](?: [A-Za-z]){2,16}(?![A-Za-z0-9])")
_TOGETHER = {" ".join(word): word for word in _WORDS if len(word) > 2} | {
    "i b a n": "iban",
    "s s n": "ssn",
    "c v v": "cvv",
}
_LONGEST_FIRST = sorted(_TOGETHER, key=len, reverse=True)


def _spread(text: str) -> list[tuple[int, int, str]]:
    """Words that name personal data with blanks between their letters: where they stand, and the words."""
    found = []
    for run in _APART.finditer(text):
        letters = run.group().lower()
        word = next((spread for spread in _LONGEST_FIRST if (letters + " ").startswith(spread + " ")), None)
        if word is not None:
            found.append((run.start(), run.start() + len(word), _TOGETHER[word]))
    return found


def _is_code(token: str) -> bool:
    """Three capitals are rather a piece of a code: AB12 CDE."""
    return len(token) == 3 and token.isalpha() and token.isupper()


def respelled(text: str) -> tuple[str, list[int]]:
    """The text with such words as they are meant.

    Returns:
        The text, and for each of its characters where it came from; one place more for the end.
    """
    text = _MIXED.sub(_as_digits, text)
    known = _misspelled()
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text.translate(_SMALL)  # some letters become two in lower case
    meant = [
        (*token.span(), word)
        for token in _TOKEN.finditer(lowered)
        if (word := known.get(token[0])) is not None and not _is_code(text[token.start() : token.end()])
    ]
    made, places, end = "", list[int](), 0
    for start, after, word in sorted([*meant, *_spread(text)]):
        made += text[end:start] + word
        places += range(end, start)
        places += (min(start + at, after - 1) for at in range(len(word) - 1))
        places.append(after - 1)
        end = after
    return made + text[end:], [*places, *range(end, len(text) + 1)]


def _as_digits(found: re.Match[str]) -> str:
    """A number's letters as the digits they look like, when most of it is digits."""
    value = found.group()
    if any(2 * sum(char in "SIB" for char in group) > len(group) for group in re.findall("[0-9A-Za-z]+", value)):
        return value  # BB2 is a code
    digits, signs = sum(char.isdigit() for char in value), sum(char.isalnum() for char in value)
    return value.translate(_LIKE_DIGITS) if signs >= _LEAST_DIGITS and 2 * digits >= signs else value


def signs() -> str:
    """Regex of what a text holds that is worth respelling."""
    edge = "(?:^|[^A-Za-z0-9])", "(?:$|[^A-Za-z0-9])"
    mixed = r"[0-9OolISB]*(?:[0-9][OolISB]|[OolISB][0-9])[0-9OolISB]*"
    beside = r"[0-9]{2,}[.\- ()]{1,2}[OolISB]{2,}|[OolISB]{2,}[.\- ()]{1,2}[0-9]{2,}"
    plain = "|".join(sorted(word for word in _misspelled() if word.isalnum()))
    others = "|".join(map(re.escape, sorted(word for word in _misspelled() if not word.isalnum())))
    spread = "|".join(sorted(_TOGETHER))
    return rf"(?i:\b(?:{plain}|{spread})\b|{others})|{edge[0]}(?:{mixed}|{beside}){edge[1]}"
