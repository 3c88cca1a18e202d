"""What is declared decides who looks, so the content must be what was declared, by every way into the service."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from PIL import Image

from moderation.settings import Settings
from tests.houses.api import NOBODY, Api
from tests.receiver import Receiver
from tests.recordings import mp3, mp4, wav, webm
from tests.waiting import wait_for


def picture(kind: str, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (60, 40), "teal").save(out, kind)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return out.getvalue()


SVG = b"<?xml version='1.0'?>\n<!-- drawn --><svg xmlns='http://www.w3.org/2000/svg'><text>4111 1111 1111 1111</text></svg>"
PNG, JPEG, TEXT = picture("PNG"), picture("JPEG"), b"Have a nice day, all of you"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<<>>\n%%EOF\n"

REFUSED = [
    # what, how it is declared, the bytes, and what it turned out to be
    ("a text declared as a picture", "image/jpeg", TEXT, "text"),
    ("a picture declared as a text", "text/plain", JPEG, "image/jpeg"),
    ("a picture declared as a film", "video/mp4", PNG, "image/png"),
    ("a film declared as a picture", "image/png", mp4(b"vide"), "video/mp4"),
    ("a sound declared as a film", "video/mp4", mp4(b"soun"), "a sound"),
    ("a film declared as a sound", "audio/mp4", mp4(b"vide", brand=b"M4A "), "a video"),
    ("a sound declared as a text", "text/plain", mp3(), "audio/mpeg"),
    ("an SVG", "image/svg+xml", SVG, "SVG"),
    ("an SVG declared as PNG", "image/png", SVG, "SVG"),
    ("an SVG declared as a text", "text/plain", SVG, "SVG"),
    ("a page declared as a picture", "image/png", b"<!doctype html><p>4111 1111 1111 1111", "HTML"),
    ("XML declared as a picture", "image/png", b"<?xml version='1.0'?><note/>", "XML"),
    ("a PPM", "image/x-portable-pixmap", picture("PPM"), "portable bitmap"),
    ("a PPM in letters, declared as a text", "text/plain", b"P3\n# made\n2 1 255\n0 0 0 255 255 255\n", "portable bitmap"),
    ("a bitmap", "image/bmp", picture("BMP"), "BMP"),
    ("a TIFF", "image/tiff", picture("TIFF"), "TIFF"),
    ("a PDF", "application/pdf", PDF, "PDF"),
    ("a PDF declared as a picture", "image/png", PDF, "PDF"),
    ("a PDF declared as a text", "text/plain", PDF, "PDF"),
    ("an Office file declared as a text", "text/plain", archive("[Content_Types].xml", "word/document.xml"), "DOCX"),
    ("an archive declared as a picture", "image/png", archive("a.png"), "ZIP"),
    ("a program declared as a sound", "audio/mpeg", b"\x7fELF" + bytes(60), "ELF"),
    ("zeros behind the name of a film", "video/mp4", b"\0\0\0\x18ftypisom" + bytes(3000), "damaged"),
    ("zeros behind the name of a sound", "audio/wav", b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "damaged"),
    ("zeros", "image/png", bytes(3000), "binary data"),
]  # fmt: skip


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Policies for every type of part, so that only the door itself refuses anything."""
    folder = tmp_path_factory.mktemp("door")
    (folder / "rules").mkdir()
    (folder / "rules" / "all.yml").write_text(
        "policy: all\nformat: 1\ndescription: A test.\n"
        "applies_to: {content_type: [text, document, image, video, audio]}\n"
        "if_nothing_matches: reject\nif_a_detector_fails: reject\n"
    )
    settings = Settings(
        data=folder / "data", rules=folder / "rules", a2i_endpoint_url=NOBODY, allow_private_urls=True, threads=4
    )
    opened = Api.open(settings)
    yield opened
    opened.close()


