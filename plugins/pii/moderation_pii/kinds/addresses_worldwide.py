"""Postal addresses by their postcode and by the words for streets of many countries.

The number stands behind the street in most of Europe and Latin America, before it where English or French is spoken.
"""

from __future__ import annotations

from moderation_pii.context import Words, is_called_otherwise
from moderation_pii.expression import later
from moderation_pii.pattern import Pattern, Sighting, anywhere, as_word

_AT_HOME = Words(
    r"address(?:es)?|live|lives|living|home|house|ship|shipping|deliver(?:y|ed)?|mail|mailed|located|residence|street|residing"
    r"|direcci[oó]n|domicilio|vivo en|vive en|env[ií]a(?:lo)?|adresse|anschrift|wohnhaft|wohnt|habite|demeurant|indirizzo|residente"
    r"|abita|endereço|morada|mora|adres|woont|adress|bor|osoite|adresa|bydliště|zamieszkały|mieszka"
)

_SEP = r"(?: ?, {1,2}\n?| ?,?\n) {0,2}"
"""Between the lines of an address, also where they are written in one."""
_PLAIN = r"[A-Za-zÀ-ɏ'.\-]{0,30}"
_NAME = rf"[A-ZÀ-Þ]{_PLAIN}"
_SMALL = (
    r"(?:de|del|della|delle|degli|di|da|do|dos|das|la|las|le|les|los|el|lo|van|von|der|den|des|du|zum|zur|zu|am|an|im|in|auf|ob"
    r"|bei|sur|sous|en|et|und|y|e|i|a|of|upon|the|on|d'|l')"
)
_OF_STREET = r"(?:de|del|della|delle|degli|di|da|do|dos|das|la|las|le|les|los|el|van|von|der|den|des|du|zum|zur|am|an der|of|the|d'|l')"
_CITY = rf"{_NAME}(?: (?:{_SMALL} ?){{0,3}}{_NAME}){{0,4}}"
_COUNTRY = (
    r"(?:Argentina|Australia|Austria|Österreich|Belgium|België|Belgique|Brazil|Brasil|Canada|Chile|Colombia|Czechia|Czech Republic"
    r"|Denmark|Danmark|Finland|Suomi|France|Germany|Deutschland|Greece|Hungary|India|Ireland|Italy|Italia|Luxembourg|Mexico|México"
    r"|Netherlands|The Netherlands|Nederland|New Zealand|Norway|Norge|Peru|Perú|Poland|Polska|Portugal|Romania|Scotland|Singapore"
    r"|South Africa|Spain|España|Sweden|Sverige|Switzerland|Schweiz|Suisse|UK|United Kingdom|England|Wales|USA|United States)"
)
_END = rf"(?: ?\([A-Z]{{2}}\)| ?/ ?[A-Z]{{2}}\b|,? [A-Z]{{2,4}}\b)?(?:{_SEP}{_COUNTRY}\b)?"

_NUMBER = r"(?:[0-9]{1,5}(?: ?[A-Za-z]\b)?(?: ?[/\-] ?[0-9]{1,4}[A-Za-z]?)?|[Ss]/[Nn])"
_ROOM = (
    r"(?:[ ,/\n]{1,3}(?i:apt|apto|app|appartamento|appartement|apartamento|ap|piso|planta|puerta|pta|portal|esc|escalera|interno|int"
    r"|depto|dpto|dto|dept|bodega|etapa|edif|edificio|of|oficina|local|bloque|torre|casa|wohnung|whg|top|etage|og|stock|lgh|bus|bte|lok|suite|unit"
    r"|flat|level|floor)\b\.? ?[0-9A-Za-z]{1,5}| (?:bajo|[0-9]{1,2}[oa°] ?[A-Za-z]?\b)){0,3}"
)

_POSTCODE = (
    r"(?:(?:[A-Z]{1,2}-)?(?:[0-9]{5}-[0-9]{3,4}|[0-9]{4}-[0-9]{3}|[0-9]{2}-[0-9]{3}|[0-9]{3} [0-9]{2}|[0-9]{4} ?[A-Z]{2}|[0-9]{4,6}"
    r"|[0-9]{8}|[A-Z][0-9]{4}[A-Z]{3})\b)"
)
_CITY_WITH_CODE = rf"(?:{_POSTCODE}(?:,? |{_SEP}){_CITY}|{_CITY},? (?:[A-Z]{{2,4}},? )?[0-9]{{5}}(?:-[0-9]{{4}})?\b)"

