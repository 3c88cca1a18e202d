"""Bank accounts: IBAN, SWIFT, and account and routing numbers, which only the words around them tell."""

from __future__ import annotations

from moderation_pii import checksums
from moderation_pii.context import NARROW_GAP, Words, is_called_otherwise, is_close, keyword, named, words
from moderation_pii.pattern import Pattern, Sighting, after_keyword, anywhere, as_word

_BANK = Words(r"iban|bank|account|konto|bankverbindung|compte|cuenta|conto|rekening|sepa|transfer|wire")
_MONEY = Words(
    r"bank|transfer|deposit|wire|pay|payment|routing|iban|savings?|checking|sort code|balance|branch|withdraw"
)
_OTHER_ACCOUNT = Words(r"twitter|instagram|facebook|github|google|email|e-mail|steam|user|game|netflix|tiktok|discord")


def _iban(sighting: Sighting) -> float:
    value = sighting.value
    compact = value.replace(" ", "").replace("-", "")
    if checksums.iban_length(compact[:2]) != len(compact):
        return 0.0
    if checksums.iban(compact):
        return 98.0
    if not value.isupper():
        return 0.0
    return 86.0 if _BANK.near(sighting) else 55.0


def _cut_iban(value: str) -> str:
    """The value up to its country's length; words in capitals may follow it."""
    left = checksums.iban_length(value[:2]) or 0
    for place, char in enumerate(value):
        left -= char.isalnum()
        if left == 0:
            return value[: place + 1]
    return value


def _routing(sighting: Sighting) -> float:
    digits = sighting.digits
    confidence = 90.0 if is_close(sighting) else 70.0
    return confidence + 7.0 if len(digits) == 9 and checksums.aba(digits) else confidence


def _account(sighting: Sighting) -> float:
    if is_called_otherwise(sighting):
        return 0.0
    return 92.0 if is_close(sighting) else 62.0


def _plain_account(sighting: Sighting) -> float:
    if not is_close(sighting) or _OTHER_ACCOUNT.in_(sighting.before(40)):
        return 0.0
    return 93.0 if _MONEY.near(sighting) and len(sighting.digits) < 13 else 75.0 if len(sighting.digits) >= 8 else 48.0


def _swift(sighting: Sighting) -> float:
    return 92.0 if sighting.value[4:6] in _SWIFT_COUNTRIES else 0.0


_SWIFT_COUNTRIES = checksums.IBAN_LENGTHS.keys() | words(
    "US CA AU NZ JP CN HK TW KR SG MY TH ID PH VN IN LK BD NP ZA NG KE GH MA DZ MX CO CL PE AR UY VE EC RU UZ AM"
)

_ROUTING = r"rout(?:i?ng|in)(?: transit)?(?: numbers?| no\.?| num| #)?|aba(?: numbers?| no\.?| routing)?|\brtn|bank code|bankleitzahl|blz"
_ACCOUNT = (
    r"(?:bank|checking|savings?|deposit|current|beneficiary) (?:account|acct|a/c)(?: (?:numbers?|no\.?|num\.?|#))?"
    r"|(?:account|acct|acc|a/c) ?(?:numbers?|no\.?|num\.?|#|ending(?: in| with)?)|my (?:checking|savings)|iban/account|kontonummer|bank details|(?:n[uú]mero de )?cuenta(?: bancaria| corriente| de ahorros?)?"
)
_NUMBER = r"[0-9X*x•]{2,4}(?:[ \-]?[0-9Xx*•]){2,15}[0-9]"
_SWIFT = r"swift(?:/bic)?(?: code| number)?|bic(?: code)?|bank identifier code"

PATTERNS = (
    Pattern(
        "PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER",
        r"(?i)\b([a-z]{2}[0-9]{2}(?:[ \-]?[0-9a-z]{4}){2,7}(?:[ \-]?[0-9a-z]{1,3})?)\b",
        _iban,
        as_word,
        _cut_iban,
    ),
    Pattern("PII/BANK_ROUTING", keyword(_ROUTING, r"[0-9X*x]{5}[0-9]{4}"), _routing, after_keyword),
    Pattern("PII/BANK_ROUTING", keyword(r"sort ?codes?", r"[0-9]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{2}"), named(90.0, 70.0), after_keyword),
    Pattern("PII/BANK_ACCOUNT_NUMBER", keyword(_ACCOUNT, _NUMBER), _account, after_keyword),
    Pattern("PII/BANK_ACCOUNT_NUMBER", keyword(r"account|acct|acc|a/c", r"[0-9X*x]{2}(?:[ \-]?[0-9Xx*]){5,15}[0-9]"), _plain_account, after_keyword),
    Pattern("PII/BANK_ACCOUNT_NUMBER", r"\b([0-9]{7,17}) (?:is |was |as )?(?i:(?:my|his|her|the|your|our) )?(?i:(?:bank|checking|savings?|deposit) (?:account|acct))", lambda s: 88.0, after_keyword),
    Pattern("PII/BANK_ROUTING", r"\b([0-9]{9}) (?:is |was |as )?(?i:(?:my|his|her|the|your|our) )?(?i:(?:bank )?(?:routing|aba)\b)", lambda s: 90.0, after_keyword),
    Pattern("PII/SWIFT_CODE", keyword(_SWIFT, r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", NARROW_GAP), _swift, as_word),
    Pattern("PII/BANK_ROUTING", keyword(_ROUTING, r"[0-9]{4}[ \-][0-9]{4}[ \-][0-9]|[0-9]{3}[ \-][0-9]{3}[ \-][0-9]{3}"), _routing, after_keyword),
    Pattern("PII/BANK_ACCOUNT_NUMBER", r"(?i)\b(?:account|acct|acc|a/c|checking|savings|iban|konto)\b[^\n.;0-9]{0,16}?\b(?:ending|ends)(?: in| with|:)? ?([*x#•.]{0,8} ?[0-9]{3,5})\b", lambda s: 78.0, trim=None),
    Pattern("PII/BANK_ROUTING", r"⑆ ?([0-9]{9}) ?⑆", lambda s: 96.0, anywhere),
    Pattern("PII/BANK_ACCOUNT_NUMBER", r"⑆ ?([0-9][0-9 \-]{4,18}[0-9]) ?⑈", lambda s: 94.0, anywhere),
    Pattern("PII/BANK_ROUTING", keyword(r"sort|s/c", r"[0-9]{2}-[0-9]{2}-[0-9]{2}", r"([ \t]{0,3}[:=#]?[ \t]{0,3})"), lambda s: 88.0, after_keyword),
    Pattern("PII/BANK_ROUTING", keyword(r"bsb(?: ?(?:number|no\.?|code))?", r"[0-9]{3}[ \-]?[0-9]{3}"), named(90.0, 65.0), after_keyword),
)  # fmt: skip
