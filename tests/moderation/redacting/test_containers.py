"""Redacting what is encoded in documents: nothing is left of it, and they are still what they were."""

from __future__ import annotations

import contextlib
import csv
import email
import email.policy
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_pii.detector import TextPii

from moderation.containers import formats
from moderation.containers.layers import CannotRead
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.replacing import FreshNumbers
from moderation.redacting.documents import CleanFile, clean_file, clean_text
from moderation.redacting.restoring import restore_file
from moderation.redacting.sources import FolderDestination, FolderSource
from moderation.redacting.styles import Style, StyleName
from moderation.redacting.tokens import TokenKey
from moderation.redacting.windows import look_through
from tests.moderation.redacting import encoded
from tests.moderation.redacting.encoded import DOCUMENTS
from tests.moderation.redacting.jobs import look as look_for_numbers

DETECTOR = TextPii()


def look(texts: Sequence[str]) -> list[list[Detection]]:
    return [DETECTOR.detect(Part(id="p", type="text", text=text), None) for text in texts]  # type: ignore[arg-type]


def clean(name: str, data: bytes, mode: StyleName = "labels", key: TokenKey | None = None) -> CleanFile:
    style = Style.of(mode, None, key)
    kind = formats.format_of_file(name, data, len(data))
    replace = style.replace(FreshNumbers())
    return clean_file(data, kind, lambda text: look_through(text, look), replace, each_piece=style.is_of_characters)


def numbers_in(text: str, kind: formats.TextFormat | None = None) -> str:
    """The text with `#` for each number, by a detector that knows nothing else."""
    return clean_text(
        text, kind, lambda each: look_for_numbers([each])[0], lambda name, value: "#", each_piece=False
    ).text


