"""Numbers that governments give to people and cars."""

from __future__ import annotations

from collections.abc import Callable

from moderation_pii import checksums
from moderation_pii.context import NARROW_GAP, Words, is_called_otherwise, is_close, keyword, named, words
from moderation_pii.pattern import Pattern, Sighting, after_keyword, as_number, as_word

_SSN_WORDS = r"ssns?|s\.s\.n|socials?(?: security)?(?: number| no\.?| num\.?| nr\.?| #)?|social security|soc(?:ial)?\.? sec|ss ?#|ss ?no|(?:my|his|her|the|your|their) (?:social|soc|ss)|social(?: number| #|:)|ssn?o|tax(?:payer)? id(?: number| no\.?)?"
_SSN = Words(_SSN_WORDS)
_NHS = Words(r"nhs|n h s|nhs ?number|nhs ?no|national health|patient")
_SIN = Words(r"sin|s\.i\.n|social insurance|nas|assurance sociale")
_AADHAAR = Words(r"aadhaar|aadhar|adhaar|uidai|uid|आधार")
_NINO = Words(r"national insurance|ni|nino|ni number|insurance number")
_VIN = Words(r"vins?|vehicle|chassis|car")


def _ssn(sighting: Sighting) -> float:
    digits = sighting.digits
    is_possible = checksums.ssn_possible(digits)
    if _SSN.near(sighting, before=60):
        return 99.0 if is_possible else 88.0
    if not is_possible:
        return 35.0
    confidence = 88.0 if sighting.value.count("-") == 2 else 58.0
    return 40.0 if is_called_otherwise(sighting) else confidence


def _named_ssn(sighting: Sighting) -> float:
    possible = checksums.ssn_possible(sighting.digits.zfill(9))
    return (95.0 if is_close(sighting) else 85.0) - (0.0 if possible else 7.0)


def _bare_ssn(sighting: Sighting) -> float:
    """Nine digits some way behind the word, as in a list of names with them."""
    return 80.0 if _SSN.in_(sighting.before(90)) and checksums.ssn_possible(sighting.digits) else 0.0


def _masked_ssn(sighting: Sighting) -> float:
    return 86.0 if _SSN.near(sighting) else 60.0


def _itin(sighting: Sighting) -> float:
    if not checksums.itin_possible(sighting.digits):
        return 0.0
    return 94.0 if _ITIN.near(sighting) else 30.0 if is_called_otherwise(sighting) else 60.0


def _nhs_number(sighting: Sighting) -> float:
    if not checksums.nhs(sighting.digits):
        return 70.0 if _NHS.near(sighting, after=0) else 0.0
    return 97.0 if _NHS.near(sighting) else 0.0


def _bare_nhs_number(sighting: Sighting) -> float:
    """In groups, its check digit right, with an area or an exchange that no American telephone number has."""
    digits = sighting.digits
    if not checksums.nhs(digits):
        return 0.0
    return 30.0 if is_called_otherwise(sighting) else 72.0


def _sin_number(sighting: Sighting) -> float:
    checks = checksums.luhn(sighting.digits)
    if _SIN.near(sighting):
        return 96.0 if checks else 80.0
    return 45.0 if checks and sighting.value.count("-") == 2 else 0.0


def _aadhaar(sighting: Sighting) -> float:
    checks = checksums.verhoeff(sighting.digits)
    if _AADHAAR.near(sighting):
        return 97.0 if checks else 85.0
    return 60.0 if checks and not sighting.value.isdigit() and not is_called_otherwise(sighting) else 0.0


def _nino(sighting: Sighting) -> float:
    if sighting.value[:2] in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
        return 0.0
    return 97.0 if _NINO.near(sighting) else 40.0 if is_called_otherwise(sighting) else 82.0


def _vin(sighting: Sighting) -> float:
    value = sighting.value
    if value.isdigit() or value.isalpha():
        return 0.0
    checks = checksums.vin(value)
    if _VIN.near(sighting):
        return 96.0 if checks else 85.0
    return 70.0 if checks else 0.0


def _with_digits(least: int, close: float, loose: float) -> Callable[[Sighting], float]:
    """`named`, for values that must have some digits to be a number at all."""
    weigh = named(close, loose)
    return lambda sighting: weigh(sighting) if len(sighting.digits) >= least else 0.0


_DRIVING = Words(
    r"driv(?:er|ers|ing|e)?|dl|driver's|dmv|dvla|officer|police|vehicle|car|traffic|passport|dob|born|identity|id card|dl"
)
_PROGRAMS = Words(r"software|product|key|windows|office|adobe|serial|activation|business|medical|fishing")


def _plain_license(sighting: Sighting) -> float:
    if _PROGRAMS.near(sighting) or not is_close(sighting):
        return 0.0
    return 84.0 if _DRIVING.in_(sighting.before(100)) else 55.0


