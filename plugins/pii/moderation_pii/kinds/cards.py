"""Payment cards: numbers, the three or four digits on the back, when they expire."""

from __future__ import annotations

from moderation_pii import checksums
from moderation_pii.context import Words, is_called_otherwise, is_close, keyword
from moderation_pii.expression import later
from moderation_pii.pattern import Pattern, Sighting, after_keyword

_CARD = Words(
    r"cards?|visa|master ?card|amex|american express|discover|diners|jcb|maestro|credit|debit|cc|ccn|pan|tarjeta|visa"
)
_CARD_NEAR = Words(r"cards?|visa|master ?card|amex|american express|discover|credit|debit|cc|cvv2?|cvc2?|tarjeta")
_NUMBER = later(r"[0-9]{4}[ .\-]?[0-9]{4}[ .\-]?[0-9]{4}|[0-9]{4}[ .\-][0-9]{6}[ .\-][0-9]")
_NUMBER_BEFORE = later(r"[0-9]{4}[^0-9]{1,12}$")


def _card(sighting: Sighting) -> float:
    digits = sighting.digits
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return 0.0
    is_grouped = not sighting.value.isdigit()
    is_network, checks = checksums.card_network(digits), checksums.luhn(digits)
    confidence = (90.0 if checks else 40.0) if is_network else (40.0 if checks else 25.0)
    confidence += 5.0 if is_grouped else 0.0
    if _CARD.near(sighting):
        # The keyword counts for more than the checksum: people mistype, and samples are made up.
        return max(confidence + 4.0, 92.0 if checks else 86.0 if is_network else 78.0)
    return min(confidence, 45.0) if is_called_otherwise(sighting) else confidence


def _masked_card(sighting: Sighting) -> float:
    return 86.0 if _CARD.near(sighting) else 60.0


_DOCUMENT = Words(
    r"passport|licen[cs]e|visa|permit|dl|cdl|insurance|policy|vin|plate|contract|lease|membership|certificate"
)
_WHOLE_NUMBER = later(r"(?<![0-9])((?:[0-9][ \-]?){12,18}[0-9])[ ,;|/]{1,3}$")


def _expiry(sighting: Sighting) -> float:
    is_about_card = _CARD_NEAR.in_(sighting.before(100)) or _CARD_NEAR.in_(sighting.after(48))
    if not is_about_card and _DOCUMENT.near(sighting, before=80):
        return 0.0
    if is_close(sighting):
        return 95.0 if is_about_card else 91.0 if "exp" in sighting.before(32) else 60.0
    return 80.0 if is_about_card else 40.0


def _expiry_beside_number(sighting: Sighting) -> float:
    number = _WHOLE_NUMBER.search(sighting.before(30))
    if number is not None:
        digits = "".join(char for char in number[1] if char.isdigit())
        if checksums.luhn(digits) and checksums.card_network(digits):
            return 84.0
    return 80.0 if _NUMBER_BEFORE.search(sighting.before(20)) and _CARD_NEAR.near(sighting, before=80) else 0.0


_ROW = later(r"([0-9](?:[ \-]?[0-9]){12,18})[ ,;|/]{1,3}(?:[0-9/\- ]{3,9}[ ,;|/]{1,3})?$")


def _in_row(sighting: Sighting) -> float:
    """The date and the code behind a card's number, as people write the three in one row."""
    number = _ROW.search(sighting.before(50))
    if number is None:
        return 0.0
    digits = "".join(char for char in number[1] if char.isdigit())
    return (
        84.0
        if checksums.card_network(digits) and (checksums.luhn(digits) or _CARD_NEAR.near(sighting, before=80))
        else 0.0
    )


def _code_behind_expiry(sighting: Sighting) -> float:
    """Three or four digits behind the date of a card whose number stands before."""
    return 85.0 if _NUMBER.search(sighting.before(80)) else 0.0


def _cid(sighting: Sighting) -> float:
    return 88.0 if _CARD_NEAR.near(sighting, before=70) and is_close(sighting) else 0.0


def _cvv(sighting: Sighting) -> float:
    return 95.0 if is_close(sighting) else 75.0


