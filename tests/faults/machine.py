"""F-31: an item's path as a state machine, walked at random over the real store and pipeline, with a clock of its own.

Two processes work on one database. Either dies at any failpoint of what it does, and comes back knowing nothing. After
each step everything that docs/items.md promises is looked up in the database and at a stand-in for A2I.
"""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ground import failpoints
from ground.blobs import FolderBlobs
from ground.database import Database
from ground.holding import LEASE_SECONDS, Hold
from ground.media.limits import Limits
from moderation.core.detections import Detection, Failure
from moderation.core.errors import (
    AppealRefused,
    HumanLoopRefused,
    HumanLoopsUnavailable,
    IdempotencyConflict,
    IdempotencyInFlight,
    NotFound,
    OutputMissing,
)
from moderation.core.items import Part, Tool
from moderation.core.loops import Answer
from moderation.core.policy.policies import PolicySet
from moderation.delivery.outbox import Attempt, Delivery, Outbox
from moderation.detection.answers import Answers
from moderation.detection.judge import Judge
from moderation.media.inspecting import inspect, store_media
from moderation.media.retention import Retention
from moderation.pipeline import moderate, together
from moderation.pipeline.intake import Submission
from moderation.pipeline.path import Pipeline
from moderation.pipeline.ports import Ports
from moderation.plugins import Plugins
from moderation.review.client import LoopState
from moderation.storage import tables
from moderation.storage.idempotency import KeyedAnswer, KeyedPost
from moderation.storage.items import Store
from moderation.storage.records import Claim
from tests.faults.people import picture

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ("hello", "hello again", "REVIEW", "REFUSE", "BREAK", "REVIEW and BREAK")


class Killed(BaseException):
    """The process is gone: nothing may catch this and go on."""


def _kill(armed: failpoints.Armed) -> None:
    raise Killed(armed.name)


