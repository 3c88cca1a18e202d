"""Who may see what needs a clearance: every door of the portal, for every role, after every move; and in any order."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import review_ui
from ground.errors import InputError, NotFound
from review_ui import clearance
from review_ui.a2i.outputs import sweep
from review_ui.a2i.tables import human_loops, tasks
from review_ui.desk.answers import submit_answer, undo
from review_ui.desk.audit import unmask
from review_ui.desk.batches import decide_batch
from review_ui.desk.leading import assign
from review_ui.desk.staffing import unstaffed
from review_ui.desk.tasks import TaskGone, escalate_task, next_task, release_task
from review_ui.portal.media import MediaAddresses, load_secret
from review_ui.quality.golden import add_golden
from review_ui.tables import task_events
from tests.content import item, text
from tests.houses.desk import PASSWORD, Desk, form_token, post

CANARY = "canary-of-the-cellar"
RED = (200, 10, 10)
ROLES = ("reviewer", "lead", "admin")


class House:
    """A desk with an item that needs a clearance, one that needs none, and people of each role with and without."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder, undo_seconds=60)
        self.desk.add_flow("second", "Moderation: second")
        self.desk.add_flow("two", "Moderation: two", answers=2)
        picture = io.BytesIO()
        Image.new("RGB", (64, 64), RED).save(picture, "PNG")
        self.picture = self.desk.blobs.put("media/secret", picture.getvalue(), "image/png")
        self.number = 0
        self.without = {role: self.desk.client(role, f"{role}-without") for role in ROLES}
        self.cleared = {role: self.desk.client(role, f"{role}-cleared") for role in ROLES}
        self.desk.client("policy_owner", "owner")
        for role in ROLES:
            clearance.grant(self.database, f"{role}-cleared", "csam", None, self.now)

    @property
    def database(self) -> Any:
        return self.desk.review.database

    @property
    def now(self) -> Any:
        return self.desk.review.clock()

    def start(self, flow: str = "general", needs: tuple[str, ...] = ("csam",), item_id: str = "i1", **more: Any) -> str:
        """A loop over a text and a picture that nobody is to see without; of an author, for their history."""
        self.number += 1
        about = {"id": item_id, "app": "shop", "content_id": "c", "metadata": {"author": "mallory"}}
        parts = [text(f"{CANARY} {self.number}"), {"id": "p1", "type": "image", "uri": self.picture}]
        return self.desk.start({**item(*parts, item=about), "clearance": list(needs), **more}, flow)

    def id_of(self, name: str) -> str:
        return next(user.id for user in self.desk.people.list() if user.name == name)

    def task_of(self, loop: str) -> str:
        query = sa.select(tasks.c.id).where(tasks.c.loop_name == loop).order_by(tasks.c.id)
        return str(self.database.read(lambda c: c.execute(query).scalars().first()))

    def answer(self, loop: str, name: str, outcome: str = "reject", note: str = CANARY) -> None:
        """Somebody who is cleared answers, with words that are not for others either."""
        user = self.id_of(name)
        assign(self.desk.review, self.task_of(loop), user, name)
        task = next_task(self.desk.review, user)
        assert task is not None
        decision = {each: each == outcome for each in ("approve", "reject")}
        submit_answer(self.desk.review, task.id, user, {"decision": decision, "labels": {}, "note": note}, 1)

    def settle(self) -> None:
        self.desk.pass_time(hours=1)
        sweep(self.desk.review)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("clearance"))
    yield house
    house.desk.review.close()


@pytest.fixture
def house(made: House) -> House:
    """Nothing waits, nobody answered, and everybody holds what they begin with."""

    def empty(c: Any) -> None:
        for table in reversed(review_ui.tables.metadata.sorted_tables):
            if table.name in KEPT:
                continue
            c.execute(sa.delete(table))

    made.database.write(empty, step="test.empty")
    made.desk.review.clock = lambda: datetime.now(UTC)
    made.desk.review.chance = lambda: 0.99
    for user in made.desk.people.list():
        for held in user.clearances:
            clearance.revoke(made.database, user.name, held, None, made.now)
    for role in ROLES:
        clearance.grant(made.database, f"{role}-cleared", "csam", None, made.now)
    return made


KEPT = {
    "users",
    "sign_ins",
    "user_groups",
    "user_clearances",
    "workteams",
    "task_uis",
    "flow_definitions",
    "access_keys",
    "workforces",
}


# Every door


MOVES: dict[str, Any] = {}


