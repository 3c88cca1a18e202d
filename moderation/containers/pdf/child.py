"""The process that reads one PDF and writes its copy: ``python -m moderation.containers.pdf.child``, under limits.

Libraries that read what strangers made may hang, swallow memory or die; here that ends this process and nothing else.
On standard input: the file; then what is to go. On standard output: what is in it; then the copy and what it reads.
Each as a line with a size and so many bytes, JSON but for files.
"""

from __future__ import annotations

import io
import json
import logging
import os
import resource
import sys
import warnings
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Any

import pikepdf

from moderation.containers.layers import CannotRead
from moderation.containers.pdf import second
from moderation.containers.pdf.canvases import Canvas, Content, Drawing
from moderation.containers.pdf.fonts import MOST_LETTERS
from moderation.containers.pdf.lines import views
from moderation.containers.pdf.rewriting import boxes_of, covered, written
from moderation.containers.pdf.walking import Said, Walk

MEMORY_BYTES = 2 << 30
SECONDS = 120
"""Of processor time, for reading, writing and reading again."""
MOST_PAGES = 5_000
STREAM_BYTES = 100_000_000
"""Of one stream, unpacked."""
MOST_ITEMS = 1_000_000
"""Of one array or dictionary."""
DAMAGED = "it is damaged; open it with a viewer and save it again"


class Document:
    """A file that is open.

    Args:
        data: all of it.

    Raises:
        CannotRead: there can be no copy of it.
    """

    def __init__(self, data: bytes) -> None:
        pikepdf.settings.set_qpdf_limits(
            flate_max_memory=STREAM_BYTES,
            run_length_max_memory=STREAM_BYTES,
            png_max_memory=STREAM_BYTES,
            tiff_max_memory=STREAM_BYTES,
            parser_max_container_size=MOST_ITEMS,
            parser_max_errors=0,
            max_stream_filters=4,
        )
        try:
            self._pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
        except pikepdf.PasswordError as error:
            raise CannotRead("it is encrypted; save it without a password first") from error
        if self._pdf.is_encrypted:
            raise CannotRead("it is encrypted; save it without a password first")
        forms = self._pdf.Root.get("/AcroForm")
        if isinstance(forms, pikepdf.Dictionary) and "/XFA" in forms:
            raise CannotRead("its form is in XFA, which is not read; print it into a new PDF first")
        if len(self._pdf.pages) > MOST_PAGES:
            raise CannotRead(f"it has more than {MOST_PAGES:,} pages")
        self._drawing = Drawing()
        self._canvases: list[Canvas] = []
        taken: set[tuple[int, int]] = set()
        for number, page in enumerate(self._pdf.pages, 1):
            taken |= _streams(page.obj.get("/Contents"))
            self._add(f"page {number}", page, page.resources, self._putter(page))
        walk = Walk(self._pdf, taken).go()
        for place, stream, resources in walk.forms:
            if stream.objgen not in self._drawing.drawn:
                self._add(place, stream, stream.get("/Resources", resources), stream.write)
        self._walk = walk
        self._said = [*walk.said, *self._in_marks()]
        if self._pdf.get_warnings():
            raise CannotRead(DAMAGED)

    @property
    def read(self) -> dict[str, Any]:
        """What is in it: texts of canvases with their views (stretches of letters), and all else that is said."""
        canvases = []
        for canvas in self._canvases:
            ends = [0, *accumulate(len(glyph.text) for glyph in canvas.glyphs)]
            seen = [
                [each if isinstance(each, str) else (ends[each[0]], ends[each[1]]) for each in view]
                for view in views(canvas.glyphs)
            ]
            text = "".join(glyph.text for glyph in canvas.glyphs)
            canvases.append({"place": canvas.name, "text": text, "views": seen})
        said = [
            {"place": each.place, "before": each.before, "text": each.text, "is_xml": each.is_xml}
            for each in self._said
        ]
        unread = self._drawing.unread + self._walk.unread
        found = {"names": self._walk.names, "unread": unread, "remarks": self._walk.remarks}
        return {"canvases": canvases, "said": said, **found}

    def without(self, spans: dict[str, list[list[int]]], said: dict[str, str]) -> bytes:
        """The file anew.

        Args:
            spans: what is to go of canvases, by their numbers: code points of their texts.
            said: what is to stand in place of other texts, by their numbers.

        Raises:
            CannotRead: a glyph that is to go stands for more than a glyph does.
        """
        gone = {number: self._glyphs(self._canvases[int(number)], each) for number, each in spans.items()}
        self._say(said, gone)
        sets = {number: covered(self._canvases[int(number)], each) for number, each in gone.items()}
        places: dict[Content, set[Any]] = {}
        numbers: dict[Content, dict[Any, float]] = {}
        for number, each in sets.items():
            for at in each:
                glyph = self._canvases[int(number)].glyphs[at]
                places.setdefault(glyph.content, set()).add(glyph.place)
                numbers.setdefault(glyph.content, {})[glyph.place] = glyph.number
        outermost = set()
        for canvas in self._canvases:
            # A form that is drawn in several places loses its glyphs in all of them.
            here = [n for n, g in enumerate(canvas.glyphs) if g.content in places and g.place in places[g.content]]
            content = canvas.content
            outermost.add(content)
            boxes = boxes_of(canvas, here)
            canvas.put(written(content, places.get(content, set()), numbers.get(content, {}), boxes))
        for objgen, content in self._drawing.drawn.items():
            if content not in outermost:
                data = written(content, places.get(content, set()), numbers.get(content, {}), b"")
                self._pdf.get_object(objgen).write(data)
        made = io.BytesIO()
        self._pdf.save(
            made,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            fix_metadata_version=False,
            preserve_pdfa=False,
            deterministic_id=True,
        )
        return made.getvalue()

    def _add(self, place: str, stream: Any, resources: Any, put: Any) -> None:
        if isinstance(stream, pikepdf.Page):
            content = self._drawing.parsed(place, stream)
        else:
            content = self._drawing.content_of(place, stream)
        canvas = Canvas(place, content, put)
        self._drawing.draw(canvas, resources)
        self._canvases.append(canvas)

    def _putter(self, page: Any) -> Any:
        def put(data: bytes) -> None:
            page.obj["/Contents"] = self._pdf.make_stream(data)

        return put

    def _in_marks(self) -> list[Said]:
        """What marks in content streams say of the glyphs in them."""
        self._marks: dict[int, tuple[Content, int]] = {}
        said: list[Said] = []
        for content in dict.fromkeys([*(each.content for each in self._canvases), *self._drawing.drawn.values()]):
            for (number, key), text in content.texts.items():

                def put(new: str, at: tuple[int, str] = (number, key), content: Content = content) -> None:
                    content.texts[at] = new

                self._marks[len(self._walk.said) + len(said)] = (content, number)
                said.append(Said(f"{content.name} {key}", "", text, False, put))
        return said

    def _say(self, said: dict[str, str], gone: dict[str, set[int]]) -> None:
        """Put other texts in place; what a mark said was there goes with it."""
        marked = set()
        for number, text in said.items():
            self._said[int(number)].put(text)
            if int(number) in self._marks:
                marked.add(self._marks[int(number)])
        for at, canvas in enumerate(self._canvases if marked else ()):
            gone.setdefault(str(at), set()).update(n for n, g in enumerate(canvas.glyphs) if g.mark in marked)

    def _glyphs(self, canvas: Canvas, spans: list[list[int]]) -> set[int]:
        ends = list(accumulate(len(glyph.text) for glyph in canvas.glyphs))
        gone: set[int] = set()
        for start, end in spans:
            gone.update(range(bisect_right(ends, start), bisect_left(ends, end) + 1))
        if any(len(canvas.glyphs[number].text) > MOST_LETTERS for number in gone):
            raise CannotRead(
                f"a glyph of a font stands for more than {MOST_LETTERS} letters; print it into a new PDF first"
            )
        return gone


