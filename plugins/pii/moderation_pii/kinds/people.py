"""Who somebody is: names that say so themselves, ages, user names."""

from __future__ import annotations

from collections.abc import Callable

from moderation_pii.context import NARROW_GAP, Words, is_close, keyword, steady, words
from moderation_pii.expression import later
from moderation_pii.pattern import Pattern, Sighting, anywhere, as_number, as_word

_NOT_NAMES = words(
    "a an the not here there very so too sure sorry happy glad sad ready done back new from in at on of and or but is"
    " was going trying looking working writing afraid aware based called using just also still now only your my our"
    " his her their its it this that these those what who how why when where mr mrs ms dr sir madam customer team all"
    " everyone everybody friend friends colleague colleagues user member guest support service hello hi dear god lord"
    " required optional unknown none null undefined irrelevant important john's changed spelled missing wrong mud"
    " hidden monday tuesday wednesday thursday friday saturday sunday january february march april june july august"
    " september october november december english american british french german spanish chinese indian hiring manager"
    " santa world"
)

_CAPITAL = r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я][A-Za-zÀ-ɏΑ-ώа-яё'\-]+"
_PARTICLE = r"(?:(?:van|von|de|der|den|del|della|da|di|la|le|bin|ibn|al|el) +){0,2}"
_WORD = r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’.\-]{0,30}"
_FIELD = (
    r"(?:first|last|given|family|sur|fore|middle|full|maiden|legal)[ _\-]?names?|nombre(?: completo| y apellidos)?|apellidos?"
    r"|titular(?: de la (?:cuenta|tarjeta))?|card ?holder(?: name)?|account ?holder(?: name)?"
)
_NAME = rf"{_CAPITAL}(?: +{_PARTICLE}(?:{_CAPITAL}|[A-Z]\.)){{0,3}}"
_FULL = rf"{_CAPITAL} +(?:[A-Z]\. +)?{_PARTICLE}{_CAPITAL}(?: +{_CAPITAL})?"


def _name(confidence: float, alone: float) -> Callable[[Sighting], float]:
    """More for a first and last name than for a single word."""

    def weigh(sighting: Sighting) -> float:
        words = [word.strip("'-.").casefold() for word in sighting.value.split()]
        if not words or words[0] in _NOT_NAMES or words[-1] in _NOT_NAMES:
            return 0.0
        return confidence if len(words) > 1 else alone

    return weigh


_NEXT_FIELD = words(
    "first last middle full given family name surname forename phone mobile cell tel fax email e-mail mail dob date born"
    " birth age sex gender address street city zip state country ssn passport id dni nif account username user role title"
    " company department position fecha telefono teléfono correo apellidos nombre"
)


def _field(sighting: Sighting) -> float:
    """A name in its field of a form."""
    first = sighting.value.split()[0].strip("'-.").casefold()
    return 0.0 if first in _NOT_NAMES or first in _NEXT_FIELD else 90.0


def _to_next_field(value: str) -> str:
    """A name without the next field's, when no sign parts them."""
    names = value.split(" ")
    for place, name in enumerate(names):
        if place and name.casefold().rstrip(".") in _NEXT_FIELD:
            return " ".join(names[:place])
    return value.rstrip(".-'’") if len(names[-1]) > 2 and names[-1].casefold() not in ("jr.", "sr.") else value


def _without_verb(value: str) -> str:
    """A name up to a word that cannot be part of one."""
    names = value.split(" ")
    for place, name in enumerate(names):
        if place and name.casefold() in _NOT_NAMES:
            return " ".join(names[:place])
    return value


def _age(sighting: Sighting) -> float:
    return 90.0 if int(sighting.digits[:3]) <= 120 else 0.0


_PATIENT = Words("patient|pt|presents?|presented|admitted|cough|pain|male|female|looking|asl|here|from")


def _age_and_sex(sighting: Sighting) -> float:
    """34F, 27/m: with a stroke, or beside a word of doctors or of people who look for each other."""
    if "/" in sighting.value:
        return 75.0
    return 72.0 if _PATIENT.near(sighting, before=30, after=30) and sighting.value[-1].isupper() else 0.0