def move(work: Any) -> Any:
    """Something that happens to a loop over what needs a clearance; gives the loops there are then."""
    MOVES[work.__name__] = work
    return work


@move
def it_waits(house: House) -> list[str]:
    return [house.start()]


@move
def it_is_in_somebodys_hands(house: House) -> list[str]:
    loop = house.start()
    assert next_task(house.desk.review, house.id_of("reviewer-cleared")) is not None
    return [loop]


@move
def it_was_escalated(house: House) -> list[str]:
    loop = house.start()
    user = house.id_of("reviewer-cleared")
    task = next_task(house.desk.review, user)
    assert task is not None
    escalate_task(house.desk.review, task.id, user, CANARY)
    return [loop]


@move
def it_was_skipped_and_given_on(house: House) -> list[str]:
    loop = house.start()
    user = house.id_of("reviewer-cleared")
    task = next_task(house.desk.review, user)
    assert task is not None
    unmask(house.desk.review, task.id, user)
    release_task(house.desk.review, task.id, user, CANARY)
    return [loop]


@move
def it_was_answered(house: House) -> list[str]:
    loop = house.start()
    house.answer(loop, "reviewer-cleared")
    house.settle()
    return [loop]


@move
def it_was_answered_and_then_deleted(house: House) -> list[str]:
    loops = it_was_escalated(house)
    decide_batch(house.desk.review, house.id_of("lead-cleared"), "general", [house.task_of(loops[0])], "reject", CANARY)
    house.settle()
    house.database.write(lambda c: c.execute(sa.delete(tasks)), step="test.delete")
    house.database.write(lambda c: c.execute(sa.delete(human_loops)), step="test.delete_loops")
    return []


@move
def it_went_to_another_queue(house: House) -> list[str]:
    first = it_was_answered(house)
    # What comes next over the item names it again, whichever queue it goes to.
    return [*first, house.start("second", not_for=["someone"])]


@move
def it_got_its_clearance_only_in_the_next_queue(house: House) -> list[str]:
    loop = house.start(needs=())
    name = f"i9-{house.number}"
    rename(house, loop, name)
    assert next_task(house.desk.review, house.id_of("reviewer-without")) is not None
    return [name, house.start("second", item_id="i9")]


@move
def it_was_decided_by_the_batch(house: House) -> list[str]:
    loops = [house.start(), house.start()]
    chosen = [house.task_of(each) for each in loops]
    decide_batch(house.desk.review, house.id_of("lead-cleared"), "general", chosen, "reject", CANARY)
    return loops


@move
def people_disagreed(house: House) -> list[str]:
    loop = house.start("two")
    ids = house.database.read(lambda c: list(c.execute(sa.select(tasks.c.id)).scalars()))
    for name, task_id, outcome in (("reviewer-cleared", ids[0], "approve"), ("lead-cleared", ids[1], "reject")):
        user = house.id_of(name)
        assign(house.desk.review, task_id, user, name)
        task = next_task(house.desk.review, user)
        assert task is not None
        decision = {each: each == outcome for each in ("approve", "reject")}
        submit_answer(house.desk.review, task.id, user, {"decision": decision, "labels": {}, "note": CANARY}, 1)
    house.settle()
    return [loop]


@move
def a_golden_item_was_made_of_it(house: House) -> list[str]:
    (loop,) = it_was_answered(house)
    house.desk.review.chance = lambda: 0.0
    house.desk.review.golden_percent = 50.0
    golden = add_golden(house.desk.review, loop, "reject", CANARY, "lead-cleared", house.id_of("lead-cleared"))
    house.desk.start_item(text("harmless"))
    return [loop, golden]


@move
def the_service_says_it_late(house: House) -> list[str]:
    loop = house.start(needs=())
    user = house.id_of("reviewer-without")
    task = next_task(house.desk.review, user)
    assert task is not None
    release_task(house.desk.review, task.id, user, CANARY)
    clearance.put_on_items_loops(house.database, {"i1": (["csam"], [loop])}, house.now)
    return [loop]


def rename(house: House, loop: str, name: str) -> None:
    """Call a loop as the service names those of an item."""

    def work(c: Any) -> None:
        row = c.execute(sa.select(human_loops).where(human_loops.c.name == loop)).one()._asdict()
        c.execute(sa.insert(human_loops).values({**row, "name": name}))
        for table in review_ui.tables.metadata.tables.values():
            if "loop_name" in table.c:
                c.execute(sa.update(table).where(table.c.loop_name == loop).values(loop_name=name))
        c.execute(sa.delete(human_loops).where(human_loops.c.name == loop))

    house.database.write(work, step="test.rename")


