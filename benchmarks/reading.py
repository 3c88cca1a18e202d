"""Text in pictures: which of 33 rendered texts are read, and processor time, beside plain RapidOCR in the same run.

The baseline is what this project did before it searched pictures at several scales: the picture shrunk to 1,600 pixels,
RapidOCR with its default settings (`pip install rapidocr`), its lines in its own order. Times are the least of several
runs, in seconds of processor time of all threads; for the tallest screenshot the clock counts too.

    python benchmarks/reading.py [--texts] [--times]
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moderation_vision.text import Text
from PIL import Image, ImageDraw, ImageFont

from moderation.core.items import Part
from moderation.hookspecs import Unreadable
from moderation.testing import FakeContext

FONTS = Path("/usr/share/fonts/truetype/dejavu")
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
WORDS = "Call Maria Gonzalez 206-555-0142"
MESSAGES = (
    "Hi, are you there?",
    "I will call you at 206-555-{:04d}",
    "ok thanks",
    "The meeting moved to room {} in May",
)

Drawn = Image.Image
Case = tuple[Callable[[], Drawn], str]


def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """One of the DejaVu fonts (Debian: fonts-dejavu)."""
    return ImageFont.truetype(str(FONTS / f"{name}.ttf"), size)


def line(
    text: str = WORDS, size: int = 28, face: str = "DejaVuSans", ink: Any = "black", ground: Any = "white"
) -> Drawn:
    """One line with a margin."""
    picture = Image.new("RGB", (int(font(size, face).getlength(text)) + 60, size + 60), ground)
    ImageDraw.Draw(picture).text((30, 28), text, ink, font(size, face))
    return picture


def photograph(size: tuple[int, int] = (900, 600), name: str = "face.jpg") -> Drawn:
    """One of the examples, at another size. That of the face has badges with blurred letters."""
    with Image.open(EXAMPLES / name) as picture:
        return picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def on_photograph(size: tuple[int, int], letters: int, **how: Any) -> Drawn:
    """A line in the middle of a photograph."""
    picture = photograph(size)
    ImageDraw.Draw(picture).text((size[0] // 8, size[1] // 2), WORDS, font=font(letters), **how)
    return picture


def watermark(alpha: int) -> Drawn:
    """A translucent white line on a photograph."""
    picture = photograph().convert("RGBA")
    layer = Image.new("RGBA", picture.size)
    ImageDraw.Draw(layer).text((80, 280), WORDS, (255, 255, 255, alpha), font(40))
    return Image.alpha_composite(picture, layer).convert("RGB")


def large(letters: int) -> Drawn:
    """A line in a plain picture of 12 megapixels."""
    picture = Image.new("RGB", (4000, 3000), (235, 235, 230))
    ImageDraw.Draw(picture).text((1800, 1500), WORDS, "black", font(letters))
    return picture


def table() -> Drawn:
    """Three rows, two columns."""
    picture = Image.new("RGB", (640, 240), "white")
    for row, cells in enumerate((("Name", "Maria"), ("Phone", "555-0142"), ("City", "Seattle"))):
        for column, cell in enumerate(cells):
            ImageDraw.Draw(picture).text((30 + 300 * column, 30 + 60 * row), cell, "black", font(28))
    return picture


def chat(height: int) -> tuple[Drawn, str]:
    """A screenshot of messages, 720 pixels wide, and what they say."""
    picture, said = Image.new("RGB", (720, height), (230, 225, 215)), []
    draw = ImageDraw.Draw(picture)
    for number, top in enumerate(range(20, height - 80, 84)):
        said.append(MESSAGES[number % 4].format(number))
        left, width = 30 if number % 3 else 180, int(font(24).getlength(said[-1]))
        draw.rounded_rectangle((left, top, left + width + 30, top + 56), 12, "white" if number % 3 else (215, 245, 200))
        draw.text((left + 14, top + 12), said[-1], "black", font(24))
    return picture, " ".join(said)


def page(lines: int = 50) -> Drawn:
    """A letter."""
    picture = Image.new("RGB", (1240, 1754), "white")
    for number in range(lines):
        text = f"Line {number} of a letter that Maria Gonzalez wrote, 206-555-{100 + number:04d}, on a day in May"
        ImageDraw.Draw(picture).text((80, 60 + 33 * number), text, "black", font(22))
    return picture


def jpeg(picture: Drawn, quality: int = 90) -> bytes:
    """As bytes."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def png(picture: Drawn) -> bytes:
    """As bytes, fast."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def texts() -> Mapping[str, Case]:
    """The 33: what is drawn, and what is to be read, words joined by one space."""
    russian, greek = "Позвони Марии Ивановой 206-555-0142", "Κάλεσε τη Μαρία στο 206-555-0142"
    spanish, german = "El niño comió piña en la montaña", "Grüße aus Köln, Straße 12"
    worst = Image.open(io.BytesIO(jpeg(line(), 10))).convert("RGB")
    cases: dict[str, Case] = {f"{size} px": (lambda size=size: line(size=size), WORDS) for size in (8, 10, 14, 40)}
    for face in ("Serif", "SansMono", "Sans-Oblique", "Sans-ExtraLight"):
        cases[face] = (lambda face=face: line(face=f"DejaVu{face}"), WORDS)
    for degrees in (10, 30, 45, 90, 180):
        cases[f"turned by {degrees}"] = (
            lambda degrees=degrees: line().rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white"),
            WORDS,
        )
    for levels in (20, 8):
        cases[f"contrast {levels}/255"] = (
            lambda levels=levels: line(ink=(128 + levels,) * 3, ground=(128,) * 3),
            WORDS,
        )
    for said, name in (("4111 1111 1111 1111", "card"), ("SSN 219-09-9999", "SSN"), ("maria@example.com", "e-mail")):
        cases[name] = (lambda said=said: line(said), said)
    for said, name in ((spanish, "Spanish"), (german, "German"), (russian, "Russian"), (greek, "Greek")):
        cases[name] = (lambda said=said: line(said), said)
    for letters in (22, 44):
        cases[f"{letters} px in 12 megapixels"] = (lambda letters=letters: large(letters), WORDS)
    for height in (2400, 4800, 9600):
        cases[f"screenshot of 720 x {height}"] = (lambda height=height: chat(height)[0], chat(height)[1])
    return cases | {
        "white on a photograph": (lambda: on_photograph((900, 600), 32, fill="white"), WORDS),
        "with an outline": (
            lambda: on_photograph((900, 600), 32, fill="white", stroke_width=2, stroke_fill="black"),
            WORDS,
        ),
        "watermark": (lambda: watermark(90), WORDS),
        "JPEG of quality 10": (lambda: worst, WORDS),
        "red on green of equal luma": (lambda: line(ink=(200, 0, 0), ground=(0, 102, 0)), WORDS),
        "table of two columns": (table, "Name Maria Phone 555-0142 City Seattle"),
    }


def pictures() -> Mapping[str, bytes]:
    """Whose time is taken."""
    return {
        "landscape, 12 megapixels": jpeg(photograph((4000, 3000), "landscape.jpg")),
        "landscape, 1 megapixel": jpeg(photograph((1152, 864), "landscape.jpg")),
        "face, 12 megapixels": jpeg(photograph((4000, 3000))),
        "face, 1 megapixel": jpeg(photograph((1152, 864))),
        "page of 50 lines": jpeg(page()),
        "screenshot of 720 x 9600": png(chat(9600)[0]),
        "strip of 4000 x 48": png(line("Maria called 206-555-0142 " * 9, 24).crop((0, 20, 4000, 68))),
    }


def ours(reader: Text, context: FakeContext, part: Part) -> str:
    """All lines."""
    try:
        return " ".join((made.text or "").replace("\n", " ") for made in reader.extract(part, context))
    except Unreadable as error:
        return f"({error})"


def plain(context: FakeContext) -> Callable[[Part], str]:
    """The baseline."""
    import numpy
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    engine = RapidOCR(params={"Global.log_level": "error"})

    def read(part: Part) -> str:
        answer = engine(numpy.asarray(context.looks(part, 1600)[0])[:, :, ::-1])
        return " ".join(" ".join(answer.txts or ()).split())

    return read


def least(read: Callable[[Part], str], part: Part, runs: int) -> tuple[float, float]:
    """Seconds of processor time, and by the clock."""
    times = []
    for _ in range(runs):
        used, clock = time.process_time(), time.monotonic()
        read(part)
        times.append((time.process_time() - used, time.monotonic() - clock))
    return min(used for used, _ in times), min(clock for _, clock in times)


def main() -> None:
    """Print what is read, then the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", action="store_true", help="only which texts are read")
    parser.add_argument("--times", action="store_true", help="only the times")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        context, reader = FakeContext(Path(folder)), Text()
        baseline = plain(context)
        if not asked.times:
            right = [0, 0]
            for name, (draw, said) in texts().items():
                part = context.part(png(draw()))
                read = ours(reader, context, part), baseline(part)
                right = [count + (each == said) for count, each in zip(right, read, strict=True)]
                marks = ["read" if each == said else "NOT " for each in read]
                print(f"{name:28} {marks[0]}  plain {marks[1]}", "" if read[0] == said else read[0][:70])
            print(f"{right[0]} and {right[1]} of {len(texts())}\n")
        if not asked.texts:
            print(f"processor time, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            for name, data in pictures().items():
                part, runs = context.part(data), 1 if "page" in name or "9600" in name else 4
                (used, clock), (before, _) = (
                    least(lambda part: ours(reader, context, part), part, runs + 1),
                    least(baseline, part, runs),
                )
                print(
                    f"{name:28} {used:6.2f} s, plain {before:6.2f} s: {before / used:5.1f} times; clock {clock:.1f} s"
                )


if __name__ == "__main__":
    main()
