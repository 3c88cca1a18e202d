"""Names where a record says that there is one: beside a role, between tags, in JSON, in a booking."""

from __future__ import annotations

from moderation_pii.context import Words, words
from moderation_pii.pattern import Pattern, Sighting, anywhere, as_word

_ROLE = (
    r"customer|client|patient|employee|applicant|tenant|guest|passenger|owner|beneficiary|insured|policy ?holder|claimant"
    r"|complainant|respondent|witness|driver|sender|recipient|consignee|student|parent|guardian|attending|physician|doctor"
    r"|nurse|supervisor|landlord|resident|suspect|victim|author|signed|attn|attention|bill to|ship to|deliver to|deliver"
    r"|next of kin|emergency contact|contact person|cliente|paciente|paziente|klant|kunde|patientin|asiakas|assuré|assurée"
    r"|titular|alumno|empleado|remitente|destinatario|firmado|klient|pacjent|henkilö|kund"
)
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ɏ'’\-]{1,24}"
_PARTICLE = r"(?:(?:van|von|de|der|den|del|della|da|di|la|le|bin|ibn|al|el|dos|do) ){0,2}"
_NAME = rf"{_CAPITAL}(?: {_PARTICLE}(?:{_CAPITAL}|[A-Z]\.?)){{1,3}}"
_PERSONAL = Words(
    r"email|e-mail|mail|phone|mobile|tel|ssn|dob|birth|birthdate|iban|card|age|address|passport|account|username|sex|gender"
)
_TITLED = words(
    "who pepper coffee clean bean robot muscle potato martens scholl oetker strange evil and the for is was will can has"
    " said not but does did right wrong president speaker chairman please you know fix big nice cool perfect oizo beast"
)
_NO_PERSON = words(
    "inc corp ltd llc gmbh plc sa co company team department dept support sales office service services bank group center"
    " centre hospital clinic school university store shop hotel care relations name id number no status type details info"
    " information address phone email unknown none same see the this not new all any"
)


_NO_SIGNATURE = words(
    "original thanks thank regards cheers best forwarded begin end note notes yes end sent please summary details total item update"
    " support police customer service security reception front desk home mom dad mum someone anyone people everyone us me him her"
    " them back ahead now the a uber alexa siri google head office monday tuesday wednesday thursday friday saturday sunday"
)


def _is_no_person(sighting: Sighting) -> bool:
    """True when a firm, a department or a form's word is among the names."""
    return any(name.strip(".,") in _NO_PERSON for name in sighting.lowered[sighting.start : sighting.end].split())


def _role(sighting: Sighting) -> float:
    return 0.0 if _is_no_person(sighting) else 86.0


def _small(sighting: Sighting) -> float:
    """Somebody with a title in small letters: mr patel."""
    return 0.0 if sighting.value in _TITLED else 62.0


def _signature(sighting: Sighting) -> float:
    """A name under a letter, or of whom somebody is to ring; what lists know for another word is none."""
    return 0.0 if _is_no_person(sighting) or sighting.value.lower() in _NO_SIGNATURE else 72.0


def _of_person(sighting: Sighting) -> float:
    """The name of a thing that has a telephone, an account or a birthday."""
    return 88.0 if not _is_no_person(sighting) and _PERSONAL.near(sighting, before=100, after=100) else 0.0


PATTERNS = (
    Pattern("PII/NAME", rf"(?:^|[^A-Za-z])(?i:{_ROLE})(?i: name)? ?: {{0,3}}(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.? )?({_NAME})", _role, as_word),
    Pattern("PII/NAME", rf"[\"'](?i:name|full_?name)[\"'] ?: ?[\"']({_NAME})[\"']", _of_person, anywhere),
    Pattern("PII/NAME", rf"<(?i:fn|ln|f_?name|l_?name|given|family|first|last|forename|surname)>({_CAPITAL}(?: {_CAPITAL}){{0,2}})</", lambda s: 92.0, anywhere),
    Pattern("PII/NAME", r"\b([A-Z]{2,20}/[A-Z]{2,20}(?: [A-Z]{2,20})? (?:MR|MRS|MS|MISS|MSTR|DR))\b", lambda s: 92.0, as_word),
    Pattern("PII/NAME", rf"(?:^|[^A-Za-z])(?i:name|{_ROLE}) ?: {{0,3}}([A-ZÀ-ÖØ-Þ][A-Za-zÀ-ɏ'’\-]{{1,24}}, [A-ZÀ-ÖØ-Þ][A-Za-zÀ-ɏ'’\-]{{1,24}}(?: [A-Z]\b\.?)?)", _role, as_word),
    Pattern("PII/NAME", r"(?:^|\n)[> ]{0,6}(?:--?|–) ?(?:\r?\n[> ]{0,6})?([A-ZÀ-ÖØ-Þ][a-zÀ-ɏ]{2,20}(?: [A-ZÀ-ÖØ-Þ][a-zÀ-ɏ]{1,20})?)[ \t]*(?:\r?\n|$)", _signature, as_word),
    Pattern("PII/NAME", r"\b(?:[Rr]ing|[Cc]all|[Tt]ext|[Pp]hone|[Tt]ell|[Aa]sk|[Ee]mail|[Cc]ontact) ([A-ZÀ-ÖØ-Þ][a-zÀ-ɏ]{2,15}) (?:first|at|on|before|back|when|if|about|tomorrow|today|again|and)\b", _signature, as_word),
    Pattern("PII/NAME", r"\b(?:mr|mrs|dr)\.? ([a-z]{3,15})\b", _small, as_word),
)  # fmt: skip
