"""``docs/tutorial.md``, ``docs/how-to.md`` and the README's first steps, typed by a newcomer who does what they say and nothing else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import Block, Command, blocks, commands
from tests.paths import DOCS, EXAMPLES, ROOT
from tests.reviewers import Reviewer
from tests.waiting import free_port, listens, wait_for

pytestmark = pytest.mark.slow

INSTALLS = "make install"
"""The one command that is not run: it downloads. It made what the tests run in, by another target of the Makefile."""
HOLDS = ("moderation serve", ".venv/bin/moderation serve", "python receiver.py")
"""Commands that keep their terminal."""


class Terminal:
    """A shell in a folder. What is typed runs in it, one command after the other; the first that fails ends it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.shell = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def _read(self) -> None:
        assert self.shell.stdout is not None
        for line in self.shell.stdout:
            self.said += line

    def type(self, line: str) -> None:
        assert self.shell.stdin is not None
        self.shell.stdin.write(line + "\n")
        self.shell.stdin.flush()

    def run(self, typed: str) -> str:
        """What the command says, once it is over."""
        before = len(self.said)
        self.type(f"{typed}\necho '<over>'")
        wait_for(lambda: "<over>\n" in self.said[before:] or not self.reading.is_alive())
        assert "<over>\n" in self.said[before:], f"{typed}\n{self.said[before:]}"
        return self.said[before:].removesuffix("<over>\n")

    def close(self) -> None:
        assert self.shell.stdin is not None
        self.shell.stdin.close()
        if self.shell.poll() is None:
            os.killpg(self.shell.pid, signal.SIGTERM)
        self.shell.wait()
        self.reading.join()
        assert self.shell.stdout is not None
        self.shell.stdout.close()


class Newcomer:
    """Somebody with a checkout and three terminals."""

    def __init__(self, folder: Path) -> None:
        self.service, self.receiver = free_port(), free_port()
        self.checkout, self.site = folder / "moderation", folder / "shop"
        self.checkout.mkdir()
        (self.checkout / ".venv").symlink_to(sys.prefix)
        (self.checkout / "examples").symlink_to(EXAMPLES)
        # The ports are others than the page's, answers can be taken back for a moment only, and no detector starts in vain.
        self.environment = {
            **os.environ,
            "MODERATION_PORT": str(self.service),
            "MODERATION_UNDO_SECONDS": "0.2",
            "MODERATION_POLL_SECONDS": "0.3",
            "MODERATION_DETECTOR_PROCESSES": "0",
        }
        self.terminals: dict[str, Terminal] = {}

    def types(self, block: Block) -> str:
        """All of a console block, whose outputs have to be those of the page; what the last command said."""
        said = ""
        for command in commands(block):
            if command.typed != INSTALLS:
                said = self.does(command, block.title)
                assert fits(said, self.here(command.said)), f"{block.place}: {command.typed}\n{said}"
        return said

    def does(self, command: Command, where: str) -> str:
        if where not in self.terminals:
            self.terminals[where] = Terminal(self.checkout, self.environment)
        typed = self.here(command.typed)
        if typed in HOLDS:
            self.terminals[where].type(typed)
            port = self.service if "serve" in typed else self.receiver
            wait_for(lambda: listens(port) or not self.terminals[where].reading.is_alive())
            assert listens(port), self.terminals[where].said
            return ""
        return self.terminals[where].run(typed)

    def hears(self, block: Block) -> str:
        """What a terminal says by itself, once it does."""
        wait_for(lambda: block.text in self.terminals[block.title].said)
        return block.text

    def saves(self, name: str, text: str) -> None:
        (self.site / name).write_text(self.here(text), encoding="utf-8")

    def here(self, text: str) -> str:
        return text.replace("8000", str(self.service)).replace("9000", str(self.receiver))

    def decides(self, name: str, password: str) -> None:
        """Signs in to the portal and answers the tasks that wait there."""
        reviewer = Reviewer(
            lambda: f"http://127.0.0.1:{self.service}", name, password, threading.Event(), says="approve"
        )
        wait_for(lambda: (reviewer.work(), reviewer.answered)[1])
        assert reviewer.surprises == []


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    somebody = Newcomer(tmp_path)
    yield somebody
    for terminal in somebody.terminals.values():
        terminal.close()


def fits(said: str, page: str) -> bool:
    """Whether it is what the page shows, where ``...`` stands for anything."""
    pattern = ".*".join(map(re.escape, page.strip().split("...")))
    return re.fullmatch(pattern, said.strip(), re.S) is not None


def test_the_tutorial_leads_from_nothing_to_a_verified_webhook(newcomer: Newcomer) -> None:
    heard, password = "", ""
    for block in blocks(DOCS / "tutorial.md"):
        if block.kind == "console":
            password = newcomer.types(block).rpartition("password, shown only once: ")[2].strip() or password
        elif block.kind == "text":  # what the receiver says once somebody has decided
            newcomer.decides("rita", password)
            heard = newcomer.hears(block)
        else:
            newcomer.saves(block.title, block.text)

    assert heard


def test_the_ways_of_the_how_to_page_are_typed_from_top_to_bottom(newcomer: Newcomer) -> None:
    typed = 0
    for block in blocks(DOCS / "how-to.md"):
        if block.kind == "console":
            newcomer.types(block)
            typed += 1
        else:
            newcomer.saves(block.title, block.text)

    assert typed > 8


def test_the_first_steps_of_the_readme_lead_to_a_decision(newcomer: Newcomer) -> None:
    steps = [block for block in blocks(ROOT / "README.md") if block.kind == "console" and block.title]
    for block in steps:
        newcomer.types(block)

    assert [block.title for block in steps] == ["first terminal", "second terminal"]


def test_what_installs_is_a_target_of_make() -> None:
    assert re.search(r"^install: ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
