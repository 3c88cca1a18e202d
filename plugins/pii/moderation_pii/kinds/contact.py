"""Ways to reach somebody: e-mail, telephone, addresses on the web."""

from __future__ import annotations

import re

from moderation_pii import checksums
from moderation_pii.context import Words, is_called_otherwise, steady, words
from moderation_pii.expression import later
from moderation_pii.kinds import telephones
from moderation_pii.pattern import Pattern, Sighting, after_keyword, anywhere, as_number, as_word

_PHONE = Words(
    r"(?:tele)?phones?|tel|tel[eé]fon[oe]?s?|celular|tél|tlf|mobile?s?|móvil|cell(?:phone)?|fax|call(?: me| us| him| her)?|called|dial|ring|fone|fon|reach|numero"
    r"|text(?: me| us)?|ph(?: no)?|sms|whats ?app|signal|telegram|viber|reach (?:me|us|him|her)|contact|hotline|landline|handy"
    r"|(?:my|his|her|our|their) number|number is|电话|手机|電話|телефон|ll[aá]ma(?:me)?|ll[aá]me(?:me)?|número"
    r"|mon numéro|telefoon|gsm|mobiel|terugbellen|bellen|mijn nummer|meine nummer|rückruf|anrufen|handynummer|telefono|cellulare|richiamare|telemóvel|ligar|rappeler|appeler|portable"
)
_SURE_PHONE = Words(
    r"(?:tele)?phones?|tel|tel[eé]fon[oe]?s?|celular|tél|mobile?|móvil|cell(?:phone)?|fax|call(?: me| us)?|text(?: me| us)?|sms|fone|ph(?: no| num| number)?|reach|ring|msg"
    r"|whats ?app|telegram|viber|reach (?:me|us|him|her)|ring me|hotline|landline|(?:my|his|her) number|电话|手机|電話|телефон"
)

_COUNTRY_CODES = words(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84"
    " 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236"
    " 237 238 239 240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266"
    " 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380"
    " 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597"
    " 598 599 670 672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 850 852 853 855"
    " 856 870 880 886 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998"
)
"""Country calling codes (ITU-T E.164)."""


def _weighed(sighting: Sighting, alone: float, near: float, words: Words = _PHONE) -> float:
    if len(set(sighting.digits[-7:])) == 1:
        return 0.0
    if words.near(sighting) and (not is_called_otherwise(sighting) or _SURE_PHONE.near(sighting)):
        return near
    return min(alone, 30.0) if is_called_otherwise(sighting) else alone


_RUNS_OF_DIGITS = later("[0-9]+")


def _groups(value: str) -> list[str]:
    """The runs of digits."""
    return _RUNS_OF_DIGITS.findall(value)


def _is_date(groups: list[str]) -> bool:
    """True for 2003-02-01 and 01.02.2003, whatever follows."""
    if len(groups) < 3 or max(map(len, groups[:3])) > 4:
        return False
    return any(len(g) == 4 and g[:2] in ("19", "20") for g in (groups[0], groups[2])) and len(groups[1]) <= 2


def _american(sighting: Sighting) -> float:
    value = sighting.value
    # Spaces and dots also part other numbers; brackets and dashes rarely do.
    alone = 88.0 if "(" in value or value.count("-") >= 2 or value.startswith("+") else 68.0
    if max(map(len, _groups(value))) >= 7:
        alone -= 13.0
    return _weighed(sighting, alone, 96.0)


def _international(sighting: Sighting) -> float:
    digits = sighting.digits
    if not 8 <= len(digits) <= 15 or not any(digits[:size] in _COUNTRY_CODES for size in (1, 2, 3)):
        return 0.0
    if digits[0] == "1" and (len(digits) != 11 or digits[1] in "01"):
        return 30.0
    confidence = _weighed(sighting, 90.0, 97.0)
    return confidence if confidence != 90.0 or telephones.is_international(sighting.value) else 60.0


def _with_zeros(sighting: Sighting) -> float:
    digits = sighting.digits
    if not 10 <= len(digits) <= 17 or not any(digits[2 : 2 + size] in _COUNTRY_CODES for size in (1, 2, 3)):
        return 0.0
    confidence = _weighed(sighting, 65.0, 92.0)
    if confidence != 65.0:
        return confidence
    return (90.0 if telephones.is_international(sighting.value) else 35.0) - 25.0 * sighting.value.isdigit()


