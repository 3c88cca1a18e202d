"""Pictures as people see them: against a browser, and where a browser cannot tell."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from ground.errors import MediaRefused
from ground.media.display import display_copy
from ground.media.limits import Limits
from ground.media.rendering import frames, looks, measure
from tests.examples import examples
from tests.odd_animations import checks, gif, gif_frame, odd_animations
from tests.odd_pictures import (
    EXIF,
    apng,
    chunk,
    exif,
    gamma_profile,
    grey,
    jpeg,
    odd_pictures,
    png,
    saved,
    segment,
    subject,
)

CHROMIUM = 156
"""The version with which these are the same; Debian may have an older one."""
PROFILES_READ_OTHERWISE = {
    f"{kind} {profile}"
    for kind in ("jpeg icc", "png iCCP")
    for profile in ("of an unknown kind", "of an unknown space", "that says it is longer", "under no light")
}
"""Broken profiles that Chromium 150 does not go by as 156 does; it was 73 levels."""
LEVELS = 3
"""Of 255, by which what is seen here may differ from a browser's screen."""
LOOSER = {
    # Chromium takes the transparency of AVIF for numbers of the narrow range (16-235), which they are not.
    "avif rgba": 18,
    # Colours that no screen shows are cut off between two steps of a table.
    "png cICP PQ": 32,
    "png cICP HLG": 32,
    "avif coded 9 16": 32,
    "avif coded 9 18": 32,
}
CELL = 60
ACROSS = 20


def difference(one: Image.Image, other: Image.Image) -> int:
    """The most levels by which a channel of a pixel differs; 255 where the sizes do."""
    if one.size != other.size:
        return 255
    return max(int(high) for _, high in ImageChops.difference(one, other).getextrema())


