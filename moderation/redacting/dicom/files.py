"""DICOM files read under limits and written anew.

A file is read up to its pixels and no further: what comes after them (signatures, padding) has no copy.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moderation.redacting.dicom.coding import CODINGS
from moderation.redacting.dicom.profile import PIXELS
from moderation.redacting.media import NoCopy

if TYPE_CHECKING:
    from pydicom import Dataset

REMEDY = "it is DICOM, which is read only where the extra is: pip install 'moderation[dicom]'"
MOST_HEADER_BYTES = 8 << 20
"""Of attributes before the pixels: each takes a hundred times as much in memory as its eight bytes in a file."""
_PREAMBLE = 128
_IMPLICIT, _EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


def is_dicom_name(name: str) -> bool:
    """Whether a file is called DICOM."""
    return name.lower().endswith((".dcm", ".dicom"))


def is_dicom(data: bytes) -> bool:
    """Whether bytes begin as PS3.10 has it."""
    return data[_PREAMBLE : _PREAMBLE + 4] == b"DICM"


@contextmanager
def library() -> Iterator[None]:
    """Runs the reader of DICOM; whatever it raises becomes a reason to have no copy, without a value in it.

    Raises:
        NoCopy: the extra is not installed, or the file is damaged.
    """
    try:
        import pydicom
    except ImportError as error:
        raise NoCopy(REMEDY) from error
    # Its remarks have values of the file in them.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except NoCopy:
            raise
        except Exception as error:
            raise NoCopy(f"it is damaged DICOM, or of a kind that is not read ({type(error).__name__})") from error


def read(data: bytes) -> Dataset:
    """The data set of a file up to its pixels, with its transfer syntax; pixels are not decoded.

    Raises:
        NoCopy: it is no DICOM file, is encoded in a way that is not read, is damaged, or has no pixels.
    """
    if not is_dicom(data):
        raise NoCopy("it is called DICOM and does not begin as a DICOM file does (PS3.10)")
    with library():
        from pydicom.dataset import FileMetaDataset
        from pydicom.filereader import read_dataset
        from pydicom.uid import UID

        stream = io.BytesIO(data[: _PREAMBLE + 4 + MOST_HEADER_BYTES])
        stream.seek(_PREAMBLE + 4)
        meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2)
        syntax = UID(str(meta.get("TransferSyntaxUID", "")))
        if syntax not in CODINGS:
            named = syntax.name if syntax in _known_syntaxes() else "of an unknown transfer syntax"
            read = "uncompressed (little endian), RLE, JPEG, JPEG-LS and JPEG 2000"
            raise NoCopy(f"its pixels are {named}; {read} are read, so convert it first")
        is_implicit = syntax == _IMPLICIT
        stops: list[int] = []

        def is_past(tag: int, vr: str | None, length: int) -> bool:
            if tag >= PIXELS:
                stops.append(int(tag))
            return tag >= PIXELS

        dataset = read_dataset(stream, is_implicit, True, stop_when=is_past)
        if stops != [PIXELS]:
            most = f"in its first {MOST_HEADER_BYTES >> 20} MB" if len(data) > MOST_HEADER_BYTES else "in it"
            raise NoCopy(f"there are no pixels (7FE0,0010) {most}: only pictures are redacted, and whole ones")
        rest = io.BytesIO(data[stream.tell() :])
        dataset.update(read_dataset(rest, is_implicit, True, stop_when=lambda tag, vr, length: tag != PIXELS))
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax
        return dataset


def write(dataset: Dataset) -> bytes:
    """A file with a preamble and meta information of its own, Explicit VR Little Endian.

    Raises:
        NoCopy: it does not say what kind of object it is, or cannot be written.
    """
    with library():
        from pydicom import dcmwrite
        from pydicom.dataset import FileMetaDataset
        from pydicom.uid import UID

        if not dataset.get("SOPClassUID") or not dataset.get("SOPInstanceUID"):
            raise NoCopy("it has no SOP Class UID (0008,0016) or no SOP Instance UID (0008,0018)")
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(_EXPLICIT)
        out = io.BytesIO()
        dcmwrite(out, dataset, enforce_file_format=True)
        return out.getvalue()


def _known_syntaxes() -> list[str]:
    from pydicom.uid import AllTransferSyntaxes

    return list(AllTransferSyntaxes)
