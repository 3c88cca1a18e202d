"""Which language the words around an entry are of, as far as their small words tell.

A listed word may be an innocent one elsewhere: ``retard`` is a delay in French and Catalan, ``dick`` means thick in
German.
"""

from __future__ import annotations

import re
from collections import Counter

REACH = 200
"""Characters before and behind a word whose small words are counted."""

_SMALL_WORDS = {
    "ca": (
        "el la els les un una de del dels al als amb per que qui com més però molt i o no és són va ha hi "
        "aquest aquesta sense entre"
    ),
    "da": "og i det er en at på til af med ikke som den for jeg du han hun vi har de der om var men et mig",
    "de": (
        "der die das und ist nicht ich du er sie es wir ihr ein eine einen dem den des mit von zu auf für im "
        "auch sich sind wie aber oder sehr zum"
    ),
    "en": (
        "the and is are was you your i he she they it of to in a an that this for with not be have on my me "
        "we so at all but as"
    ),
    "es": (
        "el la los las un una de del al con por para que como más pero muy y o no es son ha se su esta este "
        "sin entre lo"
    ),
    "fr": (
        "le la les un une de du des au aux avec pour par que qui est sont et ou ne pas je tu il elle nous "
        "vous ce cette en dans sur plus a"
    ),
    "it": (
        "il lo la gli le un una di del della che e non per con sono è come ma anche più al alla nel si questo "
        "questa ho"
    ),
    "nl": "de het een en van is dat niet ik je hij zij we met voor op te zijn er aan ook maar bij naar om dit die",
    "no": "og i det er en at på til av med ikke som den for jeg du han hun vi har de der om var men et meg",
    "pl": "i w na nie to jest się z do że jak ale za po od czy tak już tylko przez dla",
    "pt": "o a os as um uma de do da dos das em no na com por para que não é são e ou mas mais muito como se eu você",
    "ro": "și în la de nu este cu pe un o că din pentru mai care sunt ce se am ai dar",
    "sv": "och i det är en att på till av med inte som den för jag du han hon vi har de om var men ett mig",
    "tr": "ve bir bu da de için ile çok ne ben sen o mi değil gibi ama var yok daha kadar",
}  # fmt: skip
LANGUAGES = tuple(_SMALL_WORDS)
"""Codes of ISO 639-1."""

_OF: dict[str, tuple[str, ...]] = {}
for _code, _words in _SMALL_WORDS.items():
    for _word in _words.split():
        _OF[_word] = (*_OF.get(_word, ()), _code)

_WORD = re.compile(r"[^\W\d_]+")
_FEWEST = 2
"""Small words of another language that must stand there."""


def is_another(text: str, start: int, end: int, language: str) -> bool:
    """True when the words around ``text[start:end]`` are plainly of another language.

    Args:
        language: one of `LANGUAGES`.
    """
    counts: Counter[str] = Counter()
    around = f"{text[max(0, start - REACH) : start]} {text[end : end + REACH]}"
    for word in _WORD.findall(around.lower()):
        counts.update(_OF.get(word, ()))
    most = max(counts.values(), default=0)
    return most >= _FEWEST and most > counts[language]
