"""What looks like a name to the model where people text, shout and respell: a name there must be borne out.

Words that no list knows are mostly names in letters and news, and mostly slang in chat. So where somebody texts, a word
that few people are called stands as a name only beside something that says so: a greeting, a title, what people do.
"""

from __future__ import annotations

import re
from functools import cache

from moderation_pii.context import words
from moderation_pii.expression import later
from moderation_pii.names.known_words import KnownWords

_SHORTHAND = words(
    "u ur urs r ü n d b c k w v x xx xxx xxxx xxxxx da dat dats datz dis dem den wil wat wot wats wots wen wer wid wif wiv wana wanna gona gonna"
    " gotta tryna finna hav havin hv havent dont didnt doesnt cant wont isnt wasnt arent aint couldnt shouldnt wouldnt im ive ill id"
    " hows howz whats wats wheres whos thats lets theyre youre were its gud gd gudnite gudnyt nite nyt mrng tmr tmrw tomo"
    " 2moro 2day 2nite tonite morrow thx thnx tnx thks thk thgt pls plz plss cos coz cuz bcos bcoz becos abt tht ths thn nt jus juz jst mayb"
    " msg msgs txt txts txting ya yea yeah yep yup yupz nope okie okey okay oki ok kk lol lolz rofl lmao omg wtf smh ikr idk tbh imo btw neva"
    " nvm oso oredi lor lar lah la leh liao meh hor mah sia wah haha hehe hee heh aiyo aiyah aiya aiyar haiz walao izzit dun muz gal babe"
    " babes bf gf bro bruh dude dawg tho thou fb ppl frnd frnds fren frens luv lv lovin darlin darling hun hunny sis bday xmas gr8 l8r b4 m8 em"
    " noe shd shld juz goin comin doin havin gettin nothin somethin nuthin wit yo y dey dese dose ima imma y'all yall lemme gimme kinda sorta"
    " dunno outta lotta lotz whatcha gotcha betcha ain bae fam ily stfu ffs fml rt dm"
)
"""Words of text messages, in the shapes that they have all over the world."""
_MARKS = _SHORTHAND - words("la da den id ill were its ok okay em babe dude d c b k w v n x")
"""Those that show that somebody texts: none of them is a word of letters and news, or an initial."""
_NO_WORDS = later(r"https?:\S+|www\.\S+|[@#]\w+|\bRT\b|\b[A-Z] ?\.(?=\W)")
"""What of a post is not written by who posts it, and initials: *U* in *U. S.* is no mark."""
_TWO_IN = 14
"""Somebody texts where one word in so many is one of these, or two in a short text are."""
_STRETCHED = later(r"(?i)([a-z])\1\1")
_CRY = later(
    r"(?i)(?:h+a+|h+e{2,}|h+m+|wo{2,}|ge{2,}|a+h+|o+h+|u+h+|e+h+|a+w+|ugh+|pff+t?|psh+(?:ew)?|phew|o+ra+h|(?:ha|he|hi|ja|ka|lo){2,}h?"
    r"|h?a+i+y+[ao]+[hr]?|ciao|h+a+i+z|m?wah+s?|mwah|yay+|yikes|whee+|wow+|eww+|meh|nah|nope|rightio|goodo|o+h?y+e+a+h?)\Z"
)
"""A cry, in as many letters as it takes."""
_CONTRACTION = later(
    r"(?i)(?:[a-z]+['’](?:ve|ll|re|m|d|t|ma)|(?:it|that|what|he|she|who|how|there|where)['’]s[a-z]+)\Z"
)
_LOST_SIGN = later(
    r"(?i) ?['’]? ?(?:t\b|no\b|kno\b|knw\b|know\b|think\b|want\b|wan(?:na)?\b|need\b|care\b|worry\b|believe\b|like\b|get\b|go\b|forget\b|even\b|mind\b|feel\b)"
)
_NOT = words("don can won didn ain isn wasn couldn wouldn shouldn doesn aren haven hasn")
_WORD = later(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_STRONG, _ANY = frozenset("abfgxy"), frozenset("abfgxyzhcd")
"""The tagger's lists of names that many have; and of all that somebody has."""
_CUE_BEFORE = later(
    r"(?i)(?:\b(?:hi|hey|hello|hiya|hai|helo|dear|dearest|thanks?|thank you|love|luv|from|regards|rgds|this is|dis is|its|it's|i'?m|i am|am|name is|called|mr|mrs|ms|miss"
    r"|dr|prof|sir|uncle|unc|aunt(?:y|ie)?|bro(?:ther)?|sis(?:ter)?|cousin|mum|dad|ask(?:ed|ing)?|tell|told|text(?:ed)?|emailed|call(?:ed)?|ring|met|meet(?:ing)?"
    r"|with|wif|wid|miss|missing|seeing|by|and|n|&|&amp;|between|poor|happy b-?(?:irth)?day|users?|username|name|vot(?:ed?|ing) for|for|executive|friend|fren|boyfriend|girlfriend|wife|husband|son|daughter|boss|teacher|says|said|where'?s|where is|who'?s|who is|how'?s|how is|does|did)"
    r"(?:[.,:;!]? |[.,:;!\\n])|[@(\-–—] ?)$"
)
_NAME_BEFORE = later(r"[A-Z][a-zà-ÿ]+ $")
_CUE_BEHIND = later(
    r"(?i)(?:['’]s\b|,| (?:here|says?|said|told|is|was|has|had|wants?|called|calls|and|n|&|will|sir|madam|uncle|aunty|asks?|asked|came|comes|goes|went|took"
    r"|just|got|hasn'?t|isn'?t|didn'?t|does|doesn'?t|did|needs?|looks|knows|thinks|makes|made|slipped|won|lost|played|plays|announces|u up)\b)"
)
_SIGNED = later(r"[\s.!)]*(?:[xX]+[\s.!]*)?\Z")
_PLACE_BEHIND = later(
    r"(?i) (?:rd|road|st|street|ave|avenue|nagar|market|lane|station|bridge|cinema|theatre|mall|rec cent(?:er|re)|airport|park|train|express"
    r"|university|hospital|college|district|county|valley|river|beach|island|hotel|restaurant|pub|cup|league|stadium|x?mas|christmas)\b"
)
_DETERMINED = later(r"(?i)\b(?:an?|one|two|some|any|every|each|no|the|this|that|these|those) $")
_SLURRED = later(r"(?i)(?:o?l+o+l|l+m+f?a+o+|rofl|omg|o?kay|ok|yeah|nah)[a-z]{0,8}\Z|s['’][a-z]+\Z|you[iu]\Z")
"""A cry that is joined to the next word, *it's* of which an *s* is left."""
_ROAD = later(r"(?i).* (?:rd|road|street|avenue|nagar|highway|blvd)\Z")
_MONTH = words("january february march april may june july august september october november december")
_MONTH_BEFORE = later(r"(?i)\b(?:by|in|on|last|next|this|since|until|till|from|end of|mid|of|early|late|to|every) $")
_SELDOM = words("kay al")
"""Somebody where a greeting or the like says so."""
_FESTIVALS = words(
    "onam pongal diwali deepavali eid holi vishu navratri christmas xmas easter halloween hanukkah ramadan rakhi merry x"
    " sankranti shivratri ugadi baisakhi dussehra janmashtami nowruz tet"
)
_WISHED_BEFORE = later(r"(?i)\b(?:happy|merry|blessed|very) $")
_XMAS_BEHIND = later(r"(?i)[ '\"]{1,2}x[ '\"]{0,2}mas")
_PARTICLES = words(
    "de da do dos das del della di du van von der den ter ten la le el al bin bint ibn ben abu y e i zu zum of the af av"
)
_PLACE_BEFORE = later(
    r"(?i)(?:(?<!believe)(?<!interest)(?<!interested)(?<!faith)(?<!trust)(?<!confidence)(?<!disappointed)(?<!lost)"
    r" in|^in|(?:^|[\s.,!(])(?:go|goes|off|goin|going|went|gone|fly|flying|flew|flight|flights|drive|drove|trip|travel|travelled|traveled|moved?|moving|back|way|train|bus|came|come|coming|far as|outskirts of|town of"
    r"|nation of|city of|state of|republic of) to| (?:nation|city|town|state|republic|village|island) of|(?:off|back|goin|going|gone|moved) 2) $"
)
_SURE_PLACE_BEFORE = later(
    r"(?i)\b(?:happening|living|lives?|lived|born|arrived|based|stuck|stopped|bars|weather|hostels?|hotels?) in $|\bon the outskirts of $"
)
_CROSSING_BEFORE = later(r"(?i)\b(?:at|corner of) [a-z]+(?: [a-z]+){0,2} (?:and|n|&|&amp;) $")
_CROSSING_BEHIND = later(r" (?:now|rn)\b(?! ')")
"""*I'm at Bruce and Fowler now*: a corner; who is at somebody's home says *Fowler's*."""
_AT_BEFORE = later(
    r"(?i)(?<!look)(?<!looks)(?<!looking)(?<!looked)(?<!mad)(?<!angry)(?<!pissed)(?<!yell)(?<!yelling)(?<!yelled)(?<!laugh)(?<!laughing)(?<!laughed)"
    r"(?<!smile)(?<!smiling)(?<!stare)(?<!staring)(?<!shout)(?<!shouting)(?<!point)(?<!pointing) at $"
)
_ENGLISH = frozenset("uv")
_JOINED = later(r"[A-Z]?[a-z]+(?:[A-Z][a-z]*)+\Z")
_JOINED_NAMES = frozenset("abfgxyh")
_PREFIX = later(r"(?:Mc|Mac|De|Di|Da|Du|La|Le|Van|Von|Fitz|St|Ben|Al|El|Abd|Mc)(?=[A-Z])")
_IRREGULAR = later(r"[A-Z]?[a-z]+[A-Z]{2}|[a-z]+[A-Z]")
"""Capitals for show; names have one in them at most, behind what begins names."""
_SOMEBODY = words("boy girl man guy lady dude")
_DAY = later(r"(?i)to?m+o?r+o+w|tm?rw|(?:s|sa?t|m|t|tu|w|wed|th|thu|f|fri)day\Z")
_HALF = later(r"[A-Z][a-z]*")
_NO_SURNAME = later(
    r"(?i)\w+(?:ists?|isms?|ians|ness|phobes?|phobia|cels?|[aeiou]tion|ically|ettes|holes?|heads|niks|ental)\Z"
)


def trimmed(text: str, start: int, end: int, known: KnownWords, *, is_texted: bool) -> tuple[int, int] | None:
    """A name of the model without the shorthand at its edges; None when it is none.

    Args:
        text: all of it.
        start: where the name begins.
        end: where it ends.
        known: the tagger's lists.
        is_texted: see the function of that name.
    """
    found, texting = list(_WORD.finditer(text, start, end)), is_texted
    while found and _is_shorthand(found[-1][0], texting):
        found.pop()
    while found and _is_shorthand(found[0][0], texting):
        del found[0]
    if not found or any(_is_shorthand(word[0], texting) and not _is_initial(text, word) for word in found):
        return None
    if start < found[0].start():
        start = found[0].start()
    if end > found[-1].end() and _WORD.search(text, found[-1].end(), end):
        end = found[-1].end()
    return None if _is_none(text, start, end, [word[0] for word in found], known, texting) else (start, end)


def _is_none(text: str, start: int, end: int, found: list[str], known: KnownWords, texting: bool) -> bool:
    lists = [frozenset(known.of(word.lower())) for word in found]
    is_strong = any(not _STRONG.isdisjoint(each) for each in lists)
    is_called = _CUE_BEFORE.search(text, max(0, start - 24), start) is not None
    if len(found) > 1:
        if all(word.isupper() for word in found) and not is_strong and _is_shouting(text):
            return any(_ANY.isdisjoint(each) for word, each in zip(found, lists, strict=True) if len(word) > 1)
        is_called = is_called or _NAME_BEFORE.search(text, max(0, start - 24), start) is not None
        return bool(_ROAD.match(text, start, end)) or _is_sentence(found, lists, texting, is_called)
    word, is_on_list = found[0], not _ANY.isdisjoint(lists[0])
    lowered = word.lower()
    if lowered in _MONTH and not word.istitle() and _MONTH_BEFORE.search(text, max(0, start - 10), start):
        return True
    if lowered in _SELDOM and (word.islower() or not is_called):
        return True
    if lowered in _FESTIVALS and (
        _WISHED_BEFORE.search(text, max(0, start - 8), start) or _XMAS_BEHIND.match(text, end)
    ):
        return True
    if _DAY.match(word) or _CRY.match(word) or (_STRETCHED.search(word) and not is_on_list):
        return True
    if lowered in _NOT and _LOST_SIGN.match(text, end):
        return True
    if _CROSSING_BEFORE.search(text, max(0, start - 40), start) and _CROSSING_BEHIND.match(text, end):
        return True
    if _PLACE_BEHIND.match(text, end) or (
        _PLACE_BEFORE.search(text, max(0, start - 24), start)
        and not text.startswith(("'s", "’s"), end)
        and (lists[0].isdisjoint("ab") or _SURE_PLACE_BEFORE.search(text, max(0, start - 24), start))
    ):
        return True
    if _JOINED.match(word) and _JOINED_NAMES.isdisjoint(lists[0]) and not _PREFIX.match(word) and not word.isupper():
        return not all(not _STRONG.isdisjoint(known.of(half.lower())) for half in _HALF.findall(word))
    if word.islower() and _ENGLISH & lists[0] and _DETERMINED.search(text, max(0, start - 8), start):
        return True
    if (
        word.islower()
        and lists[0].isdisjoint("ab")
        and _AT_BEFORE.search(text, max(0, start - 16), start)
        and not text.startswith(("'s", "’s"), end)
    ):
        return True
    if is_strong:
        return False
    if _SLURRED.match(word) and not is_on_list:
        return True
    if not is_on_list and len(word) > 1 and word.isupper() and not is_called and not _is_signed(text, start, end):
        return True
    if word.islower() and (
        _DETERMINED.search(text, max(0, start - 8), start)
        or ("t" in lists[0] and not is_called and not _CUE_BEHIND.match(text, end))
    ):
        return True
    if (
        not is_on_list
        and not is_called
        and (_NO_SURNAME.match(word) or _is_respelt(lowered, known) or _is_two(lowered, known))
    ):
        return True
    if lists[0].isdisjoint("c") and word.islower() and not is_called and not _CUE_BEHIND.match(text, end):
        return True
    return texting and not is_called and not _CUE_BEHIND.match(text, end) and not _is_signed(text, start, end)


def _is_sentence(found: list[str], lists: list[frozenset[str]], texting: bool, is_called: bool) -> bool:
    """True for a row of words that nobody is called: where somebody texts, most of those are sentences."""
    if len(found) == 2 and found[0].lower() == found[1].lower():
        return True
    if found[0] == "i" or (found[0] == "I" and not is_called and not _ENGLISH.isdisjoint(lists[1])):
        return True
    if len(found) == 2 and found[1].lower() in _SOMEBODY and _ANY.isdisjoint(lists[0]):
        return True
    if any(_IRREGULAR.match(word) for word in found):
        return True
    if not is_called and found[0].istitle() and found[-1].islower() and all(_ANY.isdisjoint(each) for each in lists):
        return True
    if (
        not is_called
        and len(found) > 2
        and 2 * sum(_ANY.isdisjoint(each) for each in lists) > len(found)
        and any(map(str.islower, found))
    ):
        return not all(word in _PARTICLES for word in found if word.islower())
    is_written_so = all(word.istitle() for word in found if word.lower() not in _PARTICLES)
    if texting and not is_written_so and all(_STRONG.isdisjoint(each) for each in lists):
        return all(len(word) > 1 for word in found)
    if texting and all(word.isupper() for word in found):
        return any(_ANY.isdisjoint(each) for word, each in zip(found, lists, strict=True) if len(word) > 1)
    small = [
        not _ANY.isdisjoint(each)
        for word, each in zip(found, lists, strict=True)
        if word.islower() and word not in _PARTICLES
    ]
    if texting or not found[0].islower():
        return not all(small) and (texting or len(small) > 1)
    return False


def _is_shorthand(word: str, texting: bool) -> bool:
    lowered = word.lower()
    if _CONTRACTION.match(word):
        return True
    return lowered in _SHORTHAND and (texting or (lowered in _MARKS and not (len(word) == 1 and word.isupper())))


def _is_initial(text: str, word: re.Match[str]) -> bool:
    return len(word[0]) == 1 and text.startswith(".", word.end())


def _is_signed(text: str, start: int, end: int) -> bool:
    """The last word of a message, behind the end of a sentence."""
    return _SIGNED.match(text, end) is not None and text[:start].rstrip()[-1:] in (".", "!", "?", ",", "\n", ")", ":")


def is_texted(text: str) -> bool:
    """True for a text as people text: with their shorthand in it, at its beginning at least."""
    found = [word.lower() for word in _WORD.findall(_NO_WORDS.sub(" ", text[:2000]))]
    marks = sum(word in _MARKS for word in found)
    return marks > 0 and marks * _TWO_IN >= len(found) and (marks > 1 or len(found) < _TWO_IN)


def _is_shouting(text: str) -> bool:
    """True for a message in capitals, not for a line of a form."""
    found = _WORD.findall(text[:2000])
    return len(found) > 7 and sum(word.isupper() for word in found) * 4 > len(found) * 3


def _is_respelt(lowered: str, known: KnownWords) -> bool:
    """A frequent English word with some of its vowels left out, or one of two letters at its end."""
    if len(lowered) < 3:
        return False
    if not {*"uv"}.isdisjoint(known.of(lowered + lowered[-1])):
        return True
    return any(_is_within(lowered, word) for word in _frequent(known).get(lowered[0] + lowered[-1], ()))


def _is_two(lowered: str, known: KnownWords) -> bool:
    """Two frequent English words without the blank between them."""
    halves = ((lowered[:at], lowered[at:]) for at in range(3, len(lowered) - 2))
    return any(
        len(a) + len(b) > 6 and not {*"uv"}.isdisjoint(known.of(a)) and not {*"uv"}.isdisjoint(known.of(b))
        for a, b in halves
    )


def _is_within(short: str, word: str) -> bool:
    """True when the shorter one is the word without some of its vowels."""
    if not len(short) < len(word) <= len(short) * 2:
        return False
    rest = iter(word)
    skipped = []
    for letter in short:
        for other in rest:
            if other == letter:
                break
            skipped.append(other)
        else:
            return False
    return all(letter in "aeiouy" for letter in skipped)


@cache
def _frequent(known: KnownWords) -> dict[str, list[str]]:
    """The most frequent English words by their first and last letters."""
    made: dict[str, list[str]] = {}
    for word in known.among("uv"):
        made.setdefault(word[0] + word[-1], []).append(word)
    return made