def screen(page: Any, pictures: Mapping[str, tuple[str, bytes]], background: str) -> list[Image.Image | None]:
    """Each picture as it is on the screen of a browser; None where it shows none."""
    images = "".join(
        f'<img style="position:absolute;left:{number % ACROSS * CELL}px;top:{number // ACROSS * CELL}px"'
        f' src="data:{kind};base64,{base64.b64encode(data).decode()}">'
        for number, (kind, data) in enumerate(pictures.values())
    )
    page.set_content(f'<body style="margin:0;background:{background}">{images}</body>')
    page.evaluate("Promise.all([...document.images].map(image => image.decode().catch(() => 0)))")
    sizes = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.naturalHeight])")
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    places = [(number % ACROSS * CELL, number // ACROSS * CELL) for number in range(len(sizes))]
    return [
        whole.crop((left, top, left + width, top + height)) if width else None
        for (left, top), (width, height) in zip(places, sizes, strict=True)
    ]


@pytest.mark.browser
def test_every_odd_picture_is_seen_as_on_the_screen_of_a_browser(open_page: Callable[..., Any]) -> None:
    pictures = odd_pictures()
    page = open_page()
    on_white, on_black = screen(page, pictures, "white"), screen(page, pictures, "black")

    version = int(page.context.browser.version.partition(".")[0])

    wrong = {}
    for (name, (_, data)), white, black in zip(pictures.items(), on_white, on_black, strict=True):
        if version < CHROMIUM and name in PROFILES_READ_OTHERWISE:
            continue
        seen = looks(data)
        assert white is not None, f"the browser does not show {name}"
        assert black is not None
        worst = max(difference(seen[0], white), difference(seen[-1], black))
        if worst > LOOSER.get(name, LEVELS):
            wrong[name] = worst
    assert wrong == {}
    assert len(pictures) > 220


FRAMES = """async ([type, base64]) => {
    const data = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
    const decoder = new ImageDecoder({data, type});
    await decoder.tracks.ready;
    await decoder.completed;
    const frames = [];
    for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex++) {
        const {image} = await decoder.decode({frameIndex});
        const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
        frames.push([canvas.width, canvas.height, btoa(String.fromCharCode(...pixels))]);
    }
    return frames;
}"""


@pytest.mark.browser
def test_every_frame_is_composed_as_a_browser_does(open_page: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html>")
    page = open_page()
    page.goto((tmp_path / "page.html").as_uri())  # decoders of pictures are for pages of some origin only

    wrong = {}
    for name, (kind, data) in odd_animations().items():
        theirs = [
            Image.frombytes("RGBA", (width, height), base64.b64decode(pixels))
            for width, height, pixels in page.evaluate(FRAMES, [kind, base64.b64encode(data).decode()])
        ]
        ours = [frame.looks for frame in frames(data) if frame.seconds]
        assert len(ours) == len(theirs), name
        worst = max(
            difference(seen, Image.alpha_composite(Image.new("RGBA", frame.size, color), frame).convert("RGB"))
            for own, frame in zip(ours, theirs, strict=True)
            for color, seen in (("white", own[0]), ("black", own[-1]))
        )
        if worst > LEVELS:
            wrong[name] = worst
    assert wrong == {}


def letters(color: str = "white") -> Image.Image:
    """A picture of one colour whose letters are made by transparency alone."""
    picture = Image.new("RGBA", (400, 80), color)
    mask = Image.new("L", picture.size, 0)
    ImageDraw.Draw(mask).text((10, 10), "4111 1111 1111 1111", fill=255, font_size=32)
    picture.putalpha(mask)
    return picture


@pytest.mark.parametrize(("color", "extremes"), [("white", [(255, 255), (0, 255)]), ("black", [(0, 255), (0, 0)])])
def test_letters_that_transparency_makes_are_seen_on_one_of_two_backgrounds(color: str, extremes: list[Any]) -> None:
    seen = looks(saved(letters(color), "PNG"))

    assert [one.mode for one in seen] == ["RGB", "RGB"]
    assert [one.getextrema()[0] for one in seen] == extremes


def test_a_picture_that_hardly_lets_anything_through_is_looked_at_once() -> None:
    almost = subject().copy()
    almost.putalpha(250)

    assert len(looks(png(almost))) == 1
    assert len(looks(saved(letters(), "PNG"), longest=100)) == 2


@pytest.mark.parametrize("profile", [gamma_profile(0.2), gamma_profile(6.0)])
def test_what_a_profile_shows_is_not_lost_by_shrinking_first(profile: bytes) -> None:
    """Half of it is an even grey, half a pattern of the same mean: alike before the profile, and not behind it."""
    picture = Image.new("RGB", (256, 128), (128, 128, 128))
    fine = Image.new("RGB", (2, 2))
    fine.putdata([(0, 0, 0), (255, 255, 255), (255, 255, 255), (1, 1, 1)])
    for left in range(0, 128, 2):
        for top in range(0, 128, 2):
            picture.paste(fine, (left, top))
    for data in (saved(picture, "PNG", icc_profile=profile), jpeg(picture=picture, icc_profile=profile, quality=100)):
        [small] = looks(data, longest=32)

        left, right = small.getpixel((4, 8)), small.getpixel((28, 8))
        assert small.size == (32, 16)
        assert abs(left[0] - right[0]) > 50


def test_a_photograph_is_shrunk_to_what_was_asked_for() -> None:
    data = jpeg(segment(0xE1, EXIF + exif(6)), picture=subject(1000, 700))

    assert [one.size for one in looks(data, longest=300)] == [(210, 300)]
    assert [one.size for one in looks(data, longest=5000)] == [(700, 1000)]
    whole = looks(data)[0].resize((210, 300), Image.Resampling.BICUBIC)
    assert difference(looks(data, longest=300)[0], whole) < 40


@pytest.mark.parametrize(
    "data",
    [
        png(grey(), chunk(b"tRNS", b"\0\1"), chunk(b"tRNS", b"\0\2")),
        png(grey(), behind=chunk(b"tRNS", b"\0\1")),
        png(subject().quantize(4), chunk(b"tRNS", b"\0"), chunk(b"PLTE", bytes(12))),
        png(subject().quantize(4), chunk(b"PLTE", bytes(12)), chunk(b"PLTE", bytes(12))),
    ],
    ids=["two keys", "a late key", "a key before its palette", "two palettes"],
)
def test_a_picture_that_readers_take_differently_is_damaged(data: bytes) -> None:
    with pytest.raises(MediaRefused, match="where none may be"):
        looks(data)


def overdrawn() -> bytes:
    """A JPEG with letters of more than white and less than black: their mean is that of the ground around them."""
    picture = Image.new("L", (512, 256), 128)
    mask = Image.new("L", (64, 32), 0)
    ImageDraw.Draw(mask).text((2, 2), "4111", fill=255, font_size=22)
    for at in (at for at, level in enumerate(mask.tobytes()) if level > 127):
        left, top = at % 64 * 8, at // 64 * 8
        picture.paste(108, (left, top, left + 8, top + 8))
        picture.paste(188, (left, top, left + 2, top + 8))
    data = bytearray(saved(picture, "JPEG", qtables=[[16] + [4] * 63]))
    at = data.index(b"\xff\xdb") + 6
    data[at : at + 63] = bytes([64] * 63)  # what varies is said to be sixteen times as strong
    return bytes(data)


def whole_side(data: bytes) -> int:
    return max(Image.open(io.BytesIO(data)).size)


def furthest(one: Image.Image, other: Image.Image) -> int:
    """The most that two pictures differ in a channel."""
    return max(int(high) for _, high in ImageChops.difference(one, other).getextrema())


@pytest.mark.parametrize("names_others", [False, True])
def test_all_is_decoded_of_a_jpeg_that_is_another_picture_when_it_is_decoded_small(names_others: bool) -> None:
    data = overdrawn()
    if names_others:  # it says that other pictures follow it, as those of stereo cameras do
        pair = io.BytesIO()
        subject().save(pair, "MPO", save_all=True, append_images=[subject()])
        at = pair.getvalue().index(b"\xff\xe2")
        length = 2 + int.from_bytes(pair.getvalue()[at + 2 : at + 4], "big")
        data = data[:2] + pair.getvalue()[at : at + length] + data[2:]

    assert measure(data, Limits()).is_deceptive
    [whole], [small] = looks(data), looks(data, longest=whole_side(data) // 8, is_deceptive=True)
    [scaled] = looks(data, longest=whole_side(data) // 8)
    as_seen = whole.resize(small.size, Image.Resampling.BOX)

    assert furthest(as_seen, small) <= 24, "what is looked at is what is seen, smaller"
    assert furthest(as_seen, scaled) > 32, "the decoder's own small picture is another one"


@pytest.mark.parametrize("side", [704, 705, 707, 711])
def test_a_photograph_is_no_deception_whatever_its_sides(side: int) -> None:
    noise = Image.effect_noise((side, side), 60).filter(ImageFilter.GaussianBlur(3)).convert("RGB")

    assert not measure(saved(noise, "JPEG", quality=90), Limits()).is_deceptive


@pytest.mark.parametrize("quality", [10, 50, 95])
def test_a_jpeg_of_saturated_letters_is_none_of_those(quality: int) -> None:
    picture = Image.new("RGB", (400, 120), "blue")
    ImageDraw.Draw(picture).text((10, 10), "4111 1111\n1111 1111", fill="red", font_size=40)

    assert measure(saved(picture, "JPEG", quality=quality), Limits())[:3] == (400, 120, 1)


@pytest.mark.parametrize("change", ["a number", "a frame less", "beyond"])
def test_an_animation_whose_frames_do_not_fit_is_damaged(change: str) -> None:
    small = subject(24, 16)
    left = 30 if change == "beyond" else 5
    data = apng(None, [(subject(), 0, 0, 0, 0), (small, left, 5, 0, 0)])
    if change == "a frame less":
        data = data.replace(
            chunk(b"acTL", bytes((0, 0, 0, 2, 0, 0, 0, 0))), chunk(b"acTL", bytes((0, 0, 0, 3, 0, 0, 0, 0)))
        )
    if change == "a number":
        at = data.index(b"fdAT")
        length = int.from_bytes(data[at - 4 : at], "big")
        data = data[: at - 4] + chunk(b"fdAT", b"\0\0\0\x09" + data[at + 8 : at + 4 + length]) + data[at + 8 + length :]

    for door in (lambda: measure(data, Limits()), lambda: list(frames(data))):
        with pytest.raises(MediaRefused, match="damaged"):
            door()


def test_frames_that_show_through_are_shrunk_each_from_the_whole() -> None:
    small = checks(20, 12, [(0, 0, 0), (255, 255, 255)])
    data = gif([gif_frame(small, 4, 4), gif_frame(small, 20, 12), gif_frame(small, 26, 18)])

    for whole, shrunk in zip(frames(data), frames(data, longest=24), strict=True):
        assert shrunk.picture.size == (24, 16)
        wanted = whole.picture.resize((24, 16), Image.Resampling.BICUBIC)
        assert difference(shrunk.picture.convert("RGB"), wanted.convert("RGB")) < 16


def test_frames_say_when_and_how_long_they_are_shown_as_browsers_do() -> None:
    data = gif([gif_frame(subject().quantize(4), delay=delay) for delay in (0, 1, 2, 500)])

    assert [(round(frame.start, 2), frame.seconds) for frame in frames(data)] == [
        (0.0, 0.1),
        (0.1, 0.1),
        (0.2, 0.02),
        (0.22, 5.0),
    ]


def test_the_still_picture_before_an_animation_is_its_last_frame_and_shown_for_no_time() -> None:
    data = apng(grey().convert("RGB"), [(subject(), 0, 0, 0, 0)], delay=500)

    shown = list(frames(data))
    assert [frame.seconds for frame in shown] == [0.5, 0.0]
    assert difference(shown[0].looks[0], subject()) == 0
    assert difference(shown[1].looks[0], grey().convert("RGB")) == 0
    assert difference(looks(data)[0], subject()) == 0
    assert measure(data, Limits())[:3] == (48, 32, 2)


ODD = odd_pictures() | odd_animations()


@given(st.sampled_from(sorted(ODD)), st.data())
@settings(max_examples=examples(200), deadline=None)
def test_what_the_door_takes_can_be_looked_at_however_it_is_changed(name: str, given_data: st.DataObject) -> None:
    _, data = ODD[name]
    changed = bytearray(data)
    for _ in range(given_data.draw(st.integers(1, 4))):
        at = given_data.draw(st.integers(0, len(data) - 1))
        changed[at] = given_data.draw(st.integers(0, 255))
    small = Limits(max_pixels=1_000_000)
    try:
        width, height, number, _ = measure(bytes(changed), small)
    except MediaRefused:
        return

    [first, *_] = looks(bytes(changed))
    assert first.size == (width, height)
    assert len(list(frames(bytes(changed)))) == number
    display_copy(bytes(changed))
