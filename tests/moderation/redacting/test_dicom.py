"""DICOM files: what the profile takes out, what is covered in stored values, and what hostile files are told."""

import io
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from ground.media.limits import Limits
from moderation.core.items import Box
from moderation.redacting.dicom import files, pixels, profile
from moderation.redacting.dicom.keys import key_of_run
from moderation.redacting.media import NoCopy
from tests.moderation.redacting.scans import LETTERS, SYNTAXES, burned_in, dataset, opened, saved

KEY = b"k" * 32
BIG_ENDIAN = "1.2.840.10008.1.2.2"
TOP_HALF = Box(left=0, top=0, width=1, height=0.5)


def copy(data: bytes, *boxes: Box, key: bytes = KEY, limits: Limits | None = None) -> bytes:
    """As `DicomRedaction` does, with nobody who looks."""
    scan = files.read(data)
    frames = pixels.decoded(scan, limits or Limits())
    with files.library():
        profile.clean(scan, key)
        pixels.cover(frames, boxes, "solid")
        pixels.put(scan, frames)
    return files.write(scan)


def item(**values: object) -> Dataset:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("syntax", ["explicit", "implicit", "rle"])
def test_nothing_but_pixels_and_what_the_profile_keeps_has_a_copy(syntax: str) -> None:
    scan = dataset(
        burned_in(),
        AccessionNumber="SECRET",
        PatientBirthDate="19510102",
        PatientComments="SECRET",
        StudyDescription="SECRET",
        ImageComments="SECRET",
        StationName="SECRET",
        CodingSchemeName="SECRET",  # free text that the table does not name
        EthnicGroup="SECRET",
        NamesOfIntendedRecipientsOfResults="SECRET^A",
        OtherPatientIDsSequence=Sequence([item(PatientID="SECRET")]),
        AnatomicRegionSequence=Sequence([item(CodeValue="T-1", PatientName="SECRET^B", TextValue="SECRET")]),
        WindowCenter=40,
        WindowWidth=80,
    )
    scan.add_new(0x60003000, "OW", b"SECRET")
    scan.add_new(0x50003000, "OW", b"SECRET")
    scan.add_new(0x00090010, "LO", "SECRET")
    scan.add_new(0x00091001, "UN", b"SECRET")
    scan.add_new(0x00081FFE, "LO", "SECRET")  # in no dictionary
    scan.add_new(0x54001010, "OW", b"SECRET")  # a waveform
    scan.add_new(0x00180050, "LO", "SECRET") if syntax != "implicit" else None  # a number that says it is letters
    scan.add_new(0xFFFCFFFC, "OB", b"SECRET")
    data = bytearray(saved(scan, syntax))
    data[:6] = b"SECRET"

    made = copy(bytes(data))

    assert b"SECRET" in data
    assert b"SECRET" not in made
    assert b"Doe" not in made
    assert b"MRN-77" not in made
    assert b"19510102" not in made
    clean = opened(made)
    assert (clean.PatientIdentityRemoved, clean.Modality, clean.WindowCenter) == ("YES", "OT", 40)
    assert "basic profile" in clean.DeidentificationMethod
    assert clean.AnatomicRegionSequence[0].CodeValue == "T-1"
    assert clean.PatientName == ""
    assert np.array_equal(clean.pixel_array, burned_in())


