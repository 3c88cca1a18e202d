"""Word, Excel and PowerPoint files (ECMA-376): their XML as people see it; every other member stays byte for byte."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping

from moderation.containers.layers import Block, CannotRead, Layer, Read, Reading, Section
from moderation.containers.markup import Token, check_xml, text_layer, tokens

MOST_MEMBERS = 5_000
MOST_BYTES = 100_000_000
"""Of all members together, unpacked."""
_SHOWN = frozenset({"t", "instrtext", "deltext", "f"})
_NAMED = frozenset({"creator", "lastmodifiedby", "author", "manager"})
_TEXT = frozenset({"title", "subject", "description", "keywords", "category", "company", "lpwstr", "text", "pt"})
_ATTRIBUTE = re.compile(
    r"""(?:\w+:)?(author|initials|descr|title|name|tooltip|location|display|userid|val)="([^"]*)\"""", re.I
)
_TARGET = re.compile(r'Target="([^"]*)"')
_VALUE = re.compile(r"[@ ]|\d{7}")
_CELL_ATTRIBUTE = re.compile(r'\s(r|s)="([A-Za-z0-9]{1,12})"')
_HEAD_ROWS = 12_000


class Package:
    """A file of Word, Excel or PowerPoint, unpacked.

    Raises:
        CannotRead: it is none, is damaged or encrypted, or grows beyond what is read.
    """

    def __init__(self, data: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self._infos = archive.infolist()
                self._members = self._read(archive)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise CannotRead(f"it is a damaged or encrypted archive ({type(error).__name__})") from error
        if "[Content_Types].xml" not in self._members:
            raise CannotRead("it is an archive; unpack it first")

    def _read(self, archive: zipfile.ZipFile) -> dict[str, bytes]:
        if len(self._infos) > MOST_MEMBERS:
            raise CannotRead(f"it is an archive of more than {MOST_MEMBERS:,} files")
        members: dict[str, bytes] = {}
        left = MOST_BYTES
        for info in self._infos:
            if info.filename in members:
                raise CannotRead("it is an archive with two files of one name")
            with archive.open(info) as stream:
                members[info.filename] = stream.read(left + 1)
            left -= len(members[info.filename])
            if left < 0:
                raise CannotRead(f"it unpacks to more than {MOST_BYTES // 1_000_000} MB")
        return members

    def read(self, inner: Read) -> tuple[Reading, dict[Layer, str]]:
        """All of it that is text, and which member each outermost text is."""
        reading = Reading("")
        texts = {name: self._text(name, data) for name, data in self._members.items() if _is_xml(name)}
        roots = {name: Layer(text) for name, text in texts.items() if text is not None}
        shared = roots.get("xl/sharedStrings.xml")
        strings = _strings(shared) if shared is not None else []
        for name, root in roots.items():
            section = reading.aside()
            if re.fullmatch(r"xl/worksheets/[^/]*\.xml", name):
                _read_sheet(reading, root, strings)
            _read_part(reading, section, root, inner, is_relations=name.endswith(".rels"))
        for name, data in self._members.items():
            if data and name not in roots and not name.endswith("/"):
                reading.unread[_kind(name)] += 1
        return reading, {root: name for name, root in roots.items()}

    def _text(self, name: str, data: bytes) -> str | None:
        if not data or name == "[Content_Types].xml":
            return ""
        codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            raise CannotRead(f"its {name[:100]} is no text in {codec.upper()}") from error
        if codec == "utf-16":
            raise CannotRead(f"its {name[:100]} is in UTF-16; save it again with a newer program")
        check_xml(text)
        return text

    def written(self, changed: Mapping[str, str]) -> bytes:
        """The package with other texts for some members."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for info in self._infos:
                data = changed[info.filename].encode() if info.filename in changed else self._members[info.filename]
                archive.writestr(info, data, compress_type=info.compress_type)
        return made.getvalue()


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".rels", ".vml"))


def _kind(name: str) -> str:
    return f"a {name.rpartition('.')[2][:10].lower()} file in it" if "." in name else "a file in it"


def _local(token: Token) -> str:
    return token.name.rpartition(":")[2]