_CVV = (
    r"card ?(?:cvv?2?|cvc2?|security ?code)|c[ .]?v[ .]?v[ .]?2?|c[ .]?v[ .]?c[ .]?2?|ccv|c ?i ?d (?:code|number)|security (?:code|number)|card verification (?:code|value|number)"
    r"|(?:last |the )?(?:3|three|4|four) (?:digits? |numbers? )?(?:on|at) the back|(?:3|three|4|four)[ \-]digits?(?: (?:security )?code)?|back of (?:the |my )?card|verification (?:code|value) on the back|(?:3|three|4|four)?[ \-]?(?:digits?|numbers?|code) (?:on|at|from) the back|csc|cvn|sec(?:urity)?\.? code|c[oó]digo de (?:seguridad|verificaci[oó]n)"
)
_EXPIRY = r"exp(?:iry|ires?|iration|iring|\.)?(?: ?date| end(?: of)?)?|valid (?:thru|through|until|till|to)|good (?:thru|through|til|till|until)|e?xp ?date|mm ?/ ?yy(?:yy)?|card ?exp(?:iry|iration)?(?: ?date)?|caduca(?: el)?|vence(?: el)?|(?:fecha de )?(?:caducidad|vencimiento)|v[aá]lida hasta"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_WHEN = (
    r"(?:0?[1-9]|1[0-2]) ?[/\-.] ?(?:[0-3]?[0-9] ?[/\-.] ?)?(?:20)?[1-5][0-9]|20[1-5][0-9][/\-.](?:0[1-9]|1[0-2])"
    rf"|(?i:{_MONTH})\.?,? ?(?:[0-3]?[0-9],? )?(?:20)?[2-4][0-9]|(?:0[1-9]|1[0-2])[1-5][0-9]"
)

PATTERNS = (
    Pattern(
        "PII/CREDIT_DEBIT_NUMBER",
        r"\b([0-9]{4}(?:[ .\-]{0,2}[0-9]{4}){2}[ .\-]{0,2}[0-9]{1,7}|3[0-9]{3}[ .\-]{1,2}[0-9]{6}[ .\-]{1,2}[0-9]{4,5})\b",
        _card,
    ),
    Pattern(
        "PII/CREDIT_DEBIT_NUMBER",
        r"((?:[xX]{4}[ .\-]?){3}[0-9]{4}|(?:[*•#]{4}[ .\-]?){3}[0-9]{4})\b",
        _masked_card,
    ),
    Pattern("PII/CREDIT_DEBIT_NUMBER", r"\b((?:50|5[6-9]|6[0-9])[0-9]{10})\b", lambda s: 80.0 if _CARD.in_(s.before(24)) and not is_called_otherwise(s) else 0.0),
    Pattern("PII/CREDIT_DEBIT_NUMBER", r"(?i)\b(?:card|visa|mastercard|amex)\b[^\n.;0-9]{0,16}?\b(?:ending|ends)(?: in| with|:)? ?[*x#•.]{0,8} ?([0-9]{4})\b", lambda s: 72.0),
    Pattern("PII/CREDIT_DEBIT_CVV", keyword(_CVV, r"[0-9]{3,4}|[0-9] [0-9] [0-9]"), _cvv, after_keyword),
    Pattern("PII/CREDIT_DEBIT_CVV", r"\b(?:0?[1-9]|1[0-2]) ?/ ?(?:20)?[2-4][0-9][,;]?\s(?:and |y )?(?i:(?:sec(?:urity)? |the )?code|cód(?:igo)?)? ?(?:is )?:? ?([0-9]{3,4})\b", _code_behind_expiry, after_keyword),
    Pattern("PII/CREDIT_DEBIT_CVV", r"\b([0-9]{3,4}) (?:is |as )?(?i:(?:my |the |your )?(?:cvv2?|cvc2?)|(?:is )?(?:on|at) the back)\b", lambda s: 85.0),
    Pattern("PII/CREDIT_DEBIT_EXPIRY", keyword(_EXPIRY, _WHEN), _expiry, after_keyword),
    Pattern(
        "PII/CREDIT_DEBIT_EXPIRY",
        r"\b((?:0[1-9]|1[0-2]) ?/ ?(?:20)?[2-4][0-9])\b",
        _expiry_beside_number,
    ),
    Pattern("PII/CREDIT_DEBIT_CVV", keyword(r"cid|ver(?:ification)? code", r"[0-9]{3,4}"), _cid, after_keyword),
    Pattern("PII/CREDIT_DEBIT_EXPIRY", r"[0-9](?:[ \-]?[0-9]){12,18}[ ,;|/]{1,3}((?:0?[1-9]|1[0-2]) ?[/\-]? ?(?:20)?[2-4][0-9])[ ,;|/]{1,3}[0-9]{3,4}\b", _in_row, after_keyword),
    Pattern("PII/CREDIT_DEBIT_CVV", r"[0-9](?:[ \-]?[0-9]){12,18}[ ,;|/]{1,3}(?:0?[1-9]|1[0-2]) ?[/\-]? ?(?:20)?[2-4][0-9][ ,;|/]{1,3}([0-9]{3,4})\b", _in_row, after_keyword),
)  # fmt: skip
