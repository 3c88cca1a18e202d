"""``moderation rules fmt``: one way to write policy files. Comments stay, and what the file says never changes."""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.emitter import RoundTripEmitter

from moderation.core.errors import PolicyFault
from moderation.yaml_reader import parse_document

WIDTH = 120
_ROUNDS = 4
_MANY_BLANK_LINES = re.compile(r"\n{3,}")


def formatted(name: str, text: str) -> str:
    """The text in its one form: indentation, spaces, quotes, blank lines and line width.

    Args:
        name: of the file, for faults.

    Raises:
        PolicyFault: the text is not YAML as policies use it.
    """
    before = parse_document(name, text.encode())
    if before.faults:
        raise PolicyFault(before.faults)
    done = text
    for _ in range(_ROUNDS):
        again = _once(done)
        if again == done:
            break
        done = again
    after = parse_document(name, done.encode())
    # As text, so that types and the order of keys count too: 1 is neither 1.0 nor true.
    if after.faults or repr(after.data) != repr(before.data) or _once(done) != done:
        # Rather no change than another meaning.
        fault = before.fault(
            before.at(()), "E100", "cannot be formatted without changing its meaning", "format by hand"
        )
        raise PolicyFault([fault])
    return done


class _Emitter(RoundTripEmitter):
    """Breaks long lines between things, not inside a sentence."""

    def process_scalar(self) -> None:
        """A word or sentence, on one line."""
        width, self.best_width = self.best_width, sys.maxsize
        try:
            super().process_scalar()
        finally:
            self.best_width = width


def _once(text: str) -> str:
    yaml = YAML(typ="rt")
    yaml.Emitter = _Emitter
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = WIDTH
    yaml.allow_unicode = True
    document = yaml.load(text.replace("\r\n", "\n"))
    out = io.StringIO()
    yaml.dump(document, out)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    joined = _MANY_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
    return _apart(joined, document) + "\n"


def _apart(text: str, document: object) -> str:
    """A blank line before each top-level key that opens a block, and before the comment that belongs to it."""
    if not isinstance(document, CommentedMap):
        return text
    opens = {
        key for key, value in document.items() if isinstance(value, dict | list) and "\n" in _block(text, str(key))
    }
    lines: list[str] = []
    for line in text.split("\n"):
        key = line.partition(":")[0]
        if key in opens and lines:
            at = len(lines)
            while at and lines[at - 1].startswith("#"):
                at -= 1
            if at and lines[at - 1]:
                lines.insert(at, "")
        lines.append(line)
    return "\n".join(lines)


def _block(text: str, key: str) -> str:
    """What stands under a top-level key, its own line included."""
    found = re.search(rf"^{re.escape(key)}:.*(?:\n(?: .*|- .*|$))*", text, re.MULTILINE)
    return "" if found is None else found.group(0).rstrip("\n")


def replace_file(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; its mode stays."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        os.chmod(name, path.stat().st_mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
