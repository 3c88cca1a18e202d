"""Every console block of the documentation: typed for real where that can be, else held against the commands that there are.

`tutorial.md`, `how-to.md` and the README's first steps are typed (`test_tutorial.py`). Of all others each ``moderation`` command has to be one, with
options that it has; other programs stand in `OTHERS` with the reason why they are not run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from moderation.cli import cli
from tests.docs.pages import ALL_PAGES, Block, blocks
from tests.paths import ROOT

TYPED = {"docs/tutorial.md", "docs/how-to.md"}
"""Pages whose blocks are all typed."""
OTHERS = {
    "make": "a target of the Makefile; installs and takes minutes",
    "docker": "needs its daemon", "podman": "needs a registry", "buildah": "needs a base image; make test-container",
    "kubectl": "needs a cluster", "helm": "needs a cluster; make test-chart",
    "aws": "needs an account at AWS",
    "sudo": "changes the machine", "apt-get": "changes the machine",
    "pip": "downloads",
    "curl": "needs the service of the page's reader; each call is tested by tests/moderation/api",
    "openssl": "of the machine", "export": "of the shell", "cd": "of the shell", "umask": "of the shell", "source": "of the shell",
    ".": "of the shell", "cp": "of the machine", "cat": "of the machine", "jq": "of the machine", "for": "of the shell", "until": "of the shell",
    "tail": "of the machine", "tr": "of the machine", "base64": "of the machine", "duckdb": "of the reader", "container=$(buildah": "see buildah",
    "ls": "of the machine", "echo": "of the shell", "python": "of the page's reader", "python3": "of the page's reader", "git": "of the machine",
}  # fmt: skip
"""Programs that blocks name beside ours, and why they are not run."""

CONSOLE = [block for page in ALL_PAGES for block in blocks(page) if block.kind in ("console", "sh", "bash")]


def is_typed(block: Block) -> bool:
    page = str(block.page.relative_to(ROOT))
    return page in TYPED or (page == "README.md" and block.title != "")


def typed_lines(block: Block) -> Iterator[list[str]]:
    """Simple commands of a block, as words: without comments, settings before them, and what is piped or redirected."""
    lines = re.sub(r"\\\n\s*", " ", block.text).splitlines()
    prompts = [line for line in lines if line.startswith("$ ")] if block.kind == "console" else lines
    for line in prompts:
        text = re.sub(r"\s#.*$", "", line.removeprefix("$ "))
        for piece in re.split(r"\s(?:\|\||\||&&|;)\s", text):
            try:
                words = shlex.split(piece)
            except ValueError:  # a quotation that goes on in the next line
                words = piece.split()
            while words and re.match(r"[A-Z_]+=", words[0]):
                words = words[1:]
            if words:
                yield words


OURS = [
    (block.place, words)
    for block in CONSOLE
    for words in typed_lines(block)
    if words[0].rpartition("/")[2] == "moderation"
]


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words name, and the words after it."""
    command: click.Command = cli
    context = click.Context(cli, info_name="moderation")
    left = words[1:]
    while isinstance(command, click.Group) and left and not left[0].startswith("-"):
        below = command.get_command(context, left[0].partition("|")[0])
        if below is None and command.name == "export":  # a folder or bucket, in the place of `decisions`
            below, left = command.get_command(context, "decisions"), ["decisions", *left]
        assert below is not None, f"no command {left[0]!r}"
        command, left = below, left[1:]
    return command, left


@pytest.mark.parametrize(("place", "words"), OURS, ids=lambda each: each if isinstance(each, str) else None)
def test_a_command_on_a_page_is_one_and_has_its_options(place: str, words: list[str]) -> None:
    command, left = command_of(words)

    context = click.Context(command)
    known = {name for parameter in command.get_params(context) for name in (*parameter.opts, *parameter.secondary_opts)}
    known |= {"-h", "--help", "--version"}
    named = [word.partition("=")[0].strip("[]") for word in left if re.match(r"\[?--?[a-z]", word)]
    assert [name for name in named if name not in known] == []


def test_every_other_program_is_known_with_a_reason() -> None:
    other = {
        words[0].rpartition("/")[2]: block.place
        for block in CONSOLE
        if not is_typed(block)
        for words in typed_lines(block)
        if words[0].rpartition("/")[2] != "moderation"
    }

    assert {name: place for name, place in other.items() if name not in OTHERS} == {}


def test_the_count_of_what_is_typed_and_what_is_only_looked_at() -> None:
    typed = [block for block in CONSOLE if is_typed(block)]

    assert len(typed) >= 20
    assert len(OURS) >= 100
