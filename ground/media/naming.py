"""What bytes are that are nothing we accept, in words for whoever sent them: a PDF document, an SVG drawing."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Foreign:
    """A format that is known and not accepted.

    Attributes:
        words: with the article.
        is_picture: a picture in another format; False for documents, programs and archives.
    """

    words: str
    is_picture: bool = False


_SIGNATURES: tuple[tuple[bytes, Foreign], ...] = (
    (b"%!PS", Foreign("a PostScript document")),
    (b"{\\rtf", Foreign("an RTF document")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign("an Office document (of before 2007)")),
    (b"PK\x05\x06", Foreign("a ZIP archive")),
    (b"\x1f\x8b", Foreign("a gzip archive")),
    (b"BZh", Foreign("a bzip2 archive")),
    (b"\xfd7zXZ\0", Foreign("an xz archive")),
    (b"\x28\xb5\x2f\xfd", Foreign("a Zstandard archive")),
    (b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive")),
    (b"Rar!\x1a\x07", Foreign("a RAR archive")),
    (b"MSCF\0\0\0\0", Foreign("a cabinet archive")),
    (b"!<arch>\n", Foreign("an ar archive")),
    (b"\x7fELF", Foreign("a program (ELF)")),
    (b"SQLite format 3\0", Foreign("a SQLite database")),
    (b"BM", Foreign("a BMP picture", is_picture=True)),
    (b"II*\0", Foreign("a TIFF picture", is_picture=True)),
    (b"MM\0*", Foreign("a TIFF picture", is_picture=True)),
    (b"II+\0", Foreign("a TIFF picture", is_picture=True)),
    (b"8BPS", Foreign("a Photoshop picture", is_picture=True)),
    (b"\0\0\1\0", Foreign("an icon (ICO)", is_picture=True)),
    (b"\xff\x0a", Foreign("a JPEG XL picture", is_picture=True)),
    (b"\0\0\0\x0cJXL ", Foreign("a JPEG XL picture", is_picture=True)),
    (b"\0\0\0\x0cjP  ", Foreign("a JPEG 2000 picture", is_picture=True)),
    (b"\xff\x4f\xff\x51", Foreign("a JPEG 2000 picture", is_picture=True)),
    (b"qoif", Foreign("a QOI picture", is_picture=True)),
    (b"\xd7\xcd\xc6\x9a", Foreign("a Windows metafile", is_picture=True)),
    (b"gimp xcf", Foreign("a GIMP picture", is_picture=True)),
    (b"/* XPM */", Foreign("an XPM picture", is_picture=True)),
    (b"#?RADIANCE", Foreign("a Radiance picture", is_picture=True)),
    (b"\x1a\x45\xdf\xa3", Foreign("a file in EBML that is no Matroska or WebM film")),
    (b"#EXTM3U", Foreign("a list of other addresses (a playlist; that of a film in HLS can be posted as its url)")),
    (b"FLV\1", Foreign("a Flash film")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Foreign("a Windows Media recording")),
    (b"\0\0\1\xba", Foreign("an MPEG film")),
    (b"\0\0\1\xb3", Foreign("an MPEG film")),
    (b"#!AMR", Foreign("an AMR sound")),
    (b"MThd", Foreign("a MIDI sound")),
    (b"OggS", Foreign("an Ogg file that is no sound in Opus, Vorbis, FLAC or Speex")),
)
_IN_ZIP = (
    (re.compile(rb"word/"), "an Office document (DOCX)"),
    (re.compile(rb"xl/"), "an Office document (XLSX)"),
    (re.compile(rb"ppt/"), "an Office document (PPTX)"),
    (re.compile(rb"application/vnd\.oasis\.opendocument"), "an OpenDocument file"),
    (re.compile(rb"application/epub\+zip"), "an EPUB book"),
)
_PORTABLE = re.compile(rb"P[1-7fF]\s+(?:#[^\n]*\n\s*)*(?:-?\d|WIDTH\b|HEIGHT\b|DEPTH\b|MAXVAL\b|TUPLTYPE\b)")
_XBM = re.compile(rb"\s*(?:/\*[^*]*\*/\s*)?#define\s+\w+_width\s+\d")
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)(?=[\s/>])")
_DOCTYPE = re.compile(r"\s+(html|svg)\b", re.IGNORECASE)


def foreign(data: bytes) -> Foreign | None:
    """The format that these bytes are in, of those that are known and not accepted; None for any other, and for text.

    Call it for what `sniff` does not know.
    """
    if data.startswith(b"PK\x03\x04"):
        head = data[:65_536]
        return Foreign(next((words for inside, words in _IN_ZIP if inside.search(head)), "a ZIP archive"))
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return Foreign("a PDF document")
    if data[:4] == b"RIFF":
        return Foreign("an AVI film" if data[8:12] == b"AVI " else "a RIFF file of no kind that is accepted")
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return Foreign("an AIFF sound")
    if data[4:8] == b"ftyp":
        return Foreign("a file in ISO boxes that is no MP4, MOV or M4A")
    if data[257:262] == b"ustar":
        return Foreign("a tar archive")
    if data[:2] == b"MZ" and b"\0" in data[:128]:
        return Foreign("a program (Windows)")
    for signature, found in _SIGNATURES:
        if data.startswith(signature) and (signature != b"BM" or b"\0" in data[:26]):
            return found
    if _PORTABLE.match(data):
        return Foreign("a portable bitmap (PPM, PGM, PBM, PAM or PFM)", is_picture=True)
    if _XBM.match(data):
        return Foreign("an XBM picture", is_picture=True)
    return None


def markup(text: str) -> str | None:
    """``svg``, ``html`` or ``xml`` when a text is such a document by its first element; else None."""
    at, says_xml = 0, False
    text = text.removeprefix("\ufeff")
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if text.startswith("<?", at):
            says_xml, end = True, "?>"
        elif text.startswith("<!--", at):
            end = "-->"
        elif text[at : at + 9].lower() == "<!doctype":
            if named := _DOCTYPE.match(text, at + 9):
                return named.group(1).lower()
            says_xml, end = True, "]>" if "[" in text[at : text.find(">", at) + 1] else ">"
        else:
            break
        found = text.find(end, at)
        if found < 0:
            return "xml"
        at = found + len(end)
    root = _ROOT.match(text, at)
    if root is None:
        return "xml" if says_xml else None
    name = root.group(1).lower()
    if name == "svg":
        return "svg"
    if name in ("html", "head", "body"):
        return "html"
    return "xml" if says_xml or "xmlns" in text[at : text.find(">", at) + 1] else None
