"""Copies go where policies say and come back when a decision changes; rejected originals go, when nobody needs them."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from PIL import Image

from ground.blobs import Blobs
from ground.database import Database
from ground.media_store import open_blobs
from moderation.commands.doctor import Installation, _database
from moderation.core.decisions import Decision, FinalOutcome, PolicyRef
from moderation.core.derivatives import derivatives_of
from moderation.core.errors import SettingsError
from moderation.core.items import Item, Media, Part
from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import Policy
from moderation.core.redaction import RedactedPart
from moderation.delivery.derivatives import DerivativeWork, copy_places
from moderation.media.retention import Retention
from moderation.plugins import Plugins, load_plugins
from moderation.policies.checking import faults_of_text
from moderation.settings import Settings
from moderation.storage import tables
from moderation.storage.derivatives import Derivatives
from moderation.storage.findings import Findings
from moderation.storage.holds import Holds
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.records import LoopEnd
from moderation.storage.withdrawing import Erasures
from tests.houses.api import Api
from tests.houses.aws import Aws
from tests.pictures import picture

Open = Callable[..., Api]
POLICY = """\
policy: shop
format: 1
applies_to: {content_type: [image]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
rules:
  - id: positions
    when: {label: PII/GPS_POSITION, at_least: 50}
    then: approve
    redact: [PII/GPS_POSITION]
  - id: bad
    when: {metadata: {key: is_bad, is: true}}
    then: reject
copies:
  redacted: s3://out/
  thumbnails: FOLDER/thumbs/
  delete_rejected_after_days: 30
"""


def positioned(color: int = 90) -> bytes:
    """A picture that says where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 36.0, 0.0), 3: "W", 4: (122.0, 20.0, 0.0)})
    out = io.BytesIO()
    Image.open(io.BytesIO(picture(color))).resize((800, 400)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@dataclass
class Shop:
    """Decided items, the work on them, and a clock of its own."""

    settings: Settings
    database: Database
    aws: Aws
    folder: Path

    def post(self, key: str, data: bytes, *, is_bad: bool = False, redacted: bytes | None = b"redacted") -> str:
        """Post an object of the app's bucket and decide about it; `redacted`: the copy that may be shown."""
        now = datetime.now(UTC)
        item = Item(
            id=new_item_id(now),
            app="shop",
            parts=(Part(id="p0", type="image", media=self.media(self.aws.put("shop", key, data), data)),),
            created_at=now,
        )
        copies = []
        if redacted is not None and not is_bad:
            data = picture(30) if redacted == b"redacted" else redacted
            name = hashlib.sha256(data).hexdigest()
            uri = self.blobs.put(f"media/{name[:2]}/{name}.jpg", data, "image/jpeg")
            copies = [RedactedPart(part="p0", type="image", media=self.media(uri, data))]
        Store(self.database).add_items([item])
        self._decide(item, "reject" if is_bad else "approve", copies, [])
        return item.id

    def decide(self, item: str, outcome: FinalOutcome) -> None:
        """As people do after an appeal."""
        in_review = sa.update(tables.items).where(tables.items.c.id == item).values(status="in_review")
        self.database.write(lambda c: c.execute(in_review), step="test.write")
        self._decide(Store(self.database).get_item(item).item, outcome, [], [LoopEnd("x")])

    def _decide(self, item: Item, outcome: FinalOutcome, copies: list[RedactedPart], ended: list[LoopEnd]) -> None:
        policy, now = PolicyRef(name="shop", version="0" * 64), datetime.now(UTC)
        made = Decision(outcome=outcome, decided_by="rules", reason="so", policy=policy, decided_at=now)
        wanted = derivatives_of([shop_policy("shop", **yaml.safe_load(self.text)["copies"])], item, made, copies)
        findings = Findings(item.parts, (), ())
        store = Store(self.database)
        assert store.decide(item.id, made, findings, None, ended, redacted=copies, derivatives=wanted) is not None

    def look(self, days: float = 0.0, settings: Settings | None = None) -> None:
        """Work off what is due, so long from now."""
        assert self.work(datetime.now(UTC) + timedelta(days=days), settings).look() is None

    def work(self, now: datetime, settings: Settings | None = None) -> DerivativeWork:
        return DerivativeWork(self.todo, settings or self.settings, self.blobs, lambda: now)

    @staticmethod
    def media(uri: str, data: bytes) -> Media:
        digest = hashlib.sha256(data).hexdigest()
        return Media(uri=uri, sha256=digest, content_type="image/jpeg", size_bytes=len(data))

    @cached_property
    def blobs(self) -> Blobs:
        return open_blobs(self.settings)

    @property
    def todo(self) -> Derivatives:
        return Derivatives(self.database)

    @property
    def text(self) -> str:
        return POLICY.replace("FOLDER", str(self.folder))

    def thumbs(self) -> list[str]:
        found = (path for path in (self.folder / "thumbs").rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder / "thumbs").as_posix() for path in found)


