"""What is behind a text that is no YAML, and what to do: for each complaint of the parser, in words for people.

The parser says where it could not go on; that is often a line after the mistake, which is looked for here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

from moderation.core.policy.meant import COMPARISON

_NO_SPACE = re.compile(r"\s*(- )?[A-Za-z_][\w-]*:[^\s/]")
_NO_SPACE_AFTER_DASH = re.compile(r"\s*-[A-Za-z_]")
_COMPARISON = re.compile(r"([<>]=?|[=≥≤])\s*\d")
_HASH = re.compile(r"(?<=\s)#")
_KEY = re.compile(r"\s*(- +)?[\"']?[\w. -]+[\"']?:(\s|$)")
_CURLY = "“”„‟«»‘’‚‛"


class Place(NamedTuple):
    """A place in a text: line and column, from 0."""

    line: int
    column: int


class Complaint(NamedTuple):
    """What the parser says.

    Attributes:
        problem: its words.
        at: where it could not go on.
        opened: where the thing that it was reading begins; `at` when it does not say.
        quoted: the last text in quotes before, from its first to behind its last character; None when there is none.
    """

    problem: str
    at: Place
    opened: Place
    quoted: tuple[Place, Place] | None = None


class Remedy(NamedTuple):
    """Where the mistake is, what is wrong, and what to do."""

    place: Place
    message: str
    hint: str


def remedy(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    """What to tell people. Pure; `lines` is the whole text, line by line."""
    line = _line(lines, complaint.at.line)
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Remedy(complaint.at, "a tab in the indentation", "indent with spaces, not with tabs")
    if (strange := _strange(complaint, lines)) is not None:
        return strange
    if (open_quote := _open_quote(complaint, lines)) is not None:
        return open_quote
    for words, look in _LOOKS:
        if words in complaint.problem:
            return look(complaint, lines)
    hint = f"compare it with the lines around: blanks, quotes, brackets (the parser says: {complaint.problem})"
    return Remedy(complaint.at, "this is not YAML", hint)


def curly_quotes(text: str) -> str | None:
    """The text without the curly quotes around it, where they stand for straight ones; None where they do not."""
    if len(text) < 2 or text[0] not in _CURLY or text[-1] not in _CURLY:
        return None
    inner = text[1:-1]
    return None if any(quote in inner for quote in "“”„«»") else inner


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number] if 0 <= number < len(lines) else ""


def _strange(complaint: Complaint, lines: Sequence[str]) -> Remedy | None:
    """A blank that is none, or a wide sign, in a place where the parser wants a plain one."""
    for number in dict.fromkeys((complaint.at.line, complaint.opened.line)):
        for column, letter in enumerate(_line(lines, number)):
            plain = unicodedata.normalize("NFKC", letter)
            if letter != plain and plain in (" ", ":", ",", "{", "}", "[", "]", "-", "#"):
                name = "a blank that is no plain one" if plain == " " else f"'{letter}' is not '{plain}'"
                hint = "type the blanks of this line anew" if plain == " " else f"write '{plain}'"
                return Remedy(Place(number, column), f"{name} (U+{ord(letter):04X})", hint)
    return None


def _open_quote(complaint: Complaint, lines: Sequence[str]) -> Remedy | None:
    """A quote that closes lines below only, where another one opens: the text between was not meant to be in quotes."""
    if complaint.quoted is None or complaint.problem.startswith("found unexpected end of stream"):
        return None
    start, end = complaint.quoted
    if start.line == end.line or end.line != complaint.at.line:
        return None
    sign = _line(lines, start.line)[start.column : start.column + 1]
    return Remedy(start, f"a quote opens here and closes in line {end.line + 1} only", _close(sign))


def _close(sign: str) -> str:
    if sign == "'":
        return "close it, or take the quotes away; inside '..' an apostrophe is written twice"
    return 'close it, or take the quotes away; inside ".." a quote is written \\"'


def _end_of_stream(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    sign = _line(lines, complaint.opened.line)[complaint.opened.column : complaint.opened.column + 1]
    return Remedy(complaint.opened, "a quote opens here and never closes", _close(sign))


def _bad_start(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    rest = _line(lines, complaint.at.line)[complaint.at.column :]
    sign = rest[:1]
    if _COMPARISON.match(rest):
        return Remedy(complaint.at, "a comparison is not written with signs", COMPARISON)
    if percent := re.match(r"%\s*(\d+([.,]\d+)?)", rest):
        return Remedy(complaint.at, "a number is written without %", f"write {percent[1].replace(',', '.')}")
    if sign == "\t":
        return Remedy(complaint.at, "a tab where a blank is wanted", "write blanks, not tabs")
    return Remedy(complaint.at, f"a text cannot begin with {sign} as it stands", f"put it in quotes: {_quoted(rest)}")


def _block_text(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    """``> 80``: what YAML takes for the beginning of a text of several lines."""
    line = _line(lines, complaint.at.line)
    found = re.search(r"[:-]\s+([>|].*)$", line)
    start = found.start(1) if found else complaint.at.column
    return _bad_start(complaint._replace(at=Place(complaint.at.line, start)), lines)


def _bad_name(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    """``*bold*``: what YAML takes for the name of an anchor."""
    return _bad_start(complaint._replace(at=complaint.opened), lines)


def _quoted(rest: str) -> str:
    """The text that begins `rest`, in quotes, as far as can be told."""
    text = re.split(r"[,\]}]|\s#", rest)[0].strip()
    sign = '"' if '"' not in text else "'"
    return f"{sign}{text[:60]}{sign}"


def _list_here(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    hint = "begin the list on a line of its own, write [one, two], or put a text that begins with - in quotes"
    return Remedy(complaint.at, "a list cannot begin here", hint)


def _escape(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    return Remedy(
        complaint.at, 'a backslash inside ".." is special', "write '..' with single quotes, or two backslashes"
    )


def _no_colon(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    place = complaint.opened
    line = _line(lines, place.line)
    if _NO_SPACE_AFTER_DASH.match(line):
        return Remedy(place, "a list's entry begins with a dash and a blank", "put a space after the -")
    if _NO_SPACE.match(line):
        return Remedy(place, "a key and its value run together", "put a space after the colon")
    word = line.strip().removeprefix("- ").rstrip("=").strip().split(" ")[0][:60]
    return Remedy(place, "a colon is missing", f"write {word}: and what belongs to it")


def _second_colon(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    number, line = complaint.at.line, _line(lines, complaint.at.line)
    before = line[: complaint.at.column]
    if _NO_SPACE.match(line):
        start = Place(number, _indent(line))
        return Remedy(start, "a key and its value run together", "put a space after the colon")
    if re.search(r":\s", before):
        hint = "put a text with a colon in it in quotes; several keys on one line stand in braces: {one: 1, two: 2}"
        return Remedy(complaint.at, "a second colon on one line", hint)
    above = next((n for n in range(number - 1, -1, -1) if _is_said(_line(lines, n))), number)
    previous = _line(lines, above)
    start = Place(above, _indent(previous))
    if _NO_SPACE_AFTER_DASH.match(previous):
        return Remedy(start, "a list's entry begins with a dash and a blank", "put a space after the -")
    if _NO_SPACE.match(previous) and not _KEY.match(previous):
        return Remedy(start, "a key and its value run together", "put a space after the colon")
    if not _KEY.match(previous):
        word = previous.strip().removeprefix("- ").split(" ")[0][:60]
        return Remedy(start, "a colon is missing", f"write {word}: and what belongs to it")
    head = next((n for n in range(above - 1, -1, -1) if _is_said(_line(lines, n))), above)
    if _line(lines, head).rstrip().endswith(":") and not previous.lstrip().startswith("-") and _is_list(lines, head):
        return Remedy(start, "the entries of this list begin with a dash", "is the - missing?")
    column = _indent(previous) + (len(dash[0]) if (dash := re.match(r"- +", previous.lstrip())) else 0)
    hint = f"indent it by {column} blanks, as what line {above + 1} says"
    return Remedy(Place(number, _indent(line)), "this stands further right than what it belongs beside", hint)


def _is_list(lines: Sequence[str], head: int) -> bool:
    """True when the key in line `head` holds a list, by its name or by other entries under it."""
    key = _line(lines, head).strip().rstrip(":")
    inside = [line for line in lines[head + 1 :] if _is_said(line)]
    depth = _indent(_line(lines, head))
    under = []
    for line in inside:
        if _indent(line) <= depth and not line.lstrip().startswith("-"):
            break
        under.append(line)
    return key in ("rules", "queues", "tests", "sampling", "entries") or any(u.lstrip().startswith("- ") for u in under)


def _undashed(at: Place, lines: Sequence[str]) -> Place | None:
    """Of a list's entry that fits nowhere: the first thing under the list's key, when that has no dash."""
    if not _line(lines, at.line).lstrip().startswith("- "):
        return None
    for number in range(at.line - 1, -1, -1):
        line = _line(lines, number)
        if _is_said(line) and _indent(line) < at.column:
            first = next(n for n in range(number + 1, at.line + 1) if _is_said(_line(lines, n)))
            is_dashed = _line(lines, first).lstrip().startswith("-")
            return None if is_dashed else Place(first, _indent(_line(lines, first)))
    return None


def _is_said(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _no_key(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    line, column = _line(lines, complaint.at.line), complaint.at.column
    before = line[:column].rstrip()
    if before.strip():
        if before[-1] in "\"'":
            return Remedy(complaint.at, "the text goes on behind its closing quote", _whole(before[-1]))
        if before[-1] in "]}":
            hint = "remove one closing bracket, or put a text that begins with a bracket in quotes"
            return Remedy(complaint.at, "something goes on behind a closing bracket", hint)
        return Remedy(complaint.at, "something stands here that belongs to no key", "put the whole text in quotes")
    return _misplaced(complaint, lines)


def _whole(sign: str) -> str:
    if sign == "'":
        return "inside '..' write '' for an apostrophe, or put the text in \"..\""
    return "put the whole text in '..', or write \\\" for a quote inside"


def _misplaced(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    """A line whose indentation is that of nothing above it."""
    here = complaint.opened
    if (undashed := _undashed(complaint.at, lines)) is not None:
        return Remedy(undashed, "the entries of this list begin with a dash", "is the - missing?")
    if _line(lines, complaint.at.line)[complaint.at.column :].startswith(("}", "]")):
        return Remedy(complaint.at, "a bracket closes that none opens", "remove it")
    if _line(lines, complaint.at.line).lstrip().startswith("- "):
        above = next((n for n in range(complaint.at.line - 1, -1, -1) if _is_said(_line(lines, n))), 0)
        if re.search(r":\s+\S", _line(lines, above)) and not _line(lines, above).lstrip().startswith("- "):
            place = Place(above, _indent(_line(lines, above)))
            return Remedy(
                place, "a list follows although something stands behind the colon", "remove what stands there"
            )
    is_list = "'-'" in complaint.problem
    what = "with a dash" if is_list else "its key"
    hint = (
        f"indent it as line {here.line + 1}, by {here.column} blanks ({what}), or further to belong to the line above"
    )
    return Remedy(complaint.at, "this line stands between two indentations", hint)


def _in_brackets(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    opened, at = complaint.opened, complaint.at
    opening = _line(lines, opened.line)
    sign = "}" if "'}'" in complaint.problem else "]"
    other = "]" if sign == "}" else "}"
    rest = _line(lines, at.line)[at.column :]
    if opened.line != at.line:
        if _HASH.search(opening[opened.column :]) and sign not in opening[opened.column :].split("#")[0]:
            hint = "what follows a # is a comment: put it in quotes"
            return Remedy(Place(opened.line, opening.index("#", opened.column)), "a # cuts this line off", hint)
        if _indent(_line(lines, at.line)) <= _indent(opening):
            return Remedy(opened, f"this bracket is never closed: a {sign} is missing", f"is a {sign} missing?")
        above = Place(at.line - 1, len(_line(lines, at.line - 1).rstrip()))
        return Remedy(above, f"a comma or a {sign} is missing behind this line", "is a comma missing?")
    if rest.startswith(other):
        return Remedy(at, f"{other} closes what another bracket opened", f"is a {sign} missing?")
    if not rest.strip():
        return Remedy(opened, f"this bracket is never closed: a {sign} is missing", f"is a {sign} missing?")
    before = _line(lines, at.line)[: at.column].rstrip()
    if before[-1:] in ("'", '"'):
        return Remedy(
            at, "the text goes on behind its closing quote", f"is a comma missing? else: {_whole(before[-1])}"
        )
    return Remedy(at, "something runs together here", "is a comma missing?")


def _colon_in_brackets(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    return Remedy(complaint.at, "a colon that cannot stand here", "put a text with a colon in it in quotes")


def _no_value(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    """A sign where a value is wanted: a comma or bracket too many, a colon before a word, a value behind a ``#``."""
    opened, at = complaint.opened, complaint.at
    sign = _line(lines, at.line)[at.column : at.column + 1]
    for number in dict.fromkeys((at.line - 1, opened.line, at.line)):
        if cut := _HASH.search(_line(lines, number)):
            hint = "what follows a # is a comment: put it in quotes, or remove the #"
            return Remedy(Place(number, cut.start()), "a # cuts this line off", hint)
    if sign == ",":
        return Remedy(at, "a comma with nothing before it", "remove it, or write what is missing before it")
    if sign in ("}", "]") and sign:
        return Remedy(at, f"{sign} closes where a value is wanted", f"remove the {sign}, or write the value before it")
    if sign == ":":
        return Remedy(
            at, "a colon with no key before it", "write KEY: VALUE, or put a text that begins with : in quotes"
        )
    if sign in ("-", "", " "):
        return Remedy(at, "a value is missing, or a bracket is never closed", "write it, or close the bracket before")
    return Remedy(at, f"{sign} cannot stand here", f"remove it, or put a text that begins with {sign} in quotes")