def doors(house: House, user: str) -> Iterator[tuple[str, str]]:
    """Every page of the portal, and every form, with every task, loop, batch and media there is, as method and path."""
    task_ids = house.database.read(lambda c: list(c.execute(sa.select(tasks.c.id)).scalars())) or [NO_ID]
    batch_ids = house.database.read(lambda c: list(c.execute(sa.select(review_ui.tables.batches.c.id)).scalars()))
    addresses = MediaAddresses(load_secret(house.desk.settings.data), house.desk.review.clock)
    values = {
        "task_id": task_ids,
        "other_id": task_ids,
        "batch_id": batch_ids or [NO_ID],
        "flow": ["general", "second", "two"],
        "token": [addresses.token(house.picture, each, house.id_of(user), True) for each in task_ids],
        "name": ["nobody"],
        "entry_id": ["1"],
        "path": [],
        "filename": [],
    }
    for rule in house.desk.app.url_map.iter_rules():
        if not str(rule).startswith("/review") or str(rule).startswith("/review/sign-") or rule.endpoint == STATIC:
            continue
        paths = [str(rule)]
        for argument in sorted(rule.arguments):
            paths = [re.sub(rf"<(\w+:)?{argument}>", str(v), path) for path in paths for v in values[argument]]
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            for path in paths:
                for search in ("", *SEARCHES.get(rule.endpoint, ())) if method == "GET" else ("",):
                    yield method, path + search


NO_ID = "00000000-0000-4000-8000-000000000000"
STATIC = "portal.static"
SEARCHES = {
    "portal.history": ("?q=canary", "?outcome=reject"),
    "portal.lead_queue": ("?q=canary",),
    "portal.quality": ("?show=disagreements", "?show=golden", "?show=batches"),
    "portal.quality_queue": ("?q=canary",),
    "portal.lead_log": ("?q=canary", "?kind=escalated", "?kind=batch"),
}


def leaks(answer: Any) -> bool:
    """True of an answer that shows the text, somebody's words about it, or the picture."""
    if answer.content_type.startswith("image/"):
        with Image.open(io.BytesIO(answer.data)) as picture:
            red, green, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
        return red > 150 and green < 60 and blue < 60
    return CANARY in re.sub(r'<input class="input" type="search"[^>]*>|name="q" value="[^"]*"', "", answer.text)


# Admins have the pages of leads, and some on which no task is: they are tried where most was done.
TRIED = [(what, role) for what in sorted(MOVES) for role in ("reviewer", "lead")]
TRIED += [("people_disagreed", "admin"), ("it_was_decided_by_the_batch", "admin")]


@pytest.mark.parametrize(("what", "role"), TRIED)
def test_nobody_without_sees_anything_of_it_at_any_door(house: House, what: str, role: str) -> None:
    MOVES[what](house)
    client, name = house.without[role], f"{role}-without"
    token = form_token(client, "/review/wellbeing")
    asked = list(doors(house, name))

    for method, path in asked:
        form: dict[str, Any] = {"csrf": token, "q": "canary", "decision": "reject", "reason": "unsure", "words": "x"}
        form |= {"task": list(re.findall(r"[0-9a-f-]{36}", path)), "assign": name, "note": "y"}
        if method == "POST" and not re.search(r"tasks/|batch", path):
            continue
        answer = client.open(path, method=method, data=form if method == "POST" else None, follow_redirects=True)
        assert not leaks(answer), (method, path)
        assert answer.status_code < 500, (method, path)
    assert len(asked) > 40


@pytest.mark.parametrize("what", sorted(set(MOVES) - {"it_was_answered_and_then_deleted"}))
def test_the_same_doors_show_it_to_who_is_cleared(house: House, what: str) -> None:
    MOVES[what](house)

    def shows() -> Iterator[bool]:
        for role in ("lead", "reviewer"):
            for method, path in doors(house, f"{role}-cleared"):
                yield method == "GET" and leaks(house.cleared[role].get(path, follow_redirects=True))

    assert any(shows()), "or the test above proves nothing"