_CODE_AT_END = (
    r"(?:[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|(?:[A-Z]{2},? )?[ABCEGHJ-NPRSTVXY][0-9][A-Z] ?[0-9][A-Z][0-9]"
    r"|(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT),? [0-9]{4}|[A-Z]{2},? [0-9]{5}(?:-[0-9]{4})?|[A-Z][0-9][0-9W] ?[A-Z0-9]{4})\b"
)
"""British, Canadian, Australian, American and Irish codes, which stand at the end."""
_FLAT = r"(?:(?:Apt|Apartment|Flat|Unit|Suite|Ste|Level|Shop|Studio|Room|Rm|Floor)\.? ?[0-9A-Z]{1,5}(?:,? |,? ?\n|/))?"
_CHUNK = rf"{_NAME}(?: (?:{_SMALL} )?[A-Za-zÀ-ɏ0-9'.\-]{{1,30}}){{0,4}}"

_BEFORE_STREET = (
    r"(?i:calle|c/|avenida|avda\.?|av\.?|avinguda|carrera|cra\.?|cr\.|kr\.?|cl\.|dg\.|tv\.|diag\.|blv\.|bulevar|(?:avenida|av\.) (?:carrera|calle)|diagonal|transversal|plaza|pza\.?|plaça|paseo|passeig"
    r"|camino|camí|ronda|carretera|travesía|glorieta|pasaje|callejón|calzada|privada|jirón|jr\.|rua|r\.|travessa|praça|alameda|via"
    r"|viale|vicolo|piazza|corso|largo|strada|ulica|ul\.|aleja|al\.|os\.|osiedle|plac|pl\.)"
)
_FRENCH_STREET = r"(?i:rue|avenue|av\.|boulevard|bd|blvd|place|chemin|allée|impasse|quai|cours|passage|route|square|ruelle|faubourg|sentier|allé|rang|montée|côte)"
_LIKE_STREET = later(
    r"(?i)(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|gata|gatan|vägen|veien|vei|vej|gade|allé|torget|katu|polku|kuja"
    r"|straat|laan|gracht|plein|kade|dijk|singel|dreef|hof|steeg)\b|\b(?:st|str|ave|rd|road|street|lane|drive|way)\b|\b"
    + _BEFORE_STREET
    + r"(?=\s)"
)
_NO_STREET = later(
    r"(?i)^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|version|windows|chapter|section|page|room|figure|table|step|level|rule"
    r"|article|act|part|volume|season|episode|grade|group|team|order|invoice|since|until|before|after|the|on|in)[a-z]*\b"
)
_YEAR = later(r"\b(?:19|20)[0-9]{2}\b")


def _number_behind(sighting: Sighting) -> float:
    """Rosenweg 5, 12345 Musterstadt."""
    value = sighting.value
    if _LIKE_STREET.search(value):
        return 92.0
    if _NO_STREET.match(value) or is_called_otherwise(sighting):
        return 0.0
    if _AT_HOME.near(sighting):
        return 90.0
    return 0.0 if _YEAR.search(value) else 75.0


def _number_before(sighting: Sighting) -> float:
    """17 Station Approach, Hassocks BN6 8JD."""
    # The end of a telephone number is no house: 555-0107, P.O. Box 7714.
    before = sighting.before(2)
    is_piece = (before[1:] in ("-", ".", "/") and before[:1].isdigit()) or before == ") "
    return 0.0 if is_piece or is_called_otherwise(sighting) else 90.0


def _by_street(sighting: Sighting) -> float:
    """Carrera 7 No. 71-21, Bogotá: a word for a street, a name, a number."""
    if is_called_otherwise(sighting):
        return 0.0
    return 90.0 if _AT_HOME.near(sighting) else 78.0 if sighting.value[:1].isupper() or "," in sighting.value else 60.0


