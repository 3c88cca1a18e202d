"""``moderation rules watch``: whoever writes a policy sees its faults and its tests each time that they save."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.moderation.policies.good import GOOD
from tests.waiting import PATIENCE_SECONDS, wait_for


class Watcher:
    """The command in a process of its own, and what it has said so far."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-u", "-m", "moderation", "rules", "watch", str(folder), "--every", "0.05"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines += [""]
        with self.process.stdout as said:
            for line in said:
                self.lines.append(line)

    def says(self, words: str, after: int = 0) -> None:
        """Wait until it has said so."""
        wait_for(lambda: words in "".join(self.lines[after:]) or self.process.poll() is not None)
        assert words in "".join(self.lines[after:]), "".join(self.lines)

    def end(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Watcher]:
    (tmp_path / "shop.yml").write_text(GOOD)
    opened = Watcher(tmp_path)
    yield opened
    if opened.process.poll() is None:
        opened.process.kill()
        opened.end()


def test_each_save_is_looked_at_again(watcher: Watcher, tmp_path: Path) -> None:
    file = tmp_path / "shop.yml"
    watcher.says("1 of 1 test passed")

    so_far = len(watcher.lines)
    file.write_text(GOOD.replace("label: Weapons, review", "label: Weapon, review"))
    watcher.says("did you mean 'Weapons' (under Violence)?", so_far)

    so_far = len(watcher.lines)
    file.write_text(GOOD.replace("[{Weapons: 96}]", "[{Weapons: 90}]"))
    watcher.says("FAILED  a gun", so_far)

    so_far = len(watcher.lines)
    (tmp_path / "other.yml").write_text("policy: other\n")
    watcher.says("'format' is missing", so_far)

    so_far = len(watcher.lines)
    file.unlink()
    watcher.says("shop.yml: gone", so_far)
    assert watcher.end() == 0
