"""Formats: which one a text or a file is in, and the reader of each. What no reader understands is refused by name."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, get_args

from moderation.containers import codings, json_text, mail, markdown, markup, plain, tables
from moderation.containers.layers import CannotRead, Edit, Layer, Read, Reading, Section, apply
from moderation.containers.office import Package
from moderation.containers.pdf.files import PdfFile

TextFormat = Literal["text", "json", "csv", "html", "xml", "email", "markdown"]
"""Of what is a text; lines of JSON are plain text."""
Format = TextFormat | Literal["office", "pdf"]
FORMATS: tuple[Format, ...] = (*get_args(TextFormat), "office", "pdf")
MOST_BYTES = 32_000_000
"""Of a file that is no plain text, and is read as one."""

_PDF_HEAD = 1024
"""Bytes that may stand before a PDF begins; readers pass them over."""
HEAD_BYTES = 65_536
"""Of a file, to tell its format by."""

_SUFFIXES: Mapping[str, Format] = {
    **dict.fromkeys(("json", "geojson", "ipynb", "har", "webmanifest"), "json"),
    **dict.fromkeys(("csv", "tsv"), "csv"),
    **dict.fromkeys(("html", "htm", "xhtml"), "html"),
    **dict.fromkeys(("xml", "svg", "rss", "atom", "kml", "gpx", "plist"), "xml"),
    **dict.fromkeys(("eml", "mbox"), "email"),
    **dict.fromkeys(("md", "markdown"), "markdown"),
    **dict.fromkeys(("docx", "docm", "dotx", "xlsx", "xlsm", "xltx", "pptx", "pptm", "potx"), "office"),
    **dict.fromkeys(("odt", "ods", "odp", "odg", "ott", "ots", "otp"), "office"),
    "pdf": "pdf",
}
_UNREAD = (
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "a file of an Office before 2007, or an encrypted one"),
    (b"{\\rtf", "rich text (RTF)"),
    (b"\x1f\x8b", "packed (gzip)"),
    (b"BZh", "packed (bzip2)"),
    (b"\xfd7zXZ", "packed (xz)"),
    (b"7z\xbc\xaf", "an archive (7z)"),
    (b"\x28\xb5\x2f\xfd", "packed (zstd)"),
    (b"Rar!", "an archive (rar)"),
    (b"%!PS", "PostScript"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3", "a database"),
    (b"bplist", "a binary property list"),
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_CHARSET = re.compile(rb"""<\?xml[^>]{0,100}encoding=["']([A-Za-z0-9._\-]{1,40})["']""")
_HTML_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,200}charset=["']?([A-Za-z0-9._\-]{1,40})""")
_IS_HTML = re.compile(r"(?i)\ufeff?\s*(?:<!doctype html|<html[\s>])")
_HAS_MARKUP = re.compile(
    r"</[A-Za-z][A-Za-z0-9]{0,15}\s*>|<(?:br|hr|img|p|a|div|span|input)\b[^<>]{0,2000}>", re.IGNORECASE
)


def refuse_unread(head: bytes) -> None:
    """Raise `CannotRead` for files that are no text, by how they begin."""
    if head[128:132] == b"DICM":
        raise CannotRead("it is DICOM, which is not read as text; `moderation redact` reads it when it is called .dcm")
    for mark, said in _UNREAD:
        if head.startswith(mark):
            remedy = (
                "--faces, --plates, --text or --box cover what is in it"
                if "picture" in said
                else "make a text of it first"
            )
            raise CannotRead(f"it is {said}, which is not read as text; {remedy}")


def format_of(text: str) -> Format:
    """The format of a text of which nothing else is known."""
    if json_text.is_json(text) and text.strip("\ufeff \t\r\n")[0] != '"':
        return "json"
    if _IS_HTML.match(text):
        return "html"
    if text.lstrip("\ufeff").startswith("<?xml"):
        return "xml"
    return "email" if mail.is_mail(text) else "text"


def read_text(text: str, kind: Format | None = None) -> Reading:
    """A text with all that is in it, as detectors are to see it.

    Args:
        kind: its format; None to tell by the text.

    Raises:
        CannotRead: it is not in that format, or a part of it is in one that is not known.
    """
    reading = Reading(text)
    known = kind or format_of(text)
    layer, section = reading.root, reading.main
    if known == "office" or known == "pdf":
        raise CannotRead("an office document or PDF is a file, not a text")
    if known == "json":
        json_text.check(text)
    if kind is None and known == "text":
        inner(reading, section, layer)  # nobody said that it is plain: it may be a piece of a page
    else:
        _READERS[known](reading, section, layer)
    return reading


def read_plain(text: str) -> Reading:
    """A stretch of plain text."""
    reading = Reading(text)
    plain.read_plain(reading, reading.main, reading.root, inner)
    return reading


def read_as_it_is(text: str) -> Reading:
    """A text in which nothing is encoded, or in which somebody has opened all of it."""
    reading = Reading(text)
    reading.main.show(reading.root)
    return reading


def inner(reading: Reading, section: Section, layer: Layer) -> None:
    """Read what was found inside of something else, whatever it is."""
    text = layer.text
    if not plain.SUSPECT.search(text) and "<" not in text:
        section.show(layer)
    elif text.strip()[:1] in ("{", "[") and json_text.is_json(text):
        json_text.read_json(reading, section, layer, inner)
    elif _HAS_MARKUP.search(text):
        markup.read_html(reading, section, layer, inner)
    else:
        plain.read_plain(reading, section, layer, inner)


_json = partial(json_text.read_json, inner=inner)
_csv = partial(tables.read_table, inner=inner)
_html = partial(markup.read_html, inner=inner)
_xml = partial(markup.read_xml, inner=inner)
_plain = partial(plain.read_plain, inner=inner)
_markdown = partial(markdown.read_markdown, inner=inner)


