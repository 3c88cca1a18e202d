"""A file read once more, by another library and in other ways, to see what is left in a copy."""

from __future__ import annotations

import html
import io
import logging
import re
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTContainer, LTTextContainer
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef, PDFStream, dict_value
from pdfminer.psparser import LIT, PSLiteral
from pdfminer.utils import decode_text

_DATE = re.compile(r"D:\d{4}[\d'+\-Z]{0,20}")
_TAG = re.compile(r"<[^>]*>|\d{4}-\d\d-\d\dT[\d:.+\-Z]*|(?:uuid|xmp\.\w+):[\w\-]*")
_NO_TEXT = frozenset({"ID", "CheckSum", "Panose", "CharSet", "Registry", "Ordering", "Encoding", "W", "Widths"})
_ALL = (0.0, 0.0, 14_400.0, 14_400.0)


def texts_of(data: bytes) -> list[tuple[str, str]]:
    """Every text of a file with its place: of each page, of forms that annotations show, and all strings."""
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL + 1)
    document = PDFDocument(PDFParser(io.BytesIO(data)))
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=LAParams(all_texts=True))
    interpreter = PDFPageInterpreter(resources, device)
    texts = []
    for number, page in enumerate(PDFPage.create_pages(document), 1):
        interpreter.process_page(page)
        texts.append((f"page {number}", "".join(_read(device.get_result()))))
    for number in sorted({each for table in document.xrefs for each in table.get_objids()}):
        thing = document.getobj(number)
        said = "\n\n".join(_strings(thing))
        if isinstance(thing, PDFStream):
            if thing.get("Subtype") is LIT("Form"):
                said += "\n" + "".join(_drawn(thing, device, interpreter))
            elif thing.get("Type") is LIT("Metadata"):
                said += "\n" + html.unescape(_TAG.sub("\n", thing.get_data().decode("utf-8", "replace")))
        if said.strip():
            texts.append((f"object {number}", said))
    return texts


def _drawn(form: PDFStream, device: PDFPageAggregator, interpreter: PDFPageInterpreter) -> Iterator[str]:
    """The text of a form, wherever it is shown."""
    device.begin_page(SimpleNamespace(mediabox=_ALL, pageid=0, rotate=0), (1, 0, 0, 1, 0, 0))  # type: ignore[arg-type]
    interpreter.render_contents(dict_value(form.get("Resources", {})), [form], ctm=(1, 0, 0, 1, 0, 0))
    device.end_page(None)  # type: ignore[arg-type]
    yield from _read(device.get_result())


def _read(layout: Iterable[Any]) -> Iterator[str]:
    for thing in layout:
        if isinstance(thing, LTTextContainer):
            yield f"{thing.get_text()}\n"
        elif isinstance(thing, LTContainer):
            yield from _read(thing)


def _strings(thing: Any) -> Iterator[str]:
    """The strings in an object, without those in others that it points to."""
    waiting = [thing]
    while waiting:
        each = waiting.pop()
        if isinstance(each, PDFStream):
            each = each.attrs
        if isinstance(each, dict):
            waiting += [value for key, value in each.items() if key not in _NO_TEXT]
        elif isinstance(each, list) and not (each and isinstance(each[0], PSLiteral) and each[0].name == "Indexed"):
            waiting += each
        elif isinstance(each, bytes) and not isinstance(each, PDFObjRef):
            text = decode_text(each)
            if not _DATE.fullmatch(text):
                yield text