def _indian(sighting: Sighting) -> float:
    if is_called_otherwise(sighting):
        return 0.0
    return 90.0 if sighting.value[0].isalpha() or _AT_HOME.near(sighting) else 78.0


def _spelled_out(sighting: Sighting) -> float:
    return 90.0 if _AT_HOME.near(sighting) or "," in sighting.value else 78.0


_FIELD = (
    r"(?:address|addr|residence|domicile|direcci[oó]n|domicilio|adresse|anschrift|wohnort|indirizzo|residenza|endere[cç]o|morada"
    r"|adres|adress|osoite|adresa)(?:[ _\-]?(?:line)?[ _\-]?[1-3])?"
)
_FIELD_ENDS = later(
    r"[,;.]? {1,2}[A-Za-zÀ-ɏ.]{2,16}(?:[ _](?i:no|number|nr|id|of birth|name|code|address|type))?[:=]|;|/{2}| {2}|\\n"
    r"|(?<!\b[A-Za-z])(?<!\b[A-Z][a-z])(?<!\b[a-z]{2})(?<!\bAve)(?<!\bApt)(?<!\bSte)(?<!\bstr)(?<!\bStr)(?<!\bBlvd)(?<!\bAvda)\. |[.!?]$"
    r"|(?<=[A-Za-z0-9]),? (?:[a-z]{2,} ){2}[a-z]{2,}"
    r"|(?i:(?:,|\.)? (?:and )?(?:phone|tel|telephone|e-?mail|dob|ssn|cell|mobile|my|i|i'm|we|please|pls|thanks|thank you|by|since|which|who)\b)"
)
_OTHER_ADDRESS = later(
    r"(?:e-?mail|ip|ipv4|ipv6|mac|web|wallet|contract|btc|hardware|network|url|memory|start|end|base|return|target|source|destination|remote|bind|listen)[ _\-]?$"
)
_KEY = later(rf"(?i){_FIELD}[\"']?\s{{0,2}}[:=>]\s{{0,3}}[\"']?$")


def _without_stop(value: str) -> str:
    """An address without the sentence's end behind it."""
    return value.rstrip(" .,-'\n")


def _to_field_end(value: str) -> str:
    """A field's value without the next field or sentence."""
    found = _FIELD_ENDS.search(value)
    return _without_stop(value[: found.start()] if found else value)


def _in_field(sighting: Sighting) -> float:
    """What stands in a form's field for an address, if it looks like one."""
    value, before = sighting.value, sighting.before(60)
    key = _KEY.search(before)
    if (
        key is None
        or _OTHER_ADDRESS.search(before[: key.start()])
        or "@" in value
        or "://" in value
        or value.count(":") > 2
    ):
        return 0.0
    has_digit = any(char.isdigit() for char in value)
    capitals = sum(word[:1].isupper() for word in value.split())
    if not (value[0].isdigit() or value[0].isupper() or _LIKE_STREET.search(value)) or not any(map(str.isalpha, value)):
        return 0.0
    if has_digit:
        return 88.0 if capitals or "," in value else 70.0
    return 70.0 if capitals >= 2 and "," in value else 0.0


_SPELLED_NUMBER = (
    r"(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?)"
)

