"""Pictures that tests make: noise, so that no two parts of one are alike."""

from __future__ import annotations

import io

from PIL import Image


def picture(color: int = 90) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((200, 150), color).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


PICTURE = picture()
