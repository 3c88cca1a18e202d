"""Redacting PDF: what is no text of a page is looked through too; what nobody can look through is said or refused."""

from __future__ import annotations

import io
import zlib
from typing import Any

import pikepdf
import pytest

from moderation.containers.layers import CannotRead
from moderation.containers.pdf import child
from tests.moderation.redacting.pdfs import (
    EMAIL,
    LETTER,
    NAME,
    OF_WIDE,
    PICTURE,
    UNMAPPED,
    WIDE,
    WORDS,
    X,
    clean,
    document,
    everything,
    form,
    hexed,
    left,
    line,
    stream,
    to_unicode,
    written,
)

pytestmark = pytest.mark.usefixtures("pdfs_are_read_here")


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
