"""Make the example pictures anew. They are drawn; the one photograph is NASA's (see SOURCES.md).

Needs Pillow, and scikit-image for the photograph: pip install pillow scikit-image
"""

import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).parent
FONT = "DejaVuSans.ttf"


def landscape(width: int, height: int, seed: int) -> Image.Image:
    """Hills under an evening sky."""
    random.seed(seed)
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        share = y / height
        draw.line([(0, y), (width, y)], (int(90 + 150 * share), int(140 + 60 * share), int(200 - 90 * share)))
    draw.ellipse([width * 0.7, height * 0.2, width * 0.7 + 70, height * 0.2 + 70], fill=(255, 220, 150))
    for layer in range(4):
        base = height * (0.5 + 0.13 * layer)
        points = [(0.0, float(height))]
        level = base
        for x in range(0, width + 20, 20):
            level = min(max(level + random.uniform(-14, 14), base - 45), base + 45)
            points.append((x, level))
        points.append((width, height))
        draw.polygon(points, fill=(40 + 12 * layer, 95 - 12 * layer, 70 - 10 * layer))
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def main() -> None:
    """Write every picture."""
    landscape(900, 600, 1).save(HERE / "landscape.jpg", quality=85)

    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Example", "Drawn camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2), 29: "2026:05:01"})
    landscape(800, 600, 2).save(HERE / "gps.jpg", quality=85, exif=exif)

    card = Image.new("RGB", (900, 420), (250, 247, 238))
    draw = ImageDraw.Draw(card)
    draw.rectangle([20, 20, 880, 400], outline=(150, 120, 80), width=4)
    draw.text((60, 60), "Margaret Hollis", font=ImageFont.truetype(FONT, 44), fill=(50, 40, 30))
    for line, text in enumerate(
        ("1742 Maple Avenue, Springfield, IL 62704", "Phone: 217-555-0148", "margaret.hollis@example.com")
    ):
        draw.text((60, 160 + 70 * line), text, font=ImageFont.truetype(FONT, 34), fill=(50, 40, 30))
    card.save(HERE / "address-in-picture.png")

    landscape(16, 16, 3).save(HERE / "tiny.png")

    frames = []
    for step in range(12):
        frame = Image.new("RGB", (240, 160), (235, 240, 250))
        ImageDraw.Draw(frame).ellipse([10 + 16 * step, 60, 50 + 16 * step, 100], fill=(200, 60, 60))
        frames.append(frame)
    frames[0].save(HERE / "animated.gif", save_all=True, append_images=frames[1:], duration=80, loop=0)

    whole = (HERE / "landscape.jpg").read_bytes()
    (HERE / "corrupt.jpg").write_bytes(whole[: len(whole) // 3])

    try:
        from skimage import data
    except ImportError:
        print("scikit-image is not installed: face.jpg stays as it is")
        return
    Image.fromarray(data.astronaut()).save(HERE / "face.jpg", quality=88)


if __name__ == "__main__":
    main()
