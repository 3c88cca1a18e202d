"""Public notices: people look, their word comes back with reasons, and what is upheld is found again in stored items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from moderation.core.errors import AppealRefused, InvalidSubmission
from moderation.core.public_notices import SLOWED
from moderation.settings import Settings
from moderation.storage.public_notices import PublicNotice
from moderation.storage.records import ItemRecord
from moderation.storage.tables import public_notices
from tests.houses.notices import give, photo, post_picture, saved
from tests.houses.service import HEAD, House
from tests.waiting import wait_for

WORDS = HEAD.replace("[text]", "[text, image]") + "needs: [pii.text]\n"
WORDS += "reasons: {stolen: {en: It is somebody else's, es: Es de otra persona}}\n"
FEEDS = WORDS + "notices: {queue: quality, list: reported, copies: reject}\n"
LISTED = """\
rules:
  - {id: listed, when: {content: {in_list: reported}}, then: reject, why: it was reported and upheld}
"""
LONG = "This text was copied from somebody who has not allowed that, and it goes on for a while so that it is known."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all tests that need no policy of their own: starting takes longer than asking."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "data").mkdir()
    opened = House(Settings(data=folder / "data"), folder / "rules", FEEDS)
    yield opened
    opened.service.close()


def asked(house: House, item_id: str) -> Any:
    """The open loop over an item, once people are asked."""
    record = house.wait(item_id, lambda record: any(each.state == "open" for each in record.loops))
    return next(each for each in record.loops if each.state == "open")


def say(house: House, item_id: str, word: str) -> ItemRecord:
    house.people.said[asked(house, item_id).name] = word
    return house.wait(item_id, lambda record: record.status == "decided")


def stands(house: House, notice: PublicNotice) -> PublicNotice:
    return house.service.notices.get(notice.number)


def test_a_notice_deletes_nothing_and_has_people_look_who_do_not_learn_who_gave_it(
    house: House,
) -> None:
    item_id = house.post("hello").item.id

    notice = give(house, item_id)

    loop = asked(house, item_id)
    content = house.people.started[loop.name]
    assert (loop.queue, content["why"][0]) == ("quality", "Notice (hate) by somebody: it insults us")
    assert "ann" not in str(content).lower()
    assert house.service.store.get_item(item_id).decision.outcome == "approve"  # type: ignore[union-attr]
    assert stands(house, notice).state == "asked"


@pytest.mark.parametrize(("word", "state"), [("approve", "dismissed"), ("reject", "upheld")])
def test_what_people_decide_settles_every_notice_of_the_item(house: House, word: str, state: str) -> None:
    item_id = house.post("hello").item.id
    first, second = give(house, item_id), give(house, item_id, mail="bob@example.org")

    say(house, item_id, word)

    for each in (first, second):
        settled = stands(house, each)
        assert settled.state in (state, "received"), "one that came late has people look once more"
    assert stands(house, first).decided_as["outcome"] == word  # type: ignore[index]


def test_a_dismissed_notice_is_appealed_once_and_fresh_people_look(house: House) -> None:
    item_id = house.post("hello").item.id
    notice = give(house, item_id)
    with pytest.raises(AppealRefused):
        house.service.noticing.appeal(notice.number, "too early")
    say(house, item_id, "approve")

    house.service.noticing.appeal(notice.number, "look at the second line")
    content = house.people.started[asked(house, item_id).name]

    assert content["why"][0] == "Appeal against approve: by who gave notice (hate): look at the second line"
    assert content["not_for"] == ["ann"]
    say(house, item_id, "approve")
    assert stands(house, notice).state == "dismissed"
    with pytest.raises(AppealRefused):
        house.service.noticing.appeal(notice.number, "and again")


def test_trusted_flaggers_come_first_and_their_key_is_checked(house: House) -> None:
    now = datetime.now(UTC)
    flagger, key = house.service.flaggers.add("Hotline", app="shop", by="root", now=now)
    one, other = house.post("hello").item.id, house.post("hello again").item.id

    give(house, one)
    trusted = give(house, other, flagger_key=key)
    with pytest.raises(InvalidSubmission, match="flagger_key"):
        give(house, one, flagger_key=key[:-1] + ("a" if key[-1] != "a" else "b"))

    assert house.people.started[asked(house, other).name]["comes_first"] is True
    assert "comes_first" not in house.people.started[asked(house, one).name]
    assert trusted.flagger == flagger.id
    house.service.flaggers.revoke(flagger.id, by="root", now=now)
    assert house.service.flaggers.of_key(key, "shop") is None


def test_who_is_mostly_wrong_is_looked_at_later_and_never_dropped(house: House) -> None:
    item_id = house.post("hello").item.id
    notices = house.service.notices
    for _ in range(5):
        made = give(house, "nowhere", mail="wes@example.org")
        notices.answer(made.number, "we have no such thing", by="lea", now=datetime.now(UTC))

    slowed = give(house, item_id, mail=" WES@example.org ")
    other = give(house, item_id, mail="bob@example.org")

    assert slowed.look_after - slowed.created_at == SLOWED
    assert (slowed.is_slowed, other.is_slowed) == (True, False)
    assert [each.number for each in notices.due(slowed.created_at + SLOWED, 9).get(item_id, [])] in (
        [slowed.number],
        [slowed.number, other.number],
    )
    _, key = house.service.flaggers.add("Hotline", app=None, by="root", now=datetime.now(UTC))
    assert not give(house, item_id, flagger_key=key, mail="wes@example.org").is_slowed


def test_a_notice_of_no_known_item_waits_for_a_lead_who_finds_it_or_answers(house: House) -> None:
    item_id = house.post("hello").item.id
    notices, now = house.service.notices, datetime.now(UTC)
    before = notices.needing_people()
    lost, other = give(house, "the third post from above"), give(house, "https://shop.example/nothing")
    assert (lost.state, notices.needing_people() - before) == ("unmatched", 2)
    with pytest.raises(InvalidSubmission, match="no such item"):
        notices.match(lost.number, "b" * 8 + item_id[8:], by="lea", now=now)

    notices.match(lost.number, item_id, by="lea", now=now)
    notices.answer(other.number, "there is nothing at this address", by="lea", now=now)
    house.service.noticing.rounds.ring()

    assert asked(house, item_id).notice is not None
    assert stands(house, other).answer == "there is nothing at this address"
    with pytest.raises(InvalidSubmission, match="people decide"):
        notices.answer(lost.number, "no", by="lea", now=now)


def test_withdrawing_the_item_closes_its_notices_and_leaves_nothing_of_what_they_say(
    house: House,
) -> None:
    item_id = house.post("hello").item.id
    notice = give(house, item_id)
    asked(house, item_id)

    house.service.erasing.withdraw([item_id], "asked for")

    gone = stands(house, notice)
    assert (gone.state, gone.place, gone.reason, gone.name, gone.mail) == ("gone", "", "", "", "")


def test_settled_notices_are_forgotten_in_time_unless_a_hold_is_on_their_item(
    open_house: Callable[[str], House],
) -> None:
    from moderation.cleaning import Cleaning

    house = open_house(FEEDS)
    service, now = house.service, datetime.now(UTC)
    free, held = house.post("hello").item.id, house.post("hello again").item.id
    notices = [give(house, each) for each in (free, held)]
    for each in (free, held):
        say(house, each, "approve")
    service.holds.add("item", held, why="a court", by="lea", now=now)
    kept = service.settings.model_copy(update={"notice_keep_days": 90})
    cleaning = Cleaning(kept, service.database, service.blobs)

    assert cleaning.public_notices(now + timedelta(days=89)) == 0
    assert cleaning.public_notices(now + timedelta(days=91)) == 1

    assert [stands(house, each).mail for each in notices] == ["", "ann@example.org"]
    with pytest.raises(InvalidSubmission, match="legal hold"):
        service.notices.forget(notices[1].number, by="lea", now=now)


def re_encodings(picture: Image.Image) -> list[bytes]:
    return [
        saved(picture, "JPEG", quality=50),
        saved(picture, "JPEG", quality=20),
        saved(picture, "WEBP", quality=80),
        saved(picture.resize((320, 240)), "JPEG", quality=90),
        saved(picture.resize((200, 150)), "PNG"),
    ]


def swept(house: House, notice: PublicNotice) -> dict[str, Any]:
    house.service.noticing.rounds.ring()
    wait_for(lambda: stands(house, notice).swept is not None and not stands(house, notice).is_to_sweep)
    return dict(stands(house, notice).swept or {})


PLUGIN = """
from moderation import hookimpl