PATTERNS = (
    Pattern("PII/ADDRESS", rf"(?i)(?<![a-z]){_FIELD}[\"']?\s{{0,2}}[:=>]\s{{0,3}}[\"']?([^\s\"'<>|{{}}:=][^\n\"<>|\t{{}}]{{5,140}})", _in_field, anywhere, _to_field_end),
    Pattern("PII/ADDRESS", r"(?m)^ADR[^:\n]{0,40}:;{0,2}([^;\n][^\n]{4,140}?);{0,6}\r?$", lambda sighting: 92.0, anywhere),
    Pattern(
        "PII/ADDRESS",
        rf"(?<![A-Za-zÀ-ɏ0-9])((?:{_BEFORE_STREET} )?(?:{_NAME}|[0-9]{{1,2}}\. {_NAME})(?: (?:{_OF_STREET} ?){{0,3}}{_NAME}){{0,4}},? (?:n[.o°]{{1,2}} ?|N[o°]\.? ?)?{_NUMBER}{_ROOM}{_SEP}(?:{_CITY}{_SEP})?{_CITY_WITH_CODE}{_END})",
        _number_behind,
        as_word,
        _without_stop,
    ),
    Pattern(
        "PII/ADDRESS",
        rf"\b({_FLAT}{_NUMBER}(?:,? |,? ?\n)(?:{_FRENCH_STREET} )?{_CHUNK}(?:{_SEP}{_CHUNK}){{0,4}}(?:,? |{_SEP}){_CODE_AT_END}(?:{_SEP}{_COUNTRY}\b)?)",
        _number_before,
        as_word,
        _without_stop,
    ),
    Pattern(
        "PII/ADDRESS",
        rf"\b((?:[0-9]{{1,5}}(?: ?bis| ?ter)?,? )?{_FRENCH_STREET} (?:{_SMALL} ?){{0,3}}{_CHUNK}(?:{_SEP}{_CHUNK})?(?:,? |{_SEP})(?:[0-9]{{5}} {_CITY}|{_CITY}(?:,? [A-Z]{{2}}|,? \([A-Za-zÀ-ɏ]+\))?,? [A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]\b){_END})",
        lambda sighting: 92.0,
        as_word,
        _without_stop,
    ),
    Pattern(
        "PII/ADDRESS",
        rf"\b((?:(?:House|Flat|Plot|Door|Shop|Room|Block|H|D)\.? ?(?:No\.?|Number|#)?[ :]{{0,2}})?[0-9]{{1,5}}(?:[/\-][0-9A-Z]{{1,4}})?[A-Z]?{_SEP}{_CHUNK}(?:{_SEP}{_CHUNK}){{0,4}}(?: ?- ?| |{_SEP})[0-9]{{3}} ?[0-9]{{3}}(?:{_SEP}India)?)\b",
        _indian,
        as_word,
        _without_stop,
    ),
    Pattern(
        "PII/ADDRESS",
        rf"\b({_BEFORE_STREET} (?:{_SMALL} ?){{0,3}}(?:[A-Za-zÀ-ɏ'.\-]{{2,30}}|[0-9]{{1,3}}[A-Za-zª°]{{0,2}})(?: (?:{_SMALL} ?){{0,3}}{_NAME}){{0,4}},? (?:(?i:n[.o°]{{1,2}}|n[uú]m\.?) ?|# ?)?[0-9]{{1,5}}[A-Z]{{0,2}}(?:-[0-9]{{1,4}})?(?: (?:Sur|Norte|Este|Oeste))?{_ROOM}(?:{_SEP}(?:[0-9]{{5,6}}{_SEP})?{_CITY_WITH_CODE}{_END}|{_SEP}(?:[0-9]{{5,6}}{_SEP})?{_CITY}(?: [0-9]{{4}}\b)?(?:{_SEP}{_CITY})?(?:{_SEP}[0-9]{{7}}\b)?|, [a-zà-ÿ]{{3,20}}\b)?)",
        _by_street,
        as_word,
        _without_stop,
    ),
    Pattern(
        "PII/ADDRESS",
        rf"\b({_SPELLED_NUMBER} (?:{_NAME} ){{1,3}}(?:Street|Avenue|Road|Lane|Drive|Court|Place|Square|Terrace|Close|Grove|Way|Crescent|Gardens|Boulevard|Row|Hill|Park|Parade)\b(?:, {_CITY})?)",
        _spelled_out,
        as_word,
        _without_stop,
    ),
    Pattern(
        "PII/ADDRESS",
        rf"\b((?i:(?:post office|p\.? ?o\.?) ?box|apartado(?: de correos| postal)?|postfach|bo[iî]te postale|casilla|caixa postal|postbus|private bag) [0-9]{{1,7}}(?:{_SEP}{_CITY_WITH_CODE}{_END}|{_SEP}{_CITY}(?:(?:,? |{_SEP}){_CODE_AT_END}| [0-9]{{4}}\b))?)",
        lambda sighting: 90.0,
        as_word,
        _without_stop,
    ),
)  # fmt: skip
