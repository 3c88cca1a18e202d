"""Words of a text as the classifier takes them: folded, disguises undone, names of groups and persons made alike.

``"K1LL  a l l Muslims!!"`` becomes ``kill all #group !``: what is learned of one group holds for every other, and what
is learned of a word holds for the ways in which it is written to pass a filter.
"""

from __future__ import annotations

import re
from itertools import groupby

from moderation_text.folding import Folded

GROUP, USER, URL, MONEY, SPACED = "#group", "#user", "#url", "#money", "#spaced"
NUMBER, LONG_NUMBER = "#number", "#longnumber"
"""What stands for a group of people, somebody's handle, a link, a sum, and before a word spelled out letter by letter;
for a number of up to four digits, and for a longer one."""

MAX_LETTERS = 40
"""Of a word; what is longer is taken for its first letters."""

_ALONE_GROUPS = """
women woman females female girls men males muslim muslims islam islamic christian christians catholic catholics
protestant protestants jew jews jewish hindu hindus sikh sikhs buddhist buddhists mormon mormons atheist atheists
gay gays lesbian lesbians bisexual bisexuals homosexual homosexuals homosexuality queer queers lgbt lgbtq lgbtqia
trans transgender transgenders transsexual transsexuals transwoman transwomen transman transmen nonbinary intersex
asexual immigrant immigrants migrant migrants refugee refugees foreigner foreigners disabled autistic autistics
blacks whites asian asians african africans latino latinos latina latinas hispanic hispanics mexican mexicans
chinese indian indians pakistani pakistanis arab arabs turk turks turkish kurd kurds kurdish gypsies romani roma
jamaican jamaicans nigerian nigerians somali somalis syrian syrians afghan afghans iranian iranians iraqi iraqis
palestinian palestinians israeli israelis korean koreans japanese vietnamese filipino filipinos polish poles
romanian romanians albanian albanians ukrainian ukrainians russian russians irish italian italians aboriginal
aboriginals maori natives polynesian wheelchair deaf blind dwarf dwarfs elderly
"""
_BEFORE_PEOPLE = """
black white brown native colored coloured indigenous old older young poor mentally physically learning
"""
_PEOPLE = """
people person persons man men woman women guy guys girl girls folk folks kid kids child children boy boys
community communities lives lady ladies male males female females student students worker workers couple couples
families family teen teens americans american citizens users
"""
_ALONE = frozenset(_ALONE_GROUPS.split())
_BEFORE = frozenset(_BEFORE_PEOPLE.split())
_PERSONS = frozenset(_PEOPLE.split())

_LEET = str.maketrans("013457@$8", "oieastasb")
_PART = r"[^\W_]"
_WORD = re.compile(
    r"https?://\S+|www\.\S+"
    rf"|@{_PART}[\w.]*|[£$€]\s?\d[\d.,]*[km]?|\d[\d.,:/-]*\d|\d"
    rf"|[@$]?{_PART}+(?:['’*@$+]+{_PART}+)*"
    r"|[^\w\s.,;:()_\[\]-]"
)
_REPEATED = re.compile(r"(.)\1{2,}")


def words_of(text: str) -> list[str]:
    """The words of a text, in order; signs that say something (``!``, ``?``, quotes, emoji) are words of their own."""
    found: list[str] = []
    for word in _WORD.findall(Folded(text).text):
        plain = word if word.isalpha() else _plain(word)
        if len(plain) == 1 and not plain.isalpha() and found and found[-1] == plain:
            continue  # !!! says what ! says, and so do ten hearts
        found.append(plain if len(plain) <= MAX_LETTERS else plain[:MAX_LETTERS])
    return _grouped(_joined(found)) if found else found


def _plain(word: str) -> str:
    """A word that has more in it than letters."""
    first = word[0]
    if len(word) == 1:
        return NUMBER if first.isdigit() else first
    if first in "@hw" and (word.startswith(("http://", "https://", "www."))):
        return URL
    if first == "@" and word[1:2].isalpha():
        return USER if len(word) > 4 else word.translate(_LEET)
    if first in "£$€" and word[1:].lstrip()[:1].isdigit() and not any(c.isalpha() for c in word[1:-1]):
        return MONEY
    letters = sum(map(str.isalpha, word))
    if not letters:
        digits = sum(map(str.isdigit, word))
        return NUMBER if digits <= 4 else LONG_NUMBER
    if "'" in word or "’" in word:
        word = word.replace("’", "").replace("'", "")
    if word.isalpha():
        return word
    if letters >= 2 or any(c in "*@$" for c in word):
        return word.translate(_LEET)
    return word


def _joined(words: list[str]) -> list[str]:
    """Words with those that are spelled out (``k i l l``) made whole, behind a sign that they were."""
    singles = [len(word) == 1 and word.isalpha() for word in words]
    if sum(singles) < 3:
        return words
    joined: list[str] = []
    for is_single, run in groupby(zip(singles, words, strict=True), lambda pair: pair[0]):
        letters = [word for _, word in run]
        if is_single and len(letters) >= 3:
            joined += [SPACED, "".join(letters)[:MAX_LETTERS]]
        else:
            joined += letters
    return joined


def _grouped(words: list[str]) -> list[str]:
    """Words with each name of a group of people, of one word or several, in one form."""
    grouped: list[str] = []
    last = len(words) - 1
    for place, word in enumerate(words):
        if word in _ALONE or (word in _BEFORE and place < last and _is_people(words[place + 1])):
            if not grouped or grouped[-1] != GROUP:
                grouped.append(GROUP)
        elif grouped and grouped[-1] == GROUP and word in _PERSONS and words[place - 1] != GROUP:
            continue
        elif len(word) > 3 and _REPEATED.search(word):
            grouped.append(_REPEATED.sub(r"\1\1", word))
        else:
            grouped.append(word)
    return grouped


def _is_people(word: str) -> bool:
    return word in _PERSONS or word in _ALONE
