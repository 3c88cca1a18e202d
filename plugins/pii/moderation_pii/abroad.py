"""Postal addresses of countries whose look `places` does not know, and what stands in a field for an address."""

from __future__ import annotations

import re

from moderation_pii.context import Words, is_called_otherwise, raised
from moderation_pii.pattern import Pattern, Sighting, anywhere, as_word

_AT_HOME = Words(
    r"address|live|lives|living|home|house|ship|deliver|delivery|located|resides?|residing|moved to|dirección|adresse"
    r"|anschrift|vivo|vive|domicilio|wohne|habite|envía(?:lo)?|endereço|indirizzo|adres"
)
_NO_PLACE = re.compile(
    r"(?:e-?mail|mail|ip|mac|web|url|wallet|bitcoin|network|server|memory|source|destination)[ _\-]?$"
)
_NEXT_FIELD = re.compile(
    r"(?i)[,;.]? +(?:phone|tel|mobile|cell|e-?mail|fax|dob|date|ssn|name|contact|attn|id)\b ?[:#]|  +|\t| [|/] "
)
_SENTENCE = re.compile(
    r"(?<!St)(?<!Ave)(?<!Rd)(?<!Dr)(?<!Blvd)(?<!No)(?<!Apt)(?<!Ste)(?<!Ln)(?<!Ct)(?<!Av)(?<!Avda)\. [A-Z]"
)

_CAPITAL = "A-ZÀ-ÖØ-Þ"
_LETTER = "A-Za-zÀ-ɏ"
_WORD = rf"[{_CAPITAL}][{_LETTER}'\-]{{1,24}}"
_BRITISH = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"
_CANADIAN = r"[ABCEGHJ-NPRSTVXY][0-9][A-Z] ?[0-9][A-Z][0-9]"
_UNIT = r"(?:(?:Flat|Unit|Apt|Apartment|Suite|Shop|Level|Floor) [0-9A-Za-z]{1,4},? )?"
_POSTCODE = r"(?:[A-Z]{1,2}-)?(?:[0-9]{4,5}|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|[0-9]{4} ?[A-Z]{2})"
_COUNTRY = (
    r"(?:,? (?:UK|U\.K\.|United Kingdom|England|Scotland|Wales|Ireland|Italia|Italy|Deutschland|Germany|Austria|Österreich"
    r"|Schweiz|Switzerland|Nederland|Netherlands|Belgium|België|France|Sweden|Sverige|Norway|Norge|Denmark|Danmark|Poland"
    r"|Polska|Portugal|España|Spain|Greece|Finland|Australia|Canada|India|México|Mexico|Brasil|Brazil|Argentina|Colombia)\b)"
)
_SPANISH = r"(?:de |del |la |los |las |das |dos |da |do )"
_STREET = r"(?:Av|Avda|Avenida|Carrera|Cra|Calle|Cl|Diagonal|Transversal|Jr|Jirón|Rua|Travessa|Alameda|Calzada|Prolongación|Calz)"
_FULL = r"(?:Street|Road|Lane|Avenue|Drive|Court|Close|Place|Square|Terrace|Way|Crescent|Gardens|Grove|Row|Mews|Hill|Rise|Walk)"
_COUNT = (
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
)


def _field(sighting: Sighting) -> float:
    """A whole address in its field: some words and a number, and nothing of a machine or of mail."""
    value = sighting.value
    if _NO_PLACE.search(sighting.before(40).partition("address")[0].split("\n")[-1]) or "@" in value or "://" in value:
        return 0.0
    has_words = sum(char.isalpha() for char in value) >= 5 and (" " in value.strip())
    return 95.0 if has_words and any(char.isdigit() for char in value) else 0.0


def _to_next_field(value: str) -> str:
    """The address without the next field and the next sentence."""
    for ends in (_NEXT_FIELD, _SENTENCE):
        found = ends.search(value)
        if found is not None:
            value = value[: found.start()]
    return value.rstrip(" ,;.\\")


def _anchored(sighting: Sighting) -> float:
    return 45.0 if is_called_otherwise(sighting) else 95.0


