"""The patterns: what each kind of personal data looks like, how sure the look alone is, and which words raise it.

All patterns are RE2 syntax and run in linear time, so hostile text cannot make them slow. A pattern's group 1 is the
value; the words around it are matched separately.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from moderation_pii import checksums


@dataclass(frozen=True)
class Pattern:
    """One look of one kind.

    Attributes:
        label: taxonomy name.
        regex: RE2; group 1 is the value.
        alone: confidence, percent, with none of `words` near.
        near: confidence with one of `words` within 40 characters before the value (10 after).
        words: RE2 alternation of context words, lower case; empty when the look says enough.
        adjust: given the value, points to add (negative to take off); a checksum, say.
        hint: substrings of which one must be in the text (lower case) for the pattern to be worth running.
    """

    label: str
    regex: str
    alone: float
    near: float
    words: str = ""
    adjust: Callable[[str], float] | None = None
    hint: tuple[str, ...] = ()


def _digits(value: str) -> str:
    return "".join(c for c in value if c in "0123456789")


def _card(value: str) -> float:
    digits = _digits(value)
    if len(set(digits)) == 1:
        return -60.0
    known = digits[0] in "3456" or digits[:2] in ("22", "23", "24", "25", "26", "27")
    return (25.0 if checksums.luhn(digits) else 0.0) + (5.0 if known else -5.0)


def _routing(value: str) -> float:
    digits = _digits(value)
    return 5.0 if len(digits) == 9 and checksums.aba(digits) else 0.0


def _iban(value: str) -> float:
    return 20.0 if checksums.iban(value) else -25.0


def _ssn(value: str) -> float:
    return 0.0 if checksums.ssn_possible(_digits(value)) else -45.0


def _ip(value: str) -> float:
    return -40.0 if value in ("0.0.0.0", "255.255.255.255") else 0.0  # noqa: S104 - an address in a text, not ours


def _phone(value: str) -> float:
    digits = _digits(value)
    if len(set(digits)) <= 2 or not 7 <= len(digits) <= 15:
        return -40.0
    return 0.0


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_B, _E = r"(?:^|[^0-9A-Za-z_.\-])", r"(?:$|[^0-9A-Za-z_\-])"

PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "PII/EMAIL",
        r"(?i)(?:^|[^a-z0-9._%+\-])([a-z0-9][a-z0-9._%+\-]{0,63}@(?:[a-z0-9](?:[a-z0-9\-]{0,62})\.)+[a-z]{2,24})",
        99, 99, hint=("@",),
    ),
    Pattern(
        "PII/EMAIL",
        r"(?i)(?:^|[^a-z0-9])([a-z0-9][a-z0-9._\-]{1,40}\s?[\[({]\s?at\s?[\])}]\s?[a-z0-9\-]{1,40}\s?[\[({.]\s?(?:dot)?\s?[\])}]?\s?[a-z]{2,10})",
        85, 90, hint=("at",),
    ),
    Pattern("PII/URL", r"(?i)(?:^|[^a-z0-9@])((?:https?|ftp)://[^\s<>\"'\x60]{2,500}[a-z0-9/=#&_\-])", 95, 95, hint=("://",)),
    Pattern("PII/URL", r"(?i)(?:^|[^a-z0-9@/.])(www\.[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63})+(?:/[^\s<>\"']{0,300})?)", 90, 90, hint=("www.",)),
    Pattern(
        "PII/SSN", _B + r"([0-9]{3}[\- ][0-9]{2}[\- ][0-9]{4})" + _E, 80, 98,
        r"ssn|social security|soc(?:ial)? sec|ss ?#", _ssn,
    ),
    Pattern("PII/SSN", _B + r"([0-9]{9})" + _E, 5, 90, r"ssn|social security|soc(?:ial)? sec|ss ?#", _ssn),
    Pattern(
        "PII/CREDIT_DEBIT_NUMBER", _B + r"([0-9]{4}[ \-]?[0-9]{4}[ \-]?[0-9]{4}[ \-]?[0-9]{1,7}|3[47][0-9]{2}[ \-]?[0-9]{6}[ \-]?[0-9]{5})" + _E,
        45, 85, r"card|visa|mastercard|amex|american express|discover|credit|debit|cc ?#|payment", _card,
    ),
    Pattern("PII/CREDIT_DEBIT_CVV", _B + r"([0-9]{3,4})" + _E, 0, 90, r"c ?v ?v ?2?|cvc2?|security code|card verification"),
    Pattern(
        "PII/CREDIT_DEBIT_EXPIRY", _B + r"((?:0[1-9]|1[0-2]) ?[/\-] ?(?:20)?[2-4][0-9])" + _E, 25, 92,
        r"exp(?:iry|ires?|iration)?(?: date)?|valid (?:thru|until|to)|good thru",
    ),
    Pattern(
        "PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER", r"(?:^|[^0-9A-Za-z])([A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?)" + _E,
        75, 85, r"iban|bank|account|konto|compte", _iban,
    ),
    Pattern("PII/BANK_ROUTING", _B + r"([0-9X]{9})" + _E, 0, 90, r"routing(?: transit)?(?: number| no\.?| ?#)?|aba|rtn", _routing),
    Pattern(
        "PII/BANK_ACCOUNT_NUMBER", _B + r"([0-9X*]{6,17})" + _E, 0, 88,
        r"bank account|account (?:number|no\.?|#|ending)|acct\.? ?(?:number|no\.?|#)?|a/c",
    ),
    Pattern(
        "PII/SWIFT_CODE", r"(?:^|[^0-9A-Za-z])([A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)" + _E, 0, 90, r"swift|\bbic\b|bank identifier",
    ),
    Pattern(
        "PII/PHONE", r"(?:^|[^0-9A-Za-z_.\-+])((?:\+?1[ .\-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}(?: ?(?:x|ext\.?) ?[0-9]{1,5})?)" + _E,
        80, 95, r"phone|call|tel|mobile|cell|fax|text|whatsapp|contact|reach|number|dial", _phone,
    ),
    Pattern(
        "PII/PHONE", r"(?:^|[^0-9A-Za-z_+])(\+[1-9][0-9]{0,2}(?:[ .\-]?\(?[0-9]{1,4}\)?){2,6}[0-9])" + _E, 85, 95,
        r"phone|call|tel|mobile|cell|fax|text|whatsapp|contact|reach|number", _phone, hint=("+",),
    ),
    Pattern(
        "PII/PHONE", _B + r"(0[1-9][0-9]{1,3}[ /.\-][0-9]{3,8}(?:[ \-][0-9]{2,6})?|[0-9]{3}[ .\-][0-9]{4}|[2-9][0-9]{9})" + _E, 30, 85,
        r"phone|call(?: me)?|tel|mobile|cell|fax|text(?: me)?|whatsapp|reach (?:me|us)|dial", _phone,
    ),
    Pattern(
        "PII/IP_ADDRESS",
        r"(?:^|[^0-9A-Za-z_.\-])((?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]))(?:$|[^0-9A-Za-z_\-.]|\.(?:$|[^0-9]))",
        85, 97, r"\bip\b|address|host|server|login from|client", _ip, hint=(".",),
    ),
    Pattern(
        "PII/IP_ADDRESS", r"(?i)(?:^|[^0-9a-z:.])((?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|fe80::[0-9a-f:]{1,40})(?:$|[^0-9a-z:])",
        90, 97, r"\bip(?:v6)?\b|address|host", hint=(":",),
    ),
    Pattern("PII/MAC_ADDRESS", r"(?i)(?:^|[^0-9a-z:\-])((?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2})(?:$|[^0-9a-z:\-])", 97, 97),
    Pattern("PII/AWS_ACCESS_KEY", r"(?:^|[^0-9A-Za-z])((?:AKIA|ASIA|AIDA|AROA)[0-9A-Z]{16})(?:$|[^0-9A-Za-z])", 97, 99, r"aws|access|key"),
    Pattern(
        "PII/AWS_SECRET_KEY", r"(?:^|[^0-9A-Za-z/+=])([0-9A-Za-z/+]{40})(?:$|[^0-9A-Za-z/+=])", 10, 95,
        r"secret(?:_| )?(?:access(?:_| ))?key|aws_secret|secret",
    ),
    Pattern(
        "PII/PASSWORD", r"(?i)\b(?:password|passwd|passphrase|passcode|pwd|pw)\b[ \t]{0,3}(?:is|was|:|=|->)[ \t]{0,3}[\"'\x60]?([^\s\"'\x60]{4,64})", 90, 90,
        hint=("pass", "pwd", "pw"),
    ),
    Pattern("PII/PIN", _B + r"([0-9]{4,8})" + _E, 0, 88, r"\bpin\b(?: code| number)?"),
    Pattern(
        "PII/USERNAME", r"(?i)\b(?:user ?name|user ?id|login(?: name)?|handle)\b[ \t]{0,3}(?:is|:|=)[ \t]{0,3}[\"'\x60]?@?([a-z0-9][a-z0-9._\-]{2,31})", 85, 85,
        hint=("user", "login", "handle"),
    ),
    Pattern("PII/PASSPORT_NUMBER", r"(?:^|[^0-9A-Za-z])([A-Z]{0,2}[0-9]{6,9})" + _E, 0, 90, r"passport(?: number| no\.?| ?#)?"),
    Pattern(
        "PII/DRIVER_ID", r"(?:^|[^0-9A-Za-z])([A-Z]{0,2}[0-9\-]{5,16}[0-9])" + _E, 0, 88,
        r"driver'?s? (?:licen[cs]e|id)(?: number| no\.?| ?#)?|driving licen[cs]e|\bdl ?#",
    ),
    Pattern("PII/AGE", r"(?i)\b([1-9][0-9]?[ \-]years?[ \-]old|[1-9][0-9]? ?y/?o)\b", 90, 90, hint=("year", "yo", "y/o")),
    Pattern("PII/AGE", r"(?i)\b(?:age|aged)[ \t]{0,2}:?[ \t]{0,2}([1-9][0-9]?)\b", 80, 80, hint=("age",)),
    Pattern(
        "PII/DATE_TIME", r"(?i)(?:^|[^0-9a-z])([0-3]?[0-9](?:st|nd|rd|th)?(?: of)? " + _MONTH + r"\.?,? (?:19|20)[0-9]{2}|" + _MONTH + r"\.? [0-3]?[0-9](?:st|nd|rd|th)?,? (?:19|20)[0-9]{2})" + _E,
        90, 95,
    ),
    Pattern("PII/DATE_TIME", _B + r"((?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))" + r"(?:$|[^0-9\-])", 90, 95),
    Pattern("PII/DATE_TIME", _B + r"((?:0?[1-9]|[12][0-9]|3[01])[/.](?:0?[1-9]|[12][0-9]|3[01])[/.](?:(?:19|20)[0-9]{2}|[0-9]{2}))" + _E, 80, 92, r"born|birth|dob|date|on"),
    Pattern(
        "PII/ADDRESS",
        r"(?:^|[^0-9A-Za-z])([1-9][0-9]{0,4}[A-Z]? (?:[NSEW]\.? )?(?:[A-Z][A-Za-z'\-]{1,20} ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Highway|Hwy|Parkway|Pkwy)\b\.?(?:,? (?:Apt|Apartment|Suite|Ste|Unit|#)\.? ?[0-9A-Z]{1,6})?(?:,? [A-Z][a-z]{2,15}(?: [A-Z][a-z]{2,15})?)?(?:,? [A-Z]{2})?(?:,? [0-9]{5}(?:-[0-9]{4})?)?)",
        80, 90, r"address|live|lives|home|ship|deliver|mail|house|at",
    ),
)  # fmt: skip
