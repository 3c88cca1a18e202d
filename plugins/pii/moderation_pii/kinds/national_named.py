"""Numbers that the name of a national number stands before, whatever they look like: of no known check, or badly typed.

Where such a name stands right before a number, it is no telephone, though it may be written as one and the next word
may be *telefon*.
"""

from __future__ import annotations

from moderation_pii.context import keyword, steady
from moderation_pii.pattern import Hit, Pattern, after_keyword

_NAMES = (
    r"f[øo]dselsnummer|f[øo]dselsnr|personnummer(?:et)?|f[øo]dselsnummeret|personnr|cpr|kennitala|henkil[öo]tunnus|henkil[öo]tunnukse(?:ni|nsa|si)|hetu|isikukood|asmens kodas|personas kods|samordningsnummer"
    r"|sv|svnr|sozialversicherungs|sozialversicherungsnummer|sozialversicherungsnr|versicherungsnummer|rentenversicherungsnummer|steuer-?id|steuer|steuernummer"
    r"|(?:steuerliche )?identifikationsnummer|steueridentifikationsnummer|ahv|avs"
    r"|bsn|burgerservicenummer|rijksregisternummer|rijksregisternr|nationaal nummer|num[ée]ro national|registre national|insz|niss|nir|s[ée]curit[ée] sociale|num[ée]ro fiscal|matricule"
    r"|dni|nif|nie|c[ée]dula|c[ée]dula de ciudadan[íi]a|c[ée]dula de identidad|documento de identidad|rut|curp|cpf|contribuinte|codice fiscale"
    r"|pesel|rodn[ée] [čc][íi]slo|osobn[íi] [čc][íi]slo|jmbg|em[šs]o|oib|cnp|egn|amka|szem[ée]lyi sz[áa]m|taj(?: sz[áa]m)?|ad[óo]azonos[íi]t[óo](?: jel)?|kimlik|tckn|kimlik no"
    r"|ppsn?|pps number|national id|national identity number|national insurance no|nric|hkid|rrn|nik|ktp|nss|cuil|cuit|c\.c|r\. ?č|rodn[ée] č|cod(?:ul)? numeric personal|ird no"
    r"|(?:personal )?identity number|personal identification number|national registration number|social insurance number|tax identification number"
)
_NUMBER_OF = r"(?:[ _\-]?(?:nummer(?:et|en)?|nr|number|num|no|szám|numero|número|číslo|numaram))?"
"""What makes a name of a number's name: *CPR-nummer*, *SV-Nr*."""
_UP_TO_NUMBER = (
    r"((?:[\s:=#(\-\"'*>/]|(?i:is|was|are|number|num|no|nr|code|id|my|the|of|ending|in|with|es|de|s"
    r"|er|mín|minn|mitt|mit|min|mijn|ist|lautet|est|è|é|är|on|je|jest|to|este|del?|cliente|paciente|assicurato|titular)\b|\.){0,10}?)"
)
"""`NARROW_GAP` with what *is* is called in more languages, and whose number it is."""
_NAMED = 76.0
"""As a number that its own pattern knows, whose check digits are wrong."""
_NO_TELEPHONE = 70.0

PATTERNS = (
    Pattern(
        "PII/SSN",
        keyword(
            f"(?:{_NAMES}){_NUMBER_OF}",
            r"(?:[A-Z]{1,2}[ \-]?)?[0-9](?:[ .\-/]?[0-9]){6,15}(?:[ \-]?[A-Z](?:[ \-]?[0-9]{3})?)?",
            _UP_TO_NUMBER,
        ),
        steady(_NAMED),
        after_keyword,
    ),
)


def no_telephones(hits: list[Hit]) -> list[Hit]:
    """The hits, those telephones less sure that are, or are a piece of, the number that somebody says they are."""
    named = [hit for hit in hits if hit.label == "PII/SSN" and hit.confidence == _NAMED and not hit.attributes]
    return [
        hit._replace(confidence=min(hit.confidence, _NO_TELEPHONE))
        if hit.label == "PII/PHONE" and any(hit.start < other.end and other.start < hit.end for other in named)
        else hit
        for hit in hits
    ]
