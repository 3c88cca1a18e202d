"""Findings that people write as one: the lines of an address, a date with its time of day, a surname before its first names."""

from __future__ import annotations

from moderation_pii.expression import later
from moderation_pii.pattern import Hit

_BETWEEN_LINES = later(r"[ \t]?,?[ \t\r]?\n?[ \t]?")
"""What parts the lines of an address: a comma, a line's end."""

_DATE_TO_TIME = later(r",? (?:(?:at|um|@|-|a las) )?")
_TIME_AHEAD = later(r"(?:[01]?[0-9]|2[0-3])(?:[:.][0-5][0-9]| ?[apAP]\.?[mM]\b)")
_RANGE = later(r" ?- ?| (?:to|and|until|till) ")
_PLAIN_TIME = later(r"(?:[01]?[0-9]|2[0-3])(?::[0-5][0-9])?")
_NICKNAME_END = later(r"[\")] [A-Z][A-Za-z\u00c0-\u024f'\-]*")
_INITIAL = later(r" [A-Z](?:\.|(?![A-Za-z]))")
_SURNAME_FIRST = later(
    r"(?i)(?:name|patient|passenger|guest|employee|holder|insured|client|customer)s?[\"']?[:=\t|] ?[\"']?$|(?m:^)[\"']$"
)


def whole_addresses(hits: list[Hit]) -> list[Hit]:
    """The hits, with addresses that overlap as one: each pattern knows some of an address's lines."""
    addresses = [hit for hit in hits if hit.label == "PII/ADDRESS"]
    if len(addresses) < 2:
        return hits
    whole: list[Hit] = []
    for hit in sorted(addresses):
        if whole and hit.start < whole[-1].end:
            last = whole[-1]
            whole[-1] = Hit(last.start, max(last.end, hit.end), max(last.confidence, hit.confidence), hit.label)
        else:
            whole.append(hit)
    return [hit for hit in hits if hit.label != "PII/ADDRESS"] + whole


_NEXT_SENTENCE = later(r"(?<=[^\W\d_]{4})[.!?] [A-ZÀ-Þ][a-zà-ÿ'’]{1,12}\Z")
_GOES_ON = later(r"[a-zà-ÿ'’]+ ")


def alone(hits: list[Hit], text: str) -> list[Hit]:
    """The hits, with addresses without the first word of the next sentence, which looks like a piece of a town's name."""
    return [
        hit._replace(end=hit.start + cut.start())
        if hit.label == "PII/ADDRESS"
        and (cut := _NEXT_SENTENCE.search(text[hit.start : hit.end])) is not None
        and text[hit.end : hit.end + 1] in (" ", "'", "’")
        and _GOES_ON.match(text, hit.end + 1) is not None
        else hit
        for hit in hits
    ]


def connected(hits: list[Hit], text: str) -> list[Hit]:
    """The hits, with addresses that only a comma or a line's end parts as one."""
    made: list[Hit] = []
    for hit in hits:
        last = made[-1] if made else None
        if (
            last is not None
            and hit.label == last.label == "PII/ADDRESS"
            and _BETWEEN_LINES.fullmatch(text, last.end, hit.start)
        ):
            made[-1] = Hit(last.start, hit.end, max(last.confidence, hit.confidence), hit.label)
        else:
            made.append(hit)
    return made


_ONLY_TOWN = later(
    r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|(?:[A-Z]{1,3}-)?[0-9]{4,6}(?:[ \-][^\n,0-9]{2,40})?|[^\n,0-9]{2,40} [0-9]{4,6}"
)
"""An address of which a pattern knows no more than the town or its code."""
_NO_LINE = later(
    r"(?i)[:;@?!=<>{}|\"\[\]#*]|[a-z]{3}\.$|\b(?:address|anschrift|adresse|invoice|rechnung|bill|ship|deliver|contact|customer|dear|ltd|llc|inc"
    r"|gmbh|plc|sa|curriculum|vitae|tel|phone|date|ref|page|total|order|tenant|landlord|to|from)\b"
)
_LINE_WORD = later(
    r"[A-ZÀ-Þ0-9]\S*|(?:of|the|de|la|le|du|des|del|di|da|do|dos|am|an|im|in|der|den|dem|zum|zur|van|het|on|upon|bis|no\.?|nr\.?|n\.?)"
)
_MOST_LINES = 4
_LONGEST_LINE = 45