PATTERNS = (
    Pattern("PII/ADDRESS", r"(?i)(?:address|adresse|anschrift|direcci[oó]n|domicilio|endere[çc]o|indirizzo|adres|residence)[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?([^\s\"'|<>{}\[][^\n\"|<>{}\[]{5,110})", _field, anywhere, _to_next_field),
    Pattern("PII/ADDRESS", r"ADR[^:\n]{0,40}:;{0,3}([^;\n][^\n]{5,110})", _field, anywhere),
    Pattern("PII/ADDRESS", rf"\b({_UNIT}[1-9][0-9]{{0,3}}[A-Za-z]?(?:-[0-9]{{1,4}})? (?:{_WORD} ){{0,4}}{_WORD}(?:,? (?:upon |on |le |of )?{_WORD}){{0,6}},? {_BRITISH}{_COUNTRY}?)\b", _anchored, as_word),
    Pattern("PII/ADDRESS", rf"\b({_UNIT}(?:[0-9]{{1,4}}/)?[1-9][0-9]{{0,4}}(?:-[0-9]{{1,4}})?[A-Za-z]? (?:{_WORD},? ){{2,7}}(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT),? [0-9]{{4}}{_COUNTRY}?)\b", _anchored, as_word),
    Pattern("PII/ADDRESS", rf"\b([1-9][0-9]{{0,4}},? (?:[{_LETTER}][{_LETTER}'.\-]{{0,24}},? ){{1,8}}(?:[A-Z]{{2}},? )?{_CANADIAN}{_COUNTRY}?)\b", _anchored, as_word),
    Pattern("PII/ADDRESS", rf"(?:^|[^A-Za-z])((?:(?:ul|al|os|pl)\. )?{_WORD}(?: [{_LETTER}][{_LETTER}'.\-]{{0,24}}){{0,3}},? [0-9]{{1,4}} ?[A-Za-z]?(?:[/\-][0-9]{{1,4}})?,\s{{1,2}}{_POSTCODE} {_WORD}(?: {_WORD}){{0,2}}(?:,? [A-Z]{{2}}\b)?{_COUNTRY}?)", _anchored, as_word),
    Pattern("PII/ADDRESS", rf"(?:^|[^A-Za-z])([{_CAPITAL}][a-zà-ÿ\-]{{2,25}}(?:gracht|straat|laan|plein|kade|gatan|vägen|gata|veien|gade|vej|katu) [0-9]{{1,4}} ?[A-Za-z]?)\b", raised(80.0, 90.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", rf"\b((?i:(?:house|flat|plot|door|h\.) ?no\.?:? ?)[0-9A-Za-z/\-]{{1,8}}(?:,? [A-Z0-9][{_LETTER}0-9'./\-]{{0,24}}){{1,10}}(?:,? ?-? ?[1-9][0-9]{{5}})?)\b", _anchored, as_word),
    Pattern("PII/ADDRESS", rf"\b({_STREET}\.? (?:[{_CAPITAL}0-9][{_LETTER}0-9]{{0,24}} |{_SPANISH}){{0,5}}(?:N[o°]?\.? ?|# ?|n[uú]m\.? ?)?[0-9]{{1,5}}[A-Za-z]?(?: ?- ?[0-9]{{1,4}})?(?:,? (?:Piso|Depto|Dpto|Apto|Int|Of|Col|Colonia)\.? [{_LETTER}0-9]{{1,20}}){{0,3}}(?:,? [A-Z]?[0-9]{{4,5}}(?:-[0-9]{{3}})?[A-Z]{{0,3}})?(?:,? {_WORD}(?: {_SPANISH}?{_WORD}){{0,3}})?)", raised(78.0, 92.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", r"\b((?:calle|avenida|plaza|paseo|camino) (?:de |la |del |los |las ){0,2}[a-záéíóúñ]{3,20}(?: [a-záéíóúñ]{3,20}){0,2},? (?:n[uú]mero |n[uú]m\.? )?[0-9]{1,4}(?:, [a-záéíóúñ]{3,20})?)", raised(70.0, 88.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", r"(?i)\b((?:post office box|apartado(?: de correos| postal)?|postfach|casilla(?: de correo| postal)?|bo[iî]te postale|postbus|gpo box|private bag) [0-9]{1,7})\b", lambda s: 86.0, as_word),
    Pattern("PII/ADDRESS", rf"\b((?i:{_COUNT}) (?:{_WORD} ){{1,3}}{_FULL}(?:, {_WORD}(?: {_WORD})?){{0,2}}(?:,? {_BRITISH})?)\b", raised(72.0, 88.0, _AT_HOME), as_word),
)  # fmt: skip
