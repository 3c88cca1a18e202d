"""Redaction without a data folder keeps what it has begun in the home folder: a test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.containers.pdf import files
from tests.moderation.redacting.pdfs import Here


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of a test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def pdfs_are_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of PDF is a thread of the test's process, which starts at once."""
    monkeypatch.setattr(files, "start", Here)