def _years(sighting: Sighting) -> float:
    """How old somebody is said to be; not the minutes that somebody is late."""
    return 76.0 if sighting.value[-1].isalpha() or sighting.after(3)[:1] not in (":", "%") else 0.0


def _looks_like_user(sighting: Sighting) -> float:
    """A word with digits or joints in it, as few plain words have."""
    value = sighting.value
    if value.isalpha() or value.isdigit() or "number" in sighting.before(20) or sighting.after(1) == "@":
        return 0.0
    has_letters = any(c.isalpha() for c in value)
    joined = sum(c in "._" for c in value) or (any(c.isdigit() for c in value) and value[0].isalpha())
    if not has_letters or value[0].isdigit():
        return 0.0
    if value.isupper() or value.endswith((".com", ".net", ".org")):
        return 0.0
    return 82.0 if joined else 58.0 if "-" in value and value.islower() and "user" in sighting.before(16) else 0.0


_PASSWORD_BEHIND = later(r"[\"']?[ ,;/|]{1,4}[\"']?p(?:ass|w)")


def _username(sighting: Sighting) -> float:
    value = sighting.value.casefold()
    if value.isdigit() and "id" in sighting.before(8):
        return 0.0
    gap = (sighting.gap or "").strip().lower()
    if gap[:1] in (":", "=") and _PASSWORD_BEHIND.match(sighting.after(12)):
        return 88.0
    if (
        value in _NOT_NAMES
        or value == "live"
        or value in ("and", "password", "field", "required", "taken", "invalid", "page", "name")
    ):
        return 0.0
    if gap[:1] in (":", "="):
        return 88.0
    has_sign = not value.isalpha()
    if not gap or not is_close(sighting):
        return 0.0
    return 86.0 if has_sign else 65.0 if "name" in sighting.before(24) else 40.0


def _display_name(sighting: Sighting) -> float:
    """A single word in a field for the name of an account."""
    value = sighting.value.casefold()
    if value in _NOT_NAMES or value in _SAID_OF_ACCOUNTS or value.isdigit():
        return 0.0
    return 84.0 if not value.isalpha() or "display" not in sighting.before(20) else 0.0


def _account(sighting: Sighting) -> float:
    """What follows `Username` with a blank only, or a service's name: no word that says something about it."""
    value = sighting.value.casefold().lstrip("@")
    if value in _NOT_NAMES or value in _SAID_OF_ACCOUNTS or value.isdigit() or sighting.after(1) in ("@", "'"):
        return 0.0
    if any(c in "._#:" for c in value) or any(c.isdigit() for c in value):
        return 86.0
    is_named = _NAME_OF_ACCOUNT.search(sighting.before(16)) is not None
    return 60.0 if is_named and ("-" in value or sighting.text[sighting.end : sighting.end + 1] in (",", "")) else 0.0


_NAME_OF_ACCOUNT = later(r"(?:user ?name|usuario|screen ?name|skype|benutzername)[:= ]{1,3}@?$")
_SAID_OF_ACCOUNTS = words(
    "and or password passwords field required taken invalid page name names account accounts username usernames login"
    " group call calls chat message messages app server servers channel button bot photo photos post posts story profile"
    " settings support me us you him her them instead please too as with for to in if when then because but anymore"
    " handle handles email id ids reminder recovery change changes"
)
_HANDLE = r"@?[A-Za-z0-9][A-Za-z0-9._\-#:]{1,36}[A-Za-z0-9_]"
_SERVICES = r"skype|telegram|discord|snap(?:chat)?|snp|instagram|insta|kik|twitter|tiktok|gamertag|psn|xbox|steam|twitch|reddit|ig|sc"

