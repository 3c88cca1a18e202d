"""Names and addresses: what the model sees, beside and together with what patterns saw of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from moderation_pii.context import words
from moderation_pii.expression import later
from moderation_pii.names import posting, texting, whole
from moderation_pii.names.tagger import tagger
from moderation_pii.pattern import Hit

_LEAST_LEAD = 0.0
"""By how much, in nats, a name or address of the model must lead over being none."""

_LONGEST_LEAD = 40
"""How far before a pattern's address the model's may begin, in characters; further off it took in what stands before."""

_SURER = 58.0
"""From this confidence on a pattern knows better than the model what a word is."""

_SURE_NAME, _SURE_FIELD = 86.0, 90.0
"""From this confidence on a pattern knows better what a whole name is; the second is that of tables and forms."""

_NUMBERS = frozenset(
    {"PII/SSN", "PII/PHONE", "PII/EMAIL", "PII/PASSPORT_NUMBER", "PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER"}
)
"""What often stands behind an address in the same line, and is none of it where a pattern is as sure as this."""
_SURE_NUMBER = 76.0
_AGE_BEHIND = later(r"(?:, ?| ?\()(?:aged? )?([1-9][0-9]?)(?=[,)]|\.?$|\.\s)")
_TITLE = later(
    r"(?i)(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|sehr|geehrte[rn]?|liebe[rn]?|herrn?|frau|madame|monsieur|mme|mlle|gentile|egregio|signora?"
    r"|dott|dott\.ssa|exm[ao]|senhora?|sra?|señora?|estimad[oa]|geachte|beste|mevrouw|meneer|heer|dhr|mevr|klant|kunde|client|cliente)\.? )+(?=\w)"
)
"""Titles and salutations, which the model takes for the beginning of a name."""
_SENTENCE_BEFORE = later(r"[a-zà-ÿ]{4}[.!?,] |\n\n")
_SENTENCE_BEHIND = later(r"(?:[^\W\d_]{3}|[)\]0-9]|[A-Z]{2})[.!?] (?=[A-ZÀ-Þ])")
_POST_CODE = later(r"[0-9]{4,}")
_SMALL_WORD = later(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_STREETS = words(
    "rue avenue av boulevard bd place chemin impasse allée route quai cours passage calle cl avenida avda plaza paseo carrer via viale v piazza"
    " corso largo vicolo rua travessa praça alameda estrada apt apartment unit suite flat po box floor no lot corner c"
)
_PROSE = words(
    "i you u ur me my we us he him she her they them do does did is are was will would can could pick meet text call up or if when"
)
"""Words of sentences: no address has three of them."""
_BETWEEN = words(
    "p r l d de del della dei degli du des da do dos das di la le les el los las van der den het zum zur am an in im auf unter bei piso izda"
    " dcha derecha izquierda esq dto bis ter bus and"
)
_A_WORD = later(r"[^\W\d_]{3}")
_MEASURE = later(r"(?i)[0-9] ?(?:mm|cm|km|kg|lbs|[kmg]hz|[kmgt]b|watts?|volts?)\b|[0-9] x [0-9]")
_ROW = later(r",\S*[@:/+!$%&*()]|^[0-9]{1,2}/[0-9]{2},|[0-9]{9}")
_FOR = later(r"(?<=[a-z] )[24](?= [a-z])")
"""*To* and *for* as they are texted."""
_A_DIGIT = later(r"[0-9]")
_WORD = later(r"[^\W\d_]+")
_LONGEST_ADDRESS = 240
"""Code points: six full lines; what is longer is prose."""
_STREET_ENDS = (
    "straße", "strasse", "str", "weg", "gasse", "platz", "allee", "ufer", "damm", "straat", "laan", "gracht", "plein", "kade", "dijk", "gatan",
    "vägen", "vej", "gade", "veien", "gata", "katu", "tie", "utca", "ulica",
)  # fmt: skip
"""How words end that are streets by themselves."""
_UNREAD = later(r"(?![0-9A-Za-z\u00c0-\u024f\u1e00-\u1eff])[^\W_]")
_NAMED = later(r"(?i)\bname(?:'?s| is|:| =)? ?$")
_NAME_KINDS = frozenset("abcdfghxyz")
"""The tagger's lists of first and last names."""

