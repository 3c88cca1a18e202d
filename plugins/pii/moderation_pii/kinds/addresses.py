"""Postal addresses, as far as their look tells them."""

from __future__ import annotations

from moderation_pii.context import Words, is_called_otherwise, raised
from moderation_pii.expression import later
from moderation_pii.pattern import Pattern, Sighting, as_word

_AT_HOME = Words(
    r"address(?:es)?|live|lives|living|home|house|ship|deliver(?:y|ed)?|mail|mailed|located|resid(?:e|es|ing|ence)|street|moved to|come to|i'm at|im at|we're at|send to|staying at|meet at|pick(?: me| us)? up at|dirección|adresse|anschrift"
)

_SUFFIX = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Circle|Cir|Way|Place|Pl|Square|Sq"
    r"|Terrace|Ter|Trail|Trl|Highway|Hwy|Parkway|Pkwy|Crescent|Cres|Close|Grove|Gardens|Gdns|Row|Mews|Alley|Loop|Plaza"
    r"|Expressway|Turnpike|Broadway|Walk|Hill|Wharf|Crossing|Path|Ridge|Bend|Cove|Heights|Pike|Quay|Rise|Parade|Approach"
    r"|Chase|Croft|Vale|Mount|Esplanade|Strand|Trace|Landing|Point|Manor|Green|Run|Pass|Bypass|Causeway|Concourse)"
)
_LOWER_SUFFIX = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|square|terrace|highway|parkway)"
)
_STATE = (
    r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]|W[AVIY]"
    r"|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois"
    r"|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri"
    r"|Montana|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma"
    r"|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming)"
)
_POSTCODE = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"
_WORD = r"[A-ZÀ-Þ][A-Za-zÀ-ɏ'\-]{0,24}\.?"
_CITY = rf"{_WORD}(?: (?:(?:de|la|of|upon|del|los|las) )?{_WORD}){{0,3}}"
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Room|Rm|#)\.? ?#?[0-9A-Za-z]{1,6})"
_TAIL = rf"(?:,?\s{{1,2}}{_CITY}\b)?(?:,? {_STATE}\b)?(?:,? (?:[0-9]{{5}}(?:-[0-9]{{4}})?\b|{_POSTCODE}\b))?(?:,? (?:USA|U\.S\.A\.|UK|United States|United Kingdom)\b)?"


def _lower_street(sighting: Sighting) -> float:
    return 80.0 if _AT_HOME.near(sighting, after=0) else 0.0


_NUMBERED = later(
    r"(?i)\b(?:employee|user|customer|client|member|student|patient|order|ticket|case|account|transaction|session|device|staff|tax|national"
    r"|voter|photo|badge|product|item|request|job|record|group|tracking|reference|event|company|vendor|policy|claim) id [0-9]"
)


def _town(sighting: Sighting) -> float:
    """A town with its state and code; `ID` is Idaho, but no employee's."""
    if _NUMBERED.search(sighting.value):
        return 0.0
    return 90.0 if _AT_HOME.near(sighting) else 82.0


def _street(sighting: Sighting) -> float:
    if is_called_otherwise(sighting):
        return 45.0
    return 94.0 if _AT_HOME.near(sighting) or "," in sighting.value else 75.0


_SENTENCE = later(r"\b[A-Z][a-z]{3,}\.\s(?=[A-Z])")


def _sentence(value: str) -> str:
    """The address up to the end of its sentence: no word in full is an abbreviation."""
    found = _SENTENCE.search(value)
    return value if found is None else value[: found.end() - 2]


_SPANISH_STREET = r"(?:Calle|C/|Avenida|Avda\.?|Plaza|Pza\.?|Paseo|Camino|Ronda|Carretera|Travesía)"
_SPANISH_WORD = r"[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+"
"""Ordinal signs, º and ª, are folded to o and a."""

_AREA = (
    r"(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]?"
    r"|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)"
)
"""The areas of British post codes."""


def _code(sighting: Sighting) -> float:
    """A British or Canadian post code by itself, in its full form."""
    if is_called_otherwise(sighting):
        return 0.0
    return 85.0 if _AT_HOME.near(sighting) else 60.0


_ROAD = rf"(?:(?:[NSEW]\.? )?(?:(?:{_WORD}|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{1,3}}{_SUFFIX}|Broadway|[0-9]{{1,3}}(?:st|nd|rd|th))\b\.?"

