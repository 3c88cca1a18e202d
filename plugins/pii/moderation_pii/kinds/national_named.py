"""Numbers that the name of a national number stands before, whatever they look like: of no known check, or badly typed.

Where such a name stands right before a number, it is no telephone, though it may be written as one and the next word
may be *telefon*.
"""

from __future__ import annotations

import re

from moderation_pii.context import NARROW_GAP, keyword, steady
from moderation_pii.expression import later
from moderation_pii.pattern import Hit, Pattern, after_keyword

_NAMES = (
    r"f[øo]dselsnummer|f[øo]dselsnr|personnummer|personnr|cpr|cpr-?nr|cpr-?nummer|kennitala|henkil[öo]tunnus|hetu|isikukood|asmens kodas|personas kods"
    r"|sv-?nr|sozialversicherungsnummer|sozialversicherungsnr|versicherungsnummer|steuer-?id|steuer-?nr|steuernummer|steueridentifikationsnummer|ahv-?nr|ahv-?nummer"
    r"|bsn|burgerservicenummer|rijksregisternummer|rijksregisternr|registre national|insz|niss|nir|s[ée]curit[ée] sociale|num[ée]ro fiscal|matricule"
    r"|dni|nif|c[ée]dula|c[ée]dula de ciudadan[íi]a|c[ée]dula de identidad|documento de identidad|rut|curp|cpf|contribuinte|codice fiscale"
    r"|pesel|rodn[ée] [čc][íi]slo|jmbg|em[šs]o|oib|cnp|egn|amka|szem[ée]lyi sz[áa]m|taj sz[áa]m|ad[óo]azonos[íi]t[óo]|kimlik|tckn|kimlik no"
    r"|ppsn?|pps number|national id|national identity number|national insurance no|nric|hkid"
)
_BEHIND = later(rf"(?:^|[^a-z])(?:{_NAMES.replace(' ', '[ _-]?')})\.?{NARROW_GAP}\Z", re.ASCII)
_NAMED = 76.0
"""As a number that its own pattern knows, whose check digits are wrong."""
_NO_TELEPHONE = 70.0

PATTERNS = (
    Pattern(
        "PII/SSN",
        keyword(_NAMES, r"(?:[A-Z]{1,2}[ \-]?)?[0-9](?:[ .\-/]?[0-9]){6,15}(?:[ \-]?[A-Z])?", NARROW_GAP),
        steady(_NAMED),
        after_keyword,
    ),
)


def no_telephones(hits: list[Hit], lowered: str) -> list[Hit]:
    """The hits, those telephones less sure than the number that somebody says they are.

    Args:
        hits: what patterns found.
        lowered: the text in lower case.
    """
    return [
        hit._replace(confidence=min(hit.confidence, _NO_TELEPHONE))
        if hit.label == "PII/PHONE" and _BEHIND.search(lowered, max(0, hit.start - 48), hit.start) is not None
        else hit
        for hit in hits
    ]