PATTERNS = (
    Pattern("PII/NAME", rf"(?i:\b(?:{_FIELD}))[\"']?\s{{0,2}}[:=>]\s{{0,3}}[\"']?({_WORD}(?: {_WORD}){{0,3}})", _field, as_word, _to_next_field),
    Pattern("PII/NAME", rf"\b(?i:my|his|her|their|full|the patient'?s?|patient|customer|contact|legal|real|birth|maiden) (?i:name(?: is|'s|:| was)) +({_NAME})", _name(90.0, 80.0), as_word, _without_verb),
    Pattern("PII/NAME", rf"\b[Nn]ame ?[:=] *({_NAME})", _name(85.0, 60.0), as_word, _without_verb),
    Pattern("PII/NAME", rf"\b(?:I am|I'm|this is|This is|call me|Call me|named|called) ({_FULL})", _name(75.0, 50.0), as_word, _without_verb),
    Pattern("PII/NAME", rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herr|Frau|Monsieur|Madame|Señor|Señora|Sra?)\b\.? ({_NAME})", _name(88.0, 80.0), as_word, _without_verb),
    Pattern("PII/NAME", rf"\b(?:Dear|Hello|Hi|Hey) ({_NAME})(?:,|!| *\n)", _name(80.0, 55.0), as_word, _without_verb),
    Pattern("PII/NAME", rf"(?m)^(?i:(?:kind|best|warm)? ?regards|sincerely|yours(?: truly| sincerely| faithfully)?|cheers|thanks|best),?[ \t]{{0,8}}\n\s{{0,8}}({_NAME}) {{0,8}}$", _name(85.0, 65.0), as_word),
    Pattern("PII/AGE", r"(?i)\b([0-9]{1,3}(?:[ \-]|\.5 )?(?:years? of age|(?:years?|yrs?\.?|yr|months?|mos?|weeks?|days?)[ \-]{1,2}(?:olds?|young))|[1-9][0-9]?[ \-]?(?:y/o|yo|yrs|y\.o\b\.?)|[1-9][0-9]?[0-9]? (?:años|anos)(?: de edad)?)(?![A-Za-z0-9])", _age, as_word),
    Pattern("PII/AGE", r"(?i)\b(?:aged|age(?:s| is| was| of)?|turn(?:ed|ing|s)|my age|at age|age[\"']?)[ \t]{0,24}[:=|]?[ \t]{0,24}[\"']?([1-9][0-9]?|1[01][0-9])\b", lambda s: 82.0, as_word),
    Pattern("PII/AGE", r"\b(?i:i ?am|i'm|im|she is|she's|he is|he's|just turned|be) ([1-9][0-9])(?:[.,!]|$|\n| (?i:and|now|today|but|so|with|from)\b)", lambda s: 72.0, as_word),
    Pattern("PII/AGE", r"\b(?i:i|me|husband|wife|gf|bf|friend|son|daughter|brother|sister|mom|dad|she|he) [\[(]([1-9][0-9] ?[MFmf])[\])]", lambda s: 80.0, as_word),
    Pattern("PII/AGE", r"(?i)\b(?:i|you|he|she|they|we|who|i'll|she'll|he'll|you'll|will|to|just|gonna|can) turn(?:s|ed|ing)? ([1-9][0-9])(?:[.,;!?)\n]|$| (?:in|on|this|next|today|tomorrow|soon|last|yesterday|years?|and|but|when)\b)", lambda s: 84.0, as_word),
    Pattern("PII/AGE", r"(?i)\(([1-9][0-9]? (?:years?|yrs))\)", lambda s: 80.0, anywhere),
    Pattern("PII/AGE", r"(?i)\b(?:i|he|she|they) (?:was|were|turned) (?:only |just |about |almost |nearly |over )?([1-9][0-9]?) (?:when|at the time|back then)\b", lambda s: 70.0, as_word),
    Pattern("PII/AGE", r"(?i)\b(?:when|until|till|since|before|after) (?:i|he|she) (?:was|turned) (?:only |just |about |almost |nearly )?([1-9][0-9]?)(?:[.,;!?)]|$|\n)", lambda s: 75.0, as_word),
    Pattern("PII/AGE", r"(?i)\b(?:(?:my|his|her|our) (?:dad|father|mom|mum|mother|son|daughter|brother|sister|husband|wife|grand(?:pa|ma|father|mother)|gran|nan|boy|girl|kid|baby|child|partner|friend)(?: is|'s|,)?|(?:dad|mom|mum|grandpa|grandma|gran) is|(?:he|she|i)(?:'s| is|'m| am)|im)(?: only| just| about| now| almost| nearly)? ([1-9][0-9]? (?:months?|weeks?|years?|yrs?)|1[0-9]|[2-9][0-9])(?:$|[.,!?)\n]| (?:and|but|so|with|now|from|yet|already|next|in|old)\b)", _years, as_word),
    Pattern("PII/AGE", r"(?i)\b(?:aged|ages|age) (?:[1-9][0-9]?)(?: and |, ?| or | to |-)([1-9][0-9]?)\b", lambda s: 75.0, as_number),
    Pattern("PII/AGE", r"(?i)\b(?:age|edad|alter|[aâ]ge|et[aà])[\"']?[ \t]{0,3}[:=|][ \t]{0,3}[\"']?([1-9][0-9]?(?: ?(?:years?|yrs?|y|months?|mos?|años))?)\b", lambda s: 88.0, as_word),
    Pattern("PII/AGE", r"\b([1-9][0-9]? ?/? ?[MFmf])\b", _age_and_sex, as_word),
    Pattern("PII/AGE", r"(?i)\b(?:turned|turns|turning) ([1-9][0-9]? (?:years?|yrs?|months?)(?: old)?)\b", lambda s: 85.0, as_word),
    Pattern("PII/AGE", r"(?i)\ba los ([1-9][0-9]?[0-9]? a[ñn]os)\b", lambda s: 90.0, as_word),
    Pattern("PII/USERNAME", r"(?:\b|_)(?i:usuario|user|usr|uid|login|logon|user_?name|user_?id|uname|nick|handle|screen_?name|account_?name)[\"']?([ \t]*[:=][ \t]*[\"']?)@?([A-Za-z0-9][A-Za-z0-9._\-]{1,36}[A-Za-z0-9_])", _username, as_word),
    Pattern("PII/USERNAME", r"\b(?i:user(?: ?name)?|login(?: name)?|log ?in as|logged in as|login for|signed in as|account of|account|profile|handle|nick|id is|ssh|username)[ \t]+(?i:for |of |is |was |as )?@?([A-Za-z0-9][A-Za-z0-9._\-]{2,36}[A-Za-z0-9_])", _looks_like_user, as_word),
    Pattern("PII/USERNAME", r"(?<=[a-z] )\(([a-z][a-z0-9]{0,20}(?:[._\-][a-z0-9]+)+|[a-z]{2,20}[0-9]{1,4})\)", lambda s: 60.0, anywhere),
    Pattern("PII/USERNAME", r"[0-9] - ([A-Za-z][A-Za-z0-9._\-]{1,30}) \[[0-9]{2}/", lambda s: 90.0, anywhere),
    Pattern("PII/USERNAME", keyword(r"user ?names?|user ?ids?|login(?: name| id)?|screen ?name|nick ?name|handle|gamertag|skype|telegram|discord|snap(?:chat)?|instagram|insta|kik|twitter|tiktok|\big|\bsc", r"@?[A-Za-z0-9][A-Za-z0-9._\-#]{1,36}[A-Za-z0-9_]", NARROW_GAP), _username, as_word),
    Pattern("PII/USERNAME", r"(?i)\b(?:password|passwd|pwd|pw|pass|publickey) (?:for|of) (?:invalid user |user |account |the user )?([a-z0-9][a-z0-9._\-]{1,36}[a-z0-9_])(?: is|:| was| =| from| to)", _looks_like_user, as_word),
    Pattern("PII/USERNAME", r"(?i)(?:snap(?:chat)?|insta(?:gram)?|kik|discord|telegram|tiktok|twitter|gamertag|psn|xbox|steam)(?: is|:| me at| me on|,)? @?([a-z0-9_.\-]*[a-z][a-z0-9_.\-]*[0-9_.][a-z0-9_]{0,30})\b", lambda s: 80.0, as_word),
    Pattern("PII/USERNAME", r"(?:^|[\s(:,])(@[A-Za-z0-9_][A-Za-z0-9_.]{1,29}[A-Za-z0-9_])\b", steady(52.0), anywhere),
    Pattern("PII/USERNAME", rf"(?i)\b(?:{_SERVICES})(?: (?:name|id|user|handle|is|me|me at|nick))?[:=]? {{0,2}}({_HANDLE})", _account, as_word),
    Pattern("PII/USERNAME", rf"(?i)\b(?:user ?name|screen ?name|user ?id|usuario|benutzername|login(?: name| id)?|handle|nick(?: ?name)?|(?:invalid|illegal) user|account name)(?: is|:|=| es)? {{0,2}}[\"']?({_HANDLE})", _account, as_word),
    Pattern("PII/USERNAME", r"(?i)(?:^|[\s(\"'])(/?u/[a-z0-9][a-z0-9_\-]{2,30})\b", steady(86.0), anywhere),
    Pattern("PII/USERNAME", r"(?i)\b(?:posted by|comment by|review by|written by|submitted by|uploaded by|by user|thanks to user) ([a-z0-9]{2,20}(?:[._\-][a-z0-9]{1,20}){1,3}|[a-z]{2,20}[0-9]{1,6})\b", steady(78.0), as_word),
    Pattern("PII/USERNAME", r"(?i)\bu[:=] {0,2}([a-z0-9][a-z0-9._@\-]{2,40}) {0,3}[,;/|]? {0,3}p(?:w|ass)?[:=]", steady(88.0), anywhere),
    Pattern("PII/USERNAME", r"(?i)(?:display|screen|nick|user|login|account)[_ \-]?names?[\"']?[ \t]{0,3}[:=>][ \t]{0,3}[\"']?([a-z0-9@][a-z0-9._\-]{1,36}[a-z0-9_])(?:$|[\s\"',;<&|)])", _display_name, anywhere),
    Pattern("PII/USERNAME", r"(?i)\b(?:insta|instagram|snap(?:chat)?|twitter|tiktok|telegram|kik|discord)(?: is|:)? (at [a-z0-9]{2,20}(?: (?:underscore|dot|dash) [a-z0-9]{1,20}){1,3})\b", steady(80.0), as_word),
    Pattern("PII/USERNAME", r"(?i)\b(?:invalid|illegal|unknown) user ([a-z0-9][a-z0-9._\-]{1,36}) (?:from|by|at)\b", steady(88.0), as_word),
    Pattern("PII/USERNAME", r"(?i)\b(?:log(?:ging|ged)?|sign(?:ing|ed)?) ?(?:in|on) (?:with|as|using) ([a-z0-9][a-z0-9._\-]{2,40})\b", _looks_like_user, as_word),
    Pattern("PII/USERNAME", r"(?i)\b(?:try|use|creds?|credentials?)(?: with|:)? ([a-z0-9][a-z0-9._\-]{2,40}) ?/ ?[^\s\"'\x60]{0,40}[0-9][^\s\"'\x60]{0,40}", _looks_like_user, as_word),
    Pattern("PII/NAME", rf"\b[Tt]he (?i:name)(?:'s| is) ({_NAME})", _name(85.0, 66.0), as_word, trim=_without_verb),
    Pattern("PII/AGE", r"(?i)\b(?:my|his|her|our) (?:son|daughter|kid|baby|boy|girl|child|grandson|granddaughter|niece|nephew|toddler)(?: is|'s)(?: only| just| now)? ([1-9])(?:$|[.,!?\n]| (?:and|now|but|so)\b)", lambda s: 74.0, as_word),
)  # fmt: skip