def blocks(hits: list[Hit], text: str) -> list[Hit]:
    """The hits, with the lines above a town or its code as one address with it: a house's name, a lane, a village.

    They are lines of a block when each word begins large or is a small one of streets, and nothing else is found there.
    """
    made: list[Hit] = []
    for hit in hits:
        if hit.label == "PII/ADDRESS" and _ONLY_TOWN.fullmatch(text, hit.start, hit.end):
            before = made[-1].end if made else 0
            start = _block_start(text, hit.start, before)
            if start < hit.start:
                hit = hit._replace(start=start, confidence=max(hit.confidence, 80.0))
        made.append(hit)
    return made


def _block_start(text: str, start: int, least: int) -> int:
    """Where the block begins whose last line holds `start`; `start` where there is none."""
    line = text.rfind("\n", 0, start) + 1
    if line < least or not _is_line(text[line:start], is_whole=False):
        return start
    begin, lines = line, 0
    while begin > 0 and lines < _MOST_LINES:
        above = text.rfind("\n", 0, begin - 1) + 1
        if above < least or not _is_line(text[above : begin - 1]):
            break
        begin, lines = above, lines + 1
    return begin if lines else start


def _is_line(line: str, *, is_whole: bool = True) -> bool:
    words = line.replace(",", " ").split()
    if is_whole and not (3 <= len(line.strip()) <= _LONGEST_LINE and words and line[:1].strip()):
        return False
    return _NO_LINE.search(line) is None and all(_LINE_WORD.fullmatch(word) for word in words)


def as_one(hits: list[Hit], text: str) -> list[Hit]:
    """The hits from start to end, with those as one that only say one thing together."""
    made: list[Hit] = []
    for hit in hits:
        last = made[-1] if made else None
        if last is not None and hit.end <= last.end:
            continue  # the last name behind a nickname, which is in already
        if last is not None and last.label == hit.label and hit.start - last.end <= 8 and _belong(last, hit, text):
            made[-1] = last._replace(end=_end(hit, text), confidence=max(last.confidence, hit.confidence))
        else:
            made.append(hit)
    return made


def _end(hit: Hit, text: str) -> int:
    """Where a joined finding ends: an initial behind a name is a piece of it, and what stands behind a nickname."""
    if hit.label != "PII/NAME":
        return hit.end
    behind = _INITIAL.match(text, hit.end) or _NICKNAME_END.match(text, hit.end)
    return hit.end if behind is None else behind.end()


def _belong(last: Hit, hit: Hit, text: str) -> bool:
    between = text[last.end : hit.start]
    if hit.label == "PII/DATE_TIME":
        if _TIME_AHEAD.match(text, hit.start) is None:
            return False
        if _PLAIN_TIME.fullmatch(text, last.start, last.end):
            return _RANGE.fullmatch(between) is not None
        return _DATE_TO_TIME.fullmatch(between) is not None and ":" not in text[last.start : last.end]
    if hit.label == "PII/NAME":
        if between == ", ":
            return " " not in text[last.start : last.end] and bool(
                _SURNAME_FIRST.search(text, max(0, last.start - 16), last.start)
            )
        # Rafael "Rafa" Montoya
        return (between in (' "', " (") and _NICKNAME_END.match(text, hit.end) is not None) or (
            between in ('" ', ") ") and text[last.start : last.end].count("(" if between == ") " else '"') == 1
        )
    return False
