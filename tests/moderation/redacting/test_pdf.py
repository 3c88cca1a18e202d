"""Redacting PDF: text of pages is taken out of the file itself, and what stays stays in its place."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pdfminer.high_level import extract_pages, extract_text
from pdfminer.layout import LTChar, LTContainer
from playwright.sync_api import Browser

from moderation.cli import run
from moderation.containers.layers import CannotRead
from moderation.containers.pdf import files
from tests.moderation.redacting.pdfs import (
    BESIDE,
    EMAIL,
    LETTER,
    NAME,
    OF_WIDE,
    PHONE,
    PICTURE,
    WIDE,
    WORDS,
    X,
    clean,
    document,
    hexed,
    left,
    line,
    shown,
    stream,
    to_unicode,
)

HERE = pytest.mark.usefixtures("pdfs_are_read_here")


def boxes(data: bytes) -> list[list[float]]:
    """The corners of the black boxes on the first page."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        content = pdf.pages[0].Contents.read_bytes().decode("latin-1")
    painted = content.rpartition("q 0 0 0 rg\n")[2] if "q 0 0 0 rg\n" in content else ""
    return [[float(n) for n in re.findall(r"-?\d+\.\d+", each)] for each in painted.splitlines() if each.endswith("f")]


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


@HERE
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


class TestProcess:
    def test_of_its_own_reads_and_writes(self) -> None:
        assert left(clean(document(LETTER)).data) == []

    def test_that_takes_too_long_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "SECONDS", 0.0)

        with pytest.raises(CannotRead, match="more time or memory"):
            clean(document(LETTER))

    def test_is_not_asked_where_the_extra_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files.importlib.util, "find_spec", lambda name: None)

        with pytest.raises(CannotRead, match=r"pip install 'moderation\[pdf\]'"):
            clean(document(LETTER))


@HERE
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


@HERE
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
