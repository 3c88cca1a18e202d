"""Stored pictures as people see them: what a browser would show, as RGB.

Everyone who looks at a picture looks at what is made here (detectors, reviewers, those who redact), so that nothing is
judged that nobody sees and nothing is seen that nobody judged.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image, ImageChops

from ground.media.animation import cut_gif, cut_png
from ground.media.appearance import Appearance, read_appearance
from ground.media.claims import Claims
from ground.media.colors import conversion, highest
from ground.media.high_range import table
from ground.media.limits import WIDEST, Limits
from ground.media.pictures import opened_picture
from ground.media.reading import Damaged
from ground.media.samples import eight_bit

VISIBLE = 8
"""Levels of 255: how far black may shine through a picture until it is looked at on black, too."""
FAR_APART = 32
"""Levels of 255, as the mean over 16 by 16 pixels, by which a JPEG may differ when it is decoded small: saturated
colours at low quality reach 20."""
_EIGHTH = 8
SHORTEST_MS = 10
"""Frames that say that they are shown no longer are shown for `INSTEAD_MS`, as in browsers."""
INSTEAD_MS = 100

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Frame:
    """One frame of an animated picture.

    Attributes:
        picture: RGB, or RGBA where it is transparent; upright.
        start: seconds from the beginning to when it is first shown.
        seconds: how long it is shown; 0 for one that browsers which know animations do not show.
    """

    picture: Image.Image
    start: float
    seconds: float

    @property
    def looks(self) -> list[Image.Image]:
        """What is seen of it, as the function `looks` gives it."""
        return on_backgrounds(self.picture)


def looks(
    data: bytes, longest: int | None = None, limits: Limits | None = None, *, is_deceptive: bool = False
) -> list[Image.Image]:
    """What a browser shows of a picture, or of the first frame of an animation: RGB, upright.

    Args:
        data: the picture's bytes.
        longest: pixels of the longest side, to which larger pictures are shrunk; None keeps the size.
        limits: for pictures that did not come in at the door; None for the door's limits at their widest.
        is_deceptive: what `measure` said of it; all of it is decoded then, however small it is asked for.

    Returns:
        One picture; or two, on white and on black, when it is transparent enough for these to differ visibly. What
        cannot be seen on either cannot be seen on any background of one colour.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond the limits.
    """
    with opened_picture(data, limits or WIDEST) as (picture, claims):
        still, _, _ = next(shown_frames(picture, claims, data, longest, may_be_scaled=not is_deceptive))
        return on_backgrounds(still)


def frames(data: bytes, longest: int | None = None, limits: Limits | None = None) -> Iterator[Frame]:
    """Every frame of an animation in the order in which they are shown, those that browsers do not show at the end.

    One that says that it is shown for at most 10 ms is shown for 100 ms, as in browsers. A still picture is one frame.
    Takes and raises what `looks` does.
    """
    clock = 0.0
    with opened_picture(data, limits or WIDEST) as (picture, claims):
        for still, seconds, _ in shown_frames(picture, claims, data, longest):
            yield Frame(still.copy(), clock, seconds)
            clock += seconds


class Measured(NamedTuple):
    """What a picture is.

    Attributes:
        width: pixels, as it is shown.
        height: likewise.
        frames: how many there are.
        is_deceptive: True for a JPEG that is another picture when its decoder makes it smaller.
    """

    width: int
    height: int
    frames: int
    is_deceptive: bool = False


def measure(data: bytes, limits: Limits) -> Measured:
    """What a picture is of which every frame decodes.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond `limits`.
    """
    with opened_picture(data, limits) as (picture, claims):
        if claims.format != "GIF" and claims.frames == 1:
            how = read_appearance(data, claims, picture.info)
            _checked(picture, claims)
            is_plain = claims.format == "JPEG" and picture.mode in ("L", "RGB")
            is_deceptive = is_plain and _is_deceptive(picture, data[: claims.end])
            width, height = picture.size if how.orientation < 5 else reversed(picture.size)
            return Measured(width, height, 1, is_deceptive)
        sizes = [still.size for still, _, _ in shown_frames(picture, claims, data, None)]
    return Measured(*sizes[0], claims.frames)


def read_size(data: bytes, limits: Limits) -> Measured:
    """What a picture says that it is, held against `limits`. Nothing is decoded: whoever looks decodes all of it.

    Raises:
        MediaRefused: it is beyond `limits`, or damaged as far as that can be seen.
    """
    with opened_picture(data, limits) as (picture, claims):
        how = read_appearance(data, claims, picture.info)
        width, height = picture.size if how.orientation < 5 else reversed(picture.size)
        return Measured(width, height, claims.frames, claims.format == "JPEG")


def shown_frames(
    picture: Image.Image, claims: Claims, data: bytes, longest: int | None, *, may_be_scaled: bool = True
) -> Iterator[tuple[Image.Image, float, bool]]:
    """Frames of an opened picture as RGB or RGBA, the seconds of each, and whether it is shown at all.

    A frame holds until the next is asked for.

    Args:
        may_be_scaled: False to have all of a JPEG decoded.
    """
    how = read_appearance(data, claims, picture.info)
    if claims.format == "GIF" or (claims.format == "PNG" and claims.frames > 1):
        stills = _composed(data[: claims.end], claims, how)
    elif claims.frames > 1:
        stills = _in_turn(picture, claims, data, how)
    else:
        if longest is not None and may_be_scaled and _is_even(picture, how):
            picture.draft(None, _within(picture.size, longest))
        yield _seen(_checked(picture, claims), data, how, longest), 0.0, True
        return
    for still, milliseconds, is_shown in stills:
        seconds = (milliseconds if milliseconds > SHORTEST_MS else INSTEAD_MS) / 1000 if is_shown else 0.0
        turned = _upright(still, how)
        yield _shrunk(turned if has_holes(turned) else turned.convert("RGB"), longest), seconds, is_shown


def _composed(data: bytes, claims: Claims, how: Appearance) -> Iterator[tuple[Image.Image, float, bool]]:
    """The canvas after each frame of a GIF or PNG."""
    size, cuttings = cut_gif(data) if claims.format == "GIF" else cut_png(data)
    if len(cuttings) != claims.frames:
        raise Damaged("frames that are not there")
    canvas = Image.new("RGBA", size)
    for cutting in cuttings:
        if not cutting.is_shown:
            canvas = Image.new("RGBA", size)
        with Image.open(io.BytesIO(cutting.data), formats=(claims.format,)) as frame:
            if frame.size != cutting.size:
                raise Damaged("a frame of another size")
            frame.load()
            own = in_srgb(eight_bit(frame, cutting.data), how).convert("RGBA")
        place = (cutting.left, cutting.top)
        before = canvas.copy() if cutting.disposal == "restore" else canvas
        if cutting.replaces:
            canvas.paste(own, place)
        else:
            canvas.alpha_composite(own, place)
        yield canvas, cutting.milliseconds, cutting.is_shown
        if cutting.disposal == "clear":
            canvas.paste((0, 0, 0, 0), (*place, place[0] + own.width, place[1] + own.height))
        canvas = before


def _in_turn(
    picture: Image.Image, claims: Claims, data: bytes, how: Appearance
) -> Iterator[tuple[Image.Image, float, bool]]:
    for number in range(claims.frames):
        picture.seek(number)
        frame = _checked(picture, claims)
        yield in_srgb(eight_bit(frame, data), how).convert("RGBA"), float(picture.info.get("duration") or 0), True


def _checked(picture: Image.Image, claims: Claims) -> Image.Image:
    """The frame at hand, decoded in full."""
    if picture.width * picture.height > claims.width * claims.height:
        raise Damaged("larger than it claims")
    picture.load()
    return picture


def _is_deceptive(picture: Image.Image, data: bytes) -> bool:
    """True when the small picture that a JPEG's decoder can make, at an eighth of the cost, is another picture.

    What is darker than black or brighter than white is cut off in the whole picture and evened out in the small one, so
    that letters can be made that only the whole has. A few photographs with much glare are so without meaning it.
    """
    across, down = picture.width // _EIGHTH, picture.height // _EIGHTH
    if not across or not down:
        return False
    # Blocks that reach over the edge are evened out with what lies beyond it.
    blocks = (0, 0, across, down)
    whole = picture.reduce(_EIGHTH, (0, 0, across * _EIGHTH, down * _EIGHTH))
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as again:
        again.draft(None, (max(again.width // _EIGHTH, 1), max(again.height // _EIGHTH, 1)))
        again.load()
        if again.width < across or again.height < down or again.width > 2 * across:
            return False  # too small to be looked at smaller
        apart = ImageChops.difference(whole, again.crop(blocks).convert(whole.mode)).reduce(2)
    return highest(apart) > FAR_APART


def has_holes(still: Image.Image) -> bool:
    """True when a picture is transparent anywhere, however little."""
    return still.mode == "RGBA" and still.getchannel("A").getextrema() != (255, 255)


def on_backgrounds(still: Image.Image) -> list[Image.Image]:
    """An RGB picture itself; an RGBA one on white, and on black when that differs visibly."""
    if still.mode == "RGB":
        return [still]
    is_clear = any(still.getchannel("A").histogram()[: 255 - VISIBLE])
    colors = ("white", "black") if is_clear else ("white",)
    return [_on(still, color) for color in colors]


def _seen(frame: Image.Image, data: bytes, how: Appearance, longest: int | None) -> Image.Image:
    """A decoded frame as RGB or RGBA."""
    still = eight_bit(frame, data)
    # Shrinking first is cheaper, and the same only where the mean of two colours is shown as the mean of both.
    is_even = _is_even(still, how)
    shown = in_srgb(_shrunk(still, longest), how) if is_even else _shrunk(in_srgb(still, how), longest)
    return _upright(shown, how)


def _upright(still: Image.Image, how: Appearance) -> Image.Image:
    turn = _UPRIGHT.get(how.orientation)
    return still.transpose(turn) if turn is not None else still


def in_srgb(still: Image.Image, how: Appearance) -> Image.Image:
    """A picture of 8 bits in the colours that its file states, as RGB or RGBA in sRGB."""
    alpha = still.getchannel("A") if still.mode in ("LA", "RGBA") else None
    base = still.convert(still.mode[:-1]) if alpha is not None else still
    change = conversion(how.profile, base.mode) if how.profile is not None else None
    if how.high_range is not None:
        base = base.convert("RGB").filter(table(*how.high_range))
    shown = change.apply(base) if change is not None else base.convert("RGB")
    if alpha is not None:
        shown = shown.copy() if shown is base else shown
        shown.putalpha(alpha)
    return shown


def _is_even(picture: Image.Image, how: Appearance) -> bool:
    """True where a picture may be shrunk before its colours are converted."""
    mode = {"LA": "L", "RGBA": "RGB"}.get(picture.mode, picture.mode)
    if how.high_range is not None or mode not in ("L", "RGB"):
        return False
    change = conversion(how.profile, mode) if how.profile is not None else None
    return change is None or change.is_even


def _within(size: tuple[int, int], longest: int) -> tuple[int, int]:
    share = min(longest / max(size), 1.0)
    return max(math.ceil(size[0] * share), 1), max(math.ceil(size[1] * share), 1)


def _shrunk(still: Image.Image, longest: int | None) -> Image.Image:
    if longest is None or max(still.size) <= longest:
        return still
    share = longest / max(still.size)
    size = max(round(still.width * share), 1), max(round(still.height * share), 1)
    return still.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _on(still: Image.Image, color: str) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", still.size, color), still).convert("RGB")