def test_uids_are_new_and_those_that_belong_together_still_do() -> None:
    references = Sequence([item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.7", ReferencedSOPInstanceUID="1.2.3.9")])
    first = saved(dataset(burned_in(), ReferencedImageSequence=references, SOPInstanceUID="1.2.3.8"))
    second = saved(dataset(burned_in(), SOPInstanceUID="1.2.3.9"))

    one, other, another_run = opened(copy(first)), opened(copy(second)), opened(copy(second, key=b"x" * 32))

    assert one.StudyInstanceUID == other.StudyInstanceUID != "1.2.3.4"
    assert one.ReferencedImageSequence[0].ReferencedSOPInstanceUID == other.SOPInstanceUID
    assert other.SOPInstanceUID not in ("1.2.3.9", another_run.SOPInstanceUID)
    assert other.SOPInstanceUID == other.file_meta.MediaStorageSOPInstanceUID
    assert one.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"


def test_every_action_of_the_table_is_one_that_is_done() -> None:
    assert len(profile.actions()) == 617
    assert set(profile.actions().values()) == {"X", "Z", "D", "U", "walk"}


@pytest.mark.parametrize("syntax", ["explicit", "rle"])
@pytest.mark.parametrize(
    ("photometric", "bits", "signed", "black"),
    [
        ("MONOCHROME2", 8, False, 0),
        ("MONOCHROME1", 8, False, 255),
        ("MONOCHROME2", 12, False, 0),
        ("MONOCHROME1", 12, False, 4095),
        ("MONOCHROME2", 16, True, -32768),
        ("MONOCHROME1", 16, True, 32767),
        ("RGB", 8, False, 0),
    ],
)
def test_places_are_black_in_all_frames_and_the_rest_stays(
    photometric: str, bits: int, signed: bool, black: int, syntax: str
) -> None:
    frames = np.stack([burned_in(low=7, high=100), burned_in(say="B", low=9, high=90)])
    if photometric == "RGB":
        frames = np.stack([frames, frames + 1, frames + 2], -1)

    made = opened(copy(saved(dataset(frames, photometric, bits, signed), syntax), TOP_HALF)).pixel_array

    assert made.shape == frames.shape
    assert (made[:, :120] == black).all()
    assert np.array_equal(made[:, 160:], frames[:, 160:])


@pytest.mark.parametrize(
    ("syntax", "photometric", "bits", "is_lossy"),
    [
        ("jpeg", "MONOCHROME2", 8, True),
        ("jpeg", "RGB", 8, True),
        ("jpeg extended", "MONOCHROME1", 8, True),
        ("jpeg-ls", "MONOCHROME2", 8, False),
        ("jpeg-ls", "MONOCHROME1", 12, False),
        ("jpeg-ls", "RGB", 8, False),
        ("jpeg 2000", "MONOCHROME2", 8, False),
        ("jpeg 2000", "MONOCHROME2", 16, False),
        ("jpeg 2000", "RGB", 8, False),
        ("jpeg 2000 lossy", "RGB", 8, True),
    ],
)
def test_compressed_pixels_are_covered_and_written_uncompressed(
    syntax: str, photometric: str, bits: int, is_lossy: bool
) -> None:
    frames = np.stack([burned_in(low=40, high=200), burned_in(say="B", low=40, high=200)])
    if photometric == "RGB":
        frames = np.stack([frames, frames // 2, frames // 4], -1)

    made = opened(copy(saved(dataset(frames, photometric, bits), syntax), TOP_HALF))

    assert (made.file_meta.TransferSyntaxUID, made.PhotometricInterpretation) == (SYNTAXES["explicit"], photometric)
    assert made.get("LossyImageCompression") == ("01" if is_lossy else None)
    rest = made.pixel_array[:, 160:].astype(int)
    assert np.abs(rest - frames[:, 160:]).max() <= (6 if is_lossy else 0)
    assert (made.pixel_array[:, :120] == (0 if photometric != "MONOCHROME1" else (1 << bits) - 1)).all()


@pytest.mark.parametrize(
    ("photometric", "syntax"), [("YBR_FULL", "explicit"), ("YBR_FULL", "rle"), ("YBR_FULL_422", "explicit")]
)
def test_colours_become_rgb(photometric: str, syntax: str) -> None:
    red = np.broadcast_to(np.array([76, 85, 255]), (1, 240, 320, 3))
    scan = dataset(red, photometric)
    if photometric == "YBR_FULL_422":
        # Two of luma for one of each colour.
        scan.PixelData = bytes([76, 76, 85, 255]) * (240 * 160)

    made = opened(copy(saved(scan, syntax), TOP_HALF))

    assert (made.PhotometricInterpretation, made.SamplesPerPixel, made.PlanarConfiguration) == ("RGB", 3, 0)
    assert np.abs(made.pixel_array[200, 200].astype(int) - (254, 0, 0)).max() <= 2
    assert (made.pixel_array[:120] == 0).all()


def test_a_palette_becomes_its_colours_so_that_who_looks_sees_letters_in_them() -> None:
    scan = dataset(burned_in(low=0, high=1), "PALETTE COLOR")
    for color, values in (("Red", [10, 250]), ("Green", [20, 20]), ("Blue", [30, 30])):
        setattr(scan, f"{color}PaletteColorLookupTableDescriptor", [2, 0, 16])
        setattr(scan, f"{color}PaletteColorLookupTableData", np.array(values, "<u2").__lshift__(8).tobytes())
    data = saved(scan)

    made = opened(copy(data))

    assert (made.PhotometricInterpretation, made.BitsAllocated, made.HighBit) == ("RGB", 8, 7)
    assert not [each.keyword for each in made if "Palette" in each.keyword]
    assert np.array_equal(made.pixel_array[..., 0], burned_in(low=10, high=250))
    assert (made.pixel_array[..., 1:] == (20, 30)).all()


@pytest.mark.parametrize("syntax", ["jpeg", "jpeg-ls", "jpeg 2000"])
def test_damaged_compressed_pixels_have_a_copy_or_a_reason(syntax: str) -> None:
    data = saved(dataset(burned_in()), syntax)
    start = data.index(b"\xe0\x7f\x10\x00")
    for at in range(start, len(data), max(1, (len(data) - start) // 60)):
        damaged = data[:at] + bytes(byte ^ 0x5A for byte in data[at : at + 9]) + data[at + 9 :]
        try:
            made = copy(damaged)
        except NoCopy:
            continue
        assert opened(made).pixel_array.shape == (240, 320)


def test_bits_that_are_no_pixels_and_bytes_behind_the_last_one_have_no_copy() -> None:
    scan = dataset(burned_in() | 0x5000, bits=12)
    scan.PixelData += b"SECRET"

    made = copy(saved(scan))

    assert b"SECRET" not in made
    assert np.array_equal(opened(made).pixel_array, burned_in())
    assert np.frombuffer(opened(made).PixelData, "<u2").max() == 255


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_who_looks_sees_letters_of_few_values_among_many(photometric: str) -> None:
    frame = burned_in(low=1000, high=1040)
    frame[239, :3] = 65535
    scan = files.read(saved(dataset(frame, photometric, 16, WindowCenter=1020, WindowWidth=40)))

    shown = [np.asarray(each).astype(int) for each in pixels.views(pixels.decoded(scan, Limits()), 0)]

    left, top, right, bottom = LETTERS
    assert max(np.ptp(each[top:bottom, left:right]) for each in shown) > 200
    assert all(each[0, 0] == (255 if photometric == "MONOCHROME1" else 0) for each in shown[-1:])


def deep(levels: int) -> Dataset:
    made = item(CodeValue="T-1")
    for _ in range(levels):
        made = item(ConceptCodeSequence=Sequence([made]))
    return made


def packed(*segments: bytes, frames: int = 1) -> bytes:
    """A file of 320 x 240 whose RLE is what is given."""
    offsets = [64 + sum(map(len, segments[:number])) for number in range(len(segments))]
    header = struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments)))
    scan = dataset(burned_in())
    saved(scan)
    scan.PixelData = encapsulate([header + b"".join(segments)] * frames)
    scan["PixelData"].is_undefined_length = True
    scan.file_meta.TransferSyntaxUID = pydicom.uid.RLELossless
    out = io.BytesIO()
    pydicom.dcmwrite(out, scan, enforce_file_format=True)
    return out.getvalue()


def with_syntax(uid: str) -> bytes:
    scan = dataset(burned_in())
    saved(scan)
    scan.file_meta.TransferSyntaxUID = uid
    scan.PixelData = encapsulate([b"\xff\xd8"])
    scan["PixelData"].is_undefined_length = True
    out = io.BytesIO()
    pydicom.dcmwrite(out, scan, implicit_vr=False, little_endian=uid != BIG_ENDIAN, enforce_file_format=True)
    return out.getvalue()


def without(name: str) -> bytes:
    scan = dataset(burned_in())
    del scan[name]
    return saved(scan)


HOSTILE = {
    "no DICOM": (lambda: b"no picture", "does not begin as a DICOM file does"),
    "a bomb in size": (
        lambda: saved(dataset(burned_in(), Rows=65535, Columns=65535)),
        "65,535 x 65,535 pixels; at most",
    ),
    "a bomb in frames": (lambda: saved(dataset(burned_in(), NumberOfFrames=1_000_000)), "1,000,000 frames"),
    "no frames": (lambda: saved(dataset(burned_in(), NumberOfFrames=0)), "NumberOfFrames is missing or no whole"),
    "more rows than pixels": (lambda: saved(dataset(burned_in(), Rows=300)), "it is damaged DICOM"),
    "no rows": (lambda: without("Rows"), "Rows is missing"),
    "no pixels": (lambda: without("PixelData"), "there are no pixels"),
    "no kind of object": (lambda: with_uid_gone(), "no SOP Class UID"),
    "32 bits": (lambda: saved(dataset(burned_in(), BitsAllocated=32)), "8 of 32 bits"),
    "a palette that is missing": (lambda: saved(dataset(burned_in(), "PALETTE COLOR")), "its palette is missing"),
    "other colours": (lambda: saved(dataset(burned_in(), "HSV")), "its pixels are HSV of 1 samples; MONOCHROME1"),
    "grey of three samples": (
        lambda: saved(dataset(burned_in(), SamplesPerPixel=3)),
        "its pixels are MONOCHROME2 of 3 samples",
    ),
    "JPEG that is none": (lambda: with_syntax("1.2.840.10008.1.2.4.50"), "no JPEG of the kind that the file says"),
    "JPEG 2000 that is none": (lambda: with_syntax("1.2.840.10008.1.2.4.90"), "a frame is no JPEG 2000"),
    "JPEG-LS that is none": (lambda: with_syntax("1.2.840.10008.1.2.4.80"), "no JPEG of the kind that the file says"),
    "JPEG of another kind": (lambda: relabelled("jpeg", "jpeg lossless"), "no JPEG of the kind that the file says"),
    "JPEG of 12 bits": (
        lambda: relabelled("jpeg", "jpeg extended", BitsAllocated=16, BitsStored=12, HighBit=11),
        "JPEG Extended .* of 12 bits, which nobody here decodes: pip install pylibjpeg",
    ),
    "JPEG of another size": (lambda: relabelled("jpeg", "jpeg", Rows=200), "a frame is not of the size that the file"),
    "JPEG 2000 of another size": (lambda: relabelled("jpeg 2000", "jpeg 2000", Rows=9), "a frame is not of the size"),
    "JPEG-LS of another size": (lambda: relabelled("jpeg-ls", "jpeg-ls", Columns=9), "a frame is not of the size"),
    "more frames than it says": (lambda: relabelled("jpeg", "jpeg", 2, NumberOfFrames=1), "damaged"),
    "MPEG": (lambda: with_syntax("1.2.840.10008.1.2.4.102"), "its pixels are MPEG-4 .* convert it first"),
    "deflated, which could be any size": (lambda: with_syntax("1.2.840.10008.1.2.1.99"), "its pixels are Deflated"),
    "big endian": (lambda: with_syntax(BIG_ENDIAN), "Big Endian"),
    "no syntax known": (lambda: with_syntax("1.2.3"), "unknown transfer syntax"),
    "deep sequences": (lambda: saved(dataset(burned_in(), ConceptNameCodeSequence=Sequence([deep(20)]))), "16 deep"),
    "RLE that unpacks to more": (lambda: packed(b"\x81\0" * 100_000), "unpack to more than its pixels"),
    "RLE in too many segments": (lambda: packed(b"\x81\0", b"\x81\0"), "not those of its pixels"),
    "RLE that is too short": (lambda: packed(b"\x81\0" * 4), "it is damaged DICOM"),
    "RLE without a header": (lambda: with_syntax("1.2.840.10008.1.2.5"), "it is damaged DICOM"),
}


def relabelled(syntax: str, said: str, frames: int = 1, **more: int) -> bytes:
    """A file whose pixels are encoded in one way, and that says something else."""
    scan = opened(saved(dataset(np.stack([burned_in()] * frames) if frames > 1 else burned_in()), syntax))
    scan.file_meta.TransferSyntaxUID = SYNTAXES[said]
    for name, value in more.items():
        setattr(scan, name, value)
    out = io.BytesIO()
    pydicom.dcmwrite(out, scan)
    return out.getvalue()


def with_uid_gone() -> bytes:
    data = saved(dataset(burned_in()))
    at = data.index(b"\x08\0\x16\0UI")
    length = 8 + int.from_bytes(data[at + 6 : at + 8], "little")
    return data[:at] + data[at + length :]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_get_one_clear_reason(kind: str) -> None:
    made, said = HOSTILE[kind]

    with pytest.raises(NoCopy, match=said) as caught:
        copy(made())

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("limits", [Limits(max_pixels=50_000), Limits(max_frames=1), Limits(max_pixels=77_000)])
def test_pictures_and_frames_have_the_limits_of_pictures(limits: Limits) -> None:
    frames = np.stack([burned_in()] * (4 if limits.max_pixels > 50_000 else 1))

    with pytest.raises(NoCopy, match="pixels together are redacted"):
        copy(saved(dataset(frames)), limits=limits)


def test_sequences_of_no_length_that_are_too_deep_for_the_reader_are_told() -> None:
    data = saved(dataset(burned_in(), PatientSpeciesCodeSequence=Sequence([])))
    start = data.index(b"\x10\0\x02\x22SQ")
    opening = b"\x08\0\x04\x01SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"

    with pytest.raises(NoCopy, match="damaged DICOM"):
        copy(data[:start] + opening * 5000 + data[start:])


SMALL = saved(
    dataset(burned_in()[:12, :16], PatientComments="x", AnatomicRegionSequence=Sequence([item(CodeValue="T")]))
)


@given(st.integers(0, len(SMALL) - 1))
def test_a_file_that_ends_early_has_no_copy(end: int) -> None:
    with pytest.raises(NoCopy):
        copy(SMALL[:end])


@given(st.lists(st.tuples(st.integers(132, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_is_changed_in_a_file_there_is_a_copy_or_a_reason(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL)
    for place, value in changes:
        data[place] = value

    try:
        made = copy(bytes(data))
    except NoCopy:
        return
    assert opened(made).PatientIdentityRemoved == "YES"


def test_a_header_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_HEADER_BYTES", 500)

    with pytest.raises(NoCopy, match="there are no pixels"):
        copy(saved(dataset(burned_in(), Manufacturer="m" * 600)))


def test_a_patch_is_made_of_what_is_around() -> None:
    frames = pixels.decoded(files.read(saved(dataset(burned_in(low=1000, high=3000), bits=12))), Limits())
    left, top, right, bottom = LETTERS

    pixels.cover(
        frames, [Box(left=left / 320, top=top / 240, width=(right - left) / 320, height=(bottom - top) / 240)], "patch"
    )

    assert frames.stored.min() >= 999
    assert frames.stored.max() <= 1001


def test_views_are_pictures_of_eight_bits() -> None:
    frames = pixels.decoded(files.read(saved(dataset(np.zeros((4, 4), int)))), Limits())

    assert [(each.mode, each.size) for each in pixels.views(frames, 0)] == [("L", (4, 4))]
    assert all(isinstance(each, Image.Image) for each in pixels.views(frames, 0))


def test_a_run_that_is_taken_up_has_its_key_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    now = datetime.now(UTC)

    key = key_of_run(tmp_path / "keys", "a", now - timedelta(days=1))

    assert (
        key_of_run(tmp_path / "keys", "a", now - timedelta(days=1))
        == key
        != key_of_run(tmp_path / "keys", "b", now - timedelta(days=1))
    )
    assert (tmp_path / "keys" / "a.key").stat().st_mode & 0o077 == 0
    assert key_of_run(tmp_path / "keys", "a", now + timedelta(days=1)) != key
    assert not (tmp_path / "keys" / "b.key").exists()
