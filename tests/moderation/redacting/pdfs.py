"""PDFs as tests make them: objects written by hand, so that each says what it is about."""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Mapping, Sequence
from os import fdopen, pipe
from typing import Any

import pikepdf
from moderation_pii.detector import TextPii

from moderation.containers import formats
from moderation.containers.pdf import child
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.replacing import FreshNumbers
from moderation.redacting.documents import CleanFile, clean_file
from moderation.redacting.styles import Style, StyleName
from moderation.redacting.windows import look_through

FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
EMAIL, NAME, PHONE = "ann.lee@example.org", "Ann Lee", "+1 202 555 0143"
VALUES = (EMAIL, NAME, PHONE)


def stream(data: bytes | str, more: str = "", *, packed: bool = False) -> bytes:
    """An object that is a stream."""
    data = data.encode("latin-1") if isinstance(data, str) else data
    if packed:
        data, more = zlib.compress(data), f"{more}/Filter/FlateDecode"
    return f"<<{more}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def written(objects: Mapping[int, bytes | str], trailer: str = "/Root 1 0 R") -> bytes:
    """A file of numbered objects."""
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", {}
    for number, content in sorted(objects.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n".encode() + (content.encode("latin-1") if isinstance(content, str) else content)
        out += b"\nendobj\n"
    size = max(objects) + 1
    begin = len(out)
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    for number in range(1, size):
        out += (f"{places[number]:010} 00000 n \n" if number in places else "0000000000 00000 f \n").encode()
    return out + f"trailer\n<</Size {size}{trailer}>>\nstartxref\n{begin}\n%%EOF\n".encode()


def document(
    content: bytes | str,
    *,
    resources: str = "",
    page: str = "",
    catalog: str = "",
    font: bytes | str = FONT,
    more: Mapping[int, bytes | str] | None = None,
    trailer: str = "",
) -> bytes:
    """A file of one page, 300 by 200, with the font F1. Objects 1 to 5 are taken; `more` ones go from 6 on."""
    objects: dict[int, bytes | str] = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>{resources}>>{page}>>",
        4: stream(content),
        5: font,
        **(more or {}),
    }
    return written(objects, f"/Root 1 0 R{trailer}")


def line(text: str, at: tuple[int, int] = (20, 150)) -> str:
    """Instructions that show a text."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /F1 12 Tf {at[0]} {at[1]} Td ({escaped}) Tj ET\n"


def everything(data: bytes) -> str:
    """All that is in a file: its bytes, every string and every stream decoded, without blanks and in small letters.

    Glyphs of a string with gaps in it (TJ) are put together.
    """
    pieces = [data.decode("latin-1")]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for thing in pdf.objects:
            pieces += _strings(thing)
            if isinstance(thing, pikepdf.Stream):
                raw = thing.read_bytes() if thing.get("/Subtype") != "/Image" else thing.read_raw_bytes()
                pieces.append(raw.decode("latin-1"))
                if thing.get("/Subtype") == "/Form":
                    pieces.append("".join(_shown(thing)))
        for page in pdf.pages:
            pieces.append("".join(_shown(page)))
    return "".join("".join(pieces).split()).casefold()


def shown(data: bytes) -> str:
    """What the first page shows, by its strings."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return "".join(_shown(pdf.pages[0]))


def left(data: bytes, *values: str) -> list[str]:
    """Which of some values are anywhere in a file."""
    text = everything(data)
    return [value for value in values or VALUES if "".join(value.split()).casefold() in text]


def _shown(content: Any) -> list[str]:
    try:
        steps = pikepdf.parse_content_stream(content)
    except (pikepdf.PdfError, TypeError):
        return []
    return [
        bytes(element).decode("latin-1")
        for step in steps
        for operand in getattr(step, "operands", ())
        for element in (operand if isinstance(operand, pikepdf.Array) else [operand])
        if isinstance(element, pikepdf.String)
    ]


def _strings(thing: Any) -> list[str]:
    if isinstance(thing, pikepdf.String):
        return [str(thing)]
    if isinstance(thing, pikepdf.Array):
        return [text for each in thing if not getattr(each, "is_indirect", False) for text in _strings(each)]
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        inner = [each for each in thing.values() if isinstance(each, _ANY) and not getattr(each, "is_indirect", False)]
        return [text for each in inner for text in _strings(each)]
    return []


_ANY = (pikepdf.String, pikepdf.Array, pikepdf.Dictionary, pikepdf.Stream)


DETECTOR = TextPii()
BESIDE = "(so stays this)"
WORDS = f"Write to {EMAIL} or call {PHONE} today. Dear {NAME}, thank you."


class Here:
    """The reader in a thread of this process: what it does is the same, and it starts at once."""

    def __init__(self) -> None:
        (self._in, there), (back, self._out) = pipe(), pipe()
        self.stdin, self.stdout = fdopen(there, "wb"), fdopen(back, "rb")
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def kill(self) -> None:
        """It ends when its input does."""

    def wait(self) -> None:
        self._thread.join()

    def _answer(self) -> None:
        with fdopen(self._in, "rb") as inward, fdopen(self._out, "wb") as outward:
            child.answer(inward, outward)


def look(texts: Sequence[str]) -> list[list[Detection]]:
    return [DETECTOR.detect(Part(id="p", type="text", text=text), None) for text in texts]  # type: ignore[arg-type]


def clean(data: bytes, mode: StyleName = "labels") -> CleanFile:
    style = Style.of(mode, None)
    kind = formats.format_of_file("a.pdf", data, len(data))
    replace = style.replace(FreshNumbers())
    return clean_file(data, kind, lambda text: look_through(text, look), replace, each_piece=style.is_of_characters)


def hexed(text: str, *, wide: bool = False) -> str:
    """A string in hexadecimal digits, of one or of two bytes for each letter, from 1000 on."""
    return "<" + "".join(f"{1000 + ord(c):04x}" if wide else f"{ord(c):02x}" for c in text) + ">"


def to_unicode(codes: Mapping[int, str]) -> bytes:
    """A map of codes of two bytes to Unicode."""
    lines = "\n".join(f"<{code:04x}> <{text.encode('utf-16-be').hex()}>" for code, text in codes.items())
    space = "1 begincodespacerange <0000> <ffff> endcodespacerange"
    return stream(f"begincmap {space} {len(codes)} beginbfchar\n{lines}\nendbfchar endcmap")


WIDE = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>"
OF_WIDE = "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 600>>"


def form(content: str, resources: str = "") -> bytes:
    return stream(content, f"/Type/XObject/Subtype/Form/BBox[0 0 300 200]/Resources<</Font<</F1 5 0 R>>{resources}>>")


X = "/XObject<</X 6 0 R>>"
LETTER = line(WORDS)
UNMAPPED = WIDE.replace("/ToUnicode 7 0 R", "")
PICTURE = stream(b"\0", "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8")
