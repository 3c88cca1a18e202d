"""What the tests of models share."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.models.tests.nets import Models


@pytest.fixture
def models(tmp_path: Path) -> Models:
    folder = tmp_path / "models"
    folder.mkdir()
    return Models(folder)
