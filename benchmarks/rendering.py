"""Pictures as people see them against the plainest way to open one, in one run: processor time and its ratio.

The baseline is what every tool did before there was one renderer: decode in full, turn by EXIF, shrink. It sees no
profile, no gamma and nothing on black.
"""

from __future__ import annotations

import io
import time
import timeit
from collections.abc import Callable

from PIL import Image, ImageCms, ImageOps

from ground.media.limits import Limits
from ground.media.rendering import frames, looks, measure

SIDES = (512, 1024, 1600, None)
SIZES = {"1 MP": (1152, 864), "12 MP": (4000, 3000)}


def photograph(size: tuple[int, int]) -> Image.Image:
    """Something with the detail of a photograph: noise at several scales."""
    layers = [
        Image.effect_noise((max(size[0] // step, 2), max(size[1] // step, 2)), 60).resize(
            size, Image.Resampling.BICUBIC
        )
        for step in (4, 16, 64)
    ]
    return Image.merge("RGB", layers)


def plainly(data: bytes, longest: int | None) -> Image.Image:
    """The baseline."""
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        still = ImageOps.exif_transpose(picture).convert("RGB")
        if longest is not None:
            still.thumbnail((longest, longest))
        return still


def milliseconds(work: Callable[[], object], times: int = 5) -> float:
    """Of processor time, the least of several runs."""
    return 1000 * min(timeit.repeat(work, timer=time.process_time, number=1, repeat=times))


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """As a file of that kind."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def main() -> None:
    """Print one line for each ratio."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, size in SIZES.items():
        picture = photograph(size)
        clear = picture.copy()
        clear.putalpha(Image.linear_gradient("L").resize(size))
        files = {
            "JPEG": encoded(picture, "JPEG", quality=88),
            "JPEG with a profile": encoded(picture, "JPEG", quality=88, icc_profile=srgb),
            "PNG": encoded(picture, "PNG", compress_level=1),
            "transparent PNG": encoded(clear, "PNG", compress_level=1),
        }
        for kind, data in files.items():
            for longest in SIDES:
                before = milliseconds(lambda: plainly(data, longest), 3)  # noqa: B023
                now = milliseconds(lambda: looks(data, longest), 3)  # noqa: B023
                wanted = f"to {longest} px" if longest else "in full"
                print(f"{name} {kind} {wanted}: {now:.0f} ms, {now / before:.2f} of opening it plainly")
        at_the_door = milliseconds(lambda: measure(files["JPEG"], Limits()), 3)  # noqa: B023
        print(f"{name} JPEG at the door: {at_the_door:.0f} ms")
    moving = [photograph((640, 360)).quantize(64) for _ in range(20)]
    data = encoded(moving[0], "GIF", save_all=True, append_images=moving[1:], duration=80)
    spent = milliseconds(lambda: list(frames(data, 1024)), 3)
    print(f"20 frames of 640 x 360, GIF: {spent:.0f} ms")


if __name__ == "__main__":
    main()
