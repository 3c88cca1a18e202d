"""Media that is named by address: accepted at once, fetched by others, and never approved when it could not be."""

from __future__ import annotations

import io
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from ground.blobs import FolderBlobs
from ground.database import Database
from moderation.core.items import Item, Media, Part, Source
from moderation.media.fetching import MediaFetcher
from moderation.pipeline import fetching
from moderation.pipeline.intake import Submission
from moderation.settings import Settings
from moderation.storage import tables
from moderation.storage.fetches import Fetches
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from plugins.film.tests.films import GREEN, RED, made, shots
from tests.houses.api import NOBODY, Api
from tests.houses.service import House
from tests.receiver import Receiver, status
from tests.waiting import PATIENCE_SECONDS, wait_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = """\
policy: words
format: 1
applies_to: {content_type: [text, image]}
needs: [vision.quality]
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
"""


def picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(out, "PNG")
    return out.getvalue()


def gives(data: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


@pytest.fixture
def site() -> Iterator[Receiver]:
    opened = Receiver()
    opened.answers["/x.png"] = gives(picture())
    opened.start()
    yield opened
    opened.stop()


@pytest.fixture
def api(settings: Settings, tmp_path: Path) -> Iterator[Api]:
    """The application over one quick policy, whose workers are the test; a fetch has its time, however busy the machine."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "words.yml").write_text(POLICY)
    given = {"rules": rules, "a2i_endpoint_url": NOBODY, "fetch_timeout_seconds": PATIENCE_SECONDS, "fetches": 8}
    opened = Api.open(settings.model_copy(update=given))
    yield opened
    opened.close()


@pytest.fixture
def films(settings: Settings, tmp_path: Path) -> Iterator[Api]:
    """The same for films too; nobody moderates them."""
    rules = tmp_path / "films"
    rules.mkdir()
    words = POLICY.replace("policy: words", "policy: films").replace("[text, image]", "[video, image]")
    (rules / "films.yml").write_text(words.replace("[vision.quality]", "[film.frames, vision.quality]"))
    given = {"rules": rules, "a2i_endpoint_url": NOBODY, "fetch_timeout_seconds": PATIENCE_SECONDS}
    opened = Api.open(settings.model_copy(update=given))
    yield opened
    opened.close()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed in passing is tried again at once, twice."""
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0.01, 0.01))


def image(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "image", "url": url, **more}


def parts_of(*urls: str) -> tuple[Part, ...]:
    return tuple(Part(id=f"p{n}", type="image", source=Source(url=url)) for n, url in enumerate(urls))


def fetched_parts(api: Api, item_id: str, app: str = "shop") -> Any:
    """The item's parts once none of them is still to be fetched; nobody moderates it."""

    def parts() -> Any:
        return api.get(f"/v1/items/{item_id}", app=app).json["parts"]

    def is_done() -> bool:
        api.service.fetching.look()
        return all(part.get("url") is None or part.get("problem") for part in parts())

    wait_for(is_done)
    return parts()


def test_a_post_is_answered_before_anything_is_fetched_and_says_what_is_still_to_be(api: Api, site: Receiver) -> None:
    posted = api.post("/v1/items", json={"parts": [image(f"{site.url}/x.png", name="a.png")]})

    assert posted.status_code == 202
    [before] = api.get(posted.headers["Location"]).json["parts"]
    assert (before["url"], before["name"], before.get("problem")) == (f"{site.url}/x.png", "a.png", None)
    assert site.requests == []
    [after] = fetched_parts(api, posted.json["id"])
    assert (after["content_type"], after["width"], after["name"]) == ("image/png", 300, "a.png")
    assert "url" not in after
    assert len(site.requests) == 1


def test_a_post_may_wait_for_what_is_fetched(api: Api, site: Receiver) -> None:
    api.work()
    answer = api.post("/v1/items?wait=30", json={"parts": [image(f"{site.url}/x.png")]})

    assert (answer.status_code, answer.json["decision"]["outcome"]) == (200, "approve")
    assert answer.json["parts"][0]["content_type"] == "image/png"
    assert answer.json["verdict"]["examined"][0]["detectors"] == ["vision.quality"]


def test_all_parts_of_an_item_are_fetched_before_it_is_moderated(api: Api, site: Receiver) -> None:
    go_on = threading.Event()

    def late(handler: BaseHTTPRequestHandler) -> None:
        go_on.wait(PATIENCE_SECONDS)
        gives(picture())(handler)

    site.answers["/late.png"] = late
    parts = [{"type": "text", "text": "hello"}, image(f"{site.url}/x.png"), image(f"{site.url}/late.png")]
    posted = api.post("/v1/items", json={"parts": parts}).json["id"]
    api.service.fetching.look()
    wait_for(lambda: api.get(f"/v1/items/{posted}").json["parts"][1].get("content_type"))
    assert api.service.work_once() == 0, "the item waits for its last part"
    go_on.set()

    assert [part.get("content_type") for part in fetched_parts(api, posted)] == [None, "image/png", "image/png"]
    assert [claim.item.id for claim in api.service.store.claim("media", 9, 60, datetime.now(UTC))] == [posted]