def shop_policy(name: str, **copies: Any) -> Policy:
    base = {"format": 1, "if_nothing_matches": "approve", "if_a_detector_fails": "reject"}
    given = {"policy": name, **base, "applies_to": {"content_type": ["image"]}, "copies": copies}
    return Policy(PolicyFile.model_validate(given), "0" * 64)


@pytest.fixture
def shop(aws: Aws, tmp_path: Path) -> Iterator[Shop]:
    aws.bucket("shop")
    aws.bucket("out")
    places = {"media_in_place": "shop=s3://shop/", "copies_to": f"s3://out/ {tmp_path}/public/"}
    settings = Settings(data=tmp_path / "data", **places)
    database = open_database(settings)
    yield Shop(settings, database, aws, tmp_path / "public")
    database.close()


@pytest.fixture
def anywhere(shop: Shop, database: Database) -> Shop:
    """The shop on SQLite, then on Postgres."""
    return replace(shop, database=database)


def test_what_the_pipeline_approves_is_written_redacted_and_small(aws: Aws, open_api: Open, tmp_path: Path) -> None:
    (tmp_path / "shop-rules").mkdir()
    (tmp_path / "shop-rules/shop.yml").write_text(POLICY.replace("FOLDER", str(tmp_path / "public")))
    aws.bucket("shop")
    aws.bucket("out")
    places = {"media_in_place": "shop=s3://shop/", "copies_to": f"s3://out/ {tmp_path}/public/"}
    api = open_api(workers=True, rules=tmp_path / "shop-rules", **places)
    encoded = base64.b64encode(positioned()).decode()
    parts = [
        {"type": "image", "s3": aws.put("shop", "2026/a b.jpg", positioned())},
        {"type": "image", "s3": aws.put("shop", "plain.jpg", picture())},
        {"type": "image", "base64": encoded},
    ]
    item = api.post("/v1/items?wait=30", json={"parts": parts}).json
    bad = {"parts": [{"type": "image", "s3": "s3://shop/plain.jpg"}], "metadata": {"is_bad": True}}
    assert api.post("/v1/items?wait=30", json=bad).json["decision"]["outcome"] == "reject"
    assert item["decision"]["outcome"] == "approve"

    api.service.derivatives.look()

    assert aws.keys("out") == ["2026/a b.jpg", f"shop/{item['id']}/p2.jpg"], "nothing was redacted in the other"
    copies = [aws.client("s3").get_object(Bucket="out", Key=key) for key in aws.keys("out")]
    assert {copy["ContentType"] for copy in copies} == {"image/jpeg"}
    small = (tmp_path / "public/thumbs/2026/a b.jpg").read_bytes()
    for data, size in ((copies[0]["Body"].read(), (800, 400)), (small, (320, 160))):
        with Image.open(io.BytesIO(data)) as shown:
            assert not shown.getexif()
            assert shown.size == size
    assert (tmp_path / "public/thumbs/plain.jpg").stat().st_mode & 0o077 == 0
    metrics = api.client.get("/metrics").text
    assert 'moderation_derivatives{state="done"} 5.0' in metrics
    assert 'moderation_derivatives{state="due"} 1.0' in metrics, "the original that goes later"


def test_a_later_rejection_takes_back_what_was_written(shop: Shop) -> None:
    item, stays = shop.post("a.jpg", picture()), shop.post("b.jpg", picture(10))
    shop.look()

    shop.decide(item, "reject")
    shop.look()

    assert (shop.aws.keys("out"), shop.thumbs()) == (["b.jpg"], ["b.jpg"])
    assert shop.todo.counts() == {"due": 1, "done": 2}, "the original goes later"
    assert stays


