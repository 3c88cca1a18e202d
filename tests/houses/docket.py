"""What a service has decided over a year, as it leaves it in its database: by rules, people, appeals and bodies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from moderation.core.decisions import Decision
from moderation.core.detections import Detection
from moderation.core.items import Item, Part, Tool
from moderation.core.loops import Answer
from moderation.core.rules.ruling import rule_on
from moderation.core.taxonomy import Taxonomy
from moderation.detection.subjects import subject_of
from moderation.policies.files import read_policy
from moderation.policies.versions import PolicyVersions
from moderation.settings import Settings
from moderation.storage.disputes import Dispute, Disputes
from moderation.storage.findings import Findings
from moderation.storage.flags import Flags
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.records import LoopEnd, LoopRecord

TAXONOMY = Taxonomy()
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "call me at 555-0199, says Jane Roe"
"""What a reviewer noted, and nobody else is to read."""

POLICY = """\
policy: board
format: 1
applies_to: {content_type: [text, image]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
labels:
  PII/SSN: {en: a social security number, es: un número de la seguridad social}
reasons:
  fraud: {en: It is a fraud, es: Es un fraude}
  rude: It is rude
grounds:
  numbers:
    basis: terms
    reference: {en: "Rules, section 2", es: "Normas, apartado 2"}
    explanation: {en: Numbers of people are not published., es: No se publican números de personas.}
    category: data_protection_and_privacy_violations
    url: https://example.com/rules#2
    also_illegal: false
  weapons:
    basis: law
    reference: Weapons Act, article 5
    explanation: Weapons may not be sold without a licence.
    category: unsafe_and_prohibited_products
    keyword: prohibited_products
    countries: [DE, AT]
    restriction: disabled
  fraud:
    basis: law
    reference: Penal Code, article 263
    explanation: It deceives people for their money.
    category: scams_and_fraud
  adult:
    basis: terms
    reference: Rules, section 9
    explanation: It is for adults.
    category: other_violation_tc
    keyword: nudity
    restriction: age_restricted
redress: {en: Write to appeals@example.com., es: Escriba a appeals@example.com.}
sampling:
  - {id: rejects, of: reject, percent: 50, queue: people}
  - {id: approvals, of: approve, percent: 50, queue: people}
bands:
  numbers: {label: PII/SSN, review_from: 50, reject_from: 90, queue: people, ground: numbers, why: A number of a person}
  weapons: {label: Weapons, reject_from: 90, ground: weapons}
  gambling: {label: Gambling, reject_from: 90}
rules:
  - {id: bare, when: {label: Swimwear or Underwear, at_least: 50}, then: approve, actions: {age_gate: 18}, ground: adult}
"""


class Docket:
    """Decisions with times of their own. Each method gives the item's id."""

    def __init__(self, settings: Settings, folder: Path, policy: str = POLICY) -> None:
        folder.mkdir()
        (folder / "board.yml").write_text(policy)
        read, faults = read_policy(folder / "board.yml", TAXONOMY)
        assert read is not None, faults
        self.settings, self.policy = settings, read
        self.database = open_database(settings)
        self.store, self.versions = Store(self.database), PolicyVersions(self.database)
        self.versions.record([read], [read], "start", NEW_YEAR)
        self._loops = 0

    def by_rules(
        self, label: str | None, day: float, *, app: str = "shop", hours: float = 1.0, sampled: str | None = None
    ) -> str:
        """Rules decide about an item in which this was found, so many hours after it was posted.

        Args:
            sampled: what people, asked about it as a sample, said.
        """
        item, findings, ruling, at = self._judged(label, 95, day, app, hours)
        decision = Decision(
            outcome=ruling.outcome,  # type: ignore[arg-type]
            decided_by="rules",
            labels=ruling.labels,
            reason=ruling.reason,
            policy=ruling.policy,
            actions=ruling.actions,
            decided_at=at,
        )
        side = "rejects" if ruling.outcome == "reject" else "approvals"
        samples = [self._loop(item.id, "s1", at, purpose="sample", sampling=side)] if sampled else []
        assert self.store.decide(item.id, decision, findings, ruling, samples=samples) is not None
        for loop in samples:
            self.store.end_loop(LoopEnd(loop.name, (_answer(sampled or "", at),), sampled))
        return item.id

    def by_people(
        self,
        outcome: str,
        day: float,
        *,
        label: str | None = "PII/SSN",
        reasons: Sequence[str] = (),
        hours: float = 8.0,
    ) -> str:
        """People decide about an item in which this was found."""
        item, findings, ruling, at = self._judged(label, 70, day, "shop", hours)
        loop = self._loop(item.id, "1", item.created_at)
        assert self.store.send_to_people(item.id, findings, ruling, [loop])
        self._people_decide(item.id, loop, outcome, at, reasons)
        return item.id

    def reported(self, item_id: str, day: float, outcome: str | None, *, days: float = 1.0) -> None:
        """A user reports an item, and people decide about it; None: nobody has yet."""
        record, at = self.store.get_item(item_id), _day(day)
        Flags(self.database).add(record.item.app, item_id, f"user-{self._loops}", "bad", at)
        self._loops += 1
        if outcome is not None:
            loop = self._loop(item_id, f"f{self._loops}", at, number=len(record.loops) + 2)
            findings = Findings(record.parts, record.detections, record.failures, record.basis)
            assert record.ruling is not None
            assert self.store.ask_anew(record.item, findings, record.ruling, loop)
            self._people_decide(item_id, loop, outcome, at + timedelta(days=days))

    def appealed(self, item_id: str, day: float, outcome: str | None, *, days: float = 2.0) -> None:
        """An appeal, in two rounds, and what came of it; None: it is open."""
        record, at = self.store.get_item(item_id), _day(day)
        number = 1 + sum(loop.purpose == "appeal" for loop in record.loops)
        first = self._loop(item_id, f"a{number}", at, purpose="appeal", number=number, appeal=f"why {number}")
        self.store.open_appeal(record.item, first)
        if outcome is None:
            return
        loop = self._loop(item_id, f"a{number + 1}", at, purpose="appeal", number=number + 1, appeal=f"why {number}")
        end = LoopEnd(first.name, problem="no agreement")
        self.store.send_to_people(item_id, None, None, [loop], (), [end])
        self._people_decide(item_id, loop, outcome, at + timedelta(days=days))

    def disputed(self, item_id: str, day: float, outcome: str | None, *, is_followed: bool = True) -> Dispute:
        """A body is asked, and says something thirty days later; None: nothing yet."""
        kept, at = Disputes(self.database), _day(day)
        made, _ = kept.add(item_id, "Appeals Centre", f"ref-{item_id}", at, "ann", at, None)
        if outcome is None:
            return made
        later = at + timedelta(days=30)
        made = kept.settle(made.id, outcome, later, "ann", later, is_followed=is_followed)  # type: ignore[arg-type]
        if outcome == "reversed" and is_followed:
            kept.followed(made.id, later)
        return kept.get(made.id)

    def _judged(self, label: str | None, confidence: float, day: float, app: str, hours: float) -> tuple[Any, ...]:
        at = _day(day)
        created = at - timedelta(hours=hours)
        item = Item(id=new_item_id(created), app=app, parts=(Part(id="p0", type="text", text="x"),), created_at=created)
        tool = Tool(name="pii.text", version="1")
        found = (
            ()
            if label is None
            else (
                Detection(
                    label=label, parents=TAXONOMY.parents(label), confidence=confidence, part="p0", detector=tool
                ),
            )
        )
        ruling = rule_on([self.policy], subject_of(item, item.parts), found, TAXONOMY)
        basis = {"engine": "1", "policies": {}, "reach": {}, "custom_labels": [], "tools": ["pii.text"]}
        self.store.add_items([item])
        return item, Findings(item.parts, found, (), basis), ruling, at

    def _people_decide(
        self,
        item_id: str,
        loop: LoopRecord,
        outcome: str,
        at: datetime,
        reasons: Sequence[str] = (),
    ) -> None:
        ruling = self.store.get_item(item_id).ruling
        assert ruling is not None
        decision = Decision(
            outcome=outcome,  # type: ignore[arg-type]
            decided_by="people",
            labels=ruling.labels if outcome == "reject" else (),
            reasons=tuple(reasons),
            reason=f"One of one reviewers chose {outcome}: {SECRET}",
            policy={"name": self.policy.name, "version": self.policy.version},  # type: ignore[arg-type]
            decided_at=at,
        )
        end = LoopEnd(loop.name, (_answer(outcome, at),), outcome)
        assert self.store.decide(item_id, decision, None, None, [end]) is not None

    def _loop(
        self,
        item_id: str,
        name: str,
        at: datetime,
        *,
        purpose: str = "review",
        sampling: str | None = None,
        number: int = 1,
        appeal: str | None = None,
    ) -> LoopRecord:
        return LoopRecord(
            name=f"{item_id}-{name}",
            item_id=item_id,
            round=number,
            policy=self.policy.name,
            policy_version=self.policy.version,
            queue="people",
            flow="people",
            state="open",
            looks=0,
            created_at=at,
            purpose=purpose,
            sampling=sampling,
            appeal=appeal,
        )


def _day(day: float) -> datetime:
    """So many days after the new year; 0.5 is noon of the first of January."""
    return NEW_YEAR + timedelta(days=day)


def _answer(outcome: str, at: datetime) -> Answer:
    return Answer(reviewer="ann", outcome=outcome, note=SECRET, submitted_at=at)  # type: ignore[arg-type]