def _second_start(complaint: Complaint, lines: Sequence[str]) -> Remedy:
    hint = "begin all keys of the top in the first column, KEY: VALUE; one policy a file"
    return Remedy(complaint.at, "the file seems to begin anew here", hint)


_Look = Callable[[Complaint, Sequence[str]], Remedy]
_LOOKS: Sequence[tuple[str, _Look]] = (
    ("unexpected end of stream", _end_of_stream),
    ("cannot start any token", _bad_start),
    ("expected alphabetic or numeric character", _bad_name),
    ("mapping keys are not allowed", _bad_start),
    ("directive", _bad_start),
    ("comment or line break", _block_text),
    ("indentation indicator", _block_text),
    ("block sequence entries", _list_here),
    ("escape character", _escape),
    ("hexdecimal", _escape),
    ("could not find expected ':'", _no_colon),
    ("mapping values are not allowed", _second_colon),
    ("unexpected ':'", _colon_in_brackets),
    ("did not find expected key", _no_key),
    ("expected '-' indicator", _misplaced),
    ("expected ',' or", _in_brackets),
    ("<document start>", _second_start),
    ("expected node content", _no_value),
    ("whitespace or line break", _bad_name),
)
"""What to look for, by a piece of the parser's words (libyaml's, which PyYAML's own parser mostly shares)."""