def _streams(contents: Any) -> set[tuple[int, int]]:
    each = contents if isinstance(contents, pikepdf.Array) else [contents]
    return {stream.objgen for stream in each if isinstance(stream, pikepdf.Stream)}


def answer(inward: Any, outward: Any) -> None:
    """Read, tell, write, tell; whatever a library raises is an answer, without a word of what is in the file."""
    try:
        document = Document(_take(inward))
        _send(outward, json.dumps(document.read).encode())
        if not (asked := json.loads(_take(inward) or b"{}")):
            return
        data = document.without(asked["canvases"], asked["said"])
        _send(outward, json.dumps({"texts": second.texts_of(data)}).encode())
        _send(outward, data)
        return
    except CannotRead as error:
        said = str(error)
    except (MemoryError, RecursionError):
        said = "reading it takes more memory than is given"
    except pikepdf.PdfError:
        said = DAMAGED
    except Exception as error:
        said = f"{DAMAGED} ({type(error).__name__})"
    _send(outward, json.dumps({"refused": said}).encode())


def _take(stream: Any) -> bytes:
    data: bytes = stream.read(int(stream.readline() or b"0"))
    return data


def _send(stream: Any, data: bytes) -> None:
    stream.write(b"%d\n" % len(data) + data)
    stream.flush()


def main() -> None:
    """Answer on standard output, with no more memory and time than is given."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    # What a library only warns of when it reads operators is nothing that others are sure to read alike.
    warnings.simplefilter("error", UserWarning)
    inward, outward = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    answer(inward, outward)


if __name__ == "__main__":
    main()
