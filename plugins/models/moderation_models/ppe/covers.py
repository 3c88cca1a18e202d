"""The kinds of cover, and the files of their heads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from moderation_models.onnx_file import ModelBroken

SHIPPED = Path(__file__).parent / "heads"


@dataclass(frozen=True)
class Cover:
    """A kind of cover.

    Attributes:
        name: as policies write it.
        part: what it is worn on.
        label: of it in the taxonomy.
        margin: what is looked at round the part, as a share of it; a face is looked at in a square.
    """

    name: str
    part: str
    label: str
    margin: float = 1.0
    is_square: bool = False

    @property
    def file(self) -> str:
        """Name of the file of its head, in the package and in the operator's folder."""
        return f"ppe-{self.name.replace('_', '-')}.npz"


COVERS = (
    Cover("head_cover", "head", "PPE/HEAD_COVER"),
    Cover("face_cover", "face", "PPE/FACE_COVER", margin=1.25, is_square=True),
    Cover("vest", "torso", "PPE/VEST"),
)


def head_path(cover: Cover, folder: Path | None) -> Path:
    """Where the head of a cover is read from."""
    own = folder / cover.file if folder is not None else None
    return own if own is not None and own.is_file() else SHIPPED / cover.file


def digest_of(folder: Path | None) -> str:
    """Eight digits that change when a head does, for the detector's version. Raises `ModelBroken`."""
    digest = hashlib.sha256()
    for cover in COVERS:
        path = head_path(cover, folder)
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise ModelBroken(f"{path} cannot be read: {error.strerror}; mend or remove it") from error
    return digest.hexdigest()[:8]
