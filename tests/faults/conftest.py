"""The seed of a run, and its closing table."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from tests.faults.report import rows_of, table

SEED = int(os.environ.get("FAULTS_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
os.environ["FAULTS_SEED"] = str(SEED)  # the same in all processes of a run


def pytest_report_header() -> str:
    return f"faults: FAULTS_SEED={SEED}"


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance that the seed and the test's name settle."""
    return random.Random(f"{SEED} {request.node.name}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    if rows := rows_of(reports):
        terminalreporter.section(f"faults, FAULTS_SEED={SEED}")
        for line in table(rows):
            terminalreporter.write_line(line)
