"""Passwords and PINs, which only the words before them tell."""

from __future__ import annotations

from moderation_pii.context import Words, is_close, keyword, words
from moderation_pii.expression import later
from moderation_pii.pattern import Pattern, Sighting, after_keyword, anywhere

_PLAIN_WORDS = words(
    "required incorrect wrong invalid expired strong weak not too the a an case being now reset protected protection"
    " changed set stored hashed encrypted safe secure empty missing correct valid that what your my our their his her"
    " this it in on at for to of and or but is are was will must should can cannot may no only never always very so"
    " been going about hard easy short long old new same different manager field policy hint length reset? none null"
    " true false undefined prompt recovery please here there needed optional hidden visible shared known unknown sent"
    " generated created updated provided given entered typed case-sensitive compromised leaked stolen lost forgotten"
)
_INDIAN_POST = Words(r"pin ?code|city|state|district|nagar|road|india|post")


def _password(sighting: Sighting) -> float:
    value = sighting.value
    if len(value) < 4 or len(set(value)) == 1:
        return 0.0  # stars, dots or dashes shown instead of one
    if value.casefold().strip("'\"") in _PLAIN_WORDS or value.startswith(
        ("os.", "process.", "env", "getenv", "${", "{{", "<", "%(", "$(")
    ):
        return 0.0
    is_word = value.isalpha() and (value.islower() or value.istitle())
    is_assigned = (sighting.gap or "").strip()[-1:] in (":", "=", ">")
    if is_assigned:
        return 82.0 if is_word else 92.0
    return 60.0 if is_word else 90.0


def _quoted(sighting: Sighting) -> float:
    """Between quotes: all of it is the password, signs at its edges too."""
    return _password(sighting._replace(gap=":"))


def _trim(value: str) -> str:
    """The value without the sentence's punctuation behind it."""
    trimmed = value.rstrip(".,;:)]}\"'")
    return trimmed[:-1] if trimmed.endswith(("!", "?")) and trimmed[:-1].isalpha() else trimmed


def _bare_password(sighting: Sighting) -> float:
    """Straight behind the word: it must look like no word of a sentence."""
    value = sighting.value
    kinds = (any(c.isalpha() for c in value), any(c.isdigit() for c in value), any(not c.isalnum() for c in value))
    return 70.0 if sum(kinds) >= 2 and any(c.isdigit() for c in value) and len(value) >= 6 else 0.0


def _behind_mail(sighting: Sighting) -> float:
    """Behind an address of mail: a handle there is who is answered, not a password."""
    return 0.0 if _HANDLE.fullmatch(sighting.value) else _bare_password(sighting)


_HANDLE = later(r"@\w{1,30}")


def _behind_user(sighting: Sighting) -> float:
    """The p of ``u: ada p: x``: only where somebody's name stands before it."""
    return _bare_password(sighting) if _USER.search(sighting.before(60)) else 0.0


def _changed(sighting: Sighting) -> float:
    """What something was changed to, where the talk is of passwords."""
    return _bare_or_joined(sighting) if _ABOUT.near(sighting, before=120, after=80) else 0.0


def _bare_or_joined(sighting: Sighting) -> float:
    value = sighting.value
    return 74.0 if not value.isalpha() and not value.isdigit() and len(value) >= 6 else 0.0


_USER = later(r"\b(?:u|user|username|login|log|usr|id|email)[:=] ?\S{2,40}[ ,;/|]{1,4}p(?:w|ass)?[:=] {0,2}$")
_ABOUT = Words(r"passwords?|pw|pass|pwd|login|log in|sign in|signed in")


def _pin(sighting: Sighting) -> float:
    if len(sighting.digits) == 6 and _INDIAN_POST.in_(sighting.before(60)):
        return 45.0
    if not is_close(sighting):
        return 65.0
    # "my pin 1234" and "PIN: 1234", but also "pin 1234 to the board".
    return 92.0 if (sighting.gap or "").strip() or _OWNER.in_(sighting.before(24)) else 65.0


_OWNER = Words(r"my|your|his|her|our|the|card|atm|bank|account|door|alarm|sim|and|pin (?:code|number|no)|pincode")
_WORD = r"passwords?|pa?ss?wr?o?r?d|psswo?rd|passw0rd|p@ssw(?:o|0)rd|passcode|pass-word|passwd|pass ?phrase|passcode|pass ?word|p[4a@][s5$]{2}w[o0]rd|passw0rd|pa?ss?w[o0]rd|pwrd|pswrd|paswd|pwd|pw|psw|contraseña|contrasena|clave|passwort|kennwort"
_PIN = r"p[ .\-]?[i1!][ .\-]?n(?: ?(?:code|number|no\.?|#))?|pincode"