@pytest.mark.parametrize(
    ("path", "said"),
    [("/gone", "it could not be fetched from 127.0.0.1: the address answered 404"), ("/text", "the content is a text")],
)
def test_what_cannot_be_fetched_goes_to_people_who_are_told_why(
    open_house: Callable[[str], House], site: Receiver, path: str, said: str
) -> None:
    site.answers |= {"/gone": status(404), "/text": gives(b"Have a nice day")}
    house = open_house(POLICY)
    service = house.service
    item = service.pipeline.prepare(Submission("shop", parts_of(site.url + path)))
    service.pipeline.intake([item])

    record = house.wait(item.id, lambda record: record.status == "in_review")
    wait_for(lambda: house.people.started)

    [failure] = record.failures
    assert (failure.part, failure.kind) == ("p0", "not_examined")
    assert said in failure.message
    [content] = house.people.started.values()
    assert [said in each["problem"] for each in content["parts"]] == [True]
    assert any(said in each["message"] for each in content["failures"])
    assert len(site.requests) == 1, "trying again would bring nothing else"


def test_no_policy_approves_over_what_could_not_be_fetched(open_house: Callable[[str], House], site: Receiver) -> None:
    site.answers["/gone"] = status(404)
    house = open_house(POLICY.replace("{review: people}", "{approve: it is only a test}"))
    service = house.service
    item = service.pipeline.prepare(Submission("shop", parts_of(f"{site.url}/gone")))
    service.pipeline.intake([item])

    record = house.wait(item.id, lambda record: record.status != "pending")

    assert record.status == "in_review"


def test_what_fails_in_passing_is_tried_again(api: Api, site: Receiver, soon: None) -> None:
    answers = iter([status(503), status(429), gives(picture())])
    site.answers["/x.png"] = lambda handler: next(answers)(handler)
    posted = api.post("/v1/items", json={"parts": [image(f"{site.url}/x.png")]}).json["id"]

    assert fetched_parts(api, posted)[0]["content_type"] == "image/png"
    assert len(site.requests) == 3


def test_what_fails_each_time_is_given_up(api: Api, site: Receiver, soon: None) -> None:
    site.answers["/x.png"] = status(503)
    posted = api.post("/v1/items", json={"parts": [image(f"{site.url}/x.png")]}).json["id"]

    assert (
        fetched_parts(api, posted)[0]["problem"] == "it could not be fetched from 127.0.0.1: the address answered 503"
    )
    assert len(site.requests) == 3