def _read_part(reading: Reading, section: Section, root: Layer, inner: Read, *, is_relations: bool) -> None:
    """Show the text of a part, paragraph by paragraph, and the attributes that hold words of people."""
    text, depth, name, apart = root.text, 0, "", reading.aside()
    for token in tokens(text, is_xml=True):
        if token.kind == "text":
            if name in _SHOWN or name in _TEXT or name in _NAMED:
                if name in _NAMED:
                    section.frame("\nname: ")
                inner(reading, section, text_layer(root, token.start, token.end, is_xml=True))
            continue
        if token.kind != "tag":
            continue
        local = _local(token)
        if token.is_close:
            name = ""
            depth -= local == "tc"
            section.frame(
                _END.get(local, "" if local not in _NAMED | _TEXT else "\n") if local != "p" or not depth else " "
            )
            continue
        name = local
        is_empty = text[token.end - 2] == "/"
        depth += local == "tc" and not is_empty
        if is_empty:
            name = ""
            section.frame({"tab": "\t", "br": "\n", "cr": "\n"}.get(local, ""))
        found = _TARGET if is_relations else _ATTRIBUTE
        if is_relations and 'TargetMode="External"' not in text[token.start : token.end]:
            continue
        for match in found.finditer(text, token.start, token.end):
            group = match.lastindex or 1
            word = match[1].lower() if group == 2 else ""
            if match[group] and (word != "val" or _VALUE.search(match[group])):
                apart.frame("\nname: " if word in ("author", "userid") else "\n")
                inner(reading, apart, text_layer(root, *match.span(group), is_xml=True))


_END = {"tc": "\t", "tr": "\n", "si": "\n", "p": "\n", "comment": "\n", "text": "\n"}


def _strings(root: Layer) -> list[list[Layer]]:
    """The shared strings of a workbook, each in its runs."""
    found: list[list[Layer]] = []
    name = ""
    for token in tokens(root.text, is_xml=True):
        if token.kind == "tag":
            name = "" if token.is_close else _local(token)
            if name == "si":
                found.append([])
        elif token.kind == "text" and name == "t" and found:
            found[-1].append(text_layer(root, token.start, token.end, is_xml=True))
    return found


def _read_sheet(reading: Reading, root: Layer, strings: list[list[Layer]]) -> None:
    """Show the rows of a sheet, the first one over each stretch of them, and each row with the heads of its cells."""
    section, records = reading.aside(), reading.aside()
    heads: list[str] | None = None
    for row in _rows(root, strings):
        words = ["".join(layer.text for layer in cell) for cell in row]
        if heads is None:
            heads = words
        if section.size > _HEAD_ROWS:
            section, records = reading.aside(), reading.aside()
            section.frame("\t".join(heads) + "\n")
        for number, cell in enumerate(row):
            section.frame("\t" if number else "")
            for layer in cell:
                section.show(layer)
            if cell and words is not heads:
                records.frame(f"{heads[number]}: " if number < len(heads) else "")
                for layer in cell:
                    records.show(layer)
                records.frame("\n")
        section.frame("\n")


def _rows(root: Layer, strings: list[list[Layer]]) -> list[list[list[Layer]]]:
    """The cells of each row, in the order of columns, each in its runs."""
    rows: list[list[list[Layer]]] = []
    text, opened, name, kind = root.text, 0, "", ""
    cell: list[Layer] = []
    for token in tokens(text, is_xml=True):
        local = _local(token)
        if token.kind == "text":
            if name == "v" and kind == "s":
                number = text[token.start : token.end].strip()
                if number.isascii() and number.isdigit() and int(number[:9]) < len(strings):
                    cell.extend(strings[int(number[:9])])
            elif name == "v" and kind in ("", "n"):
                end = text.find("</", token.end)
                close = text.find(">", text.find("</c", end)) + 1 if end >= 0 else 0
                if close:
                    tag = text[opened : text.find(">", opened) + 1]
                    cell.append(Block(root, opened, close, text[token.start : token.end], _as_text(tag)))
            elif name == "t" or (name == "v" and kind == "str"):
                cell.append(text_layer(root, token.start, token.end, is_xml=True))
        elif token.kind == "tag" and token.is_close:
            name = ""
        elif token.kind == "tag":
            name = local
            if local == "row":
                rows.append([])
            elif local == "c" and rows:
                opened = token.start
                found = re.search(r'\st="(\w+)"', text[token.start : token.end])
                kind = found[1] if found else ""
                column = _column(text[token.start : token.end])
                while len(rows[-1]) < min(column, 16_384):
                    rows[-1].append([])
                cell = []
                rows[-1].append(cell)
    return rows


def _column(tag: str) -> int:
    """The number of a cell's column, from 0 on."""
    found = re.search(r'\sr="([A-Z]{1,3})\d', tag)
    number = 0
    for letter in found[1] if found else "":
        number = number * 26 + ord(letter) - 64
    return max(number - 1, 0)


def _as_text(tag: str):  # type: ignore[no-untyped-def]
    """What stands in place of a cell with a number: one with a text, in the same place and style."""
    kept = "".join(f' {name}="{value}"' for name, value in _CELL_ATTRIBUTE.findall(tag))
    prefix = tag[1 : tag.find("c")] if ":" in tag.split(None, 1)[0] else ""

    def encode(text: str) -> str:
        escaped = text.replace("&", "&amp;").replace("<", "&lt;")
        return f'<{prefix}c{kept} t="inlineStr"><{prefix}is><{prefix}t>{escaped}</{prefix}t></{prefix}is></{prefix}c>'

    return encode