def _national(sighting: Sighting) -> float:
    """With the trunk zero of most of the world: 020 7946 0958, 06 12 34 56 78, 0151/2345678."""
    groups = _groups(sighting.value)
    if not 9 <= sum(map(len, groups)) <= 12:
        return 0.0
    if _is_date(groups) or (_is_piece(sighting) and not _PHONE.near(sighting)):
        return 0.0
    if all(len(group) == 2 for group in groups) and len(groups) != 5:
        return 0.0
    confidence = _weighed(sighting, 55.0, 92.0)
    return confidence if confidence != 55.0 or not telephones.is_national(sighting.value) else 75.0


def _five_and_five(sighting: Sighting) -> float:
    return _weighed(sighting, 55.0, 90.0)


def _spaced(sighting: Sighting) -> float:
    if not 8 <= len(sighting.digits) <= 10 or _is_date(_groups(sighting.value)):
        return 0.0
    return _weighed(sighting, 0.0, 86.0)


def _bare(sighting: Sighting) -> float:
    confidence = _weighed(sighting, 35.0, 88.0, _SURE_PHONE)
    if confidence == 35.0 and _PHONE.near(sighting) and not is_called_otherwise(sighting):
        return 70.0
    return confidence


def _made_up(sighting: Sighting) -> float:
    """555-123-4567: no exchange begins with 0 or 1, but people make such numbers up."""
    if checksums.nhs(sighting.digits) and "(" not in sighting.value:
        return _weighed(sighting, 0.0, 92.0)
    value = sighting.value
    return _weighed(sighting, 84.0 if "(" in value else 74.0 if value.count("-") >= 2 else 58.0, 93.0)


def _bare_american(sighting: Sighting) -> float:
    """Ten digits that nothing is said of: only where the American plan knows their area."""
    if is_called_otherwise(sighting) or len(set(sighting.digits)) < 4:
        return 0.0
    return 54.0 if telephones.is_international("+1" + sighting.value) else 0.0


def _is_piece(sighting: Sighting) -> bool:
    """True for the end of a code in groups: 1Z 999 AA1 01 2345 6784."""
    before = sighting.text[max(0, sighting.start - 14) : sighting.start]
    if before[-1:] not in (" ", "-"):
        return False
    token = before[:-1].rsplit(" ", 1)[-1]
    return token.isalnum() and any(char.isdigit() for char in token)


def _spaced_pairs(sighting: Sighting) -> float:
    """Spain's: 612 34 56 78."""
    return _weighed(sighting, 0.0 if _is_piece(sighting) else 60.0, 92.0)


def _local(sighting: Sighting) -> float:
    return _weighed(sighting, 0.0 if " " in sighting.value else 35.0, 86.0)


def _after_plus(text: str, start: int, end: int) -> bool:
    """As a number; a plus or bracket may follow a letter, but not a digit."""
    if start and text[start - 1 : start].isalnum():
        return False
    return as_number(text, start, end)


_CELL_END = later(r"(?<=/),|,(?=[^,]*,)|,(?=\")")
"""Commas that part the cells of a row rather than the pieces of an address."""


def _trim_url(value: str) -> str:
    """The address without the sentence's own punctuation behind it; a bracket stays where it was opened inside."""
    open_brackets = {")": value.count("(") - value.count(")"), "]": value.count("[") - value.count("]")}
    end = len(value) if (cell := _CELL_END.search(value)) is None else cell.start()
    while end:
        last = value[end - 1]
        if last in open_brackets and open_brackets[last] < 0:
            open_brackets[last] += 1
        elif last not in ".,;:!?'\"*_~":
            break
        end -= 1
    return value[:end]


def _email(sighting: Sighting) -> float:
    """An address; but what stands before the @ in ``https://name:word@host/`` is no mailbox."""
    token = (sighting.before(200).split() or [""])[-1] if not sighting.before(1).isspace() else ""
    return 0.0 if "://" in token and "?" not in token else 99.0


def _spelled_email(sighting: Sighting) -> float:
    """Spelled in words; ``at`` alone, without a dot in words, is a sentence."""
    value = sighting.value.lower()
    if "@" in value.replace("(@)", "").replace("[@]", "") and not any(c in value for c in " ([{"):
        return 0.0
    is_bare = " at " in value and not any(
        dot in value for dot in (" dot ", " d0t ", " dt ", " period ", " point ", "(", "[")
    )
    if is_bare and (" AT " in sighting.value or not _ONLY_LETTERS.fullmatch(value.partition(" at ")[0])):
        return 84.0
    if is_bare:
        return 80.0 if _MAIL.in_(sighting.before(30)) or _HOST.in_(value) else 0.0
    return 88.0


