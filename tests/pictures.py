"""Pictures that tests make: noise, so that no two parts of one are alike."""

from __future__ import annotations

import base64
import io

from PIL import Image


def picture(color: int = 90) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((200, 150), color).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


PICTURE = picture()

HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAA"
    "AAAERAAAEAAQAAAAABoQABAAAAAAAAAGIAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAA"
    "AADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkA"
    "AAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAA"
    "AAAoY2xhcAAAADwAAAABAAAAKAAAAAH////8AAAAAv///+gAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAG"
    "ptZGF0AAAAXigBrxOA5Xz/8Cqv6p+f3TJbYZwRLIBADQHqgbRsIq4n84qIaie/+/LD4Q7vlCMjFk0uT384E0MFHDPrwfwzaHg/XgMR8fnGFov/"
    "mFrrbj8zeGk7/Jy2b69HtQ7LJLg="
)
"""60 x 40 pixels, teal with a red quarter at the upper left, as telephones write pictures."""
