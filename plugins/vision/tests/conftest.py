"""What the tests of pictures share."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.vision.tests.pictures import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)
