"""Pictures to look at, and a context over their bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from moderation.core.items import Media, Part
from moderation.testing import FakeContext

EXAMPLES = Path(__file__).parent.parent.parent.parent / "examples"


class Files(FakeContext):
    """A context over bytes, whatever they are."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder

    def add(self, data: bytes, content_type: str = "image/png", name: str | None = None, **facts: Any) -> Part:
        path = self.folder / str(len(list(self.folder.iterdir())))
        path.write_bytes(data)
        media = Media(uri=str(path), sha256="", content_type=content_type, size_bytes=len(data), name=name, **facts)
        return Part(id="p0", type="image", media=media)

    def path(self, part: Part) -> Path:
        assert part.media is not None
        return Path(part.media.uri)


def example(files: Files, name: str) -> Part:
    return files.add((EXAMPLES / name).read_bytes(), name=name)


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