_ITIN = Words(r"itins?|individual tax(?:payer)?|taxpayer|tax id")
_PASSPORT = r"pass ?ports?(?: ?(?:numbers?|no\.?|num|#|id))?|passeport|pasaporte|reisepass(?: ?nr\.?| ?nummer)?|passaporto|paspoort|passnummer|pass ?nr\.?|travel document"
_DRIVER = (
    r"driv(?:er'?s?|ers'|ing) ?(?:licen[cs]es?|lic\.?|permit|id)(?: ?(?:numbers?|no\.?|num|#|id))?|licen[cs]e (?:numbers?|no\.?|#)"
    r"|\bdl ?(?:#|no\.?|number)|dvla|permis(?: de conduire)?|licencia(?: de (?:conducir|conducci[oó]n|manejo))?"
    r"|carn[eé]t? de conducir|permiso de conducir|f[uü]hrerschein(?:nummer)?|patente di guida|rijbewijs|prawo jazdy"
)
_PLATE = r"(?:licen[cs]e|number|registration|reg) ?plates?(?: ?(?:number|no\.?|#))?|plate (?:number|no\.?|#)|car reg(?:istration)?"
_REGISTERED = (
    r"reg(?:istration)?(?: ?(?:number|no\.?|nr\.?|mark|plate))?|vehicle ?reg(?:istration|ister)?(?: ?(?:number|no\.?|mark))?"
    r"|(?:number|licen[cs]e|lic|licens)? ?plates?(?: ?(?:number|no\.?|nr\.?))?|plt|vrm|matr[ií]cula|(?:auto)?kennzeichen|targa"
    r"|immatriculation|kenteken|placas?|(?:licen[cs]e )?tags?(?: ?(?:number|no\.?|#))?"
)
_LOOK = (
    r"(?i:[a-z]{2}[ \-]?[0-9]{1,2}[ \-]?[a-z]{1,3}[ \-]?[0-9]{3,4}|[a-z]{2}[0-9]{2} ?[a-z]{3}|[a-z]{1,3}[ \-]?[a-z]{1,2}[ \-][0-9]{1,4}"
    r"|[a-z]{1,3}[ \-]?[0-9]{1,4}[ \-]?[a-z]{1,3}|[a-z]{1,4}[ \-]?[0-9]{2,5}|[0-9]{1,4}[ \-]?[a-z]{1,3}[ \-]?[0-9]{1,4}"
    r"|[0-9]{1,4}[ \-]?[a-z]{2,3})"
)
"""Plates of many countries; a keyword stands before them."""
_INDIAN = r"(?:AN|AP|AR|AS|BR|CG|CH|DD|DL|DN|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK|TN|TR|TS|UK|UP|WB)"
_VEHICLE = Words(
    r"car|cars|van|truck|lorry|vehicle|vehicles|reg|registration|registered|plate|plates|parked|parking|park|driver|driving|drove|drive"
    r"|bike|motorbike|motorcycle|taxi|cab|vin|honda|ford|toyota|bmw|audi|vw|volkswagen|kia|fiat|renault|nissan|coche|matr[ií]cula|seen|spotted"
)
_VOTER = Words(r"voter|voters|epic|election|electoral|electors?")


_SMALL = words("of in at to is on or by and for the are was has no so if my we it he")


def _plate(sighting: Sighting) -> float:
    """Behind a word for it: with letters and digits, and nothing but small words between."""
    value = sighting.value
    if sum(c.isdigit() for c in value) < 2 or not is_close(sighting) or not _SMALL.isdisjoint(value.split()):
        return 0.0
    return 86.0 if value.isupper() or len(value) >= 5 else 0.0


def _british_plate(sighting: Sighting) -> float:
    if is_called_otherwise(sighting):
        return 0.0
    return 84.0 if _VEHICLE.near(sighting) else 58.0 if " " in sighting.value else 0.0


def _plate_beside(sighting: Sighting) -> float:
    return 78.0 if _VEHICLE.near(sighting, before=36) and not is_called_otherwise(sighting) else 0.0


def _voter(sighting: Sighting) -> float:
    return 84.0 if _VOTER.near(sighting, before=220) else 0.0