class Detectors:
    """Stands in for the processes of detectors: each says what the text says."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    def look(
        self, app: str, parts: Sequence[Part], only: Callable[[Any], bool], policies: Sequence[Any] = (), **_: Any
    ) -> Answers:
        """What is found; a failure for a text that says so."""
        answers = Answers()
        for detector in (each for each in self._plugins.detectors if only(each)):
            tool = Tool(name=detector.name, version=detector.version)
            for part in (each for each in parts if each.type in detector.reads):
                text = part.text or ""
                if "BREAK" in text:
                    failure = Failure(detector=tool, part=part.id, kind="raised", message="told to")
                    answers.failures.append(failure)
                    continue
                answers.answered.append((detector.name, part.id))
                for label in detector.labels:
                    if label.partition("/")[2] in text:
                        given = {"label": label, "confidence": 90.0, "detector": tool, "part": part.id}
                        parents = self._plugins.taxonomy.parents(label)
                        answers.detections.append(Detection(parents=parents, **given))
        return answers

    def look_each(
        self, app: str, texts: Sequence[Part], only: Callable[[Any], bool], policies: Sequence[Any] = (), **_: Any
    ) -> tuple[list[list[Detection]], Answers]:
        """The same for many."""
        answers, found = Answers(), []
        for text in texts:
            answer = self.look(app, [text], only)
            found.append(list(answer.detections))
            answers.add(answer)
        return found, answers

    def extract(self, *given: Any, **_: Any) -> tuple[list[Part], Answers]:
        """Nothing is made of anything."""
        return [], Answers()


@dataclass
class A2I:
    """Stands in for A2I: opens what it is asked to, and forgets, refuses and breaks off as it is told.

    Attributes:
        trouble: what becomes of the next calls: ``away`` before anything is done, ``lost`` after it was, ``refused``.
    """

    loops: dict[str, str] = field(default_factory=dict)
    said: dict[str, list[Answer]] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: BEGIN

    def provision(self, queues: Any) -> list[str]:
        return []

    def at(self, arn: str | None) -> A2I:
        return self

    def start(self, name: str, flow: str, content: Any) -> str:
        with self.trouble_of_call():
            self.loops.setdefault(name, "InProgress")
            return f"arn:{name}"

    def describe(self, name: str) -> LoopState:
        with self.trouble_of_call():
            if name not in self.loops:
                raise NotFound(f"no human loop {name}")
            return LoopState(self.loops[name], output_uri=f"s3://out/{name}")

    def answers(self, name: str, uri: str) -> list[Answer]:
        with self.trouble_of_call():
            if name not in self.said:
                raise OutputMissing(f"no output of {name}")
            return self.said[name]

    def open(self) -> list[str]:
        return sorted(name for name, state in self.loops.items() if state == "InProgress")

    @contextmanager
    def trouble_of_call(self) -> Iterator[None]:
        """Around each call."""
        kind = self.trouble.pop(0) if self.trouble else ""
        if kind == "away":
            raise HumanLoopsUnavailable("away")
        if kind == "refused":
            raise HumanLoopRefused("refused")
        yield
        if kind == "lost":
            raise HumanLoopsUnavailable("the answer was lost")


class _Holding:
    """Leases are moved when the machine says so, by no thread."""

    @contextmanager
    def hold(self, keys: Collection[str], until: datetime, at_most_seconds: float) -> Iterator[Hold]:
        yield Hold(keys, until, float("inf"))


class Process:
    """One of those that work on the database; what it has in hand dies with it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.come_up()

    def come_up(self) -> None:
        """Begin, knowing nothing."""
        world = self._world
        self.claims: list[Claim] = []
        self.taken: list[Delivery] = []
        self.store = Store(world.database)
        self.outbox = Outbox(world.database)
        self.ports = Ports(
            store=self.store,
            judge=world.judge,
            human_loops=world.a2i,  # type: ignore[arg-type]
            ring=lambda *lanes: None,
            deliver=lambda: None,
            ask=lambda: None,
            decided=lambda **given: None,
            old_policy=lambda version: None,
            earlier=lambda item_id: (),
            holding=_Holding(),  # type: ignore[arg-type]
            lease_seconds=120.0,
            max_attempts=5,
            poll_seconds=5.0,
            media_keep_days=1,
            clock=lambda: world.now,
        )
        self.pipeline = Pipeline(self.ports)


@dataclass
class World:
    """What outlives processes.

    Attributes:
        now: the wall time of everybody.
        posted: ids that an app was told, with what it posted.
        appeals: how many were accepted, by item.
        received: bodies by webhook id, as the receiver got them.
    """

    database: Database
    plugins: Plugins
    policies: PolicySet
    blobs: FolderBlobs
    now: datetime = BEGIN
    a2i: A2I = field(default_factory=A2I)
    posted: dict[str, str] = field(default_factory=dict)
    appeals: Counter[str] = field(default_factory=Counter)
    received: dict[str, set[bytes]] = field(default_factory=dict)
    decided: dict[tuple[str, int], Any] = field(default_factory=dict)
    steps: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.judge = Judge(self.plugins, self.policies, Detectors(self.plugins), self.blobs, Limits())  # type: ignore[arg-type]
        self.a2i.clock = lambda: self.now

    def rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        return self.database.read(lambda c: c.execute(query).all())


_ids = [itertools.count(1)]


def numbered_id(now: datetime) -> str:
    """In place of `new_item_id`: the same walk has the same ids each time, or hypothesis could not shorten it."""
    return str(uuid.UUID(int=(int(now.timestamp() * 1000) << 80) | (0x7 << 76) | (0b10 << 62) | next(_ids[-1])))


@dataclass(frozen=True)
class Action:
    """What may happen next.

    Attributes:
        weight: how often it is chosen, beside others.
        needs: says of a machine whether it can happen now.
        given: strategies of its arguments.
    """

    do: Callable[..., None]
    weight: int
    needs: Callable[[Any], object]
    given: dict[str, st.SearchStrategy[Any]]


