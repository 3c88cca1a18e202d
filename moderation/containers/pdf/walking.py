"""All objects of a file that can be reached: every string in them, and every stream by what it is for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from moderation.containers.layers import CannotRead
from moderation.containers.pdf.canvases import PICTURE

MOST_OBJECTS = 2_000_000
"""Dictionaries, arrays and values in them, direct ones too."""
_NO_TEXT = frozenset({"/ID", "/CheckSum", "/Panose", "/CharSet", "/Registry", "/Ordering"})
_OF_FONTS = frozenset({"/FontFile", "/FontFile2", "/FontFile3", "/ToUnicode", "/CIDToGIDMap", "/CIDSet", "/Encoding"})
_TECHNICAL = frozenset({*_OF_FONTS, "/UseCMap", "/DestOutputProfile", "/HT", "/SMask", "/Mask", "/Function"})
_TEXTS = frozenset({"/JS", "/RC", "/RV"})
_DATE = re.compile(r"D:\d{4}[\d'+\-Z]{0,20}")
_TELLING = re.compile(r"[@ ]|\d{7}")
"""In a name: what honest ones do not have."""
_PEOPLE = frozenset({"/Author", "/T"})
_REPORTED_KIND = re.compile(r"/[A-Za-z0-9]{1,20}")


@dataclass
class Said:
    """A string, or a stream that is a text.

    Attributes:
        place: for people: ``Info /Title``.
        before: what helps to understand it: ``name: ``.
        is_xml: of metadata.
        put: replaces it in the file.
    """

    place: str
    before: str
    text: str
    is_xml: bool
    put: Callable[[str], None]


@dataclass
class Found:
    """What is in a file beside its pages.

    Attributes:
        forms: streams that are drawn by somebody, with the resources where they have none of their own.
        names: that look as if they said something.
        unread, remarks: what cannot be looked through; what was taken out as a whole.
    """

    said: list[Said] = field(default_factory=list)
    forms: list[tuple[str, Any, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)


class Walk:
    """One way through a file, each object once.

    Args:
        taken: streams that are read elsewhere: the contents of pages.
    """

    def __init__(self, pdf: pikepdf.Pdf, taken: set[tuple[int, int]]) -> None:
        self._pdf, self._seen = pdf, set(taken)
        self.found = Found()
        self._names: set[str] = set()
        self._left = MOST_OBJECTS

    def go(self) -> Found:
        """All that can be reached."""
        waiting: list[tuple[Any, str, Any, str]] = [(self._pdf.trailer, "trailer", None, "")]
        while waiting:
            thing, place, outer, key = waiting.pop()
            if thing.is_indirect:
                if thing.objgen in self._seen:
                    continue
                self._seen.add(thing.objgen)
                place = "Info" if (place, key) == ("trailer", "/Info") else f"object {thing.objgen[0]}"
            if isinstance(thing, pikepdf.Stream):
                self._stream(thing, place, outer, key)
            is_array = isinstance(thing, pikepdf.Array)
            if not is_array:
                _take_out_of(thing, self.found.remarks)
            if is_array and len(thing) and thing[0] == "/Indexed":
                waiting += [(each, place, thing, key) for each in thing if isinstance(each, _CONTAINERS)]
                continue
            pairs = [(number, each) for number, each in enumerate(thing)] if is_array else list(thing.items())
            inside = []
            for at, value in pairs:
                self._left -= 1
                if self._left < 0:
                    raise CannotRead(f"it has more than {MOST_OBJECTS:,} values")
                name = key if is_array or key == "/CharProcs" else str(at)
                if isinstance(value, pikepdf.String):
                    self._string(thing, at, value, f"{place} {name}", name)
                elif isinstance(value, pikepdf.Name):
                    self._names.add(str(value))
                elif isinstance(value, _CONTAINERS):
                    inside.append((value, place, thing, name))
                if not is_array:
                    self._names.add(str(at))
            waiting += reversed(inside)
        self.found.names = sorted(name[1:] for name in self._names if _TELLING.search(name))
        return self.found

    def _string(self, thing: Any, at: Any, value: Any, place: str, key: str) -> None:
        text = str(value)
        if key in _NO_TEXT or not text.strip() or _DATE.fullmatch(text):
            return
        if key == "/Contents" and "/ByteRange" in thing:
            return

        def put(new: str) -> None:
            thing[at] = pikepdf.String(new)
            drop_appearance(thing)

        self.found.said.append(Said(place, _before(thing, key), text, False, put))

    def _stream(self, stream: Any, place: str, outer: Any, key: str) -> None:
        subtype, kind = str(stream.get("/Subtype", "")), str(stream.get("/Type", ""))
        if subtype == "/Form" or "/PatternType" in stream:
            self.found.forms.append((place, stream, None))
        elif subtype == "/Image":
            if key not in ("/SMask", "/Mask"):
                self.found.unread[PICTURE] += 1
        elif kind == "/Metadata" or key == "/Metadata" or key in _TEXTS:
            self._text(stream, place, key, is_xml=key not in _TEXTS)
        elif key == "/CharProcs":
            self.found.forms.append((f"a letter of a font ({place})", stream, None))
        elif key not in _TECHNICAL and not _is_technical(stream, outer):
            told = next((each[1:] for each in (subtype, kind, key) if _REPORTED_KIND.fullmatch(each)), "no")
            self.found.unread[f"a stream of the kind {told}"] += 1

    def _text(self, stream: Any, place: str, key: str, *, is_xml: bool) -> None:
        data = stream.read_bytes()
        if not data.strip():
            return
        text = _decoded(data)
        if text is None:
            stream.write(b"")
            self.found.remarks["metadata that is no text" if is_xml else "a text in no known encoding"] += 1
            return

        def put(new: str) -> None:
            stream.write(new.encode())

        self.found.said.append(Said(f"{place} {key}", "", text, is_xml, put))


def drop_appearance(thing: Any) -> None:
    """Leave it to readers to draw an annotation or field anew, whose words are others now."""
    waiting, left = [thing], 1000
    while waiting and left:
        each, left = waiting.pop(), left - 1
        if not isinstance(each, pikepdf.Dictionary):
            continue
        if "/AP" in each:
            del each["/AP"]
        kids = each.get("/Kids")
        if ("/FT" in each or "/V" in each) and isinstance(kids, pikepdf.Array):
            waiting += list(kids)


def _take_out_of(thing: Any, remarks: Counter[str]) -> None:
    """Take out what a copy cannot keep: attached files, signatures, small pictures of pages, programs' own data."""
    for key, what in (("/EF", "an attached file"), ("/Thumb", ""), ("/PieceInfo", ""), ("/Perms", ""), ("/DSS", "")):
        if key in thing:
            del thing[key]
            if what:
                remarks[what] += 1
    value = thing.get("/V")
    if isinstance(value, pikepdf.Dictionary) and ("/ByteRange" in value or value.get("/Type") == "/Sig"):
        del thing["/V"]
        remarks["a signature, which a changed file does not fit"] += 1


def _before(thing: Any, key: str) -> str:
    if not isinstance(thing, pikepdf.Dictionary):
        return ""
    is_field = "/FT" in thing or "/V" in thing or "/Kids" in thing
    if key in _PEOPLE and not is_field:
        return "name: "
    if key in ("/V", "/DV") and isinstance(thing.get("/T"), pikepdf.String):
        return f"{str(thing['/T'])[:100]}: "
    return ""


def _is_technical(stream: Any, outer: Any) -> bool:
    if any(key in stream for key in ("/FunctionType", "/ShadingType", "/HalftoneType", "/CMapName")):
        return True
    return isinstance(outer, pikepdf.Array) and len(outer) > 0 and outer[0] == "/ICCBased"


def _decoded(data: bytes) -> str | None:
    codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


_CONTAINERS = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)