class Sees:
    name, version, reads, labels = "own.sees", "1", ("image",), ("Custom/Seen",)
    min_confidence, time_limit_seconds = 1.0, 20.0
    def detect(self, part, context):
        return []

@hookimpl
def register_detectors(settings):
    return [Sees()]
"""


@pytest.fixture
def gallery(settings: Settings, tmp_path: Path) -> Iterator[House]:
    """A house whose pictures somebody looks at."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "sees.py").write_text(PLUGIN)
    text = (FEEDS + LISTED).replace("needs: [pii.text]", "needs: [pii.text, own.sees]")
    house = House(settings.model_copy(update={"plugins_dir": tmp_path / "plugins"}), tmp_path / "rules", text)
    yield house
    house.service.close()


def test_copies_of_what_was_upheld_are_rejected_and_what_comes_later_is_known_by_the_list(gallery: House) -> None:
    house = gallery
    original = post_picture(house, saved(photo()))
    copies = [post_picture(house, data) for data in re_encodings(photo())]
    others = [post_picture(house, saved(photo(seed))) for seed in (1, 2, 3)]
    notice = give(house, original, kind="copyright", signature="ann")

    say(house, original, "reject")
    became = swept(house, notice)

    assert sorted(became["rejected"]) == sorted(copies)
    for each in copies:
        decision = house.service.store.get_item(each).decision
        assert (decision.outcome, decision.decided_by) == ("reject", "rules")  # type: ignore[union-attr]
        assert original in decision.reason  # type: ignore[union-attr]
    assert all(house.service.store.get_item(each).decision.outcome == "approve" for each in others)  # type: ignore[union-attr]
    late = house.service.store.get_item(post_picture(house, saved(photo(), "JPEG", quality=35)))
    assert late.decision is not None
    assert late.decision.outcome == "reject"
    assert "it was reported and upheld" in late.decision.reason


