"""Redacting PDF: text is taken out of the file itself, what stays stays in its place, the rest is said or refused."""

from __future__ import annotations

import io
import json
import re
import threading
import zlib
from collections.abc import Mapping, Sequence
from os import fdopen, pipe
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from moderation_pii.detector import TextPii
from pdfminer.high_level import extract_pages, extract_text
from pdfminer.layout import LTChar, LTContainer
from playwright.sync_api import Browser

from moderation.cli import run
from moderation.containers import formats
from moderation.containers.layers import CannotRead
from moderation.containers.pdf import child, files
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.replacing import FreshNumbers
from moderation.redacting.documents import CleanFile, clean_file
from moderation.redacting.styles import Style, StyleName
from moderation.redacting.windows import look_through
from tests.moderation.redacting.pdfs import EMAIL, NAME, PHONE, document, everything, left, line, shown, stream, written

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


@pytest.fixture(autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "own_process" not in request.fixturenames:
        monkeypatch.setattr(files, "start", Here)


@pytest.fixture
def own_process() -> None:
    """The reader in a process of its own, as the program has it."""


def look(texts: Sequence[str]) -> list[list[Detection]]:
    return [DETECTOR.detect(Part(id="p", type="text", text=text), None) for text in texts]  # type: ignore[arg-type]


def clean(data: bytes, mode: StyleName = "labels") -> CleanFile:
    style = Style.of(mode, None)
    kind = formats.format_of_file("a.pdf", data, len(data))
    replace = style.replace(FreshNumbers())
    return clean_file(data, kind, lambda text: look_through(text, look), replace, each_piece=style.is_of_characters)


def boxes(data: bytes) -> list[list[float]]:
    """The corners of the black boxes on the first page."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        content = pdf.pages[0].Contents.read_bytes().decode("latin-1")
    painted = content.rpartition("q 0 0 0 rg\n")[2] if "q 0 0 0 rg\n" in content else ""
    return [[float(n) for n in re.findall(r"-?\d+\.\d+", each)] for each in painted.splitlines() if each.endswith("f")]


def hexed(text: str, *, wide: bool = False) -> str:
    """A string in hexadecimal digits, of one or of two bytes for each letter, from 1000 on."""
    return "<" + "".join(f"{1000 + ord(c):04x}" if wide else f"{ord(c):02x}" for c in text) + ">"


def to_unicode(codes: Mapping[int, str]) -> bytes:
    """A map of codes of two bytes to Unicode."""
    lines = "\n".join(f"<{code:04x}> <{text.encode('utf-16-be').hex()}>" for code, text in codes.items())
    space = "1 begincodespacerange <0000> <ffff> endcodespacerange"
    return stream(f"begincmap {space} {len(codes)} beginbfchar\n{lines}\nendbfchar endcmap")


def apart(text: str) -> str:
    """Each letter in a string of its own, with a little less or more between them."""
    return "[" + " ".join(f"({c}) {(-1) ** n * 20}" for n, c in enumerate(text)) + "]"


def typed(text: str) -> str:
    """Each letter placed, all as far from each other."""
    return "".join(f"1 0 0 1 {20 + 7 * n} 150 Tm ({c}) Tj " for n, c in enumerate(text))


TEXTS = {
    "in one string": line(WORDS),
    "each letter a string": f"BT /F1 12 Tf 20 150 Td {apart(WORDS)} TJ ET",
    "each letter placed": f"BT /F1 12 Tf {typed(WORDS)} ET",
    "two strings": "BT /F1 12 Tf 20 150 Td (Write to ann.l) Tj "
    f"(ee@example.org or call {PHONE} today. Dear An) Tj (n Lee, thank you.) Tj ET",
    "over lines": f"BT /F1 12 Tf 14 TL 20 150 Td (Write to {EMAIL} or call) Tj "
    f"({PHONE} today. Dear Ann) ' 1 1 (Lee, thank you.) \" ET",
    "an address over lines": "BT /F1 12 Tf 14 TL 20 150 Td (Write to ann.lee@) Tj "
    f"(example.org or call {PHONE} today. Dear {NAME}, thank you.) ' ET",
    "in hexadecimal digits": f"BT /F1 12 Tf 20 150 Td {hexed(WORDS)} Tj ET",
    "that nobody sees": f"BT 3 Tr /F1 12 Tf 20 150 Td ({WORDS}) Tj ET",
    "turned": f"BT /F1 8 Tf 0 1 -1 0 50 10 Tm ({WORDS}) Tj ET",
    "mirrored, in other units": f"q .1 0 0 -.1 0 200 cm BT /F1 80 Tf 1 0 0 -1 200 500 Tm ({WORDS}) Tj ET Q",
    "twice for bold letters": line(WORDS) + line(WORDS, (20, 151)),
    "set wide": f"BT /F1 12 Tf 4 Tc 9 Tw 80 Tz 2 Ts 20 150 Td ({WORDS}) Tj ET",
    "the second half first": "BT /F1 12 Tf 104 150 Td (@example.org) Tj ET BT /F1 12 Tf 20 150 Td "
    f"[(Write to)-278(ann.lee)] TJ ET {line(f'or call {PHONE} today. Dear {NAME}, thank you.', (20, 100))}",
    "with comments": f"% {EMAIL}\n{line(WORDS)}",
    "with what is closed too often": f"Q Q q {line(WORDS)} Q Q",
}
WIDE = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>"
OF_WIDE = "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 600>>"
OF_ADOBE = OF_WIDE.replace("Identity)", "Japan1)").replace("Type2", "Type0")
DRAWN = (
    "<</Type/Font/Subtype/Type3/FontMatrix[.01 0 0 .01 0 0]/FontBBox[0 0 50 80]/FirstChar 1/LastChar 5"
    "/Widths[50 50 50 50 50]/Encoding<</Differences[1/A/n/e/L/space]>>"
    "/CharProcs<</A 6 0 R/n 6 0 R/e 6 0 R/L 6 0 R/space 6 0 R>>>>"
)
FONTS: dict[str, tuple[str, dict[int, bytes | str], str]] = {
    "two bytes for a letter": (
        WIDE,
        {6: OF_WIDE, 7: to_unicode({1000 + code: chr(code) for code in range(32, 127)})},
        hexed(NAME, wide=True),
    ),
    "names of letters": (
        "<</Type/Font/Subtype/TrueType/BaseFont/Arial/Encoding<</Differences[1/A/n/e/L/space]>>>>",
        {},
        "<01020205040303>",
    ),
    "a map of its own": (
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/ToUnicode 6 0 R>>",
        {6: stream("begincmap 1 beginbfrange <80> <ff> <0020> endbfrange endcmap")},
        "<" + "".join(f"{ord(c) + 0x60:02x}" for c in NAME) + ">",
    ),
    "letters that are drawn": (DRAWN, {6: stream("50 0 0 0 50 80 d1 0 0 40 60 re f")}, "<01020205040303>"),
    "a table of Adobe's": (
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/UniJIS-UTF16-H/DescendantFonts[6 0 R]>>",
        {6: OF_ADOBE},
        f"<{NAME.encode('utf-16-be').hex()}>",
    ),
}


class TestTextOfPages:
    @pytest.mark.parametrize("name", TEXTS)
    def test_is_gone_from_the_file(self, name: str) -> None:
        done = clean(document(line(BESIDE, (20, 20)) + TEXTS[name]))

        assert left(done.data) == []
        assert re.sub(r"\s+", "", shown(done.data)).startswith("(sostaysthis)Writeto")
        assert "thank you." in shown(done.data)
        assert (done.unread, done.taken_out) == ({}, {})
        assert len(boxes(done.data)) >= 3

    @pytest.mark.parametrize("name", FONTS)
    def test_is_read_by_its_font(self, name: str) -> None:
        font, more, text = FONTS[name]

        done = clean(document(f"BT /F1 12 Tf 20 150 Td {text} Tj ET", font=font, more=more))

        assert [(place, d.label) for place, d in done.entities] == [("page 1", "PII/NAME")]
        assert shown(done.data) == ""
        assert (done.unread, done.left) == ({}, ())

    def test_leaves_what_follows_where_it_was(self) -> None:
        data = document("BT /F1 9 Tf .3 Tc 3 Tw 90 Tz 10 100 Td [(Dear Ann)40( Lee, )-100(thank you)] TJ ET")

        assert places("k", clean(data).data) == places("k", data) != []

    def test_has_one_box_in_its_place(self) -> None:
        ((x, y, right, _, _, above, *_),) = boxes(clean(document(line(f"Mail {EMAIL} {BESIDE}"))).data)

        assert (round(x), round(y), round(right), round(above)) == (45, 147, 163, 161)

    def test_goes_with_all_that_lies_under_the_box(self) -> None:
        data = document(line(f"Mail {EMAIL}") + "BT /F1 12 Tf 60 150 Td (secret) Tj ET")

        assert shown(clean(data).data) == "Mail "

    def test_goes_in_pseudonyms_too(self) -> None:
        assert left(clean(document(line(WORDS)), "pseudonyms").data) == []


def places(letter: str, data: bytes) -> list[float]:
    """Where a letter stands, as another library has it."""
    found: list[float] = []
    waiting: list[Any] = list(extract_pages(io.BytesIO(data)))
    while waiting:
        each = waiting.pop()
        if isinstance(each, LTContainer):
            waiting += each
        elif isinstance(each, LTChar) and each.get_text() == letter:
            found.append(round(each.x0, 2))
    return found


def form(content: str, resources: str = "") -> bytes:
    return stream(content, f"/Type/XObject/Subtype/Form/BBox[0 0 300 200]/Resources<</Font<</F1 5 0 R>>{resources}>>")


X = "/XObject<</X 6 0 R>>"
LETTER = line(WORDS)
METADATA = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmp='
    '"http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Label="Of Ann Lee"><dc:creator>'
    "<rdf:Seq><rdf:li>Ann Lee</rdf:li></rdf:Seq></dc:creator><dc:description>To ann.lee&#64;example.org</dc:description>"
    "<xmp:CreateDate>2026-01-01T10:00:00Z</xmp:CreateDate></rdf:Description></rdf:RDF></x:xmpmeta>"
)
FIELD = {
    6: f"<</FT/Tx/T(E-mail)/V({EMAIL})/DV({EMAIL})/Kids[7 0 R]>>",
    7: "<</Type/Annot/Subtype/Widget/Parent 6 0 R/Rect[0 0 100 20]/AP<</N 8 0 R>>>>",
    8: form(f"/Tx BMC {line(EMAIL)} EMC"),
}
TWO_STREAMS = written(
    {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 200]/Resources<</Font<</F1 6 0 R>>>>>>",
        3: "<</Type/Page/Parent 2 0 R/Contents[4 0 R 5 0 R]>>",
        4: stream("BT /F1 12 Tf 20 150 Td (Write to ann.lee) Tj", packed=True),
        5: stream("(@example.org now) Tj ET", packed=True),
        6: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
)
PLACES: dict[str, tuple[bytes, str]] = {
    "a form that is drawn twice": (
        document("q /X Do Q 1 0 0 1 0 -40 cm /X Do", resources=X, more={6: form(LETTER)}),
        "",
    ),
    "forms in forms, with the page's fonts": (
        document(
            "/X Do",
            resources="/XObject<</X 6 0 R/Y 7 0 R>>",
            more={6: stream("/Y Do", "/Subtype/Form/BBox[0 0 9 9]"), 7: stream(LETTER, "/Subtype/Form/BBox[0 0 9 9]")},
        ),
        "",
    ),
    "half on the page, half in a form": (
        document(
            "BT /F1 12 Tf 20 150 Td (Dear Ann) Tj ET /X Do",
            resources=X,
            more={6: form("BT /F1 12 Tf 77 150 Td (Lee, thank you) Tj ET")},
        ),
        "dear",
    ),
    "two streams of a page": (TWO_STREAMS, "writeto"),
    "a pattern": (
        document(
            "/Pattern cs /P scn 0 0 100 100 re f",
            resources="/Pattern<</P 6 0 R>>",
            more={
                6: form(LETTER).replace(b"/Subtype/Form", b"/PatternType 1/PaintType 1/TilingType 1/XStep 9/YStep 9")
            },
        ),
        "",
    ),
    "a mask": (
        document("/G gs", resources="/ExtGState<</G<</SMask<</S/Alpha/G 6 0 R>>>>>>", more={6: form(LETTER)}),
        "",
    ),
    "a note with its words in three ways": (
        document(
            "",
            page="/Annots[6 0 R]",
            more={
                6: f"<</Type/Annot/Subtype/FreeText/Contents({WORDS})/T({NAME})/RC(<p>{WORDS}</p>)/AP<</N 7 0 R>>>>",
                7: form(LETTER),
            },
        ),
        "[email]",
    ),
    "a link": (
        document(
            "", page="/Annots[6 0 R]", more={6: "<</Subtype/Link/A<</S/URI/URI(mailto:ann.lee%40example.org)>>>>"}
        ),
        "mailto:%5bemail%5d",
    ),
    "a field of a form": (
        document("", page="/Annots[7 0 R]", catalog="/AcroForm<</Fields[6 0 R]>>", more=FIELD),
        "[email]",
    ),
    "bookmarks": (
        document("", catalog="/Outlines 6 0 R", more={6: "<</First 7 0 R>>", 7: f"<</Title(Letter to {NAME})>>"}),
        "letterto[name]",
    ),
    "what is said of the file": (
        document(
            "",
            more={6: f"<</Author({NAME})/Title<{'Mail ann.lee@example.org'.encode('utf-16').hex()}>>>"},
            trailer="/Info 6 0 R",
        ),
        "[name]",
    ),
    "metadata": (
        document("", catalog="/Metadata 6 0 R", more={6: stream(METADATA, "/Type/Metadata/Subtype/XML")}),
        "2026-01-01t10:00:00z",
    ),
    "scripts and names of places": (
        document(
            "",
            catalog=f"/Names<</Dests<</Names[(mail {EMAIL})[3 0 R/Fit]]>>>>/OpenAction<</S/JavaScript/JS 6 0 R>>",
            more={6: stream(r'mail("ann.lee\u0040example.org")')},
        ),
        'mail("[email]")',
    ),
    "what a picture shows, for the blind": (
        document(
            "/P<</MCID 0>>BDC EMC",
            catalog="/StructTreeRoot 6 0 R",
            more={6: "<</K 7 0 R>>", 7: f"<</S/Figure/Alt(mail {EMAIL})/ActualText({NAME})/K 0>>"},
        ),
        "mail[email]",
    ),
    "what a mark says of letters": (
        document(f"/Span<</ActualText({EMAIL})>>BDC {line('qqq zzz')} EMC {line('stays', (20, 20))}"),
        "stays",
    ),
    "an older version of the page": (
        document(LETTER) + b"4 0 obj\n" + stream(line("newer")) + b"\nendobj\n",
        "newer",
    ),
    "objects that nothing leads to": (document(line("here"), more={6: stream(WORDS), 7: f"({WORDS})"}), "here"),
    "small pictures and programs' own data": (
        document("", page="/Thumb 6 0 R/PieceInfo<</A<</Private 7 0 R>>>>", more={6: stream("x"), 7: stream(WORDS)}),
        "",
    ),
}


def updated(data: bytes) -> bytes:
    """A file with a second version of object 4 behind its end."""
    first, at = data.split(b"4 0 obj\n", 2)[0], data.rindex(b"4 0 obj\n")
    assert first
    old = int(data.split(b"startxref\n")[1].split()[0])
    table = b"xref\n4 1\n%010d 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev %d>>\n" % (at, old)
    return data + table + b"startxref\n%d\n%%%%EOF\n" % len(data)


class TestEverywhereElse:
    @pytest.mark.parametrize("name", PLACES)
    def test_it_is_gone_too(self, name: str) -> None:
        data, stays = PLACES[name]

        done = clean(updated(data) if "older" in name else data)

        assert left(done.data) == []
        assert stays in everything(done.data)
        assert (done.unread, done.left) == ({}, ())

    def test_a_field_whose_value_is_gone_is_drawn_anew_by_readers(self) -> None:
        data, _ = PLACES["a field of a form"]

        with pikepdf.open(io.BytesIO(clean(data).data)) as pdf:
            assert "/AP" not in pdf.pages[0].Annots[0]

    def test_a_mask_stands_in_strings(self) -> None:
        data = document("", more={6: f"<</Author({NAME})>>"}, trailer="/Info 6 0 R")

        with pikepdf.open(io.BytesIO(clean(data, "mask").data)) as pdf:
            assert str(pdf.docinfo["/Author"]) == "*******"


UNMAPPED = WIDE.replace("/ToUnicode 7 0 R", "")
PICTURE = stream(b"\0", "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8")


class TestWhatNobodyCanLookThrough:
    @pytest.mark.parametrize(
        ("data", "said"),
        [
            (document("/X Do", resources=X, more={6: PICTURE}), "a picture"),
            (document("BI /W 1 /H 1 /CS /G /BPC 8 ID a EI"), "a picture"),
            (
                document("BT /F1 9 Tf <00010002> Tj ET", font=UNMAPPED, more={6: OF_WIDE}),
                "text in a font that does not say its letters",
            ),
            (document("BT /F9 9 Tf (x) Tj ET"), "text without a font"),
            (document("", catalog="/Foo 6 0 R", more={6: stream("x", "/Type/Foo")}), "a stream of the kind Foo"),
            (
                document("", catalog=f"/Dests<</{EMAIL}[3 0 R/Fit]>>"),
                "what looks like personal data in names of tags or fields",
            ),
        ],
    )
    def test_is_said(self, data: bytes, said: str) -> None:
        assert list(clean(data).unread) == [said]

    def test_attached_files_and_signatures_are_taken_out_and_said(self) -> None:
        attached = "/Names<</EmbeddedFiles<</Names[(a)<</F(a)/EF<</F 6 0 R>>>>]>>>>"
        done = clean(
            document(
                LETTER,
                catalog=f"{attached}/AcroForm<</SigFlags 3/Fields[7 0 R]>>",
                more={
                    6: stream(WORDS, "/Type/EmbeddedFile"),
                    7: "<</FT/Sig/T(s)/V 8 0 R>>",
                    8: f"<</Type/Sig/ByteRange[0 1 2 3]/Contents{hexed(EMAIL)}/Name({NAME})>>",
                },
            )
        )

        assert left(done.data) == []
        assert done.taken_out == {"an attached file": 1, "a signature, which a changed file does not fit": 1}

    def test_what_another_reader_finds_is_listed(self) -> None:
        # Nobody draws these letters on a line of their own, so that no reader puts them together but by chance.
        away = f"BT /F1 12 Tf 20 150 Td (Mail {EMAIL}) Tj ET BT /F1 12 Tf 20 90 Td [(ann.lee)-2000(@example.org)] TJ ET"

        assert {label for _, label in clean(document(away)).left} <= {"PII/EMAIL", "PII/USERNAME"}


def encrypted(password: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document(LETTER))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=password))
    return out.getvalue()


def laughing() -> bytes:
    """Ten forms that draw ten forms each."""
    more = {
        n: stream("/X Do " * 10, f"/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</X {n + 1} 0 R>>>>")
        for n in range(6, 15)
    }
    return document("/X Do", resources=X, more={**more, 15: form(line("ha"))})


def packed_twice(size: int) -> bytes:
    data = zlib.compress(zlib.compress(b" " * size, 9), 9)
    return written(
        {
            1: "<</Type/Catalog/Pages 2 0 R>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
            4: stream(data, "/Filter[/FlateDecode/FlateDecode]"),
        }
    )


HOSTILE: dict[str, tuple[Any, str]] = {
    "a password": (lambda: encrypted("user"), "it is encrypted"),
    "a password for changes alone": (lambda: encrypted(""), "it is encrypted"),
    "a form in XFA": (lambda: document("", catalog="/AcroForm<</XFA 6 0 R>>", more={6: stream("<a/>")}), "in XFA"),
    "no table": (lambda: document(LETTER).replace(b"startxref\n", b"startxref\n9"), "it is damaged"),
    "half a file": (lambda: document(LETTER)[:-80], "it is damaged"),
    "a stream of another length": (lambda: document(LETTER).replace(b"/Length 1", b"/Length 9"), "it is damaged"),
    "a string without an end": (lambda: document("BT (x"), "it is damaged"),
    "a page among its own pages": (
        lambda: written({1: "<</Type/Catalog/Pages 2 0 R>>", 2: "<</Type/Pages/Kids[2 0 R]/Count 1>>"}),
        "it is damaged",
    ),
    "arrays in arrays": (lambda: document("", catalog="/A " + "[" * 50_000 + "]" * 50_000), "it is damaged"),
    "things of other kinds": (
        lambda: document("", page="/Annots 5", catalog="/AcroForm 7/Dests 3", resources="/XObject 7"),
        "it is damaged",
    ),
    "numbers beyond all bounds": (
        lambda: document(f"BT /F1 {'9' * 400} Tf {'9' * 400} 0 Td (x) Tj ET"),
        "it is damaged",
    ),
    "a form that draws itself": (
        lambda: document("/X Do", resources=X, more={6: form("/X Do", X)}),
        "16 forms in each other",
    ),
    "a stream that grows": (lambda: packed_twice(3_000_000), "it is damaged"),
    "a glyph that is a word": (
        lambda: document("BT /F1 9 Tf <0001> Tj ET", font=WIDE, more={6: OF_WIDE, 7: to_unicode({1: f"Mail {EMAIL}"})}),
        "more than 18 letters",
    ),
    "more letters than there are": (
        lambda: document(
            "BT /F1 9 Tf <0041> Tj ET",
            font=WIDE,
            more={6: OF_WIDE, 7: stream("begincmap 1 beginbfrange <00000000> <ffffffff> <0041> endbfrange")},
        ),
        "a range of more letters than there are",
    ),
    "widths without end": (
        lambda: document(
            "BT /F1 9 Tf <0041> Tj ET", font=UNMAPPED, more={6: OF_WIDE.replace("/DW", "/W[0 99999999 5]/DW")}
        ),
        "widths for more letters",
    ),
    "a table that lies elsewhere": (
        lambda: document(
            "BT /F1 9 Tf <0041> Tj ET", font=UNMAPPED.replace("Identity-H", "..#2f..#2fx"), more={6: OF_WIDE}
        ),
        "it is damaged",
    ),
    "a document type in metadata": (
        lambda: document("", catalog="/Metadata 6 0 R", more={6: stream('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')}),
        "declares entities",
    ),
}


class TestRefusedByName:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_so(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(child, "STREAM_BYTES", 1_000_000)
        made, said = HOSTILE[name]

        with pytest.raises(CannotRead, match=said):
            clean(made())

    def test_too_many_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(child, "MOST_PAGES", 0)

        with pytest.raises(CannotRead, match="more than 0 pages"):
            clean(document(""))

    def test_too_many_characters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("moderation.containers.pdf.canvases.MOST_GLYPHS", 10)

        with pytest.raises(CannotRead, match="more than 10 characters"):
            clean(document(LETTER))

    def test_forms_that_draw_ten_forms_each(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("moderation.containers.pdf.canvases.MOST_STEPS", 10_000)

        with pytest.raises(CannotRead, match="draws more than 10,000 steps"):
            clean(laughing())

    def test_too_many_values(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("moderation.containers.pdf.walking.MOST_OBJECTS", 5)

        with pytest.raises(CannotRead, match="more than 5 values"):
            clean(document(LETTER))


class TestProcess:
    def test_of_its_own_reads_and_writes(self, own_process: None) -> None:
        assert left(clean(document(LETTER)).data) == []

    def test_that_takes_too_long_is_ended(self, own_process: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "SECONDS", 0.0)

        with pytest.raises(CannotRead, match="more time or memory"):
            clean(document(LETTER))

    def test_is_not_asked_where_the_extra_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files.importlib.util, "find_spec", lambda name: None)

        with pytest.raises(CannotRead, match=r"pip install 'moderation\[pdf\]'"):
            clean(document(LETTER))


class TestCommand:
    def test_a_pdf_has_a_copy_and_what_is_to_be_known_of_it_is_said(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = document(LETTER + "/X Do", resources=X, more={6: PICTURE}, catalog="/A<</EF 6 0 R>>")
        (tmp_path / "a.pdf").write_bytes(data)

        given = ["redact", str(tmp_path / "a.pdf"), "-o", str(tmp_path / "b.pdf"), "--data", str(tmp_path / "data")]
        assert run([*given, "--json"]) == 1

        assert left((tmp_path / "b.pdf").read_bytes()) == []
        said, told = capsys.readouterr()
        assert "1 EMAIL, 1 NAME, 1 PHONE; no claim of completeness" in told
        assert "kept as it is and not looked through: a picture" in told
        assert "a.pdf: taken out: an attached file" in told
        status = json.loads(said)
        assert (status["files_unread"], status["files_remarked"]) == (1, 1)
        index = json.loads((tmp_path / "b.pdf.entities.jsonl").read_text())
        assert {entity["Member"] for entity in index["Entities"]} == {"page 1"}

    def test_tokens_have_no_room(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.pdf").write_bytes(document(LETTER))
        run(["redact", "--new-key", str(tmp_path / "key")])
        data = ["--data", str(tmp_path / "data"), "--tokens", "--key-file", str(tmp_path / "key")]

        assert run(["redact", str(tmp_path / "a.pdf"), "-o", str(tmp_path / "b.pdf"), *data]) == 2
        assert "no room for tokens" in capsys.readouterr().err


def test_a_page_that_a_browser_printed(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(
        f"<title>To {NAME}</title><h1>Dear {NAME}</h1><p>Write to <b>ann.lee</b>@example.org or {PHONE}.<p>so stays this"
    )
    printed = page.pdf(tagged=True, outline=True)
    page.close()

    done = clean(printed)

    assert left(done.data) == []
    assert {d.label for _, d in done.entities} >= {"PII/NAME", "PII/EMAIL", "PII/PHONE"}
    assert "so stays this" in extract_text(io.BytesIO(done.data))
    assert not any(value in extract_text(io.BytesIO(done.data)) for value in (EMAIL, NAME, PHONE))
    assert done.unread == {}
