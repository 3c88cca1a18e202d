"""A corpus of typed mistakes: each is found at its line, with a remedy, and with none that would change the meaning.

Each entry of `mistakes/` is one change of `mistakes/base.yml`, which has no fault: what stood there, what is typed, in
which line of it the fault is (0 for the first), words that the fault and its remedy say, and what is meant, where a
suggestion can know that.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from moderation.cli import run

FOLDER = Path(__file__).parent / "mistakes"
BASE = (FOLDER / "base.yml").read_text(encoding="utf-8")
MISTAKES: list[dict[str, Any]] = [
    mistake
    for name in ("signs", "words", "logic")
    for mistake in yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
]
SUGGESTED = re.compile(r"did you mean '?(.*?)'?(?: \(under .*\))?\?")


def test_of_a_hundred_mistakes_lines_and_remedies_are_right_and_no_meaning_is_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, mistake in enumerate(MISTAKES):
        assert BASE.count(mistake["was"]) >= 1, mistake
        (tmp_path / f"{number:03}.yml").write_text(_typed(mistake), encoding="utf-8")
    run(["rules", "lint", "--json", str(tmp_path)])
    faults: dict[int, list[Any]] = defaultdict(list)
    for fault in json.loads(capsys.readouterr().out):
        is_between_files = "is also in" in fault["message"]
        is_of_a_test = fault["code"] in ("W203", "W207")  # what a mistake leaves untested or unused
        if not (is_between_files or is_of_a_test):
            faults[int(Path(fault["path"]).stem)].append(fault)

    wrong_line = [_said(m, faults[n]) for n, m in enumerate(MISTAKES) if not _is_at_its_line(m, faults[n])]
    no_remedy = [_said(m, faults[n]) for n, m in enumerate(MISTAKES) if not _has_a_remedy(m, faults[n])]
    changed = [_said(m, faults[n]) for n, m in enumerate(MISTAKES) if _changes_the_meaning(m, faults[n])]

    assert len(MISTAKES) >= 100
    assert changed == []
    assert len(wrong_line) <= 0.02 * len(MISTAKES), "\n".join(wrong_line)
    assert len(no_remedy) <= 0.05 * len(MISTAKES), "\n".join(no_remedy)


def test_the_file_that_they_are_typed_into_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "lint", "--strict", str(FOLDER / "base.yml")]) == 0
    assert run(["rules", "test", str(FOLDER / "base.yml")]) == 0


def _typed(mistake: dict[str, Any]) -> str:
    return BASE.replace(mistake["was"], mistake["typed"], 1)


def _line(mistake: dict[str, Any]) -> int:
    return BASE[: BASE.index(mistake["was"])].count("\n") + 1 + int(mistake.get("line", 0))


def _is_at_its_line(mistake: dict[str, Any], faults: list[Any]) -> bool:
    return bool(faults) and _line(mistake) in {fault["line"] for fault in faults}


def _has_a_remedy(mistake: dict[str, Any], faults: list[Any]) -> bool:
    here = [fault for fault in faults if fault["line"] == _line(mistake)]
    said = " ".join(f"{fault['message']}: {fault['hint']}" for fault in here)
    return all(fault["hint"] for fault in here) and all(word in said for word in mistake["says"])


def _changes_the_meaning(mistake: dict[str, Any], faults: list[Any]) -> bool:
    suggested = {found for fault in faults for found in SUGGESTED.findall(fault["hint"])}
    return not suggested <= {mistake.get("means")}


def _said(mistake: dict[str, Any], faults: list[Any]) -> str:
    shown = "; ".join(f"{f['line']} {f['code']} {f['message']}: {f['hint']}" for f in faults) or "nothing"
    return f"{mistake['typed']!r} (line {_line(mistake)}) -> {shown}"