_TWO_LETTERS = later(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{2}")


def tagged(text: str) -> list[Hit]:
    """What the model sees as names and addresses, from start to end of each kind."""
    names, addresses = list[Hit](), list[Hit]()
    seen, has_sign = tagger().tag(text), "'" in text or "\u2019" in text
    if not seen and not has_sign:
        return []
    lists, is_texted = tagger().lists, texting.is_texted(text)
    for start, end, label, lead in seen:
        if lead < _LEAST_LEAD:
            continue
        if label != "PII/NAME":
            start, end = _address_alone(text, start, end)
            value = text[start:end]
            if _is_whole(text, start, end, value) and _may_be_address(value):
                addresses.append(Hit(start, end, _confidence(lead), label))
        elif (place := _name_alone(text, start, end, is_texted)) is not None:
            start, end = place
            names.append(Hit(start, whole.with_surname(text, start, end, lists), _confidence(lead), label))
    found = [*whole.joined(names, text, lists), *addresses]
    if has_sign:
        found += whole.whose(text, found, lists, is_texted=is_texted)
    return found


def _name_alone(text: str, start: int, end: int, is_texted: bool) -> tuple[int, int] | None:
    """A name without its title and the shorthand at its edges; None when it is none."""
    if (title := _TITLE.match(text, start, end)) is not None:
        start = title.end()
    end = start + len(text[start:end].partition("  ")[0])
    lists = tagger().lists
    place = texting.trimmed(text, start, end, lists, is_texted=is_texted)
    if place is None or posting.is_nobody(text, *place, lists.of):
        return None
    value = text[slice(*place)]
    return place if _is_whole(text, *place, value) and _may_be_name(text, place[0], value) else None


def _address_alone(text: str, start: int, end: int) -> tuple[int, int]:
    """An address without the sentence that it stands in, of which the model may take in some where it knows no word."""
    value = text[start:end]
    digit = _A_DIGIT.search(value)
    if value.islower() or digit is None:
        return start, end
    for before in _SENTENCE_BEFORE.finditer(value, 0, digit.start()):
        start += before.end() - (start - (end - len(value)))
    code = _POST_CODE.search(text, start, end)
    if code is not None and (behind := _SENTENCE_BEHIND.search(text, code.start(), end)) is not None:
        end = behind.start() + len(behind[0]) - 2
    known = tagger().lists.of
    while (word := _SMALL_WORD.match(text, start, end)) is not None and _is_small(word[0], known):
        start = word.end() + len(text[word.end() : end]) - len(text[word.end() : end].lstrip(" ,.:"))
    while (
        (last := _LAST_SMALL.search(text[start:end])) is not None
        and last[1] not in _BETWEEN
        and _is_small(last[1], known)
    ):
        end = start + last.start()
    return start, end


_LAST_SMALL = later(r"[ ,.:]+([^\W\d_]+(?:['’][^\W\d_]+)*)\Z")


def _is_small(word: str, known: Callable[[str], str]) -> bool:
    """True for a word in small letters that is no street."""
    return word.islower() and word not in _STREETS and "s" not in known(word) and not word.endswith(_STREET_ENDS)


def _is_whole(text: str, start: int, end: int, value: str) -> bool:
    """True when what is tagged has a word in it, none that the model cannot read, and is no piece of a longer one."""
    if _TWO_LETTERS.search(value) is None or not (value.isascii() or _UNREAD.search(value) is None):
        return False
    left, right = text[start - 1 : start], text[end : end + 1]
    return not (left.isalnum() or left in ("_", "@", "#") or right.isalnum() or right == "_")


def _may_be_name(text: str, start: int, value: str) -> bool:
    """False for what has digits, and for small words that are on no list of names."""
    if _A_DIGIT.search(value) is not None:
        return False
    if not value.islower() or _NAMED.search(text, max(0, start - 12), start) is not None:
        return True
    return any(not _NAME_KINDS.isdisjoint(tagger().lists.of(word)) for word in value.replace("-", " ").split())


def _may_be_address(value: str) -> bool:
    """False for codes without a word in them, for measures, other cells of a row, and prose in which no street is named."""
    if _A_WORD.search(value) is None or _MEASURE.search(value) is not None or _ROW.search(value) is not None:
        return False
    if len(value) > _LONGEST_ADDRESS or sum(word in _PROSE for word in _WORD.findall(value.lower())) > 2:
        return False
    if value.islower() and _FOR.search(value) is not None and _A_DIGIT.search(_FOR.sub("", value)) is None:
        value = _FOR.sub("", value)
    if _A_DIGIT.search(value) is not None:
        return True
    named = _WORD.findall(value.lower())
    if value.islower() and named[0] == "walk":
        return False
    return any("s" in tagger().lists.of(word) or word.endswith(_STREET_ENDS) for word in named)


def _confidence(lead: float) -> float:
    """Percent: 50 at the least lead that counts, and never quite sure."""
    return 50.0 + 46.0 * (1.0 - math.exp(-(lead - _LEAST_LEAD) / 5.0))


def joined(patterned: list[Hit], tagged: list[Hit], text: str) -> list[Hit]:
    """Both; the model's addresses grow by those of patterns which they touch, and its names replace those of patterns."""
    numbers = [hit for hit in patterned if hit.label in _NUMBERS and hit.confidence >= _SURE_NUMBER]
    if numbers:
        tagged = [_before_number(hit, numbers, text) if hit.label == "PII/ADDRESS" else hit for hit in tagged]
    made: list[Hit] = []
    # Only what overlaps is compared, so that a long text takes no longer for each of its findings.
    together: tuple[list[Hit], list[Hit]] = ([], [])
    reach = 0
    both = [(hit, False) for hit in patterned] + [(hit, True) for hit in tagged]
    for hit, is_tagged in sorted(both, key=_start):
        if hit.start >= reach:
            made += _joined(*together)
            together = ([], [])
        together[is_tagged].append(hit)
        reach = max(reach, hit.end)
    return made + _joined(*together)


def _before_number(address: Hit, numbers: list[Hit], text: str) -> Hit:
    """An address without the number at its end that is none of its own, and what says so before that: *, tax no 123*."""
    for number in numbers:
        if address.start < number.start < address.end <= number.end:
            end = max(text.rfind(sign, address.start, number.start) for sign in (",", ";", "\n"))
            if end > address.start and _A_DIGIT.search(text, address.start, end) is not None:
                return address._replace(end=end)
    return address


def _start(of: tuple[Hit, bool]) -> int:
    return of[0].start


def _joined(patterned: list[Hit], tagged: list[Hit]) -> list[Hit]:
    """The same of findings that overlap."""
    if not patterned or not tagged:
        return patterned + tagged
    surer = [hit for hit in patterned if hit.label != "PII/NAME" and hit.confidence >= _SURER]
    tagged = [hit for hit in tagged if not any(_is_rather(other, hit) for other in surer)]
    named = [hit for hit in patterned if hit.label == "PII/NAME" and hit.confidence >= _SURE_NAME]
    tagged = [hit for hit in tagged if not any(_is_whole_name(other, hit) for other in named)]
    kept = []
    for hit in patterned:
        if hit.label in ("PII/ADDRESS", "PII/NAME"):
            same = [
                other
                for other in tagged
                if other.label == hit.label and other.start < hit.end and hit.start < other.end
            ]
            if same:
                if hit.label == "PII/ADDRESS":
                    tagged = [other for other in tagged if other not in same]
                    starts = [other.start for other in same if hit.start - other.start < _LONGEST_LEAD]
                    tagged.append(
                        Hit(
                            min([hit.start, *starts]),
                            max(hit.end, *(other.end for other in same)),
                            max(hit.confidence, *(other.confidence for other in same)),
                            hit.label,
                        )
                    )
                continue
        kept.append(hit)
    return kept + tagged


def _is_whole_name(patterned: Hit, tagged: Hit) -> bool:
    """True when what the model tagged is a piece of a name that a title or a field says is one, or took in more than it."""
    if tagged.label != "PII/NAME" or tagged.start >= patterned.end or patterned.start >= tagged.end:
        return False
    holds = tagged.start <= patterned.start and patterned.end <= tagged.end
    return patterned.confidence >= _SURE_FIELD or not holds


def _is_rather(patterned: Hit, tagged: Hit) -> bool:
    """True when what the model tagged is a piece of what a pattern saw as something else."""
    shared = min(patterned.end, tagged.end) - max(patterned.start, tagged.start)
    if shared <= 0 or patterned.label == tagged.label:
        return False
    return tagged.label == "PII/NAME" or 2 * shared >= tagged.end - tagged.start


def ages(text: str, tagged: list[Hit]) -> Iterator[Hit]:
    """The numbers that news put behind a name: Ann Lee, 34, of Leeds."""
    for hit in tagged:
        if hit.label == "PII/NAME" and (found := _AGE_BEHIND.match(text, hit.end)) is not None:
            yield Hit(*found.span(1), 75.0, "PII/AGE")
