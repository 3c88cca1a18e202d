"""HTML and XML: text between tags, values of attributes, comments. No DTD is read, so that no entity can grow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from moderation.containers import codings
from moderation.containers.layers import CannotRead, Layer, Mapped, Read, Reading, Section

Kind = Literal["text", "tag", "comment", "cdata", "other"]

_INLINE = frozenset(
    re.findall(
        r"\w+",
        "a abbr acronym b bdi bdo big cite code dfn del em font i ins kbd mark q s samp small span strike strong sub"
        " sup tt u var wbr",
    )
)
_CELLS = frozenset({"td", "th"})
_RAW = frozenset({"script", "style"})
_NAME = re.compile(r"</?([A-Za-z_:][^\s/>]*+)")
_ATTRIBUTE = re.compile(r"""[^\s"'<>/=]++(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>`]++)))?""")
_TAG_END = re.compile(r"""(?:[^"'>]++|"[^"]*+"|'[^']*+')*+>""")
_XML_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);")


class Token(NamedTuple):
    """A piece of markup; `name` of a tag in lower case, else empty."""

    kind: Kind
    start: int
    end: int
    name: str = ""
    is_close: bool = False


def tokens(text: str, *, is_xml: bool) -> Iterator[Token]:
    """All of a text in pieces. What is begun and never closed is text, to the end."""
    at = 0
    while at < len(text):
        begin = text.find("<", at)
        if begin < 0:
            begin = len(text)
        if begin > at:
            yield Token("text", at, begin)
        if begin == len(text):
            return
        token = _token(text, begin)
        if token is None:  # a lone bracket, or a tag without its end
            end = text.find("<", begin + 1) if text[begin + 1 : begin + 2] in ("", " ", "=", "<") else len(text)
            at = len(text) if end < 0 else end
            yield Token("text", begin, at)
            continue
        yield token
        at = token.end
        if not is_xml and token.name in _RAW and not token.is_close:
            close = re.compile(rf"</{token.name}(?=[\s/>])", re.IGNORECASE).search(text, at)
            at = close.start() if close else len(text)
            if at > token.end:
                yield Token("other", token.end, at, token.name)


def _token(text: str, begin: int) -> Token | None:
    for opening, closing, kind in _SPECIAL:
        if text.startswith(opening, begin):
            end = text.find(closing, begin + len(opening))
            return Token(kind, begin, len(text) if end < 0 else end + len(closing))
    name = _NAME.match(text, begin)
    if name is None:
        return None
    close = _TAG_END.match(text, name.end())
    if close is None:
        return None
    return Token("tag", begin, close.end(), name[1].lower(), text[begin + 1] == "/")


_SPECIAL: tuple[tuple[str, str, Kind], ...] = (
    ("<!--", "-->", "comment"),
    ("<![CDATA[", "]]>", "cdata"),
    ("<!", ">", "comment"),
    ("<?", ">", "comment"),
)


def check_xml(text: str) -> None:
    """Raise `CannotRead` for a document type with declarations of its own: entities may stand for anything."""
    begin = text.find("<!DOCTYPE")
    if begin >= 0 and ("<!ENTITY" in text or "[" in text[begin : text.find(">", begin) + 1]):
        raise CannotRead("its DOCTYPE declares entities or elements, which are not read")


def text_layer(layer: Layer, start: int, end: int, *, is_xml: bool) -> Layer:
    """A stretch of text between tags, or of an attribute's value, with its entities."""
    coded = None
    if "&" in layer.text[start:end]:
        coded = _XML_ENTITY if is_xml else codings.ENTITY
    return Mapped(layer, start, end, coded, codings.entity, codings.in_markup)


def read_html(reading: Reading, section: Section, layer: Layer, inner: Read) -> None:
    """Show what a browser shows; then each tag that has attributes, the comments and the scripts.

    Words that only a tag parts may be one to people or two: where there are some, the text is shown in both ways.
    """
    apart, parted = reading.aside(), Section()
    is_glued, before, is_parted = False, "", False  # the last character, and whether a tag stands behind it
    for token in tokens(layer.text, is_xml=False):
        if token.kind == "text":
            value = text_layer(layer, token.start, token.end, is_xml=False)
            is_glued = is_glued or (is_parted and bool(before.strip()) and bool(value.text[:1].strip()))
            before, is_parted = value.text[-1:], False
            inner(reading, section, value)
            parted.show(value)
        elif token.kind == "tag":
            between = "\t" if token.name in _CELLS else "" if token.name in _INLINE else "\n"
            before, is_parted = "" if between else before, True
            section.frame(between)
            parted.frame(between or "\n")
            _read_tag(reading, apart, layer, token, inner, is_xml=False)
        elif token.kind == "other":
            apart.frame("\n")
            inner(reading, apart, Mapped(layer, token.start, token.end))
        else:
            apart.frame("\n")
            _read_special(reading, apart, layer, token, inner)
    if is_glued:
        reading.sections.append(parted)


def read_xml(reading: Reading, section: Section, layer: Layer, inner: Read) -> None:
    """Show all of it, tags too, as they say what is in them; where tags stand between words, also without them."""
    check_xml(layer.text)
    apart, inside, last = reading.aside(), "", ""
    for token in tokens(layer.text, is_xml=True):
        if token.kind == "text":
            value = text_layer(layer, token.start, token.end, is_xml=True)
            inner(reading, section, value)
            if inside != last:  # only pieces of one kind may be one word
                apart.frame("\n")
            apart.show(value)
            last = inside
        elif token.kind == "tag":
            _read_tag(reading, section, layer, token, inner, is_xml=True)
            inside = inside if token.is_close else token.name
        else:
            _read_special(reading, section, layer, token, inner)
            if token.kind == "cdata":
                end = token.end - 3 if layer.text.endswith("]]>", token.start, token.end) else token.end
                apart.show(Mapped(layer, token.start + len("<![CDATA["), end))


def _read_special(reading: Reading, section: Section, layer: Layer, token: Token, inner: Read) -> None:
    """A comment, CDATA, or an instruction to a program: what is inside its marks."""
    text = layer.text
    for opening, closing, _ in _SPECIAL:
        if text.startswith(opening, token.start):
            start, end = token.start + len(opening), token.end
            if text.endswith(closing, start, end):
                end -= len(closing)
            section.frame(f"{opening} ")
            inner(reading, section, Mapped(layer, start, end))
            section.frame(f" {closing}\n")
            return


def _read_tag(reading: Reading, section: Section, layer: Layer, token: Token, inner: Read, *, is_xml: bool) -> None:
    text, at = layer.text, token.start
    name = _NAME.match(text, token.start)
    begin = name.end() if name else token.start
    found = [m for m in _ATTRIBUTE.finditer(text, begin, token.end) if m.lastindex]
    if not found and not is_xml:
        return
    if not is_xml:
        section.frame("\n")
    for match in found:
        start, end = match.span(match.lastindex or 0)
        section.frame(text[at:start])
        inner(reading, section, text_layer(layer, start, end, is_xml=is_xml))
        at = end
    section.frame(text[at : token.end])
