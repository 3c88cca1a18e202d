"""What ``mkdocs.yml`` cannot say: the README is the first page, and links to files beside ``docs/`` name them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent

_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the README as ``index.md``, with its links as they are from within ``docs/``."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    turned = re.sub(r"\]\((?!\w+:|#)(?P<target>[^)\s]+)\)", _from_docs, readme)
    files.append(File.generated(config, "index.md", content=turned))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name files of the checkout that are no pages: the site does not have them."""
    return _LINK.sub(_named, markdown)


def _from_docs(found: re.Match[str]) -> str:
    target = found["target"]
    return f"]({target.removeprefix('docs/')})" if target.startswith("docs/") else f"](../{target})"


def _named(found: re.Match[str]) -> str:
    text, target = found["text"], found["target"]
    if not target.startswith("../"):
        return found[0]
    path = target.removeprefix("../")
    return f"`{path}`" if text.strip("`") in (path, path.removesuffix("/README.md")) else f"{text} (`{path}`)"