def file(data: bytes, content_type: str | None, name: str = "a") -> dict[str, Any]:
    """A form of one file, as it is declared."""
    kind = f"Content-Type: {content_type}\r\n" if content_type is not None else ""
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n{kind}\r\n'
    return {"data": head.encode() + data + b"\r\n--x--\r\n", "content_type": "multipart/form-data; boundary=x"}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("content_type", "data", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_file_that_is_not_what_it_is_declared_as_is_refused_by_name(
    door: Api, content_type: str, data: bytes, words: str
) -> None:
    answer = door.post("/v1/items", **file(data, content_type))

    assert answer.status_code == 422, answer.text
    [error] = answer.json["errors"]
    assert error["field"] == "file[0]"
    assert words in error["message"]
    assert answer.json["detail"].startswith("file[0]: ")


@pytest.mark.parametrize(
    ("content_type", "data", "words"),
    [case[1:] for case in REFUSED if case[1].partition("/")[0] in ("image", "video", "audio")],
    ids=[case[0] for case in REFUSED if case[1].partition("/")[0] in ("image", "video", "audio")],
)
@pytest.mark.parametrize("way", ["base64", "upload"])
def test_a_part_that_is_not_what_it_is_declared_as_is_refused_by_name(
    door: Api, content_type: str, data: bytes, words: str, way: str
) -> None:
    given = {"base64": b64, "upload": lambda data: uploaded(door, data)}[way]
    parts = [{"type": "text", "text": "hello"}, {"type": content_type.partition("/")[0], way: given(data)}]

    answer = door.post("/v1/items", json={"parts": parts})

    assert answer.status_code == 422, answer.text
    [error] = answer.json["errors"]
    assert error["field"] in ("parts[1].type", f"parts[1].{way}")
    assert words in error["message"]


def test_what_an_address_gives_is_held_against_what_it_was_declared_as(door: Api) -> None:
    cases = [case[1:] for case in REFUSED if case[1].partition("/")[0] in ("image", "video", "audio")]
    site = Receiver()
    for number, (_, data, _) in enumerate(cases):
        site.answers[f"/{number}"] = gives(data)
    site.start()
    items = [
        {"parts": [{"type": "text", "text": "hello"}, {"type": kind.partition("/")[0], "url": f"{site.url}/{number}"}]}
        for number, (kind, _, _) in enumerate(cases)
    ]

    ids = [entry["id"] for entry in door.post("/v1/items/batch", json=items).json["items"]]
    wait_for(lambda: door.service.work_once() == 0 and not door.service.store.backlog()[0])
    site.stop()

    for item_id, (_, _, words) in zip(ids, cases, strict=True):
        document = door.get(f"/v1/items/{item_id}").json
        assert document["decision"]["outcome"] == "reject", "the policy says so for what nobody looked at"
        [failure] = [each for each in document["failures"] if each["part"] == "p1"]
        assert failure["kind"] == "not_examined"
        assert "what 127.0.0.1 gave for it is not accepted: " in failure["message"]
        assert words in failure["message"]
        assert document["parts"][1]["problem"] == failure["message"]


def gives(data: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def uploaded(door: Api, data: bytes) -> str:
    address = door.post("/v1/uploads", json={"content_type": "image/png"}).json
    form = {**address["fields"], "file": (io.BytesIO(data), "x")}
    assert door.client.post("/uploads", data=form, content_type="multipart/form-data").status_code == 204
    name: str = address["id"]
    return name


ACCEPTED = [
    ("image/png", PNG, ("image", "image/png")),
    ("image/jpeg", PNG, ("image", "image/png")),
    ("image/avif", picture("AVIF"), ("image", "image/avif")),
    ("application/octet-stream", JPEG, ("image", "image/jpeg")),
    (None, JPEG, ("image", "image/jpeg")),
    ("text/plain; charset=utf-8", TEXT, ("text", None)),
    ("application/json", b'{"a": "<svg>"}', ("text", None)),
    ("text/html", b"<!doctype html><p>Hello", ("text", None)),
    ("text/xml", b"<?xml version='1.0'?><note>Hello</note>", ("text", None)),
    ("application/octet-stream", TEXT, ("text", None)),
    (None, TEXT, ("text", None)),
    ("video/mp4", mp4(b"vide", b"soun"), ("video", "video/mp4")),
    ("video/webm", webm(1, 2), ("video", "video/webm")),
    ("audio/webm", webm(2), ("audio", "audio/webm")),
    ("audio/mp4", mp4(b"soun"), ("audio", "audio/mp4")),
    ("audio/mpeg", mp3(), ("audio", "audio/mpeg")),
    (None, wav(), ("audio", "audio/wav")),
]


@pytest.mark.parametrize(("content_type", "data", "expected"), ACCEPTED)
def test_what_is_as_declared_is_taken(
    door: Api, content_type: str | None, data: bytes, expected: tuple[str, str | None]
) -> None:
    answer = door.post("/v1/items", **file(data, content_type))

    assert answer.status_code == 202, answer.text
    [part] = door.get(answer.headers["Location"]).json["parts"]
    assert (part["type"], part.get("content_type")) == expected


@pytest.mark.parametrize("data", [b"<!doctype html><p>x", b"<?xml version='1.0'?><x/>", SVG, PDF, archive("a")])
@pytest.mark.parametrize("content_type", [None, "application/octet-stream"])
def test_pages_drawings_and_documents_are_no_texts_for_want_of_a_declaration(
    door: Api, content_type: str | None, data: bytes
) -> None:
    answer = door.post("/v1/items", **file(data, content_type))

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "file[0]"


def test_an_avif_that_moves_is_refused_with_a_remedy(door: Api) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (60, 40), color) for color in ("red", "blue")]
    frames[0].save(out, "AVIF", save_all=True, append_images=frames[1:])

    answer = door.post("/v1/items", json={"parts": [{"type": "image", "base64": b64(out.getvalue())}]})

    assert answer.status_code == 422
    assert "WebP" in answer.json["errors"][0]["message"]


def test_a_file_field_in_which_nothing_was_chosen_is_ignored(door: Api) -> None:
    item = json.dumps({"parts": [{"type": "text", "text": "Have a nice day"}]})
    head = f'--x\r\nContent-Disposition: form-data; name="item"\r\n\r\n{item}\r\n'
    empty = '--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n'

    body = (head + empty + "--x--\r\n").encode()
    answer = door.post("/v1/items", data=body, content_type="multipart/form-data; boundary=x")
    alone = door.post("/v1/items", data=(empty + "--x--\r\n").encode(), content_type="multipart/form-data; boundary=x")

    assert answer.status_code == 202, answer.text
    assert len(door.get(answer.headers["Location"]).json["parts"]) == 1
    assert (alone.status_code, alone.json["errors"][0]["field"]) == (422, "parts")