def _free_mail(sighting: Sighting) -> float:
    """At a mail service; without its domain's end only where the talk is of mail."""
    value = sighting.lowered[sighting.start : sighting.end]
    if any(sign in value for sign in ("dot", "arroba", "punto", "-at-", "(at")):
        return 86.0
    return 76.0 if _MAIL.in_(sighting.before(30)) and "@" not in value else 0.0


def _bracketed_url(sighting: Sighting) -> float:
    """With its dots in brackets: a path, a scheme or a known end says that it is no address of a machine or of mail."""
    value = sighting.lowered[sighting.start : sighting.end]
    last = re.split(r"[\[({\])}]", value.split("/", 3)[2 if "//" in value else 0])[-1].strip()
    is_known = re.fullmatch(_TLD + r"|example|test|top|info|cc|ru|su|tk|icu", last) is not None
    return 84.0 if is_known and sighting.before(1) != "@" and "at" not in sighting.before(6) else 0.0


def _spoken_url(sighting: Sighting) -> float:
    """In words; what stands before an `at` is mail."""
    if sighting.before(4).rstrip().endswith((" at", "@", "(at)", "arroba")) or " at " in sighting.before(30):
        return 0.0
    return (
        76.0
        if "slash" in sighting.value or "www" in sighting.value or "/" in sighting.value or _SITE.near(sighting)
        else 0.0
    )


_SITE = Words(r"go|go to|visit|site|website|link|url|see|check|page|online|order|www")
_ONLY_LETTERS = later("[a-zÀ-ɏ ]*")
_MAIL = Words(r"e-?mail|mail|write to|reach me|contact")
_HOST = Words(r"gmail|yahoo|hotmail|outlook|icloud|proton(?:mail)?|aol")
_SEP = r"[ .\-]"
_FREE_MAIL = r"(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|protonmail|proton|gmx|live|aol|yandex|mail)"
_TLD = (
    r"(?:com|org|net|edu|gov|mil|info|biz|co|io|me|tv|us|uk|de|fr|es|it|nl|be|ch|at|se|no|dk|fi|pl|pt|ie|ca|au|nz|in|jp"
    r"|cn|kr|ru|br|mx|ar|za|eu|dev|app|xyz|online|site|shop|blog|ai|gg|ly|club)"
)
_LOCAL = r"[a-z0-9À-ɏ](?:[a-z0-9À-ɏ._%+'\-]{0,62}[a-z0-9À-ɏ_+\-])?"
_LABEL = r"[a-z0-9À-ɏ](?:[a-z0-9À-ɏ\-]{0,61}[a-z0-9À-ɏ])?"
_AT = r"(?: ?[\[({<] ?(?:at|@|a) ?[\])}>] ?| +(?:at|@) +| @|@ |@@|_at_| +arroba +)"
"""An @ as it is disguised."""
_DOT = r"(?: ?[\[({<] ?(?:dot|\.|punkt|d0t|dt) ?[\])}>] ?| +(?:d[o0]?t|period|point) +| \. ?| ?\. |_dot_)"
"""A dot as it is disguised."""
_DOTTED = r"(?: (?:dot|period|point) | ?[\[({] ?dot ?[\])}] ?| \. )[a-z0-9_\-]{1,30}"
_BOX, _HOST_NAME = r"[a-z0-9][a-z0-9._+\-]{0,40}", r"[a-z0-9\-]{2,40}"
_DOMAIN = rf"(?:{_DOT}|\.)(?:[a-z0-9\-]{{2,30}}(?:{_DOT}|\.))?{_TLD}"
_SPELLED = (
    rf"(?i)\b({_BOX}(?:{_DOTTED}){{0,3}}{_AT}{_HOST_NAME}{_DOMAIN})\b",
    rf"(?i)\b({_BOX}(?:{_DOTTED}){{1,3}}@{_HOST_NAME}{_DOMAIN})\b",
    rf"(?i)\b({_BOX}@{_HOST_NAME}(?:\.[a-z0-9\-]{{2,30}})?{_DOT}(?:[a-z0-9\-]{{2,30}}(?:{_DOT}|\.))?{_TLD})\b",
)
_LOCAL_WORDS = r"[a-z0-9][a-z0-9._+\-]{0,40}(?: (?:dot|underscore|dash|punto) [a-z0-9_\-]{1,30}){0,3}"
"""Addresses with a disguised @, a disguised dot before it, or one behind it."""