def test_a_name_that_leads_to_a_private_address_is_found_out_when_it_is_fetched(
    api: Api, site: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", site.server_port))])
    monkeypatch.setattr(api.service.fetching._get.__self__, "_allow_private", False)
    posted = api.post("/v1/items", json={"parts": [image("http://innocent.example.com:8080/")]}).json["id"]

    assert "leads to a private" in fetched_parts(api, posted)[0]["problem"]
    assert site.requests == []


def test_slow_servers_hold_up_neither_texts_nor_other_apps_nor_other_servers(api: Api, site: Receiver) -> None:
    go_on, lock = threading.Event(), threading.Lock()
    under_way = most = 0

    def hang(handler: BaseHTTPRequestHandler) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        go_on.wait(PATIENCE_SECONDS)
        with lock:
            under_way -= 1
        gives(picture())(handler)

    site.answers["/hang"] = hang
    service, other = api.service, site.url.replace("127.0.0.1", "127.1")
    held = [api.post("/v1/items", json={"parts": [image(f"{site.url}/hang?{n}")]}).json["id"] for n in range(20)]
    site.answers |= {f"/hang?{n}": hang for n in range(20)}
    text = api.post("/v1/items", json={"parts": [{"type": "text", "text": "hello"}]}).json["id"]
    elsewhere = api.post("/v1/items", json={"parts": [image(f"{other}/x.png")]}).json["id"]
    theirs = api.post("/v1/items", json={"parts": [image(f"{other}/x.png")]}, app="forum").json["id"]

    service.fetching.look()
    wait_for(lambda: under_way == service.settings.fetches // 4)
    assert service.work_once(("texts",)) == 1
    assert fetched_parts(api, elsewhere)[0]["content_type"] == "image/png"
    assert fetched_parts(api, theirs, "forum")[0]["content_type"] == "image/png"
    assert api.get(f"/v1/items/{text}").json["status"] != "pending"
    assert all("url" in api.get(f"/v1/items/{item_id}").json["parts"][0] for item_id in held)
    go_on.set()
    for item_id in held:
        fetched_parts(api, item_id)
    assert most == service.settings.fetches // 4


def test_an_item_that_waits_for_what_nobody_is_to_fetch_goes_to_people(
    open_house: Callable[[str], House], site: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(POLICY)
    service = house.service
    monkeypatch.setattr(service.fetching, "look", lambda: 0)
    item = service.pipeline.prepare(Submission("shop", parts_of(f"{site.url}/x.png")))
    service.pipeline.intake([item])
    service.fetching.sweep()
    assert service.store.get_item(item.id).item.lane == "fetches", "it is to be fetched"
    service.database.write(lambda c: c.execute(sa.delete(tables.fetches)), step="test")

    service.fetching.sweep()

    record = house.wait(item.id, lambda record: record.status == "in_review")
    assert [(each.kind, each.message) for each in record.failures] == [("not_examined", "it was not fetched")]


# The rows


numbers = itertools.count()


def to_fetch(app: str, *urls: str) -> Item:
    item_id = new_item_id(NOW + timedelta(milliseconds=next(numbers)))
    return Item(id=item_id, app=app, parts=parts_of(*urls), created_at=NOW)


def fetched(part: Part) -> Part:
    media = Media(uri=f"s3://moderation/media/{part.id}", sha256="0", content_type="image/png", size_bytes=1)
    return part.model_copy(update={"media": media, "source": None})


def test_a_fetch_is_held_by_one_and_taken_by_another_when_that_one_died(database: Database) -> None:
    store, fetches = Store(database), Fetches(database)
    item = to_fetch("shop", "http://a.example/1")
    store.add_items([item])
    [first] = fetches.claim(5, NOW, 5, (), ())
    assert fetches.claim(5, NOW, 5, (), ()) == []
    [again] = fetches.claim(5, NOW + timedelta(seconds=5), 5, (), ())
    assert (first.attempts, again.attempts) == (1, 2)

    assert fetches.finish(first, first.held_until, fetched(first.part)) is None
    assert store.get_item(item.id).item == item, "who lost it stores nothing"
    assert fetches.finish(again, again.held_until, fetched(again.part)) == "media"
    assert fetches.finish(again, again.held_until, fetched(again.part)) is None
    assert store.get_item(item.id).parts == (fetched(item.parts[0]),)
    assert fetches.claim(5, NOW + timedelta(days=1), 5, (), ()) == []


def test_apps_take_turns_and_each_host_is_asked_once_at_a_time(database: Database) -> None:
    store, fetches = Store(database), Fetches(database)
    loud = [to_fetch("loud", "http://a.example/1"), to_fetch("loud", "http://b.example/1")]
    store.add_items([*loud, to_fetch("quiet", "http://a.example/2"), to_fetch("small", "http://c.example/")])

    def claim(limit: int, apps: tuple[str, ...] = (), hosts: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        return sorted((each.app, each.host) for each in fetches.claim(limit, NOW, 60, apps, hosts))

    assert claim(1) == [("loud", "a.example")]
    assert claim(9, apps=("small",), hosts=("a.example",)) == [("loud", "b.example")]
    assert claim(1) == [("quiet", "a.example")]
    assert claim(9) == [("small", "c.example")]
    assert claim(9) == []


def test_parts_of_one_item_that_are_finished_at_once_are_all_kept(database: Database) -> None:
    store, fetches = Store(database), Fetches(database)
    item = to_fetch("shop", *[f"http://{n}.example/" for n in range(8)])
    store.add_items([item])
    claimed = [each for _ in range(8) for each in fetches.claim(8, NOW, 60, (), ())]
    barrier = threading.Barrier(8)

    def finish(number: int) -> Any:
        barrier.wait()
        return fetches.finish(claimed[number], claimed[number].held_until, fetched(claimed[number].part))

    with ThreadPoolExecutor(8) as threads:
        lanes = list(threads.map(finish, range(8)))

    assert sorted(map(str, lanes)) == ["None"] * 7 + ["media"], "the last one says that it can be moderated"
    assert store.get_item(item.id).parts == tuple(map(fetched, item.parts))
    assert [claim.item.id for claim in store.claim("media", 9, 60, NOW)] == [item.id]


def film_in_pieces(site: Receiver, *names: str, end: str = "#EXT-X-ENDLIST\n") -> dict[str, Any]:
    """A part that names a playlist with these pieces."""
    pieces = "".join(f"#EXTINF:4,\n{name}\n" for name in names)
    site.answers["/hls/film.m3u8"] = gives(f"#EXTM3U\n{pieces}{end}".encode())
    return {"type": "video", "url": f"{site.url}/film"}


@pytest.fixture
def pieces(site: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Two pieces of a film, and addresses that lead to its playlist, elsewhere, and back to itself."""
    site.answers["/film"] = status(302, Location=f"{site.url}/hls/film.m3u8")
    site.answers["/hls/0.ts"] = gives(made(shots((99, RED)), 4, form="mpegts"))
    site.answers["/hls/1.ts"] = gives(made(shots((99, GREEN)), 4, form="mpegts"))
    site.answers["/hls/gone.ts"] = status(404)
    site.answers["/hls/away.ts"] = status(302, Location="http://10.0.0.1/1.ts")
    return site


def test_a_film_in_pieces_is_fetched_whole(films: Api, pieces: Receiver) -> None:
    posted = films.post("/v1/items", json={"parts": [film_in_pieces(pieces, "0.ts", f"{pieces.url}/hls/1.ts")]})

    [part] = fetched_parts(films, posted.json["id"])
    assert (part["content_type"], part.get("problem")) == ("video/mp2t", None)
    stored = films.service.store.get_item(posted.json["id"]).item.parts[0].media
    assert stored is not None
    assert stored.seconds == pytest.approx(8, abs=0.3)
    assert [each.path for each in pieces.requests] == ["/film", "/hls/film.m3u8", "/hls/0.ts", "/hls/1.ts"]


def test_what_belongs_to_a_film_and_is_not_in_its_file_is_written_down(films: Api, pieces: Receiver) -> None:
    film_in_pieces(pieces, "0.ts")
    subtitles = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",URI="de.m3u8"'
    variant = '#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="t"'
    pieces.answers["/hls/master.m3u8"] = gives(f"#EXTM3U\n{subtitles}\n{variant}\nfilm.m3u8\n".encode())
    posted = films.post("/v1/items", json={"parts": [{"type": "video", "url": f"{pieces.url}/hls/master.m3u8"}]})

    [part] = fetched_parts(films, posted.json["id"])

    stored = films.service.store.get_item(posted.json["id"]).item.parts[0].media
    assert stored is not None
    assert stored.left_out == ("line 2 of its playlist: subtitles, which were not read (#EXT-X-MEDIA)",)
    assert "left_out" not in part


@pytest.mark.parametrize(
    ("names", "end", "why"),
    [
        (["file:///etc/passwd"], "#EXT-X-ENDLIST\n", "line 3 of its playlist: scheme 'file' is not accepted"),
        (["data:video/mp2t,x"], "#EXT-X-ENDLIST\n", "line 3 of its playlist: scheme 'data' is not accepted"),
        (["http://user:word@127.0.0.1/x"], "#EXT-X-ENDLIST\n", "line 3 of its playlist: a URL with a user name"),
        (["0.ts", "gone.ts"], "#EXT-X-ENDLIST\n", "the address answered 404"),
        (["0.ts"], "", "`moderation watch` looks at live films"),
    ],
)
def test_a_film_in_pieces_that_cannot_be_fetched_whole_goes_to_people(
    films: Api, pieces: Receiver, names: list[str], end: str, why: str
) -> None:
    posted = films.post("/v1/items", json={"parts": [film_in_pieces(pieces, *names, end=end)]})

    [part] = fetched_parts(films, posted.json["id"])
    assert why in part["problem"]


@pytest.mark.parametrize("name", ["http://10.0.0.1/1.ts", "http://127.0.0.1:8080/1.ts", "away.ts"])
def test_a_piece_in_a_private_network_is_not_fetched(
    settings: Settings, pieces: Receiver, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from ground import fetch as guard

    port = pieces.server_port
    monkeypatch.setattr(guard, "ALLOWED_PORTS", {80, 8080, port})
    # The site counts as public, and nothing else of this machine.
    monkeypatch.setattr(guard, "_resolve", lambda *_: "127.0.0.1")
    film_in_pieces(pieces, name if name != "away.ts" else f"http://site.example:{port}/hls/away.ts")
    get = MediaFetcher(settings.model_copy(update={"allow_private_urls": False}), FolderBlobs(settings.data, "media"))

    part = get.fetch(Part(id="p0", type="video", source=Source(url=f"http://site.example:{port}/hls/film.m3u8")))

    assert part.source is not None
    assert "the address is private, loopback or reserved" in (part.source.problem or "")
    assert "/1.ts" not in [each.path for each in pieces.requests]


def test_a_playlist_that_is_posted_as_a_picture_is_none(films: Api, pieces: Receiver) -> None:
    film_in_pieces(pieces, "0.ts")
    posted = films.post("/v1/items", json={"parts": [image(f"{pieces.url}/hls/film.m3u8")]})

    [part] = fetched_parts(films, posted.json["id"])
    assert "a list of other addresses" in part["problem"]
    assert len(pieces.requests) == 1
