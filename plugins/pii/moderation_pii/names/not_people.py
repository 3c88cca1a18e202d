"""What looks like a name and is none: a salutation, slang, letters without vowels, a firm called after people."""

from __future__ import annotations

from collections.abc import Callable

from moderation_pii.context import words
from moderation_pii.expression import later

_LETTER_WORDS = words(
    "sehr geehrte geehrter geehrten damen herren mit freundlichen freundliche grüßen grüssen grüße grüsse schöne liebe lieber"
    " gentile gentili egregio egregi spettabile spettabili cordiali saluti distinti szanowni szanowna szanowny państwo panie"
    " estimados estimadas muy señor señores señora señoras saludos prezado prezada prezados exmo exma exmos senhor senhora"
    " senhores atenciosamente cumprimentos madame messieurs mesdames cordialement veuillez sirs dear madam hej hei hallå kjære"
    " vänliga hälsningar med vennlig hilsen venlig hilsen vriendelijke groet groeten hoogachtend heer mevrouw bästa wie was"
    " le les il lo los das der die ein eine ruego peço wilt graag bitte rückruf schicken senden sie dorthin meine ihre unsere mailen bellen sturen colis votre notre merci nous wir wij noi nós abbiamo conocimos conhecemos"
    " wann wo warum gruß viele danke zahlbar urlaub vertrag guthaben"
)
_NOBODY = words("babe baby mine hero sir madam dear honey sweetheart princess morning evening night eta")
"""What people are called who are not called by their names."""
_KIN = words(
    "amma umma appa akka chechi chechy chettan chetta ettan chachi chachu chacha macha machan machi machane sirji madamji bhaiya didi bhabhi ammi abbu beta thangam kanna"
    " oppa unnie noona hyung eomma appa kuya ate lola lolo tita tito nonna nonno oma opa abuela abuelo abuelita mami papi"
)
"""What people call kin and elders in languages that English is mixed with."""
_KIN_AND = _KIN | words("da di pa dear my")
_SPOKEN = words(
    "jia you|ke qi|yan jiu|li hai|mei you|bu shi|xie xie|ni hao|wo ai ni|zai jian|mei shi|hao de|bu yao|ma fan|gan bei|insha allah|masha allah|alhamdulillah".replace(
        " ", "_"
    ).replace("|", " ")
)
"""Phrases of Chinese and Arabic in Latin letters, their words joined by underscores."""
_WORD_BEFORE = later(r"([a-z]+) $")
_WORD_BEHIND = later(r" ([a-z]+)")
_GREETED_SO = later(r"(?i)(?:as+a?l+a*m\w*|w\w*(?:laik|leyk)\w*|salam\w*) ?(?:w\w*(?:laik|leyk)\w*|a?laik\w*)?\Z")
_VALENTINE = later(r"(?i)\b(?:my|your|yo|ur|her|his|a|be|real) $")
_PEOPLES = words(
    "islam muslim moslem christian jew jewess kike hindu sikh buddhist catholic protestant mormon baptist atheist pagan sunni shia shiite"
    " hapa arab asian african european latino latina hispanic romany gypsy roma nazi fascist commie communist marxist socialist liberal tory"
    " republican democrat brexiteer marine olympian spartan roman babylonian canadienne israeli palestinian mussie muzzie tranny trannie dyke"
    " sharia shariah hijrah hamas hezbollah taliban jihad quran koran torah talmud bible gospel hadith padawan jedi sith hobbit incel"
    " allah god jesus christ satan lucifer buddha vishnu shiva zeus odin thor santa karma nature"
    " judaism christianity hinduism sikhism buddhism catholicism zionism marxism nazism"
    " israel britain mali ghana england scotland wales ireland nigeria"
)
"""Peoples, faiths and what is holy to them, parties, the countries that lists of names have: nobody by themselves."""
_KIND_OF = later(r"(?i)\b(?:an?|every|another) $")
_IS_THING = later(
    r"(?:(?:,|,? and|,? &|,? or) [A-Z][\w'’\-]+){0,4}(?i: (?:is|are|was|were)(?: (?!who|that|which|in|from|at|not)[a-z\-]+){0,3}? "
    r"(?:gem(?:stone)?|mineral|stone|metal|city|citie|town|village|place|countr(?:y|ie)|river|flower|plant|herb|spice|tree|colou?r|shade|month|brand|compan(?:y|ie)|firm"
    r"|ship|boat|ferr(?:y|ie)|language|game|song|album|movie|film|show|series|book|band|festival|holiday|stock|restaurant|shop|store|drink|cocktail|font|model"
    r"|program|library|app|website|planet|moon|breed|bird|fish|down|up \d|trading)s?\b)"
)
"""What the name of a thing is said to be: Ruby is a gem, Austin and Victoria are nice cities."""
_SLANG = later(
    r"(?i)(?:[cdy] ?' ?(?:mon|all|know|ya)|(?:don|can|won|didn|ain|isn|wasn|couldn|wouldn|shouldn|doesn|aren|haven|hasn) ?' ?t|t ?' ?was"
    r"|ima|imma|y ?' ?all|o ?' ?clock|g ?' ?day|lemme|gimme|gonna|wanna|gotta|dunno|kinda|hafta|tryna|finna)\b"
)
_SLANG_BEHIND = later(r"(?i) ?' ?(?:t|mon|ll|ve|re|all|was)\b")
_VOWEL = later(r"(?i)[aeiouyà-ÿ]")
_WORD = later(r"[^\W\d_]+")
_FAMILY = later(
    r"(?i) (?:family|twins?|brothers?|sisters?|boys|girls|kids|children|couple|residence|household|wedding|funeral|case)\b"
)
_FIRM_BEHIND = later(
    r"(?i)(?:,? (?:&|and) (?:sons?|bros?|brothers|co|company|partners|associates|daughters)\b|,? (?:llp|llc|inc|ltd|plc|gmbh|pllc|p\.?c)\b| (?:group(?: of)? compan(?:y|ies)|group (?:ltd|plc|inc))\b)"
)
_DONE_BY_FIRM = later(
    r" (?:(?:raised|cut|lowered|hiked) (?:its |their |the )?(?:prices|rates|fees)|merged|went public|laid off|hired [0-9]|recalled [0-9]|filed for bankruptcy"
    r"|launched an? new|stores?\b|shares?\b|stock\b|outlets?\b|branch(?:es)?\b|sells? |is hiring|are hiring)"
)
"""What firms do and have, and people of that name do not."""
_TWO_BEFORE = later(
    r"(?i)\b(?:at|shares? (?:of|in)|stocks? (?:of|in)|joined|hired by|bought by|owned by|run by)(?: [A-Z][\w'’\-]+ and)? $"
)
_TWO = later(r"[A-Z](?:['’][A-Z])?[A-Za-z\-]+ and [A-Z](?:['’][A-Z])?[A-Za-z\-]+")
_IN_COURT = later(r" v\. [A-Z]")
_IN_COURT_BEFORE = later(r"[\w.] v\. $")
"""A case by its parties: *Okafor v. State*."""
_NAMES_ROW = later(
    r"(?:[A-Z][A-Za-z'’\-]+, ){1,4}[A-Z][A-Za-z'’\-]+,? (?:and|&) [A-Z][A-Za-z'’\-]+|[A-Z][A-Za-z'’\-]+ & [A-Z][A-Za-z'’\-]+"
)
Kinds = Callable[[str], str]
"""Says on which lists of the tagger a word in lower case is."""
_FIRST, _RARE_FIRST, _LAST = frozenset("ab"), frozenset("fg"), frozenset("xyh")
"""The tagger's lists of first names, common and rarer ones, and of last names."""