def _mail(reading: Reading, section: Section, layer: Layer) -> None:
    mail.read_mail(reading, section, layer, _PARTS)


def _json_or_plain(reading: Reading, section: Section, layer: Layer) -> None:
    (_json if json_text.is_json(layer.text) else _plain)(reading, section, layer)


_READERS: Mapping[TextFormat, Read] = {
    "text": _plain,
    "json": _json,
    "csv": _csv,
    "html": _html,
    "xml": _xml,
    "email": _mail,
    "markdown": _markdown,
}
_PARTS: Mapping[str, Read] = {
    "text/plain": _plain,
    "text/html": _html,
    "application/xhtml+xml": _html,
    "text/csv": _csv,
    "text/xml": _xml,
    "application/xml": _xml,
    "application/json": _json_or_plain,
    "text/markdown": _markdown,
}


@dataclass(frozen=True)
class Opened:
    """A file that is read as one.

    Attributes:
        reading: all that is in it.
        codec: of its text; of an office document and a PDF empty.
        mark: the byte order mark.
        container: an office document or a PDF.
        members: its members, or places in it, by their texts.
    """

    reading: Reading
    codec: str = ""
    mark: bytes = b""
    container: Package | PdfFile | None = None
    members: Mapping[Layer, str] = field(default_factory=dict)

    def written(self, edits: Mapping[Layer, Sequence[Edit]]) -> Written:
        """The file with outermost texts edited; a PDF is written anew in any case."""
        if isinstance(self.container, PdfFile):
            data, texts = self.container.written(edits)
            return Written(data, texts, self.container.remarks)
        changed = {root: apply(root.text, made) for root, made in edits.items()}
        if self.container is not None:
            return Written(self.container.written({self.members[root]: text for root, text in changed.items()}))
        text = changed.get(self.reading.root, self.reading.root.text)
        errors = "surrogateescape" if self.codec == "utf-8" else "xmlcharrefreplace"
        return Written(self.mark + text.encode(self.codec, errors))

    def close(self) -> None:
        """Let go of it, whether it was written or not."""
        if isinstance(self.container, PdfFile):
            self.container.close()


@dataclass(frozen=True)
class Written:
    """A file as it was written.

    Attributes:
        again: every text in it with its place, as another reader sees them; of a PDF.
        taken_out: what is in the copy no more although nothing was found in it, with how many there were.
    """

    data: bytes
    again: Sequence[tuple[str, str]] = ()
    taken_out: Mapping[str, int] = field(default_factory=dict)


def format_of_file(name: str, head: bytes, size: int) -> Format | None:
    """The format of a file by its name and how it begins; None when it may be any text.

    Raises:
        CannotRead: nobody reads such files.
    """
    if head[:_PDF_HEAD].lstrip().startswith(b"%PDF-"):
        return "pdf"
    refuse_unread(head)
    if head.startswith(b"PK\x03\x04"):
        return "office"
    known = _SUFFIXES.get(name.rpartition(".")[2].lower())
    if known == "office":
        raise CannotRead("it is no office document, although it is called so")
    if known == "pdf":
        raise CannotRead("it is no PDF, although it is called so")
    if known is not None or size > MOST_BYTES:
        return known
    text = head.decode("utf-8", "surrogateescape")
    if _IS_HTML.match(text):
        return "html"
    if text.lstrip("\ufeff").startswith("<?xml"):
        return "xml"
    return "email" if mail.is_mail(text) else None


def is_wide(head: bytes) -> bool:
    """True for UTF-16 and UTF-32 with their marks."""
    return any(head.startswith(mark) for mark, _ in _MARKS)


def may_be_json(head: bytes) -> bool:
    """True for a file that begins as JSON does; all of it tells."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def open_file(data: bytes, kind: Format | None) -> Opened:
    """A file with all that is in it.

    Args:
        kind: its format; None to tell by its text.

    Raises:
        CannotRead: it is not in that format, or a part of it is in one that is not known.
    """
    if kind == "office":
        package = Package(data)
        reading, members = package.read(inner)
        return Opened(reading, container=package, members=members)
    if kind == "pdf":
        pdf = PdfFile(data)
        reading, members = pdf.read(inner)
        return Opened(reading, container=pdf, members=members)
    mark, codec = next(((mark, codec) for mark, codec in _MARKS if data.startswith(mark)), (b"", ""))
    body = data[len(mark) :]
    codec = codec or _codec(data, kind)
    try:
        text = body.decode(codec, "surrogateescape" if codec == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        raise CannotRead(f"it is no text in {codec.upper()}, as it says (byte {len(mark) + error.start})") from error
    if codec != "utf-8" and text.encode(codec, "surrogatepass" if codec.startswith("utf") else "strict") != body:
        raise CannotRead(f"it is text in {codec.upper()} that cannot be written again as it was")
    if "\0" in text:
        raise CannotRead(f"it is not UTF-8 text (byte {data.find(0)} is NUL)")
    return Opened(read_text(text, kind), codec, mark)


def _codec(data: bytes, kind: Format | None) -> str:
    """The character set that a file says it is in; UTF-8 where it says nothing, or is that after all."""
    said = None
    if kind == "xml" or data.startswith(b"<?xml"):
        said = _XML_CHARSET.search(data[:300])
    elif kind == "html":
        said = _HTML_CHARSET.search(data[:4000])
    if said is None:
        return "utf-8"
    name = said[1].decode()
    codec = codings.codec_of(name)
    if codec is None:
        raise CannotRead(f"it is in the character set {name!r}, which is not known")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1" if codec == "ascii" else codec
    return "utf-8"