def test_all_of_several_clearances_are_needed_and_one_taken_away_counts_at_once(house: House) -> None:
    house.start(needs=("csam", "extremism"))
    user = house.id_of("reviewer-cleared")

    assert next_task(house.desk.review, user) is None
    clearance.grant(house.database, "reviewer-cleared", "extremism", None, house.now)
    task = next_task(house.desk.review, user)
    assert task is not None
    page = f"/review/tasks/{task.id}"
    assert leaks(house.cleared["reviewer"].get(page))
    clearance.revoke(house.database, "reviewer-cleared", "extremism", None, house.now)
    assert house.cleared["reviewer"].get(page).status_code == 409
    assert not house.desk.held(), "it went back to the others"


def test_an_answer_cannot_be_taken_back_by_who_is_not_cleared_any_more(house: House) -> None:
    loop = house.start()
    house.answer(loop, "reviewer-cleared")
    clearance.revoke(house.database, "reviewer-cleared", "csam", None, house.now)

    with pytest.raises(TaskGone):
        undo(house.desk.review, house.task_of(loop), house.id_of("reviewer-cleared"))


def test_nobody_is_assigned_what_they_may_not_see_and_no_lead_moves_it_unseen(house: House) -> None:
    loop = house.start()
    task = house.task_of(loop)

    with pytest.raises(InputError, match="does not hold csam"):
        assign(house.desk.review, task, house.id_of("lead-cleared"), "reviewer-without")
    with pytest.raises(NotFound):
        assign(house.desk.review, task, house.id_of("lead-without"), "reviewer-cleared")
    with pytest.raises(NotFound):
        add_golden(house.desk.review, loop, "reject", "", "x", house.id_of("lead-without"))


def test_what_nobody_may_be_given_waits_and_leads_are_told_why(house: House) -> None:
    house.start(needs=("extremism",))

    (waiting,) = unstaffed(house.desk.review)
    assert (waiting.flow, waiting.needed, len(waiting.loops)) == ("general", ("extremism",), 1)
    page = house.without["lead"].get("/review/lead").text
    assert "1 in general waits for somebody who holds extremism" in page
    assert "1 need a clearance that you do not hold" in page
    clearance.grant(house.database, "reviewer-cleared", "extremism", None, house.now)
    assert unstaffed(house.desk.review) == []


def test_who_is_shut_out_or_in_another_team_does_not_count_as_cleared(house: House) -> None:
    house.start()
    for role in ROLES:
        house.desk.people.disable(f"{role}-cleared")
    try:
        assert [each.needed for each in unstaffed(house.desk.review)] == [("csam",)]
    finally:
        for role in ROLES:
            house.desk.people.enable(f"{role}-cleared")
        for role in ROLES:
            token = form_token(house.cleared[role], "/review/sign-in")
            data = {"username": f"{role}-cleared", "password": PASSWORD, "csrf": token}
            assert house.cleared[role].post("/review/sign-in", data=data).status_code == 303


def test_admins_grant_and_take_away_and_each_change_is_in_the_chain(house: House) -> None:
    admin = house.without["admin"]
    given = post(admin, "/people/reviewer-without", act="grant", clearance="extremism")
    page = admin.get("/review/people").text
    taken = post(admin, "/people/reviewer-without", act="revoke", clearance="extremism")
    wrong = post(admin, "/people/reviewer-without", act="grant", clearance="Not A Name")
    missing = post(admin, "/people/nobody", act="grant", clearance="csam")

    assert (given.status_code, taken.status_code, wrong.status_code, missing.status_code) == (303, 303, 422, 404)
    assert "extremism" in page
    assert post(house.without["lead"], "/people/lead-without", act="grant", clearance="csam").status_code == 403
    kinds = house.database.read(lambda c: list(c.execute(sa.select(task_events.c.kind)).scalars()))
    assert kinds == ["clearance granted", "clearance revoked"]
    recorded = sa.select(review_ui.a2i.tables.audit_records)
    rows = house.database.read(lambda c: c.execute(recorded).all())
    said = [(row.kind, json.loads(row.body).get("detail")) for row in rows if row.kind.startswith("clearance ")]
    assert said[-2:] == [("clearance granted", "extremism"), ("clearance revoked", "extremism")]


def test_what_is_no_name_hides_the_loop_from_everybody(house: House) -> None:
    house.start(needs=({"odd": 1},))  # type: ignore[arg-type]

    assert next_task(house.desk.review, house.id_of("admin-cleared")) is None
    assert len(unstaffed(house.desk.review)) == 1


