"""Objects in a folder: what cannot be read now is not taken for what is not there."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ground.blobs import FolderBlobs
from ground.errors import NotFound, StoreUnavailable


@pytest.mark.parametrize(("number", "raised"), [(errno.EIO, StoreUnavailable), (errno.ENOENT, NotFound)])
def test_a_file_that_cannot_be_read_is_unavailable_and_one_deleted_meanwhile_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, raised: type[Exception]
) -> None:
    blobs = FolderBlobs(tmp_path, "moderation")
    uri = blobs.put("a/b.png", b"bytes", "image/png")

    def fail(*_: object) -> None:
        raise OSError(number, "injected")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", fail)
        with pytest.raises(raised, match=r"read|no stored object"):
            blobs.get(uri)
    assert blobs.get(uri) == b"bytes"
