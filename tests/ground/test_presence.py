"""Presence: whoever comes to a folder learns whether another process works there, also one that was killed."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

from ground.presence import Presence

PROGRAM = """\
import sys, time
from pathlib import Path
from ground.presence import Presence
Presence(Path(sys.argv[1])).enter(lambda: None)
print("present", flush=True)
time.sleep(600)
"""


def is_alone(path: Path) -> bool:
    called: list[bool] = []
    presence = Presence(path)
    presence.enter(lambda: called.append(True))
    presence.close()
    return bool(called)


def other(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "present\n"
    return process


def test_the_first_one_is_alone_and_so_is_the_next_once_it_has_gone(tmp_path: Path) -> None:
    assert is_alone(tmp_path / "present")
    assert is_alone(tmp_path / "present")
    assert stat.S_IMODE((tmp_path / "present").stat().st_mode) == 0o600


def test_a_process_is_present_until_it_is_killed(tmp_path: Path) -> None:
    first, second = other(tmp_path / "present"), other(tmp_path / "present")
    beside_two = is_alone(tmp_path / "present")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    beside_one = is_alone(tmp_path / "present")
    second.send_signal(signal.SIGKILL)
    second.communicate()

    assert (beside_two, beside_one, is_alone(tmp_path / "present")) == (False, False, True)
