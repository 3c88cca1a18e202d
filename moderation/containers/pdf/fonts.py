"""Fonts: what the codes of a shown string stand for and how wide they are (ISO 32000-1, 9.5 to 9.10).

Encodings, names of glyphs, metrics of the standard fonts and the predefined CMaps are pdfminer.six's tables.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pikepdf
from pdfminer.cmapdb import CMapDB
from pdfminer.encodingdb import EncodingDB, name2unicode
from pdfminer.fontmetrics import FONT_METRICS
from pdfminer.pdffont import TrueTypeFont, Type1FontHeaderParser

from moderation.containers.layers import CannotRead
from moderation.containers.pdf.cmaps import CodeMap, cutter

UNKNOWN = "\ufffd"
"""Stands for a glyph of which the file does not say what it is."""
MOST_LETTERS = 18
"""Of one glyph; the longest ligature of Unicode has so many. A word in one glyph could not be taken out of its font."""
_NONSYMBOLIC = 1 << 5
_MOST_CIDS = 0xFFFF
_ORDERINGS = frozenset({"Adobe-Japan1", "Adobe-GB1", "Adobe-CNS1", "Adobe-Korea1"})
_LIKE = (("arial", "Helvetica"), ("helvetica", "Helvetica"), ("times", "Times-Roman"), ("courier", "Courier"))


class Shown(NamedTuple):
    """A glyph of a string.

    Attributes:
        end: behind its last byte.
        text: what it stands for; `UNKNOWN` where nothing says so.
        width: that the text moves on by, of the font's size (down for vertical writing).
        is_space: a single byte 32, which word spacing widens.
    """

    end: int
    text: str
    width: float
    is_space: bool


class Font:
    """A font as a file's resources have it.

    Attributes:
        is_vertical: written from top to bottom.
        ascent, descent: of its letters, of its size.
    """

    def __init__(self, font: Any) -> None:
        self._font = font
        self._known: dict[bytes, Shown] = {}
        self.is_vertical = False
        subtype = str(font.get("/Subtype", ""))
        self._to_unicode = _code_map(font.get("/ToUnicode"))
        if subtype == "/Type0":
            self._open_composite()
        else:
            self._open_simple(subtype)
        described = self._descriptor
        self.ascent = _between(_number(described.get("/Ascent"), 900) / 1000 or 0.9, 0.7, 1.05)
        self.descent = _between(_number(described.get("/Descent"), -250) / 1000 or -0.25, -0.35, -0.2)
        if self.is_vertical:
            self.ascent, self.descent = 0.5, -0.5

    def shown(self, data: bytes) -> list[Shown]:
        """The glyphs of a string, in order."""
        glyphs, at = [], 0
        for code in self._cut(data):
            known = self._known.get(code)
            if known is None:
                known = self._known[code] = Shown(0, self._text(code), self._width(code), code == b" ")
            at += len(code)
            glyphs.append(known._replace(end=at))
        return glyphs

    def _text(self, code: bytes) -> str:
        text = self._to_unicode.target(code) if self._to_unicode is not None else None
        if not isinstance(text, str) or not text.strip("\0\ufffd"):
            text = self._own_text(code)
        return text.replace("\0", "") or UNKNOWN

    # One byte for each glyph

    def _open_simple(self, subtype: str) -> None:
        font = self._font
        self._descriptor = _dictionary(font.get("/FontDescriptor"))
        name = str(font.get("/BaseFont", "")).lstrip("/").rpartition("+")[2]
        letters, is_sure = self._encoding(name)
        first = int(_number(font.get("/FirstChar"), 0))
        widths = [_number(each, 0) for each in font.get("/Widths", ())]
        missing = _number(self._descriptor.get("/MissingWidth"), 0)
        metrics = None if widths else _metrics(name)
        scale = 0.001
        if subtype == "/Type3":
            matrix = [_number(each, 0) for each in font.get("/FontMatrix", ())]
            scale = matrix[0] if matrix else 0.001

        def width(code: bytes) -> float:
            at = code[0] - first
            if metrics is not None:
                return metrics.get(letters.get(code[0], ""), 556) * 0.001
            return (widths[at] if 0 <= at < len(widths) else missing) * scale

        self._cut: Callable[[bytes], list[bytes]] = lambda data: [bytes((byte,)) for byte in data]
        self._width: Callable[[bytes], float] = width
        self._own_text: Callable[[bytes], str] = lambda code: letters.get(code[0], UNKNOWN) if is_sure else UNKNOWN

    def _encoding(self, name: str) -> tuple[Mapping[int, str], bool]:
        """What codes stand for, and whether the file says so."""
        encoding = self._font.get("/Encoding")
        flags = int(_number(self._descriptor.get("/Flags"), _NONSYMBOLIC))
        is_embedded = any(key in self._descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
        base, differences = "", []
        if isinstance(encoding, pikepdf.Dictionary):
            base = str(encoding.get("/BaseEncoding", ""))
            differences = list(encoding.get("/Differences", ()))
        elif isinstance(encoding, pikepdf.Name):
            base = str(encoding)
        is_sure = bool(base) or not is_embedded or bool(flags & _NONSYMBOLIC)
        letters = dict(EncodingDB.encodings.get(base.lstrip("/"), EncodingDB.std2unicode))
        if not base and "/FontFile" in self._descriptor:
            letters, is_sure = _type1(self._descriptor["/FontFile"].read_bytes()), True
        if not is_sure:
            letters = {}
        at = 0
        for each in differences:
            if isinstance(each, pikepdf.Name):
                try:
                    letters[at] = name2unicode(str(each).lstrip("/"))
                except (KeyError, ValueError):
                    letters[at] = UNKNOWN
                at += 1
            else:
                at = int(_number(each, 0))
        return letters, is_sure or bool(differences)

    # Several bytes for each glyph

    def _open_composite(self) -> None:
        descendants = self._font.get("/DescendantFonts")
        inner = _dictionary(descendants[0] if isinstance(descendants, pikepdf.Array) and len(descendants) else None)
        self._descriptor = _dictionary(inner.get("/FontDescriptor"))
        encoding = self._font.get("/Encoding")
        cid, self._cut = self._codes(encoding)
        widths = _composite_widths(inner.get("/W"))
        usual = _number(inner.get("/DW"), 1000)
        if self.is_vertical:
            # Only the usual one: single heights (W2) are rare, and what is kept stays near its place without.
            down = list(inner.get("/DW2", ()))
            widths, usual = {}, _number(down[1], -1000) if len(down) > 1 else -1000
        letters = _composite_letters(inner, self._descriptor)
        self._width = lambda code: widths.get(cid(code), usual) * 0.001
        self._own_text = lambda code: letters(cid(code))

    def _codes(self, encoding: Any) -> tuple[Callable[[bytes], int], Callable[[bytes], list[bytes]]]:
        """The number (CID) of a code, and how strings are cut."""
        if isinstance(encoding, pikepdf.Stream):
            own = _code_map(encoding)
            assert own is not None
            self.is_vertical = own.is_vertical
            if own.uses and not own.spaces:
                return self._predefined(own.uses)
            return lambda code: _whole(own.target(code), code), cutter(own)
        return self._predefined(str(encoding or "/Identity-H").lstrip("/"))

    def _predefined(self, name: str) -> tuple[Callable[[bytes], int], Callable[[bytes], list[bytes]]]:
        self.is_vertical = self.is_vertical or name.endswith("V")
        if name in ("Identity-H", "Identity-V"):
            return lambda code: int.from_bytes(code, "big"), cutter(None)
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,40}", name):
            raise ValueError("a font's encoding has a name that none has")
        tree: Any = CMapDB.get_cmap(name).code2cid  # type: ignore[attr-defined]

        def cut(data: bytes) -> list[bytes]:
            codes, at = [], 0
            while at < len(data):
                end, branch = at, tree
                while end < len(data) and isinstance(branch, dict):
                    branch = branch.get(data[end], 0)
                    end += 1
                codes.append(data[at:end])
                at = end
            return codes

        def cid(code: bytes) -> int:
            branch = tree
            for byte in code:
                branch = branch.get(byte, 0) if isinstance(branch, dict) else 0
            return branch if isinstance(branch, int) else 0

        return cid, cut


def _composite_letters(inner: Mapping[str, Any], descriptor: Mapping[str, Any]) -> Callable[[int], str]:
    """What the glyphs of a composite font without a map to Unicode stand for."""
    info = _dictionary(inner.get("/CIDSystemInfo"))
    ordering = f"{info.get('/Registry', '')}-{info.get('/Ordering', '')}"
    if ordering in _ORDERINGS:
        known = CMapDB.get_unicode_map(ordering)
        return lambda cid: _looked_up(known.get_unichr, cid)
    if "/FontFile2" not in descriptor:
        return lambda cid: UNKNOWN
    try:
        program = TrueTypeFont("", io.BytesIO(descriptor["/FontFile2"].read_bytes())).create_unicode_map()
    except Exception:  # whatever is wrong with it, it does not say its letters, which is reported
        return lambda cid: UNKNOWN
    to_glyph = inner.get("/CIDToGIDMap")
    if isinstance(to_glyph, pikepdf.Stream):
        glyphs = to_glyph.read_bytes()
        return lambda cid: _looked_up(program.get_unichr, int.from_bytes(glyphs[2 * cid : 2 * cid + 2], "big"))
    return lambda cid: _looked_up(program.get_unichr, cid)


def _composite_widths(array: Any) -> dict[int, float]:
    """The array W: ``c [w1 w2 ..]`` and ``first last w``."""
    widths: dict[int, float] = {}
    items, at = list(array or ()), 0
    while at + 1 < len(items):
        first = int(_number(items[at], 0))
        if isinstance(items[at + 1], pikepdf.Array):
            widths.update((first + number, _number(each, 0)) for number, each in enumerate(items[at + 1]))
            at += 2
        elif at + 2 < len(items):
            last = int(_number(items[at + 1], 0))
            if last > _MOST_CIDS:
                raise CannotRead("a font has widths for more letters than there are")
            widths.update(dict.fromkeys(range(first, last + 1), _number(items[at + 2], 0)))
            at += 3
        else:
            break
    return widths


def _looked_up(known: Callable[[int], str], number: int) -> str:
    try:
        return known(number)
    except KeyError:
        return UNKNOWN


def _type1(program: bytes) -> dict[int, str]:
    """The encoding in a Type 1 font's own program."""
    head = program[: program.find(b"eexec") + 5] if b"eexec" in program else program[:10_000]
    return {code: text or UNKNOWN for code, text in Type1FontHeaderParser(io.BytesIO(head)).get_encoding().items()}


def _metrics(name: str) -> Mapping[str, float]:
    if name in FONT_METRICS:
        return FONT_METRICS[name][1]
    like = next((font for part, font in _LIKE if part in name.lower()), "Helvetica")
    return FONT_METRICS[like][1]


def _code_map(stream: Any) -> CodeMap | None:
    return CodeMap(stream.read_bytes()) if isinstance(stream, pikepdf.Stream) else None


def _whole(target: str | int | None, code: bytes) -> int:
    return target if isinstance(target, int) else int.from_bytes(code, "big")


def _dictionary(thing: Any) -> Any:
    return thing if isinstance(thing, pikepdf.Dictionary) else pikepdf.Dictionary()


def _number(thing: Any, otherwise: float) -> float:
    try:
        return float(thing)
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _between(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