def test_a_withdrawn_item_takes_its_copies_along_and_those_under_way(anywhere: Shop) -> None:
    shop = anywhere
    written = shop.post("a.jpg", picture())
    shop.look()
    under_way = shop.post("b.jpg", picture(10))
    taken = shop.todo.take(datetime.now(UTC), 10)
    assert len(taken) == 2

    Erasures(shop.database).withdraw([written, under_way], datetime.now(UTC), "asked")
    for task in taken:
        shop.work(datetime.now(UTC))._do(task)
    shop.look()

    assert (shop.aws.keys("out"), shop.thumbs()) == ([], [])
    shop.look(days=1)
    assert shop.todo.counts() == {}


def test_a_rejected_original_is_deleted_when_its_time_is_over_and_no_sooner(shop: Shop) -> None:
    shop.post("bad.jpg", picture(), is_bad=True)
    shop.post("good.jpg", picture(10), redacted=None)

    shop.look(days=29.9)
    assert shop.aws.keys("shop") == ["bad.jpg", "good.jpg"]
    shop.look(days=30.1)
    shop.look(days=31)

    assert shop.aws.keys("shop") == ["good.jpg"]
    assert shop.aws.keys("out") == []


def _hold(shop: Shop, item: str) -> None:
    Holds(shop.database).add("item", item, why="a case", by="ann", now=datetime.now(UTC))


def _look_at(shop: Shop, item: str) -> None:
    loop = {"name": f"{item}-s1", "item_id": item, "round": 1, "policy": "p", "policy_version": "0", "queue": "q"}
    loop |= {"flow": "f", "state": "open", "purpose": "sample", "looks": 0, "created_at": datetime.now(UTC)}
    shop.database.write(lambda c: c.execute(sa.insert(tables.item_loops).values(loop)), step="test.write")


def _approve(shop: Shop, item: str) -> None:
    shop.decide(item, "approve")


def _write_over(shop: Shop, _item: str) -> None:
    shop.aws.put("shop", "bad.jpg", picture(20))


def _need_elsewhere(shop: Shop, _item: str) -> None:
    same = shop.aws.client("s3").get_object(Bucket="shop", Key="bad.jpg")["Body"].read()
    shop.post("bad.jpg", same, redacted=None)


@pytest.mark.parametrize("happens", [_hold, _look_at, _approve, _write_over, _need_elsewhere])
def test_an_original_that_somebody_needs_is_not_deleted(shop: Shop, happens: Callable[[Shop, str], None]) -> None:
    item = shop.post("bad.jpg", picture(), is_bad=True)
    happens(shop, item)

    shop.look(days=31)
    shop.look(days=32)

    assert shop.aws.keys("shop") == ["bad.jpg"]
    assert "failing" not in shop.todo.counts()


def test_it_is_deleted_once_it_is_held_no_more(anywhere: Shop) -> None:
    shop = anywhere
    _hold(shop, shop.post("bad.jpg", picture(), is_bad=True))
    shop.look(days=31)
    holds = Holds(shop.database)
    holds.release(by="ann", why="it is over", now=datetime.now(UTC), hold_id=holds.list(datetime.now(UTC))[0].id)

    shop.look(days=32)

    assert shop.aws.keys("shop") == []


def test_what_fails_is_seen_and_done_when_it_can_be(shop: Shop) -> None:
    shop.aws.client("s3").delete_bucket(Bucket="out")
    shop.post("a.jpg", picture())

    shop.look()

    assert shop.thumbs() == ["a.jpg"], "one that fails keeps no other from being written"
    assert shop.todo.counts() == {"failing": 1, "done": 1}
    [why] = shop.todo.problems()
    assert why.startswith("redacted: no stored object s3://out/a.jpg")
    said = [str(found) for found in _database(Installation(shop.settings))]
    assert [each for each in said if f"copies and originals: {why}" in each]
    shop.aws.bucket("out")
    shop.look(days=1)
    assert shop.aws.keys("out") == ["a.jpg"]
    assert shop.todo.problems() == []