PATTERNS = (
    Pattern("PII/EMAIL", rf"(?i)(?<![A-Za-z0-9])({_LOCAL}@(?:{_LABEL}\.)+[a-z]{{2,24}})\b", _email, as_word),
    *(Pattern("PII/EMAIL", spelled, _spelled_email, as_word) for spelled in _SPELLED),
    Pattern("PII/EMAIL", rf"(?i)\b({_LOCAL}@[a-z0-9\-]{{2,40}}(?:, ?com|\.c0m|\.con))\b", steady(86.0), as_word),
    Pattern("PII/EMAIL", r"(?i)\b([a-z0-9][a-z0-9._\-]{2,40}(?: at)? (?:gmail|yahoo|hotmail|outlook|icloud|protonmail|aol)(?: dot)? (?:com|co uk|net|org|fr|de))\b", steady(84.0), as_word),
    Pattern("PII/EMAIL", r"(?i)(?<![A-Za-z0-9])((?:[a-z0-9._+\-] ){4,40}(?:@|at) ?[a-z0-9\-]{2,40}(?:\.[a-z0-9\-]{2,30}){0,2}\.[a-z]{2,6})\b", steady(90.0), as_word),
    Pattern("PII/EMAIL", r"(?i)\b((?:[a-z0-9][ ._]){3,40}(?:at|@)(?: [a-z0-9]){3,20} (?:dot|\.)(?: [a-z]){2,4})\b", steady(86.0), as_word),
    Pattern("PII/PHONE", r"\b(\(?[2-9][0-9]{2}\)?[*_/|~•·][2-9][0-9]{2}[*_/|~•·][0-9]{4})\b", _american, _after_plus),
    Pattern("PII/URL", r"(?i)\b((?:https?|ftps?|sftp)://[^\s<>\"`{}|\\^]+)", steady(95.0), anywhere, _trim_url),
    Pattern("PII/URL", r"(?i)\b(www\.[a-z0-9À-ɏ\-]{1,63}(?:\.[a-z0-9À-ɏ\-]{1,63})+(?::[0-9]{2,5})?(?:[/?#][^\s<>\"`{}|\\^]*)?)", steady(92.0), as_word, _trim_url),
    Pattern(
        "PII/URL",
        r"(?i)(?:^|[^@.\-\w])((?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,4}(?:com|org|net|edu|gov|info|io|dev|app|biz|xyz|site|online|shop|store|blog|co|co\.uk|org\.uk|com\.au|ai|tv|me|ca|de|fr|es)(?:/[^\s<>\"`{}|\\^]*)?)\b",
        steady(65.0),
        as_word,
        _trim_url,
    ),
    Pattern(
        "PII/PHONE",
        rf"((?:\+?1{_SEP}{{0,2}})?(?:\([2-9][0-9]{{2}}\){_SEP}{{0,2}}|\b[2-9][0-9]{{2}}(?:{_SEP}{{1,2}}|/))[2-9][0-9]{{2}}{_SEP}{{0,2}}[0-9]{{4}}(?:,? ?(?i:x|ext\.?|extension) ?[0-9]{{1,5}})?)\b",
        _american,
        _after_plus,
    ),
    Pattern("PII/PHONE", r"(\+[1-9][0-9]{0,2}(?:[ .\-/]{0,2}\(?[0-9]{1,5}\)?){2,6})\b", _international, _after_plus, telephones.international_part),
    Pattern("PII/PHONE", r"\b(00[1-9][0-9]{0,2}(?:[ .\-/]{0,2}\(?[0-9]{1,5}\)?){2,5})\b", _with_zeros),
    Pattern("PII/PHONE", r"(\(?\b0[1-9][0-9]{0,4}\)?(?:[ .\-/]{1,3}[0-9]{2,8}){1,4})\b", _national, _after_plus),
    Pattern("PII/PHONE", r"\b([6-9][0-9]{4}[ \-][0-9]{5})\b", _five_and_five),
    Pattern("PII/PHONE", r"\b([0-9]{2,4}(?:[ .\-][0-9]{2,4}){2,3})\b", _spaced, beside=_PHONE.regex),
    Pattern("PII/PHONE", r"\b(1?[2-9][0-9]{9}|0[1-9][0-9]{8,9}|1[3-9][0-9]{9}|[6-9][0-9]{8,9})\b", _bare, beside=_PHONE.regex),
    Pattern("PII/PHONE", r"\b([2-9][0-9]{2}[ .\-][0-9]{4})\b", _local, beside=_PHONE.regex),
    Pattern("PII/EMAIL", r"(\"[^\"\n@]{1,40}\"@(?:[A-Za-z0-9\-]{1,40}\.){1,4}[A-Za-z]{2,12})\b", steady(90.0), anywhere),
    Pattern("PII/EMAIL", rf"(?i)\b({_LOCAL_WORDS}(?: ?[\-_*] ?(?:at|@) ?[\-_*] ?| (?:at|arroba) ){_FREE_MAIL}(?:(?: ?[\-_*] ?(?:dot|\.) ?[\-_*] ?| (?:dot|punto) )(?:com|net|org|es|mx|fr|de|co uk|uk))?)\b", _free_mail, as_word),
    Pattern("PII/EMAIL", r"(?i)\b([a-z0-9][a-z0-9._+\-]{0,40}(?: (?:punto|guion bajo|guion) [a-z0-9_\-]{1,30}){0,3} arroba [a-z0-9\-]{2,40}(?: punto [a-z]{2,10}){1,3})\b", steady(90.0), as_word),
    Pattern("PII/EMAIL", rf"(?i)\b([a-z0-9][a-z0-9._+\-]{{0,40}} (?:underscore|dash|dot|hyphen|minus|plus) [a-z0-9][a-z0-9._\-]{{0,30}}(?: at |@)[a-z0-9\-]{{2,40}}(?: dot |\.){_TLD})\b", steady(88.0), as_word),
    Pattern("PII/URL", r"(?i)\b((?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|redis|rediss|amqps?|s3|gs|ssh|git|ldaps?|smb|rtsp|wss?|jdbc:[a-z]{2,12}|hxxps?|h\*\*ps?)://[^\s<>\"`{}|\\^]+)", steady(90.0), anywhere, trim=_trim_url),
    Pattern("PII/URL", r"(?i)\b((?:(?:https?|hxxps?)(?:://| ?: ?// ?)|www(?: dot | ?[\[({] ?(?:dot|\.) ?[\])}] ?|\.))?[a-z0-9\-]{2,40}(?: ?[\[({] ?(?:dot|\.) ?[\])}] ?[a-z0-9\-]{2,30}){1,4}(?:[/?][^\s<>\"`{}|\\^]*)?)", _bracketed_url, as_word, trim=_trim_url),
    Pattern("PII/URL", rf"(?i)\b((?:www dot )?[a-z0-9\-]{{2,40}}(?: dot [a-z0-9\-]{{2,30}}){{0,2}} dot {_TLD}(?: ?(?:slash|/) ?[a-z0-9\-_]{{1,40}}){{0,4}})\b", _spoken_url, as_word),
    Pattern("PII/URL", r"(?i)(?<![@.\-\w])((?:instagram|facebook|twitter|tiktok|linkedin|github|t|youtu|bit|goo|tinyurl|youtube|reddit|twitch|medium|x|wa|discord)\.(?:com|co|be|ly|gl|gg|me|tv)/[a-z0-9@._\-/?=&%+]{1,100})", steady(84.0), as_word, trim=_trim_url),
    Pattern("PII/PHONE", r"\b([6-9][0-9]{2}(?: [0-9]{2}){3})\b", _spaced_pairs),
    Pattern("PII/PHONE", r"(\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4})\b", lambda s: _weighed(s, 85.0, 95.0), _after_plus),
    Pattern("PII/PHONE", r"\b(8[ \-]?\(?[0-9]{3}\)?[ \-][0-9]{3}-[0-9]{2}-[0-9]{2})\b", lambda s: _weighed(s, 80.0, 95.0)),
    Pattern("PII/PHONE", r"(?i)\bext(?:ension|n|\.)? ?(?:is |no\.? |number |#)?([0-9]{3,5})\b", steady(66.0), after_keyword),
    Pattern("PII/PHONE", rf"((?:\+?1{_SEP}{{0,2}})?(?:\([2-9][0-9]{{2}}\){_SEP}{{0,2}}|\b[2-9][0-9]{{2}}{_SEP})[01][0-9]{{2}}{_SEP}[0-9]{{4}}(?:,? ?(?i:x|ext\.?|extension) ?[0-9]{{1,5}})?)\b", _made_up, _after_plus),
    Pattern("PII/PHONE", r"\b([2-9][0-9]{2}[2-9][0-9]{6})\b", _bare_american),
    Pattern("PII/PHONE", r"(\(\+?[1-9][0-9]{0,2}\) ?[0-9]{3,4}[ \-][0-9]{4})\b", lambda s: _weighed(s, 58.0, 92.0), _after_plus),
)  # fmt: skip
