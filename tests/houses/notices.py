"""Public notices of items in a house, and pictures with enough in them to be known again."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from moderation.core.items import Part
from moderation.core.public_notices import GivenNotice
from moderation.media.inspecting import inspect, store_media
from moderation.notices.taking import take
from moderation.pipeline.intake import Submission
from moderation.storage.public_notices import PublicNotice
from tests.houses.service import House


def given(place: str, **more: Any) -> GivenNotice:
    said = {"kind": "hate", "reason": "it insults us", "name": "Ann", "mail": "ann@example.org"} | more
    return GivenNotice(place=place, is_in_good_faith=True, **said)


def give(house: House, place: str, **more: Any) -> PublicNotice:
    key = more.pop("flagger_key", "")
    made, _ = take(house.service, "shop", given(place, **more), via="form", flagger_key=key, now=datetime.now(UTC))
    return made


def photo(seed: int = 7) -> Image.Image:
    """A picture with enough in it to be known again."""
    dice = random.Random(seed)
    small = Image.new("RGB", (12, 9))
    small.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range(108)])
    return small.resize((640, 480), Image.Resampling.BICUBIC)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def post_picture(house: House, data: bytes) -> str:
    service = house.service
    facts = inspect(data, service.judge.limits, "image")
    part = Part(id="p0", type="image", media=store_media(service.blobs, data, facts, None))
    item = service.pipeline.prepare(Submission("shop", (part,)))
    service.pipeline.intake([item])
    return house.wait(item.id, lambda record: record.status != "pending").item.id
