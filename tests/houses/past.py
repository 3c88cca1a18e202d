"""What a service has stored of the past: items, decisions, and what people answered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from moderation.cli import run
from moderation.core.decisions import Decision
from moderation.core.detections import Detection
from moderation.core.items import Item, Part, Tool
from moderation.core.loops import Answer
from moderation.core.policy.policies import PolicySet
from moderation.core.rules.ruling import rule_on
from moderation.core.taxonomy import Taxonomy
from moderation.detection.subjects import subject_of
from moderation.policies.files import read_policy
from moderation.settings import Settings
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.records import LoopEnd, LoopRecord

TAXONOMY = Taxonomy()


OLD = """\
policy: words
format: 1
applies_to: {content_type: [text]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people, reviewers: 2, agree: 2}
bands:
  numbers: {label: PII/SSN, review_from: 50, reject_from: 90, queue: people}
"""


class Past:
    """Stored items, as the service leaves them."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        folder.mkdir()
        self.settings, self.rules = settings.model_copy(update={"rules": folder}), folder
        (folder / "words.yml").write_text(OLD)
        policy, _ = read_policy(folder / "words.yml", TAXONOMY)
        assert policy is not None
        self.policies = PolicySet((policy,))
        self.database = open_database(settings)
        self.store = Store(self.database)

    def item(
        self,
        confidence: float | None,
        people: str | None = None,
        seconds: float = 30,
        tools: tuple[str, ...] = ("pii.text",),
        split: bool = False,
    ) -> str:
        """Store an item with a number found at this confidence, and what people said of it."""
        now = datetime.now(UTC)
        part = Part(id="p0", type="text", text="<script>alert(1)</script>")
        item = Item(id=new_item_id(now), app="<b>shop</b>", parts=(part,), created_at=now)
        found = (
            []
            if confidence is None
            else [
                Detection(
                    label="PII/SSN",
                    parents=TAXONOMY.parents("PII/SSN"),
                    confidence=confidence,
                    part="p0",
                    detector=Tool(name="pii.text", version="1"),
                )
            ]
        )
        ruling = rule_on(self.policies.policies, subject_of(item, item.parts), found, TAXONOMY)
        basis = {"engine": "1", "policies": {}, "reach": {}, "custom_labels": [], "tools": list(tools)}
        findings = Findings(item.parts, tuple(found), (), basis)
        self.store.add_items([item])
        if ruling.outcome != "review":
            decision = Decision(
                outcome=ruling.outcome, decided_by="rules", reason="r", policy=ruling.policy, decided_at=now
            )
            self.store.decide(item.id, decision, findings, ruling)
            return item.id
        loop = LoopRecord(
            name=f"{item.id}-1",
            item_id=item.id,
            round=1,
            policy="words",
            policy_version=self.policies.policies[0].version,
            queue="people",
            flow="people",
            state="starting",
            looks=0,
            created_at=now,
        )
        self.store.send_to_people(item.id, findings, ruling, [loop])
        if people is not None:
            said = [people, ("approve" if people == "reject" else "reject") if split else people]
            answers = [
                Answer(reviewer=f"r{n}", outcome=each, submitted_at=now, seconds=seconds)  # type: ignore[arg-type]
                for n, each in enumerate(said)
            ]
            decision = Decision(
                outcome=people,  # type: ignore[arg-type]
                decided_by="people",
                reason="r",
                policy=ruling.policy,
                decided_at=now,
            )
            self.store.decide(item.id, decision, None, None, [LoopEnd(loop.name, tuple(answers), people)])
        return item.id

    def run(self, *arguments: str) -> int:
        """The command line over this folder."""
        return run([*arguments, "--data", str(self.settings.data)])