PATTERNS = (
    Pattern("PII/SSN", r"\b([0-9]{9})\b", _bare_ssn, beside=_SSN.regex),
    Pattern("PII/DRIVER_ID", keyword(r"(?:an|his|her|the|photo|state|valid) id(?: card)?(?: with)?(?: number| no\.?)|(?:state|photo|government) id", r"[A-Z0-9\-]{6,18}", NARROW_GAP), _with_digits(5, 66.0, 0.0), as_word),
    Pattern("PII/SSN", r"\b([0-9]{3}[\- .][0-9]{2}[\- .][0-9]{4})\b", _ssn),
    Pattern("PII/SSN", r"\b([0-9]{3}\.[0-9]{2}\.[0-9]{4})\b", lambda s: 0.0 if is_called_otherwise(s) else 87.0 if checksums.ssn_possible(s.digits) else 35.0),
    Pattern("PII/SSN", r"\b([0-9]{3}-[0-9]{6}|[0-9]{5}-[0-9]{4}|[0-9]{3} [0-9]{6})\b", lambda s: 90.0 if _SSN.in_(s.before(60)) and checksums.ssn_possible(s.digits) else 0.0, beside=_SSN.regex),
    Pattern("PII/SSN", keyword(_SSN_WORDS, r"[0-9]{9}|[0-9]{3} ?[\-./] ?[0-9]{2} ?[\-./] ?[0-9]{4}"), _named_ssn, after_keyword),
    Pattern("PII/SSN", r"\b([xX]{3}-[xX]{2}-[0-9]{4})\b", _masked_ssn, as_word),
    Pattern("PII/SSN", r"([*#]{3}-[*#]{2}-[0-9]{4})\b", _masked_ssn, as_word),
    Pattern("PII/US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", r"\b(9[0-9]{2}[\- ]?[5-9][0-9][\- ]?[0-9]{4})\b", _itin, as_number),
    Pattern("PII/PASSPORT_NUMBER", keyword(_PASSPORT, r"[A-Z]{0,2}[0-9]{6,9}|[0-9]{2}[A-Z]{2}[0-9]{5}|[A-Z][0-9]{2}[A-Z0-9]{5,6}"), named(94.0, 80.0), as_word),
    Pattern("PII/PASSPORT_NUMBER", keyword(_PASSPORT, r"(?i:[a-z]{1,2}[0-9]{6,8})", NARROW_GAP), named(90.0, 80.0), as_word),
    Pattern("PII/DRIVER_ID", keyword(_DRIVER, r"[A-Z0-9]{1,8}(?:-[A-Z0-9]{1,8}){1,4}|[A-Z0-9]{1,8}(?: [A-Z0-9]*[0-9][A-Z0-9]*){1,4}|[A-Z0-9]{4,20}", NARROW_GAP), _with_digits(4, 92.0, 75.0), as_word),
    Pattern("PII/DRIVER_ID", keyword(r"licen[cs]e|dl|driver", r"[A-Z]{0,5}[0-9]{5,12}[A-Z0-9]{0,5}|[A-Z][0-9]{2,4}(?:-[0-9]{1,5}){2,4}", NARROW_GAP), _plain_license, as_word),
    Pattern("PII/DRIVER_ID", r"\b([A-Z]{0,2}[0-9]{5,12}) (?:is |was |as )?(?i:(?:my|his|her|the|your) )?(?i:driv(?:er'?s?|ing) (?:licen[cs]e|id|permit))", lambda s: 88.0, as_word),
    Pattern("PII/PASSPORT_NUMBER", r"\b([A-Z]{0,2}[0-9]{6,9}) (?:is |was |as )?(?i:(?:my|his|her|the|your) )?(?i:passport)\b", lambda s: 88.0, as_word),
    Pattern("PII/LICENSE_PLATE", keyword(r"plates?", r"[A-Z0-9]{1,4}[ \-]?[A-Z0-9]{2,4}(?:[ \-]?[A-Z0-9]{1,4})?", NARROW_GAP), _with_digits(2, 82.0, 60.0), as_word),
    Pattern("PII/LICENSE_PLATE", keyword(_PLATE, r"[A-Z0-9]{1,4}[ \-]?[A-Z0-9]{2,4}(?:[ \-]?[A-Z0-9]{1,4})?", NARROW_GAP), _with_digits(1, 90.0, 70.0), as_word),
    Pattern("PII/VEHICLE_IDENTIFICATION_NUMBER", r"\b([A-HJ-NPR-Z0-9]{17})\b", _vin, as_word),
    Pattern("PII/UK_NATIONAL_INSURANCE_NUMBER", r"\b([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D])\b", _nino, as_word),
    Pattern("PII/UK_NATIONAL_HEALTH_SERVICE_NUMBER", r"\b([0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{4})\b", _nhs_number, beside=_NHS.regex),
    Pattern("PII/UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", keyword(r"utr|unique taxpayer(?: reference)?(?: number)?", r"[0-9]{5} ?[0-9]{5}"), named(93.0, 80.0), after_keyword),
    Pattern("PII/CA_SOCIAL_INSURANCE_NUMBER", r"\b([1-9][0-9]{2}[\- ]?[0-9]{3}[\- ]?[0-9]{3}|0[0-9]{2}[\- ][0-9]{3}[\- ][0-9]{3})\b", _sin_number, beside=_SIN.regex),
    Pattern("PII/CA_HEALTH_NUMBER", keyword(r"ohip|ramq|health card(?: number| no\.?| #)?|health number", r"[0-9]{4}[ \-]?[0-9]{3}[ \-]?[0-9]{3}|[A-Z]{4} ?[0-9]{4} ?[0-9]{4}"), named(93.0, 75.0), after_keyword),
    Pattern("PII/IN_AADHAAR", r"\b([2-9][0-9]{3}[ \-]?[0-9]{4}[ \-]?[0-9]{4})\b", _aadhaar),
    Pattern("PII/IN_PERMANENT_ACCOUNT_NUMBER", r"\b([A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z])\b", lambda s: 30.0 if is_called_otherwise(s) else 85.0, as_word),
    Pattern("PII/IN_NREGA", r"\b([A-Z]{2}-[0-9]{2}-[0-9]{3}-[0-9]{3}-[0-9]{3}/[0-9]{1,6})\b", lambda s: 90.0, as_word),
    Pattern("PII/IN_VOTER_NUMBER", keyword(r"voter(?:'s)?(?: id)?(?: card)?(?: number| no\.?)?|epic(?: no\.?| number)", r"[A-Z]{3}[0-9]{7}", NARROW_GAP), named(93.0, 80.0), as_word),
    Pattern("PII/LICENSE_PLATE", keyword(_REGISTERED, _LOOK, NARROW_GAP), _plate, as_word),
    Pattern("PII/LICENSE_PLATE", r"\b([A-HJ-PR-Y][A-HJ-PR-Y][0-9]{2} ?[A-HJ-PR-Z]{3})\b", _british_plate, as_word),
    Pattern("PII/LICENSE_PLATE", rf"\b({_INDIAN}[ \-]?[0-9]{{1,2}}[ \-]?[A-Z]{{1,3}}[ \-]?[0-9]{{4}})\b", lambda s: 30.0 if is_called_otherwise(s) else 82.0, as_word),
    Pattern("PII/LICENSE_PLATE", r"\b([0-9]{4}[ \-]?[BCDFGHJKLMNPRSTVWXYZ]{3}|[A-Z]{1,3}-[A-Z]{1,2} [0-9]{1,4}|[A-Z]{2}-[0-9]{2,3}-[A-Z]{2})\b", _plate_beside, as_word),
    Pattern("PII/UK_NATIONAL_INSURANCE_NUMBER", keyword(r"national insurance(?: number| no\.?)?|nino|ni(?: number| no\.?| nr)?", r"(?i:[a-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d])", NARROW_GAP), named(94.0, 80.0), as_word),
    Pattern("PII/IN_VOTER_NUMBER", r"\b([A-Z]{3}[0-9]{7})\b", _voter, as_word),
    Pattern("PII/PASSPORT_NUMBER", keyword(_PASSPORT, r"[A-Z]{3}[0-9]{6,7}|[A-Z][A-Z0-9]{7,8}", NARROW_GAP), _with_digits(2, 88.0, 70.0), as_word),
    Pattern("PII/DRIVER_ID", keyword(r"c?dln?|d\.l\.", r"[A-Z]{0,3}[0-9]{1,8}(?:[ \-][A-Z0-9]{2,8}){1,4}|[A-Z]{0,3}[0-9]{5,14}", r"([ \t]{0,3}(?:#|no\.?|number|num)?[ \t]{0,3}(?:is|:|=)?[ \t]{0,3})"), _with_digits(5, 86.0, 0.0), as_word),
    Pattern("PII/DRIVER_ID", keyword(_DRIVER, r"(?i:[a-z]{0,3}[0-9]{5,12}[a-z]?(?:[ \-][0-9a-z]{2,6}){0,3})", NARROW_GAP), _with_digits(5, 88.0, 70.0), as_word),
    Pattern("PII/VEHICLE_IDENTIFICATION_NUMBER", keyword(r"vin(?: number| no\.?)?|chassis(?: number| no\.?)?", r"(?i:[a-hj-npr-z0-9]{17})", NARROW_GAP), _with_digits(3, 90.0, 70.0), as_word),
    Pattern("PII/IN_PERMANENT_ACCOUNT_NUMBER", keyword(r"pan(?: card)?(?: number| no\.?)?", r"(?i:[a-z]{3}[abcfghjlpt][a-z][0-9]{4}[a-z])", NARROW_GAP), named(92.0, 70.0), as_word),
    Pattern("PII/UK_NATIONAL_HEALTH_SERVICE_NUMBER", r"\b([01][0-9]{2}(?: [0-9]{3} |-[0-9]{3}-)[0-9]{4}|[2-9][0-9]{2}(?: [01][0-9]{2} |-[01][0-9]{2}-)[0-9]{4})\b", _bare_nhs_number),
)  # fmt: skip