def is_nobody(text: str, lowered: str, start: int, end: int, kinds: Kinds) -> bool:
    """True when what was taken for a name is none.

    Args:
        text: the whole text.
        lowered: the same in lower case, of the same length.
        start: where the name begins.
        end: where it ends.
        kinds: see `Kinds`.
    """
    found = _WORD.findall(lowered[start:end])
    if not found:
        return False
    return (
        all(word in _LETTER_WORDS for word in found)
        or (len(found) == 1 and found[0] in _NOBODY)
        or (not _KIN.isdisjoint(found) and all(word in _KIN_AND for word in found))
        or _is_spoken(lowered, start, end, found)
        or _GREETED_SO.match(text[start:end]) is not None
        or (found == ["valentine"] and _VALENTINE.search(text, max(0, start - 8), start) is not None)
        or _SLANG.match(text, start) is not None
        or (len(found) == 1 and _SLANG_BEHIND.match(text, end) is not None)
        or _is_without_vowels(found)
        or _is_the_one(text, lowered, start, end, found)
        or (len(found) == 1 and (_is_kind(text, start, found[0]) or _IS_THING.match(text, end) is not None))
        or _is_firm(text, start, end, kinds)
    )


def _is_spoken(lowered: str, start: int, end: int, found: list[str]) -> bool:
    """A phrase of another language, or the half of one that was taken for a name."""
    if "_".join(found) in _SPOKEN:
        return True
    if len(found) > 1:
        return False
    before, behind = _WORD_BEFORE.search(lowered, max(0, start - 12), start), _WORD_BEHIND.match(lowered, end)
    return (before is not None and f"{before[1]}_{found[0]}" in _SPOKEN) or (
        behind is not None and f"{found[0]}_{behind[1]}" in _SPOKEN
    )