PATTERNS = (
    Pattern("PII/PASSWORD", rf"(?:\b|_)(?i:{_WORD})((?i:[ \t]{{0,3}}(?:is|was|are|es|:|=|->|set to|changed to|reset to){{0,1}}[ \t]{{0,3}})[\"'\x60])([^\s\"'\x60]{{4,64}})[\"'\x60]", _quoted, anywhere),
    Pattern("PII/PASSWORD", r"(?i)@[a-z0-9.\-]{3,60}(?: [/|:] | ?: ?| with | and )([^\s\"'\x60]{6,64})", _behind_mail, anywhere, _trim),
    Pattern("PII/PASSWORD", rf"(?i:\b(?:reset|changed?|set|updated?)\b[^\n.:=]{{0,24}}\b(?:{_WORD})\b[^\n.:=]{{0,12}}(?:for|of) \S{{2,40}} (?:to|as|=)):? ?[\"'\x60]?(\S{{6,64}})", _bare_password, anywhere, _trim),
    Pattern(
        "PII/PASSWORD",
        rf"(?:\b|_)(?i:{_WORD})[\"']?((?i:[ \t]+(?:for|of|on)[ \t]+[^\n:=]{{1,30}}?)?[ \t]{{0,3}}(?i:is|was|are|its|it's|'s|es|era|in the [a-z]{{1,12}}|:|=|->|=>|- |will be|(?:i|we|he|she) (?:used|use|had|have|set|chose|tried|entered) (?:was|is)|set to|changed to|reset to)[ \t]{{0,3}}[:=]?[ \t]{{0,2}}(?i:is)?[ \t]?[\"'\x60]?)([^\s\"'\x60]{{4,64}})",
        _password,
        anywhere,
        _trim,
    ),
    Pattern("PII/PASSWORD", rf"(?:\b|_)(?i:{_WORD})(?:[ \t]+(?i:to|as|for it|of|was|is|es|here is|there is|here)?[ \t]*[\"'\x60]?)([^\s\"'\x60:=]{{6,64}})", _bare_password, anywhere, _trim),
    Pattern("PII/PASSWORD", r"\b(?i:pass)([ \t]*[:=][ \t]*[\"'\x60]?)([^\s\"'\x60]{4,64})", _password, anywhere, _trim),
    Pattern("PII/PASSWORD", r"\b(?i:pass) (?i:is) [\"'\x60]?([^\s\"'\x60]{6,64})", _bare_password, anywhere, _trim),
    Pattern("PII/PASSWORD", r"\b(?i:pass) ((?=[^\s]{0,60}[0-9])(?=[^\s]{0,60}[A-Za-z])(?=[^\s]{0,60}[!#$%&*+?@^_~])[^\s\"'\x60/(),.]{6,64})", _bare_password, anywhere, _trim),
    Pattern("PII/PIN", keyword(_PIN, r"[0-9]{4,8}"), _pin, after_keyword),
    Pattern("PII/PIN", r"\b([0-9]{4,8}) (?:is|was|as) (?i:(?:my|the|your|his|her) )?(?i:pin)\b", lambda s: 88.0),
    Pattern("PII/PASSWORD", r"(?i)\bp(?:w|ass)?[:=] {0,2}([^\s\"'\x60,;]{4,64})", _behind_user, anywhere, trim=_trim),
    Pattern("PII/PASSWORD", rf"(?i)(?:^|[\s\"'(])(?:use |try |its |it's |entered |used |typed )[\"'\x60]?([^\s\"'\x60]{{6,64}})[\"'\x60]? (?:as|is|for|thats?|that's) (?:the|my|a|your|our|her|his)? ?(?:new |temporary |temp |old )?(?:{_WORD})\b", _bare_password, anywhere, trim=_trim),
    Pattern("PII/PASSWORD", rf"(?i)(?:^|[\s\"'(])([^\s\"'\x60]{{6,64}}) (?:is|was|as) (?:the|my|a|your|our|her|his)? ?(?:new |temporary |temp |old )?(?:{_WORD})\b", _bare_password, anywhere, trim=_trim),
    Pattern("PII/PASSWORD", r"(?i)\b(?:changed|set|reset) (?:it|that|mine|this) (?:to|as) [\"'\x60]?([^\s\"'\x60]{6,64})", _changed, anywhere, trim=_trim),
    Pattern("PII/PASSWORD", r"(?i)\b(?:try|use|login|log in|creds?|credentials?)(?: with|:)? [a-z0-9][a-z0-9._@\-]{2,40} ?[/:|] ?([^\s\"'\x60]{6,64})", _bare_password, anywhere, trim=_trim),
    Pattern("PII/PASSWORD", r"(?i)\b(?:security|secret|safe|code) ?word(?: is| was|:| =| set to| changed to){1,2} [\"'\x60]?([^\s\"'\x60]{3,64})", _password, anywhere, trim=_trim),
    Pattern("PII/PIN", r"(?i)\b([0-9]{4,8}),? ?(?:-|\.{1,3})? ?(?:that'?s|thats|this is|it'?s|is|was) (?:my|the|his|her|our) (?:[a-z]{2,8} )?pin\b", lambda s: 88.0),
    Pattern("PII/PIN", r"(?i)\bpin\b[^\n0-9]{1,40}?\b(?:gave (?:him|her|them|me|you)|it'?s|its|is|set to|told (?:him|her|them|me)|changed to|use|enter(?:ed)?|typed) (?:[a-z]{2,5} ){0,2}([0-9]{4,8})\b", lambda s: 78.0),
    Pattern("PII/PASSWORD", r"(?i)\b(?:log(?:ging|ged)?|sign(?:ing|ed)?) ?(?:in|on)(?: with| as| using)? [a-z0-9][a-z0-9._@\-]{2,40} (?:and|&|with) ([^\s\"'\x60]{6,64})", _bare_password, anywhere, trim=_trim),
    Pattern("PII/PASSWORD", rf"(?i)(?:^|[\s\"'(])([^\s\"'\x60]{{6,64}}) (?:doesn'?t|does not|isn'?t|won'?t|didn'?t|is not|keeps?|stopped|and it says|but it says|it says) [a-z' ]{{2,24}}\b(?:{_WORD})\b", _bare_password, anywhere, trim=_trim),
)  # fmt: skip