def action(*, weight: int = 2, needs: Callable[[Any], object] = lambda self: True, **given: Any) -> Any:
    """Makes a method an `Action`. Rules of hypothesis would be chosen by its swarms, and long paths hardly ever walked."""
    return lambda method: Action(method, weight, needs, given)


def dies(*steps: str) -> st.SearchStrategy[tuple[str, bool] | None]:
    """One time in four a process dies at one of these steps: before it (True), or after it."""
    deaths = [(step, is_before) for step in steps for is_before in (True, False)]
    return st.sampled_from([*[None] * 3 * len(deaths), *deaths])


class ItemMachine(RuleBasedStateMachine):
    """See the module. A subclass says which database, with `open_world`."""

    open_world: Callable[[], World]
    counted: Counter[str] = Counter()
    """Steps that were walked, over all examples: by rule, and ``killed``."""

    @initialize(texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4))
    def begin(self, texts: list[str]) -> None:
        self.world = type(self).open_world()
        _ids.append(itertools.count(1))
        self.processes = [Process(self.world), Process(self.world)]
        for text in texts:
            _post(self, 0, text, True, None, None)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """One of the actions below that can happen now."""
        can = [name for name, each in ACTIONS.items() for _ in range(each.weight) if each.needs(self)]
        name = data.draw(st.sampled_from(can), label="action")
        given = {key: data.draw(strategy, label=key) for key, strategy in ACTIONS[name].given.items()}
        ACTIONS[name].do(self, **given)

    # What an app does

    @action(
        who=st.integers(0, 1),
        text=st.sampled_from(TEXTS),
        called_back=st.booleans(),
        key=st.sampled_from([None, "k1", "k2", "k3"]),
        death=dies("items.add"),
    )
    def post(self, who: int, text: str, called_back: bool, key: str | None, death: tuple[str, bool] | None) -> None:
        """A post of a text; with a key, an app that hears nothing posts it again some time."""

        def act(process: Process) -> None:
            keyed_post = KeyedPost("shop", key, text) if key else None
            kept = process.store.kept_answer(keyed_post, self.world.now) if keyed_post else None
            if kept is not None:
                self.world.posted[kept["id"]] = text
                return
            part = Part(id="p0", type="text", text=text)
            callback = "http://app.example/told" if called_back else None
            item = process.pipeline.prepare(Submission("shop", (part,), callback_url=callback))
            keyed = KeyedAnswer(keyed_post, {"id": item.id}, self.world.now) if keyed_post else None
            assert process.pipeline.intake([item], keyed) is None
            self.world.posted[item.id] = text

        with self._refused(IdempotencyConflict, IdempotencyInFlight):
            self._do("post", who, death, act)

    @action(
        who=st.integers(0, 1),
        number=st.integers(0, 2),
        death=dies("blobs.put", "items.add"),
    )
    def post_picture(self, who: int, number: int, death: tuple[str, bool] | None) -> None:
        """A post of one of three pictures, so that items share objects."""

        def act(process: Process) -> None:
            data = picture(16, number)
            media = store_media(self.world.blobs, data, inspect(data, Limits(), "image"), None)
            item = process.pipeline.prepare(Submission("shop", (Part(id="p0", type="image", media=media),)))
            process.pipeline.intake([item])
            self.world.posted[item.id] = "picture"

        self._do("post_picture", who, death, act)

    @action(
        needs=lambda self: self.world.posted,
        who=st.integers(0, 1),
        which=st.integers(0, 1000),
        death=dies("items.open_appeal", "loops.note"),
    )
    def appeal(self, who: int, which: int, death: tuple[str, bool] | None) -> None:
        """An appeal, which is refused where there is nothing to appeal."""
        item_id = self._one_of(self.world.posted, which)

        def act(process: Process) -> None:
            process.pipeline.appeal(process.store.get_item(item_id), "look again")

        with self._refused(AppealRefused):
            self._do("appeal", who, death, act)

    # What workers do

    @action(
        weight=6,
        who=st.integers(0, 1),
        lane=st.sampled_from(["texts", "media"]),
        limit=st.integers(1, 5),
        is_late=st.booleans(),
        death=st.sampled_from([*[None] * 6, True, False]),
    )
    def claim(self, who: int, lane: Any, limit: int, is_late: bool, death: bool | None) -> None:
        """A process takes items, perhaps those that the other one, which is slow, still believes to have."""
        self.world.now += timedelta(seconds=LEASE_SECONDS if is_late else 0)

        def act(process: Process) -> None:
            process.claims += process.store.claim(lane, limit, LEASE_SECONDS, self.world.now)

        self._do("claim", who, None if death is None else ("items.claim", death), act)

    @action(
        weight=14,
        needs=lambda self: any(process.claims for process in self.processes),
        who=st.integers(0, 1),
        is_together=st.booleans(),
        death=dies("items.decide", "items.decide_together", "items.send_to_people", "loops.note"),
    )
    def finish(self, who: int, is_together: bool, death: tuple[str, bool] | None) -> None:
        """A process does what it has in hand, however long ago it took it."""

        def act(process: Process) -> None:
            claims, process.claims = process.claims, []
            became = together.moderate_texts(process.ports, claims) if is_together else together.Together()
            for claim in claims:
                judged = became.judged.get(claim.item.id)
                if claim.item.id not in became.done and not moderate._moderate(process.ports, claim, judged):
                    hold = Hold([claim.item.id], claim.held_until, float("inf"))
                    moderate._put_off(process.ports, claim, hold)

        self._do("finish", self._who_has("claims", who), death, act)

    @action(
        weight=1,
        needs=lambda self: any(process.claims for process in self.processes),
        who=st.integers(0, 1),
        gives_back=st.booleans(),
        death=st.sampled_from([*[None] * 6, True, False]),
    )
    def beat(self, who: int, gives_back: bool, death: bool | None) -> None:
        """A process moves the ends of its leases, or gives its items back."""

        def act(process: Process) -> None:
            until = self.world.now + timedelta(seconds=LEASE_SECONDS)
            for held in {claim.held_until for claim in process.claims}:
                ids = [claim.item.id for claim in process.claims if claim.held_until == held]
                if gives_back:
                    process.store.release(ids, held)
                else:
                    process.store.move_leases(ids, held, until)
            moved = [Claim(claim.item, claim.attempts, until) for claim in process.claims]
            process.claims = [] if gives_back else moved

        step = "items.release" if gives_back else "items.move_leases"
        self._do("beat", self._who_has("claims", who), None if death is None else (step, death), act)

    @action(weight=1, who=st.integers(0, 1))
    def crash(self, who: int) -> None:
        """A process dies between two steps."""
        self._count("crash")
        self.processes[who].come_up()

    # What people and A2I do

    @action(
        weight=4,
        who=st.integers(0, 1),
        death=dies("loops.note", "items.decide", "items.send_to_people", "loops.end"),
    )
    def follow(self, who: int, death: tuple[str, bool] | None) -> None:
        """A process starts and asks about human loops whose time has come."""
        self._do("follow", who, death, lambda process: process.pipeline.look_at_loops())

    @action(
        weight=3,
        who=st.integers(0, 1),
        which=st.integers(0, 1000),
        death=dies("loops.note", "items.decide", "items.send_to_people", "loops.save_answers"),
    )
    def event(self, who: int, which: int, death: tuple[str, bool] | None) -> None:
        """A2I tells of a loop: one that ended or one that did not, once or again, ours or nobody's."""
        name = self._one_of([*self.world.a2i.loops, "nobody-s"], which)
        self._do("event", who, death, lambda process: process.pipeline.answer(name))

    @action(
        weight=8,
        needs=lambda self: self.world.a2i.open(),
        which=st.integers(0, 1000),
        outcome=st.sampled_from(["approve", "reject"]),
        is_written=st.booleans(),
    )
    def review(self, which: int, outcome: Any, is_written: bool) -> None:
        """Somebody answers; the output may come later than the news of it."""
        self._count("review")
        name = self._one_of(self.world.a2i.open(), which)
        self.world.a2i.loops[name] = "Completed"
        if is_written:
            self._write_output(name, outcome)

    @action(weight=1, outcome=st.sampled_from(["approve", "reject"]))
    def write_outputs(self, outcome: Any) -> None:
        """Outputs that were late are there."""
        self._count("write_outputs")
        for name, state in self.world.a2i.loops.items():
            if state == "Completed" and name not in self.world.a2i.said:
                self._write_output(name, outcome)

    @action(
        weight=1,
        needs=lambda self: self.world.a2i.open(),
        which=st.integers(0, 1000),
        how=st.sampled_from(["Failed", "Stopped", "gone"]),
    )
    def fail_loop(self, which: int, how: str) -> None:
        """A loop comes to nothing."""
        self._count("fail_loop")
        name = self._one_of(self.world.a2i.open(), which)
        if how == "gone":
            del self.world.a2i.loops[name]
        else:
            self.world.a2i.loops[name] = how

    @action(weight=1, kinds=st.lists(st.sampled_from(["away", "lost", "refused", ""]), min_size=1, max_size=3))
    def trouble(self, kinds: list[str]) -> None:
        """A2I is in trouble for some calls."""
        self._count("trouble")
        self.world.a2i.trouble = kinds

    # What looks after all

    @action(weight=1, who=st.integers(0, 1))
    def sweep(self, who: int) -> None:
        """The sweep finds nothing to mend, ever: there is no state in which nobody is asked."""
        self._count("sweep")
        assert self.processes[who].pipeline.sweep() is None
        lost = [each for each in self.processes[who].store.need_attention() if not each.has_loop]
        assert not [each for each in lost if self._status(each.item_id) == "in_review"]

    @action(
        weight=1,
        who=st.integers(0, 1),
        death=dies("blobs.delete", "retention.note_deleted"),
    )
    def retain(self, who: int, death: tuple[str, bool] | None) -> None:
        """Media whose time is over goes. Objects are as old as the test, so that none is too young."""

        def act(process: Process) -> None:
            for _ in Retention(self.world.database, self.world.blobs).delete_due(self.world.now):
                pass

        self._do("retain", who, death, act)

    @action(who=st.integers(0, 1), limit=st.integers(1, 3), death=st.sampled_from([*[None] * 6, True, False]))
    def take_deliveries(self, who: int, limit: int, death: bool | None) -> None:
        """A process takes what is to be delivered."""

        def act(process: Process) -> None:
            process.taken += process.outbox.take_due(self.world.now, limit)

        self._do("take_deliveries", who, None if death is None else ("deliveries.take", death), act)

    @action(
        weight=5,
        needs=lambda self: any(process.taken for process in self.processes),
        who=st.integers(0, 1),
        is_taken=st.booleans(),
        death=st.sampled_from([*[None] * 6, True, False]),
    )
    def deliver(self, who: int, is_taken: bool, death: bool | None) -> None:
        """A process posts what it took, and notes what came of it."""

        def act(process: Process) -> None:
            sent, process.taken = process.taken, []
            for delivery in sent:
                if is_taken:
                    self.world.received.setdefault(delivery.id, set()).add(delivery.payload)
                attempt = Attempt(delivery.id, self.world.now, 200 if is_taken else 500, "HTTP")
                later = None if is_taken else self.world.now + timedelta(seconds=5)
                process.outbox.note(attempt, state="delivered" if is_taken else "due", next_attempt_at=later)

        self._do("deliver", self._who_has("taken", who), None if death is None else ("deliveries.note", death), act)

    @action(seconds=st.sampled_from([0.5, 4.9, 5.0, 30.0, 700.0, 90_000.0, -1.0, -3600.0]))
    def pass_time(self, seconds: float) -> None:
        """Time goes by, now and then backwards."""
        self._count("pass_time")
        self.world.now += timedelta(seconds=seconds)

    # What must hold

    @invariant()
    def holds(self) -> None:
        world = self.world
        items = {row.id: row for row in world.rows(sa.select(tables.items))}
        loops = world.rows(sa.select(tables.item_loops))
        decisions = world.rows(sa.select(tables.decisions).order_by(tables.decisions.c.number))
        assert set(world.posted) <= set(items), "I1: what an app was told is there"
        self._check_decisions(items, loops, decisions)
        self._check_loops(items, loops)
        self._check_rest(items, decisions)

    def _check_decisions(self, items: Any, loops: Sequence[Any], decisions: Sequence[Any]) -> None:
        numbers: dict[str, list[int]] = {item_id: [] for item_id in items}
        for row in decisions:
            numbers[row.item_id].append(row.number)
            first = self.world.decided.setdefault((row.item_id, row.number), row.document)
            assert first == row.document, "I2: a decision never changes"
        assert set(self.world.decided) <= {(row.item_id, row.number) for row in decisions}, "I2: or goes"
        appeals = Counter(loop.item_id for loop in loops if loop.purpose == "appeal" and loop.outcome is not None)
        for item_id, made in numbers.items():
            assert made == list(range(1, len(made) + 1)), "I2: decisions are numbered without a gap"
            extra = len(made) - appeals[item_id]
            assert extra in (0, 1), f"I2: {item_id} has {len(made)} decisions and {appeals[item_id]} appeals"
            if items[item_id].status == "decided":
                assert extra == 1, "I2: what is decided has its decision"
            if items[item_id].status == "pending":
                assert made == [], "I2: what is pending has none"
            failures = (items[item_id].findings or {}).get("failures")
            if made and failures:
                first = self.world.decided[item_id, 1]
                assert (first["outcome"], first["decided_by"]) != ("approve", "rules"), (
                    "I7: nothing is approved on error"
                )

    def _check_loops(self, items: Any, loops: Sequence[Any]) -> None:
        asked = [loop for loop in loops if loop.purpose in ("review", "appeal")]
        alive = Counter(loop.item_id for loop in asked if loop.state in ("starting", "open", "stuck"))
        for item_id, row in items.items():
            expected = 1 if row.status == "in_review" else 0
            assert alive[item_id] == expected, f"{item_id} is {row.status} and has {alive[item_id]} human loops"
        ours = {loop.name: loop for loop in loops}
        a2i = self.world.a2i
        assert set(a2i.loops) <= set(ours), "I3: A2I has no loop that nobody knows"
        open_at = Counter(ours[name].item_id for name in a2i.open() if ours[name] in asked)
        assert all(count == 1 for count in open_at.values()), f"I3: {open_at}"

    def _check_rest(self, items: Any, decisions: Sequence[Any]) -> None:
        world = self.world
        told = {row.id: row for row in world.rows(sa.select(tables.deliveries))}
        wanted = {
            f"evt_{row.item_id.replace('-', '')}_{row.number}"
            for row in decisions
            if items[row.item_id].document["callback_url"]
        }
        assert set(told) == wanted, "I4: each decision has its delivery"
        for name, bodies in world.received.items():
            assert bodies == {told[name].payload}, "I4: and one body"
        for row in items.values():
            if row.media_deleted_at is None:
                for part in row.document["parts"]:
                    if part["media"]:
                        assert world.blobs.local_path(part["media"]["uri"]), "I6: media is there"
        counted = world.rows(sa.select(sa.func.sum(tables.rule_days.c.fired)).where(tables.rule_days.c.rule == ""))
        judged = sum(row.verdict is not None for row in items.values())
        assert (counted[0][0] or 0) == judged, "the rules' counts have each item once"
        assert not [row.problem for row in items.values() if row.problem], "the machine itself is at fault"

    def teardown(self) -> None:
        """Whatever happened: everything comes to its end."""
        if not hasattr(self, "world"):
            return
        failpoints.arm(None)
        world, process = self.world, Process(self.world)
        world.a2i.trouble = []
        world.now = max(world.now, BEGIN) + timedelta(hours=2)
        for _ in range(60):
            world.now += timedelta(minutes=11)
            process.pipeline.moderate_waiting()
            _write_outputs(self, "approve")
            process.pipeline.look_at_loops()
            for name in world.a2i.open():
                self.world.a2i.loops[name] = "Completed"
                self._write_output(name, "approve")
            for delivery in process.outbox.take_due(world.now, 100):
                process.outbox.note(
                    Attempt(delivery.id, world.now, 200, "HTTP"), state="delivered", next_attempt_at=None
                )
            if self._is_all_done():
                break
        self.holds()
        assert self._is_all_done(), "I1: some item never gets on"
        world.database.close()

    def _is_all_done(self) -> bool:
        undecided = sa.select(tables.items.c.id).where(tables.items.c.status != "decided")
        stuck = sa.select(tables.item_loops.c.item_id).where(tables.item_loops.c.state == "stuck")
        waits = sa.select(tables.item_loops.c.name).where(tables.item_loops.c.state.in_(("starting", "open")))
        due = sa.select(tables.deliveries.c.id).where(tables.deliveries.c.state == "due")
        rows = self.world.rows
        return {row.id for row in rows(undecided)} <= {row.item_id for row in rows(stuck)} and not (
            rows(waits) or rows(due)
        )

    def _do(self, name: str, who: int, death: tuple[str, bool] | None, act: Callable[[Process], None]) -> None:
        """Have a process do something, and perhaps die while it does."""
        self._count(name)
        if death is not None:
            failpoints.arm(f"{death[0]}:{'before' if death[1] else 'after'}", _kill)
        try:
            act(self.processes[who])
        except Killed:
            self._count("killed")
            self.processes[who].come_up()
        finally:
            failpoints.arm(None)

    def _who_has(self, what: str, who: int) -> int:
        """This process, or the other one when it has nothing in hand."""
        return who if getattr(self.processes[who], what) else 1 - who

    def _count(self, name: str) -> None:
        type(self).counted[name] += 1

    @contextmanager
    def _refused(self, *kinds: type[Exception]) -> Iterator[None]:
        try:
            yield
        except kinds:
            self._count("refused")

    def _status(self, item_id: str) -> str:
        return str(self.world.rows(sa.select(tables.items.c.status).where(tables.items.c.id == item_id))[0][0])

    def _write_output(self, name: str, outcome: Any) -> None:
        answer = Answer(reviewer=f"r{len(self.world.a2i.said)}", outcome=outcome, submitted_at=self.world.now)
        self.world.a2i.said[name] = [answer]

    def _one_of(self, among: Collection[str], which: int) -> str:
        listed = sorted(among)
        return listed[which % len(listed)]


_FOUND = {name: value for name, value in vars(ItemMachine).items() if isinstance(value, Action)}
ACTIONS = dict(sorted(_FOUND.items(), key=lambda each: -each[1].weight))
"""Those that are chosen often first: hypothesis likes the beginning of lists."""
_post = ACTIONS["post"].do
_write_outputs = ACTIONS["write_outputs"].do


def steps_of(counted: Counter[str]) -> int:
    """How many steps were walked."""
    return sum(count for name, count in counted.items() if name not in ("killed", "refused"))


def folder_for(root: Path) -> Path:
    """A new folder under `root`."""
    root.mkdir(exist_ok=True)
    return Path(mkdtemp(dir=root))  # by no random number of Python's, which hypothesis settles
