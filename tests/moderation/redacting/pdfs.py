"""PDFs as tests make them: objects written by hand, so that each says what it is about."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from typing import Any

import pikepdf

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
