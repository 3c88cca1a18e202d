"""Pictures to measure `vision.faces` with: faces put into photographs without any, and those photographs themselves."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

KINDS = {"plain": 12, "large": 8, "turned": 10, "leaning": 10, "small": 4, "group": 3}
"""How many scenes of each kind in a set; small ones show four faces, groups six."""
FACES_IN = {"small": 4, "group": 6}
SIDES = {"small": (64, 100), "group": (80, 200), "large": (450, 900)}
"""Pixels of the longer side of what is put in; a face is about two thirds of it."""
LEANS = {"turned": (90, 180, 270), "leaning": (30, 45, -30, -45)}
PIXELS = 1_000_000
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SHOWS_PEOPLE = (
    *("astronaut", "camera.png", "lena", "messi", "baboon", "basketball", "pca_test", "megamind", "suzanne", "vtest"),
    *("scenetext01", "scenetext03", "scenetext06", "sudoku", "fuzzy", "happyfish", "graf", "chicky", "face", "detect"),
)
"""Parts of paths, in scikit-image's and Debian's packages, of pictures with people or drawn faces in them."""
STEREO = ("data/left", "data/right")
"""A chessboard, many times over, and who holds it."""


@dataclass(frozen=True)
class Scene:
    """A picture, and where in it faces are: left, top, right, bottom in pixels, of what was put in."""

    kind: str
    picture: Image.Image
    faces: tuple[tuple[float, float, float, float], ...]


def pictures_in(folders: Sequence[Path]) -> list[Path]:
    """The pictures of folders and all below, in order; of a desktop's backgrounds one size each."""
    found: list[Path] = []
    themes = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder)).lower()
            is_wanted = path.suffix.lower() in SUFFIXES and not any(word in name for word in (*SHOWS_PEOPLE, *STEREO))
            theme = path.parent if "wallpapers" in path.parts else path
            if is_wanted and theme not in themes:
                themes.add(theme)
                found.append(path)
    return found


def portraits(paths: Sequence[Path]) -> list[Path]:
    """Those that a face can be taken from: not tiny, and of the shape of a head, not of a person or a street."""
    kept = []
    for path in paths:
        with Image.open(path) as picture:
            if min(picture.size) >= 80 and 0.6 < picture.width / picture.height < 1.1:
                kept.append(path)
    return kept


def opened(path: Path) -> Image.Image:
    """The picture on white, at most `PIXELS` large."""
    picture = Image.open(path).convert("RGBA")
    still = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    scale = math.sqrt(PIXELS / (still.width * still.height))
    return still.resize((round(still.width * scale), round(still.height * scale))) if scale < 1 else still


def scenes(faces: Sequence[Path], backgrounds: Sequence[Path], seed: int, times: int = 1) -> Iterator[Scene]:
    """So many of each kind; the same seed makes the same ones."""
    draw, faces = random.Random(seed), portraits(faces)
    for kind, count in KINDS.items():
        for _ in range(count * times):
            yield _scene(draw, kind, faces, backgrounds)


def _scene(draw: random.Random, kind: str, faces: Sequence[Path], backgrounds: Sequence[Path]) -> Scene:
    picture = opened(draw.choice(backgrounds))
    if (scale := 700 / min(picture.size)) > 1:
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    places: list[tuple[float, float, float, float]] = []
    least, most = SIDES.get(kind, (120, 400))
    while len(places) < FACES_IN.get(kind, 1):
        side = draw.randint(least, min(most, int(min(picture.size) / 1.5)))
        lean = draw.choice(LEANS[kind]) if kind in LEANS else draw.uniform(-10, 10)
        face = Image.open(draw.choice(faces)).convert("RGB")
        face = face.resize((max(8, side * face.width // max(face.size)), max(8, side * face.height // max(face.size))))
        rim = Image.new("L", face.size, 0)
        ImageDraw.Draw(rim).ellipse((1, 1, face.width - 2, face.height - 2), fill=255)
        rim = rim.filter(ImageFilter.GaussianBlur(side / 40)).rotate(lean, Image.Resampling.BICUBIC, expand=True)
        face = face.rotate(lean, Image.Resampling.BICUBIC, expand=True)
        if face.width >= picture.width or face.height >= picture.height:
            continue
        left, top = draw.randrange(picture.width - face.width), draw.randrange(picture.height - face.height)
        place = (left, top, left + face.width, top + face.height)
        if all(place[2] <= p[0] or p[2] <= place[0] or place[3] <= p[1] or p[3] <= place[1] for p in places):
            picture.paste(face, (left, top), rim)
            places.append(place)
    return Scene(kind, picture, tuple(places))


def is_at(centre: tuple[float, float], side: float, face: tuple[float, float, float, float]) -> bool:
    """Whether a box with that centre and longer side is of the face that was put in there."""
    left, top, right, bottom = face
    share = side / max(right - left, bottom - top)
    return left <= centre[0] <= right and top <= centre[1] <= bottom and 0.12 < share < 1.5