PATTERNS = (
    Pattern("PII/ADDRESS", rf"\b(?:[Cc]orner of|[Ii]ntersection of|[Jj]unction of|[Cc]rossing of) ({_ROAD} (?:and|&) (?:{_ROAD}|{_WORD}))", lambda s: 86.0, as_word),
    Pattern("PII/ADDRESS", r"\b((?:(?:USS|USNS|USCGC) [A-Z][\w.'\-]{1,20}(?: [A-Z][\w.'\-]{1,20}){0,2}[ ,]{0,2}(?:\([A-Z]{2,4} ?[0-9]{1,3}\))?|(?:PSC|CMR|[Uu]nit|UNIT|OMC)[ #]{1,2}[0-9]{1,6}(?:,? (?:[Bb]ox|BOX) [0-9]{1,6})?)?,?[ \t]{0,2}\r?\n?[ \t]{0,2}(?:APO|FPO|DPO),? (?:AA|AE|AP),? [0-9]{5}(?:-[0-9]{4})?)\b", lambda s: 95.0, as_word),
    Pattern("PII/ADDRESS", r"\b((?:ul|al|os|pl)\. ?[A-ZÀ-ÞĀ-Ž][A-Za-zÀ-ɏ\-]{1,25}(?: [A-ZÀ-ÞĀ-Ž][A-Za-zÀ-ɏ\-]{1,25}){0,2} [0-9]{1,4}[a-zA-Z]?(?:/[0-9]{1,4}| ?m\. ?[0-9]{1,4})?(?:,?\s{1,2}[0-9]{2}-[0-9]{3} [A-ZÀ-ÞĀ-Ž][A-Za-zÀ-ɏ\-]{1,25})?)", raised(88.0, 94.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", rf"\b((?:{_WORD} ){{1,3}}(?:Road|Street|Avenue|Lane|Drive|Close|Terrace|Crescent) [0-9]{{1,4}}[a-zA-Z]?)\b", lambda s: 84.0 if _AT_HOME.near(s, before=60) or "place on" in s.before(12) else 0.0, as_word),
    Pattern(
        "PII/ADDRESS",
        rf"\b([1-9][0-9]{{0,5}}[A-Za-z]?(?:-[0-9]{{1,4}})?,? (?:(?:[NSEW]|NE|NW|SE|SW|North|South|East|West)\.? )?(?:(?:[A-Z][A-Za-z'\-]{{0,24}}|[0-9]{{1,3}}(?:st|nd|rd|th)|(?:of|the|de|la))\.? ){{1,6}}{_SUFFIX}\b\.?(?: (?:[NSEW]|NE|NW|SE|SW)\b)?{_UNIT}?{_TAIL})",
        _street,
        as_word,
        _sentence,
    ),
    Pattern(
        "PII/ADDRESS",
        rf"\b([1-9][0-9]{{0,5}}[a-z]? (?:(?:[a-z'\-]{{2,20}}|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{1,3}}{_LOWER_SUFFIX}\b(?:,? (?:apt|apartment|suite|unit|flat) ?#?[0-9a-z]{{1,6}})?)",
        _lower_street,
        as_word,
        beside=_AT_HOME.regex,
    ),
    Pattern("PII/ADDRESS", r"(?i:\b(p\.? ?o\.? ?box [0-9]{1,7}))", raised(85.0, 92.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", r"(?i)(?:\b|_)(?:zip(?:[ _\-]?codes?)?|post(?:al)?[ _\-]?codes?|plz|postleitzahl)[\"']?[ \t]*(?:[:=|]|is|,)?[ \t]*[\"']?([0-9]{5}(?:-[0-9]{4})?|[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][a-z]{2}|[a-z][0-9][a-z] ?[0-9][a-z][0-9]|[0-9]{4})\b", raised(80.0, 85.0, _AT_HOME, 80.0), as_word),
    Pattern("PII/ADDRESS", rf"\b({_CITY},? {_STATE},? [0-9]{{5}}(?:-[0-9]{{4}})?)\b", _town, as_word),
    Pattern("PII/ADDRESS", r"\b([A-ZÄÖÜ][a-zäöüß\-]{2,25}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm) [0-9]{1,4} ?[a-z]?\b(?:,? (?:D-)?[0-9]{5} [A-ZÄÖÜ][a-zäöüß]+(?: [a-z]{2,4} [A-Z][a-z]+)?)?)", raised(84.0, 92.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", r"(?i:\b([0-9]{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai) (?:(?:de|du|des|la|le|les|l'|d')[ ]?){0,2}[a-zà-ÿ'\-]{2,25}(?: [a-zà-ÿ'\-]{2,25}){0,2}(?:,? [0-9]{5} [a-zà-ÿ\-]{2,25})?))", raised(70.0, 90.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", rf"\b({_SPANISH_STREET} (?:(?:de|del|la|las|los|el) ){{0,3}}{_SPANISH_WORD}(?: (?:de |la )?{_SPANISH_WORD}){{0,2}},? (?:n[.o°]{{1,3}} ?|n[uú]m\.? )?[0-9]{{1,4}}(?:,? (?:piso|planta|puerta|portal|esc\.?|[0-9]{{1,2}}[oa°]) ?[A-Za-z0-9]{{0,4}}|,? bajo){{0,2}}(?:,? [0-9]{{5}} {_SPANISH_WORD}(?: {_SPANISH_WORD})?)?)", raised(80.0, 92.0, _AT_HOME), as_word),
    Pattern("PII/ADDRESS", rf"\b({_AREA}[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{{2}}|[ABCEGHJ-NPRSTVXY][0-9][A-Z] [0-9][A-Z][0-9])\b", _code, as_word),
)  # fmt: skip
