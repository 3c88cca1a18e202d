"""History: the stored evidence on items, streamed in the order of their ids, for work over many of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.core.coverage import Coverage
from moderation.core.detections import Detection, Failure
from moderation.core.items import Box, Part, Span, TimeRange, Tool
from moderation.core.measuring import measured
from moderation.core.rules.scene import Subject, root_of
from moderation.core.verdicts import Examined, Sample
from moderation.storage.bases import bases_of
from moderation.storage.tables import decisions, item_loops, items

PAGE = 1000


@dataclass(slots=True)
class Opinion:
    """What people said of an item.

    Attributes:
        outcome: ``approve`` or ``reject``: what the answers came to.
        agreed: True when all who answered said the same.
        seconds: time spent on each task, where it was measured.
        sampling: the sampling that asked them; None when the rules did.
        policy_version: the policy that the loop was opened under.
        purpose: of the loop: ``review``, ``sample`` or ``appeal``.
    """

    outcome: str
    agreed: bool
    seconds: tuple[float, ...]
    sampling: str | None
    policy: str
    policy_version: str
    queue: str
    purpose: str = "review"


@dataclass(frozen=True, slots=True)
class Record:
    """What the verdict of the time said, as far as it matters for work over many.

    Attributes:
        policy: the one whose outcome won.
        versions: of each policy that judged the item.
        rejecting: rules, by policy and name, that rejected the item, and so count for their caps.
        spent: rules, as ``policy/rule``, that had used up their rejects of the day.
        samples: who picked the item.
        coverage: who looked at which given part; None where that was not recorded.
    """

    policy: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    rejecting: frozenset[tuple[str, str]] = frozenset()
    spent: frozenset[str] = frozenset()
    samples: tuple[Sample, ...] = ()
    coverage: Coverage | None = None


@dataclass(slots=True)
class Case:
    """An item as it was judged.

    Attributes:
        outcome: what the rules of the time wanted.
        queue: for review, where to.
        reach: labels that those who failed could have found; None for all.
        tools: detectors and extractors that were loaded; None when that was not recorded.
        judged_at: when the rules spoke.
        opinions: of people, oldest first.
        record: what else they said then.
    """

    item_id: str
    created_at: datetime
    subject: Subject
    findings: list[Detection | Failure]
    outcome: str
    queue: str | None
    reach: Mapping[str, frozenset[str] | None]
    tools: tuple[str, ...] | None
    judged_at: datetime
    opinions: tuple[Opinion, ...] = ()
    record: Record = Record()

    @property
    def opinion(self) -> Opinion | None:
        """The last word of people; None when nobody looked."""
        return self.opinions[-1] if self.opinions else None


def days_between(first: str, last: str) -> list[str]:
    """Every day from the first to the last one, such as ``2027-01-31``; none where they are empty."""
    if not first:
        return []
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def count_cases(database: Database, since: datetime | None = None) -> int:
    """How many items `cases` gives."""
    query = sa.select(sa.func.count()).select_from(items).where(_judged(since))
    return database.read(lambda c: c.execute(query).scalar_one())


def cases(database: Database, since: datetime | None = None) -> Iterator[Case]:
    """Every judged item with its evidence, oldest first, a page at a time."""
    after = ""
    while True:
        page = database.read(lambda c, after=after: _page(c, _judged(since) & (items.c.id > after)))  # type: ignore[misc]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].item_id


def cases_of(database: Database, ids: Sequence[str]) -> Iterator[Case]:
    """These items, as `cases` gives them, in the order of `ids`."""
    for start in range(0, len(ids), PAGE):
        wanted = ids[start : start + PAGE]
        where = _judged(None) & items.c.id.in_(wanted)
        page = {case.item_id: case for case in database.read(lambda c, where=where: _page(c, where))}  # type: ignore[misc]
        yield from (page[item_id] for item_id in wanted if item_id in page)


def _judged(since: datetime | None) -> Any:
    where = items.c.verdict.is_not(None)
    return where if since is None else where & (items.c.created_at >= since)


def _page(c: Connection, where: Any) -> list[Case]:
    query = (
        sa.select(
            items.c.id,
            items.c.app,
            items.c.created_at,
            # As text: only a part of it is wanted, and reading it here is faster than through the column's type.
            sa.cast(items.c.findings, sa.Text).label("findings"),
            sa.cast(items.c.document, sa.Text).label("document"),
            items.c.basis,
            sa.cast(items.c.verdict, sa.Text).label("verdict"),
        )
        .where(where)
        .order_by(items.c.id)
        .limit(PAGE)
    )
    rows = c.execute(query).all()
    if not rows:
        return []
    opinions, judged = _opinions(c, rows[0].id, rows[-1].id), _judged_at(c, rows[0].id, rows[-1].id)
    bases = bases_of(c, {row.basis for row in rows})
    return [_case(row, bases[row.basis], opinions.get(row.id, ()), judged.get(row.id, row.created_at)) for row in rows]


def _judged_at(c: Connection, first: str, last: str) -> dict[str, datetime]:
    """When the rules spoke: at the first decision, or when people were first asked."""
    found: dict[str, datetime] = {}
    for column, at in ((decisions.c.item_id, decisions.c.decided_at), (item_loops.c.item_id, item_loops.c.created_at)):
        query = sa.select(column, sa.func.min(at)).where(column.between(first, last)).group_by(column)
        for item_id, moment in c.execute(query):
            found[item_id] = min(moment, found.get(item_id, moment))
    return found


def _opinions(c: Connection, first: str, last: str) -> dict[str, tuple[Opinion, ...]]:
    where = item_loops.c.item_id.between(first, last) & item_loops.c.answers.is_not(None)
    where &= item_loops.c.purpose != "service"  # they were asked about labels of one part, not about the item
    found: dict[str, tuple[Opinion, ...]] = {}
    query = sa.select(item_loops).where(where).order_by(item_loops.c.created_at, item_loops.c.round)
    for row in c.execute(query):
        votes = Counter(answer["outcome"] for answer in row.answers)
        if votes:
            outcome = row.outcome or max(votes, key=lambda each: (votes[each], each))
            seconds = tuple(float(answer["seconds"]) for answer in row.answers if answer.get("seconds") is not None)
            opinion = Opinion(
                outcome, len(votes) == 1, seconds, row.sampling, row.policy, row.policy_version, row.queue, row.purpose
            )
            found[row.item_id] = (*found.get(row.item_id, ()), opinion)
    return found


def _case(row: Any, shared: Mapping[str, Any], opinions: tuple[Opinion, ...], judged_at: datetime) -> Case:
    found, verdict, document = json.loads(row.findings or "{}"), json.loads(row.verdict), json.loads(row.document)
    basis = {**shared, **(found.get("basis") or {})}
    parts = found.get("parts") or document["parts"]
    types: dict[str, frozenset[str]] = {}
    for part in parts:
        root = root_of(part["id"])
        types[root] = types.get(root, frozenset()) | _content_types(part["type"], bool(part.get("is_document")))
    findings: list[Detection | Failure] = [_detection(each) for each in found.get("detections", ())]
    findings += [Failure.model_validate(each) for each in found.get("failures", ())]
    return Case(
        item_id=row.id,
        created_at=row.created_at,
        subject=Subject(
            row.app,
            frozenset().union(*types.values()),
            row.id,
            document.get("metadata") or {},
            types,
            basis.get("counts", {}),
            basis.get("listed", {}),
            {part["id"]: measured(Part.model_validate(part)) for part in parts if _is_given(part)},
            row.created_at,
            basis.get("flags", 0.0),
        ),
        findings=findings,
        outcome=verdict["outcome"],
        queue=verdict.get("queue"),
        reach={n: None if labels is None else frozenset(labels) for n, labels in basis.get("reach", {}).items()},
        tools=tuple(basis["tools"]) if "tools" in basis else None,
        opinions=opinions,
        judged_at=judged_at,
        record=_record(verdict),
    )


def _record(verdict: Mapping[str, Any]) -> Record:
    """What is wanted of a stored ruling, or of a whole verdict as they were stored once. It was checked then."""
    policies = verdict.get("policies", ())
    rejects = [each for each in policies if each["outcome"] == verdict["outcome"] == "reject"]
    examined = tuple(Examined(each["part"], tuple(each["detectors"])) for each in verdict.get("examined", ()))
    return Record(
        policy=verdict["policy"]["name"],
        versions={each["policy"]["name"]: each["policy"]["version"] for each in policies},
        rejecting=frozenset((e["policy"]["name"], rule) for e in rejects for rule in map(_id, e.get("deciding", ()))),
        spent=frozenset(verdict.get("spent", ())),
        samples=tuple(Sample.model_validate(each) for each in verdict.get("samples", ())),
        coverage=Coverage((), examined) if examined else None,
    )


def _id(rule: str | Mapping[str, Any]) -> str:
    return rule if isinstance(rule, str) else str(rule["rule"])


def _is_given(part: Mapping[str, Any]) -> bool:
    return part.get("extraction") is None


@lru_cache(maxsize=64)
def _content_types(kind: str, is_document: bool) -> frozenset[str]:
    return frozenset({kind, "document"} if is_document else {kind})


@lru_cache(maxsize=512)
def _tool(name: str, version: str) -> Tool:
    return Tool(name=name, version=version)


def _detection(data: Mapping[str, Any]) -> Detection:
    """A detection as it was stored. It was checked then, so that it is not checked again."""
    detector, box, span, time = (data.get(key) for key in ("detector", "box", "span", "time_range"))
    return Detection.trusted(
        {
            "label": data["label"],
            "parents": tuple(data.get("parents", ())),
            "confidence": data["confidence"],
            "detector": None if detector is None else _tool(detector["name"], detector["version"]),
            "part": data.get("part", ""),
            "box": None if box is None else Box.trusted(box),
            "span": None if span is None else Span.trusted(span),
            "time_range": None if time is None else TimeRange.trusted(time),
            "attributes": data.get("attributes", {}),
        }
    )