def test_media_that_is_still_to_be_copied_is_not_deleted(shop: Shop) -> None:
    item = shop.post("a.jpg", picture())
    over = sa.update(tables.items).where(tables.items.c.id == item).values(media_until=datetime.now(UTC))
    shop.database.write(lambda c: c.execute(over), step="test.write")
    retention, later = Retention(shop.database, shop.blobs), datetime.now(UTC) + timedelta(days=1)

    assert [due.item_id for due in retention.all_due(later)] == []
    shop.look()
    assert [due.item_id for due in retention.all_due(later)] == [item]


def test_nothing_is_written_where_the_settings_do_not_say_so(shop: Shop) -> None:
    shop.post("a.jpg", picture())

    shop.look(settings=shop.settings.model_copy(update={"copies_to": "s3://out/public/"}))

    assert (shop.aws.keys("out"), shop.thumbs()) == ([], [])
    assert [why.partition(": ")[2] for why in shop.todo.problems()] == [
        "its place is not among those of MODERATION_COPIES_TO"
    ] * 2


@pytest.mark.parametrize("said", ["s3://out", "out/", "/srv/../etc/", "http://out/"])
def test_a_setting_that_names_no_place_is_refused(said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MODERATION_COPIES_TO"):
        copy_places(Settings(data=tmp_path, copies_to=said))


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Plugins:
    taken = "shop=s3://shop/ shop=s3://out/taken/"
    copies = "s3://out/ s3://public/ /srv/public/"
    return load_plugins(Settings(data=tmp_path_factory.mktemp("data"), copies_to=copies, media_in_place=taken))


def linted(plugins: Plugins, copies: str) -> list[str]:
    text = POLICY.partition("copies:")[0] + f"copies: {copies}\n"
    _policy, faults = faults_of_text(text, "shop.yml", plugins)
    return [f"{each.code} {each.message}" for each in faults if each.code not in ("W203", "W205", "W201")]


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ("{redacted: s3://public/a/, thumbnails: /srv/public/}", None),
        ("{redacted: s3://out/}", "W213 objects in s3://out/ are taken in"),
        ("{thumbnails: s3://out}", "E102 a place for copies is s3://BUCKET/"),
        ("{thumbnails: ../x/}", "E102 a place for copies is"),
        ("{thumbnails: /srv/../etc/}", "E102 a place for copies has no . or .. in it"),
        ("{redacted: s3://out/, thumbnails: s3://out/}", "E102 redacted copies and thumbnails have the same keys"),
        ("{}", "E102 copies says nothing"),
        ("{delete_rejected_after_days: -1}", "E102"),
        ("{redacted: s3://elsewhere/}", "W213 nothing is written to s3://elsewhere/ here"),
        ("{redacted: s3://out/taken/}", "W213 objects in s3://out/taken/ are taken in"),
        ("{delete_rejected_after_days: 1}", None),
    ],
)
def test_the_lint_names_places_that_cannot_be_meant(plugins: Plugins, copies: str, said: str | None) -> None:
    found = linted(plugins, copies)

    assert [each[: len(said or "")] for each in found] == ([said] if said else [])


def test_the_policy_that_keeps_an_original_longest_has_its_way(shop: Shop) -> None:
    record = Store(shop.database).get_item(shop.post("a.jpg", picture(), is_bad=True))
    assert record.decision is not None
    policies = [shop_policy("a", delete_rejected_after_days=3), shop_policy("b", delete_rejected_after_days=7)]
    says_nothing = shop_policy("c", thumbnails="/x/")

    [made] = derivatives_of([*policies, says_nothing], record.item, record.decision, ())

    assert made.due_at == record.decision.decided_at + timedelta(days=7)
    assert derivatives_of([says_nothing], record.item, record.decision, ()) == ()


def test_a_copy_that_is_withheld_is_not_written_and_has_no_thumbnail(shop: Shop) -> None:
    record = Store(shop.database).get_item(shop.post("a.jpg", picture()))
    assert record.decision is not None
    withheld = RedactedPart(part="p0", type="image", withheld="it could not be redacted")
    policies = [shop_policy("a", redacted="s3://out/", thumbnails="/x/")]

    assert derivatives_of(policies, record.item, record.decision, [withheld]) == ()
    assert len(derivatives_of(policies, record.item, record.decision, [])) == 1