@pytest.mark.parametrize("mode", ["labels", "mask"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_is_left_of_what_is_encoded(name: str, mode: StyleName) -> None:
    data = DOCUMENTS[name]
    assert encoded.leaks(data)  # or the document shows nothing

    done = clean(name, data, mode)

    assert encoded.leaks(done.data) == set()
    assert not done.unread
    parse(name, done.data)


def parse(name: str, data: bytes) -> None:
    """Raises where a document is not what its name says."""
    kind = name.rpartition(".")[2]
    if kind == "json":
        json.loads(data)
    elif kind == "jsonl":
        [json.loads(line) for line in data.splitlines()]
    elif kind in ("csv", "tsv"):
        rows = list(
            csv.reader(
                io.StringIO(data.decode(), newline=""),
                delimiter={"tsv": "\t"}.get(kind, ";" if b";" in data[:9] else ","),
            )
        )
        assert len({len(row) for row in rows}) == 1
    elif kind == "xml":
        ET.fromstring(data)
    elif kind == "eml":
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert [part.defects for part in message.walk() if part.defects] == []
        assert [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    elif kind in ("docx", "xlsx", "pptx", "odt", "ods", "odp"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for member in set(file.namelist()) - {"mimetype"}:
                ET.fromstring(
                    file.read(member).replace(b"<cp:coreProperties>", b'<cp:coreProperties xmlns:cp="a" xmlns:dc="b">')
                    .replace(b"<p:sld ", b'<p:sld xmlns:p="p" ')
                )  # fmt: skip


class TestEverythingElseIsAsItWas:
    @pytest.mark.parametrize(
        ("text", "kind", "clean"),
        [
            (r'{"a": "\u0031\u0032 \u00e9\n", "b": [34, 5.0e1, null], "c\/": "\ud83d\udc4d"}', None,
             r'{"a": "# \u00e9\n", "b": ["#", "#.#e#", null], "c\/": "\ud83d\udc4d"}'),
            (r'{"p": "{\"q\": \"\\u0031\", \"r\": 2}"}', None, r'{"p": "{\"q\": \"#\", \"r\": \"#\"}"}'),
            ('a,"b ""12"" c"\r\n\r\n3,\r\n', "csv", 'a,"b ""#"" c"\r\n\r\n#,\r\n'),
            ("<p class='x'>a&amp;b &#49;<b>2</b></p><!-- 7 -->", "html", "<p class='x'>a&amp;b #<b></b></p><!-- # -->"),
            ("<a b='1'><![CDATA[2]]>&lt;&#x33;</a>", "xml", "<a b='#'><![CDATA[#]]>&lt;#</a>"),
            ("GET /p?a=b%20c&d=%31%32#x", "text", "GET /p?a=b%20c&d=%23#x"),
            ("caf%C3%A9 and 100% of a+b=c", "text", "caf%C3%A9 and #% of a+b=c"),
            ("\\*not\\* **a1**", "markdown", "\\*not\\* **a#**"),
        ],
    )  # fmt: skip
    def test_but_the_values(self, text: str, kind: formats.TextFormat | None, clean: str) -> None:
        assert numbers_in(text, kind) == clean

    @settings(max_examples=60, deadline=None)
    @given(st.recursive(st.none() | st.booleans() | st.text(), lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(), v, max_size=4), max_leaves=12), st.sampled_from([None, 1]), st.booleans())  # fmt: skip
    def test_any_json_stays_json_and_loses_its_numbers_only(
        self, value: object, indent: int | None, is_ascii: bool
    ) -> None:
        text = json.dumps([value], indent=indent, ensure_ascii=is_ascii)

        done = numbers_in(text)

        if not any(c.isdigit() for c in json.dumps(value, ensure_ascii=False)):
            assert done == text
        assert not any(c in "0123456789" for c in str(json.loads(done)) if "\\" not in str(json.loads(done)))

    @settings(max_examples=60, deadline=None)
    @given(st.text(), st.sampled_from(["text", "html", "csv", "email", "markdown"]))
    def test_a_text_without_a_finding_is_the_same(self, text: str, kind: formats.TextFormat) -> None:
        assert clean_text(text, kind, lambda _: [], lambda n, v: "#", each_piece=False).text == text

    def test_other_members_of_an_office_document_and_their_order(self) -> None:
        data = DOCUMENTS["letter.docx"]

        done = clean("letter.docx", data).data

        with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(io.BytesIO(done)) as after:
            assert before.namelist() == after.namelist()
            assert before.read("[Content_Types].xml") == after.read("[Content_Types].xml")
            assert after.read("word/document.xml").count(b"<w:r>") == before.read("word/document.xml").count(b"<w:r>")

    def test_pictures_in_mail_and_office_documents_are_kept_and_said(self) -> None:
        picture = encoded.mail(
            'Content-Type: multipart/mixed; boundary="b"',
            "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--",
        )

        done = clean("a.eml", picture)

        assert list(done.unread) == ["image/png"]
        assert b"iVBORw0KGgo=" in done.data

    def test_a_picture_in_a_page_is_said(self) -> None:
        page = f'<html><img src="data:image/png;base64,{"iVBORw0K" * 100}"></html>'

        assert list(clean("a.html", page.encode()).unread) == ["image/png in base64"]


@pytest.mark.parametrize("name", [n for n in DOCUMENTS if not n.startswith(("long", "wide"))])
def test_tokens_are_put_back_where_they_stand_in_whatever_encoding(name: str, tmp_path: Path) -> None:
    key = TokenKey.create(tmp_path / "key")
    redacted, restored = tmp_path / f"{name}.out", tmp_path / name
    redacted.write_bytes(clean(name, DOCUMENTS[name], "tokens", key).data)
    source = FolderSource(redacted)

    count = restore_file(source, next(source.files()), FolderDestination(restored, is_file=True), key)

    assert (count.restored > 0, count.damaged) == (True, 0)
    assert encoded.leaks(restored.read_bytes()) >= encoded.leaks(DOCUMENTS[name])
    parse(name, restored.read_bytes())


class TestWhatNobodyReadsIsRefusedByName:
    @pytest.mark.parametrize(
        ("name", "data", "said"),
        [
            ("a.pdf", b"%PDF-1.7 ...", "it is damaged"),
            ("a.pdf", b"words", "no PDF, although it is called so"),
            ("a.rtf", b"{\\rtf1 x}", "rich text"),
            ("a.gz", b"\x1f\x8b\x08", "packed .gzip."),
            ("a.doc", b"\xd0\xcf\x11\xe0", "before 2007"),
            ("a.json", b'{"a": 1,}', "it is not JSON: .* line 1, column"),
            ("a.json", b"[" * 100_000 + b"]" * 100_000, "too many brackets"),
            ("a.zip", encoded.archive()[:-30], "damaged"),
            ("a.docx", b"words", "no office document"),
            ("a.odt", b"words", "no office document"),
            ("a.odt", encoded.sealed_document(), "it is encrypted"),
            ("a.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares entities"),
            ("a.xml", b'<?xml version="1.0" encoding="UTF-7"?><a>+AGEAQA-</a>', "'UTF-7', which is not known"),
            ("a.html", b"<meta charset=iso-2022-jp>\xff", "'iso-2022-jp', which is not known"),
            (
                "a.eml",
                encoded.mail("Content-Transfer-Encoding: x-uuencode", "begin"),
                "'x-uuencode', which is not known",
            ),
            ("a.eml", encoded.mail("Content-Type: text/plain; charset=utf-7", "+AEA-"), "'utf-7', which is not known"),
            ("a.eml", encoded.mail("Content-Type: multipart/mixed", "x"), "names no boundary"),
            ("a.eml", encoded.mail("Content-Transfer-Encoding: base64", "%%%%"), "no utf-8 text in base64"),
        ],
    )
    def test_so(self, name: str, data: bytes, said: str) -> None:
        with pytest.raises(CannotRead, match=said):
            clean(name, data)

    def test_an_archive_that_grows_is_not_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("moderation.containers.office.MOST_BYTES", 100_000)

        with pytest.raises(CannotRead, match="unpacks to more than"):
            clean("a.docx", encoded.archive(word__document="0" * 200_000))

    def test_more_encodings_inside_each_other_than_anybody_means(self) -> None:
        text = "x %" + "25" * 30 + "32"

        with pytest.raises(CannotRead, match="inside each other"):
            clean("a.txt", text.encode())


@pytest.mark.parametrize(
    "piece", ["<a ", '<a "', "<!--", "&#", "%25", "{[", '{"', "=?u?q?", "\\u0031", "AAAA", '"', '"",', "0a", "](", "<![CDATA[", ";base64,", "\n\t=", "a=b&", '{"a":1}\n', ";quoted-printable:=\n"]
)  # fmt: skip
@pytest.mark.parametrize("kind", ["text", "html", "csv", "email"])
def test_time_grows_with_the_length_whatever_is_in_it(piece: str, kind: formats.TextFormat) -> None:
    text = "a: b\n\n" + piece * (100_000 // len(piece))  # pytest's timeout ends what is not linear

    with contextlib.suppress(CannotRead):
        clean_text(text, kind, lambda _: [], lambda n, v: "#", each_piece=False)
