"""What the pages of the documentation have: fenced blocks and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.paths import DOCS, ROOT

PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
"""What the site of the documentation is made of."""
ALL_PAGES = [
    *PAGES,
    ROOT / "CONTRIBUTING.md",
    *(
        page
        for folder in ("clients", "deploy", "examples", "packs", "plugins", "tools")
        for page in sorted((ROOT / folder).rglob("*.md"))
        if "node_modules" not in page.parts
    ),
]
"""Those that lie beside what they are about, too."""

_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<why>[^>\n]+) -->\n)?^(?P<indent> *)```(?P<kind>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^(?P=indent)```$",
    re.M | re.S,
)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        line: of the page, where its text begins.
        title: the file or the terminal that it belongs to; empty where the page says none.
        not_run: why no test takes it, as a comment before it says; empty where there is none.
    """

    page: Path
    line: int
    kind: str
    title: str
    text: str
    not_run: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Command:
    """What is typed at a prompt, and the lines that the page says come of it."""

    typed: str
    said: str


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start("text")) + 1
        yield Block(page, line, found["kind"], found["title"] or "", dedent(found["text"]), found["why"] or "")


def links(page: Path) -> Iterator[str]:
    """Targets of links, outside of fenced blocks."""
    for found in _LINK.finditer(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        yield found["target"]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block. A line that ends with a backslash or within quotes goes on in the next one."""
    for piece in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        lines = piece.splitlines()
        end = 1
        while lines[end - 1].endswith("\\") or "\n".join(lines[:end]).count("'") % 2:
            end += 1
        yield Command("\n".join(lines[:end]), "\n".join(lines[end:]))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.replace("`", "").lower()).strip().replace(" ", "-") for title in titles}
