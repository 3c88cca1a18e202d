"""A PDF as a reading, and its copy; all that touches its bytes is done in a process of its own (`child`)."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from moderation.containers.layers import CannotRead, Edit, Layer, Read, Reading, apply
from moderation.containers.markup import check_xml, text_layer, tokens

REMEDY = "it is a PDF, which is read only where the extra is: pip install 'moderation[pdf]'"
SECONDS = 240.0
"""On the clock; the process itself is given half as much of a processor."""


def start() -> subprocess.Popen[bytes]:
    """A process that reads one PDF."""
    command = [sys.executable, "-m", "moderation.containers.pdf.child"]
    return subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


class PdfFile:
    """A PDF that is read and written once.

    Args:
        data: all of it.

    Raises:
        CannotRead: the extra is not installed, or nobody can look through the file; says why.
    """

    def __init__(self, data: bytes) -> None:
        if importlib.util.find_spec("pikepdf") is None or importlib.util.find_spec("pdfminer") is None:
            raise CannotRead(REMEDY)
        self._child = start()
        self._said = self._asked(data)
        self._roots: list[Layer] = [Layer(each["text"]) for each in (*self._said["canvases"], *self._said["said"])]
        self.remarks: Mapping[str, int] = self._said["remarks"]

    def read(self, inner: Read) -> tuple[Reading, dict[Layer, str]]:
        """All of it that is text, and where each outermost text is."""
        reading = Reading("")
        canvases, said = self._said["canvases"], self._said["said"]
        places = [each["place"] for each in (*canvases, *said)]
        for root, canvas in zip(self._roots, canvases, strict=False):
            for view in canvas["views"]:
                section = reading.aside()
                for each in view:
                    if isinstance(each, str):
                        section.frame(each)
                    else:
                        section.show(root, *each)
        strings = reading.aside()
        for root, each in zip(self._roots[len(canvases) :], said, strict=True):
            if each["is_xml"]:
                _read_metadata(reading, root, inner)
                continue
            strings.frame(each["before"])
            inner(reading, strings, root)
            strings.frame("\n\n")
        reading.aside().frame("\n".join(self._said["names"]))
        reading.unread.update(self._said["unread"])
        return reading, dict(zip(self._roots, places, strict=True))

    def written(self, edits: Mapping[Layer, Sequence[Edit]]) -> tuple[bytes, Sequence[tuple[str, str]]]:
        """The file without what is edited, and every text that another library reads in it, with its place.

        On pages black boxes stand in place of what is gone, in strings what the edits say. The file is written anew:
        nothing of older versions of it, and nothing that no object leads to, is in it.

        Raises:
            CannotRead: it cannot be written.
        """
        pages = len(self._said["canvases"])
        spans: dict[int, list[tuple[int, int]]] = {}
        said: dict[int, str] = {}
        for number, root in enumerate(self._roots):
            if not (made := edits.get(root)):
                continue
            if number < pages:
                spans[number] = [(edit.start, edit.end) for edit in made if edit.start < edit.end]
            else:
                said[number - pages] = apply(root.text, made)
        texts = self._asked(json.dumps({"canvases": spans, "said": said}).encode())["texts"]
        return self._within(self._take), [(place, text) for place, text in texts]

    def close(self) -> None:
        """End the process."""
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._child.wait()

    def _asked(self, data: bytes) -> Any:
        """What the process answers. Ends it unless all is well."""

        def ask() -> bytes:
            assert self._child.stdin is not None
            self._child.stdin.write(b"%d\n" % len(data) + data)
            self._child.stdin.flush()
            return self._take()

        answered = json.loads(self._within(ask))
        if "refused" in answered:
            self.close()
            raise CannotRead(answered["refused"])
        return answered

    def _take(self) -> bytes:
        assert self._child.stdout is not None
        size = int(self._child.stdout.readline())
        data = self._child.stdout.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def _within(self, work: Any) -> bytes:
        timer = threading.Timer(SECONDS, self._child.kill)
        timer.start()
        try:
            made: bytes = work()
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise CannotRead("reading it takes more time or memory than is given, or the reader died") from error
        finally:
            timer.cancel()
        return made


def _read_metadata(reading: Reading, root: Layer, inner: Read) -> None:
    """Show what XMP says of a file: its texts and attributes, without names of schemas, ids and dates."""
    check_xml(root.text)
    section, name = reading.aside(), ""
    for token in tokens(root.text, is_xml=True):
        shown: list[tuple[int, int]] = []
        if token.kind == "tag" and not token.is_close:
            name = token.name if not token.name.startswith("rdf:") else name
            found = _ATTRIBUTE.finditer(root.text, token.start, token.end)
            shown = [match.span(2) for match in found if not match[1].startswith(_OF_RDF)]
        elif token.kind != "tag" and not root.text.startswith("<?xpacket", token.start):
            shown = [(token.start, token.end)]
        for start, end in shown:
            if not _OF_PROGRAMS.fullmatch(root.text, start, end):
                section.frame("\nname: " if name.endswith(("creator", "author")) else "\n")
                inner(reading, section, text_layer(root, start, end, is_xml=True))


_ATTRIBUTE = re.compile(r"""\s([\w:.\-]+)\s*=\s*["']([^"'<>]*)["']""")
_OF_RDF = ("xmlns", "rdf:", "xml:")
_OF_PROGRAMS = re.compile(r"\s*(?:\d{4}-\d\d-\d\dT[\d:.+\-Z]*|(?:uuid|xmp\.\w+):[\w\-]*)?\s*")