def _is_without_vowels(found: list[str]) -> bool:
    """Chat that leaves vowels out: most of at least three words have none, or are one letter; a name is in letters only."""
    bare = [word for word in found if _VOWEL.search(word) is None]
    single = sum(len(word) == 1 for word in found)
    return len(found) > 2 and any(len(word) > 1 for word in bare) and (len(bare) + single) * 4 >= len(found) * 3


def _is_the_one(text: str, lowered: str, start: int, end: int, found: list[str]) -> bool:
    """The Dow, the Nikkei: an article stands before people in the plural, or what is theirs."""
    if len(found) != 1 or not lowered.endswith("the ", 0, start) or lowered[start - 5 : start - 4].isalnum():
        return False
    return not text[start:end].endswith("s") and _FAMILY.match(text, end) is None


def _is_kind(text: str, start: int, word: str) -> bool:
    """A people, a faith; or one of a kind: such a Scrooge, every Becky."""
    return (
        word in _PEOPLES
        or word.removesuffix("s") in _PEOPLES
        or _KIND_OF.search(text, max(0, start - 10), start) is not None
    )


def _is_firm(text: str, start: int, end: int, kinds: Kinds) -> bool:
    """A piece of Moreno, Castle and Baker, of Harper & Finch: surnames in a row, none of them a first name."""
    if _FIRM_BEHIND.match(text, end) is not None or _IN_COURT.match(text, end) is not None:
        return True
    if _IN_COURT_BEFORE.search(text, max(0, start - 8), start) is not None:
        return True
    found = _WORD.findall(text[start:end].lower())
    if not any(_is_first(kinds(word)) for word in found) and _DONE_BY_FIRM.match(text, end) is not None:
        return True
    line = max(text.rfind("\n", 0, start) + 1, start - 80)
    for row in _TWO.finditer(text, line, min(len(text), end + 80)):
        if row.start() <= start and end <= row.end():
            is_led = _TWO_BEFORE.search(text, max(0, row.start() - 20), row.start()) is not None
            is_firm = is_led or _DONE_BY_FIRM.match(text, row.end()) is not None
            parts = [word for word in _WORD.findall(row.group().lower()) if word != "and"]
            if (
                is_firm
                and not text.startswith(("'s", "’s"), row.end())
                and not all(_is_first(kinds(word)) for word in parts)
            ):
                return True
    for row in _NAMES_ROW.finditer(text, line, min(len(text), end + 80)):
        if row.start() <= start and end <= row.end():
            parts = [word for word in _WORD.findall(row.group().lower()) if word != "and"]
            is_ampersand = "&" in row.group()
            firsts = sum(_is_first(kinds(word)) for word in parts)
            return firsts == 0 or (is_ampersand and firsts < len(parts))
    return False


def _is_first(kinds: str) -> bool:
    """True for a word that is a first name rather than a last one."""
    return not _FIRST.isdisjoint(kinds) or (not _RARE_FIRST.isdisjoint(kinds) and _LAST.isdisjoint(kinds))