def test_an_app_puts_nothing_on_loops_that_are_not_its_own(house: House) -> None:
    from review_ui.a2i.service import NewLoop

    loop = house.start(needs=(), item_id="i5")
    rename(house, loop, "i5-1")
    content = {"item": {"id": "i5"}, "clearance": ["csam"]}
    house.database.write(
        lambda c: clearance.note_clearance(c, NewLoop("theirs", content, "app"), house.now), step="test.note"
    )

    assert next_task(house.desk.review, house.id_of("reviewer-without")) is not None


def test_a_loop_that_is_about_to_start_keeps_what_it_needs_for_a_day(house: House) -> None:
    clearance.put_on_items_loops(house.database, {"i1": (["csam"], ["to-come"])}, house.now)
    count = sa.select(sa.func.count()).select_from(review_ui.tables.loop_clearances)

    for later, left in ((timedelta(hours=23), 1), (timedelta(hours=25), 0)):
        house.database.write(
            lambda c, at=house.now + later: clearance.forget_clearances(c, at),  # type: ignore[misc]
            step="test.forget",
        )
        assert house.database.read(lambda c: c.execute(count).scalar_one()) == left


# Any order


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from([(), ("csam",), ("csam", "extremism")])),
        st.tuples(st.just("match"), st.sampled_from(["csam", "extremism"])),
        st.tuples(st.just("grant"), st.sampled_from(["csam", "extremism"])),
        st.tuples(st.just("revoke"), st.sampled_from(["csam", "extremism"])),
        st.tuples(st.just("take"), st.just("")),
        st.tuples(st.just("give back"), st.just("")),
        st.tuples(st.just("answer"), st.just("")),
    ),
    min_size=2,
    max_size=9,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_in_any_order_of_moves_grants_and_matches_nobody_sees_what_they_do_not_hold(
    house: House, steps: list[tuple[str, Any]]
) -> None:
    """The newest loop gets what the steps say; after each, the pages show just the loops that the person may see."""
    name, client = "lead-without", house.without["lead"]
    user, held = house.id_of(name), set(clearance.holders(house.database).get(house.id_of(name), ()))
    needed: dict[str, set[str]] = {}
    words: dict[str, str] = {}
    house.database.write(
        lambda c: [c.execute(sa.delete(t)) for t in (tasks, human_loops)], step="test.begin"
    )  # of the example before

    def look() -> None:
        shown = "".join(client.get(path).text for path in ("/review/lead/queues/general", "/review/history"))
        task = next((each for each in house.desk.held()), None)
        shown += client.get(f"/review/tasks/{task}", follow_redirects=True).text if task else ""
        for loop, wanted in needed.items():
            if not wanted <= held:
                assert words[loop] not in shown, (loop, wanted, held)

    for kind, value in steps:
        if kind == "start":
            loop = house.start(needs=value, item_id=f"i{house.number + 100}")
            needed[loop], words[loop] = set(value), f"{CANARY} {house.number}<"
        elif kind == "match" and needed:
            newest = list(needed)[-1]
            clearance.put_on_items_loops(house.database, {"i": ([value], [newest])}, house.now)
            needed[newest].add(value)
        elif kind == "grant":
            clearance.grant(house.database, name, value, None, house.now)
            held.add(value)
        elif kind == "revoke" and value in held:
            clearance.revoke(house.database, name, value, None, house.now)
            held.discard(value)
        elif kind == "take":
            task = next_task(house.desk.review, user)
            assert task is None or needed[task.loop_name] <= held
        elif kind in ("give back", "answer"):
            for task_id in house.desk.held():
                if kind == "answer":
                    decision = {"approve": False, "reject": True}
                    submit_answer(house.desk.review, task_id, user, {"decision": decision, "labels": {}}, 1)
                else:
                    release_task(house.desk.review, task_id, user)
        look()


# The law


READERS = {"care/exposure.py", "clearance.py", "quality/golden.py"}
"""Who reads inputs for no page: what harms are in them, whom they need, and to copy one."""


def test_no_page_takes_an_input_past_the_gate() -> None:
    root = Path(review_ui.__file__).parent
    own = [(path, str(path.relative_to(root))) for path in sorted(root.rglob("*.py"))]
    pages = [path for path, name in own if not name.startswith("a2i/") and name not in READERS]
    pages += sorted((root.parent / "moderation" / "console").rglob("*.py"))
    wrong = [
        f"{path}:{node.lineno}"
        for path in pages
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Call) and ast.unparse(node).startswith(PAST)
    ]

    assert len(pages) > 60
    assert wrong == []


PAST = ("human_loops.c.input_content", "sa.select(human_loops)", "sa.select(human_loops, ")