def test_a_policy_that_says_so_has_people_look_at_copies_and_people_are_never_overruled(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(WORDS + "notices: {copies: {review: quality}}\n")
    original, copy = house.post(LONG).item.id, house.post(LONG.upper()).item.id
    notice = give(house, original)

    say(house, original, "reject")

    assert swept(house, notice)["counts"] == {"asked": 1}
    loop = asked(house, copy)
    assert loop.queue == "quality"
    assert f"item {original}" in house.people.started[loop.name]["why"][0]


def test_what_people_approve_after_all_is_taken_off_the_list_and_its_copies_go_to_people(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(FEEDS + LISTED)
    original, copy = house.post(LONG).item.id, house.post(LONG).item.id
    notice = give(house, original)
    say(house, original, "reject")
    assert swept(house, notice)["rejected"] == [copy]

    house.service.pipeline.appeal(house.service.store.get_item(original), "it is mine")
    say(house, original, "approve")

    assert stands(house, notice).state == "reversed"
    assert swept(house, notice)["counts"] == {"asked": 1}
    assert house.service.lists.entries("reported", datetime.now(UTC)) == []
    say(house, copy, "approve")


def test_nothing_of_a_notice_is_in_the_audit_chain_or_the_logs(house: House, caplog: pytest.LogCaptureFixture) -> None:
    item_id = house.post("hello").item.id
    give(house, item_id)
    say(house, item_id, "reject")

    for secret in ("ann@example.org", "it insults us"):
        assert secret not in caplog.text
    rows = house.service.database.read(lambda c: c.execute(sa.text("SELECT * FROM audit_records")).all())
    assert "insults" not in str(rows)
    kept = house.service.database.read(lambda c: c.execute(sa.select(public_notices)).all())
    assert not [row for row in kept if "ann@example.org" in (row.notifier, row.secret_sha256)]


def test_a_notice_of_what_is_rejected_already_is_upheld_and_gives_it_no_other_chance(
    house: House,
) -> None:
    item_id = house.post("hello").item.id
    give(house, item_id)
    say(house, item_id, "reject")

    late = give(house, item_id, mail="bob@example.org")

    wait_for(lambda: stands(house, late).state == "upheld")
    assert house.service.store.get_item(item_id).status == "decided"


def test_what_is_decided_anew_while_copies_are_sought_is_seen_to_again(open_house: Callable[[str], House]) -> None:
    house = open_house(FEEDS)
    item_id = house.post("hello").item.id
    notice = give(house, item_id)
    say(house, item_id, "reject")
    swept(house, notice)
    notices, was = house.service.notices, stands(house, notice)
    house.service.noticing.rounds.stop()
    house.service.pipeline.appeal(house.service.store.get_item(item_id), "it is mine")
    say(house, item_id, "approve")

    notices.swept(was, {"counts": {}})  # by a process that began before

    assert stands(house, notice).is_to_sweep
    now = datetime.now(UTC)
    taken = notices.take_to_sweep(now)
    assert taken is not None
    assert notices.take_to_sweep(now) is None, "it is in hand"
    assert notices.take_to_sweep(now + timedelta(hours=1)) is not None
