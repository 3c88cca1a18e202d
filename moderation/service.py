"""The service: every part of it opened in order and wired together, in one place, without HTTP."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ground.blobs import Blobs, open_blobs
from ground.database import Database
from ground.rounds import Rounds
from moderation.core.decisions import Decision
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, NotFound, PolicyFault
from moderation.core.items import Item, Part
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.rules.caps import RuleName
from moderation.core.taxonomy import Taxonomy
from moderation.delivery.notifiers import Notifiers, targets_of
from moderation.delivery.outbox import Outbox
from moderation.delivery.webhooks import Deliveries
from moderation.detection.judge import Judge
from moderation.detection.runner import Runner
from moderation.evidence.hit_rates import PAST_DAYS, HitRate, hit_rates
from moderation.evidence.overturns import DAYS as OVERTURN_DAYS
from moderation.evidence.overturns import OverturnRate, overturns
from moderation.media.in_place import InPlace
from moderation.media.retention import Retention
from moderation.media.uploads import Uploads
from moderation.pipeline.doorbell import Queue, RedisQueue, ThreadQueue
from moderation.pipeline.moderate import Pipeline
from moderation.plugins import Plugins
from moderation.policies.files import shipped_rules
from moderation.policies.versions import PoliciesInForce, PolicyVersions
from moderation.redacting.comprehend import work_of
from moderation.redacting.jobs import RedactionWork
from moderation.redacting.queue import RequestedJob, RequestedJobs
from moderation.redacting.texts import labels_of, look_each
from moderation.review.fallback import AnyHumanLoops, HumanLoopsWithFallback, open_human_loops
from moderation.settings import Settings
from moderation.storage.accounts import Accounts
from moderation.storage.items import Store
from moderation.storage.loop_refusals import LoopRefusals
from moderation.storage.near_duplicates import NearDuplicates
from moderation.storage.opening import open_database
from moderation.storage.rule_counts import RuleCounts, day_of

logger = logging.getLogger(__name__)

CLAIM = 20
"""Items that a worker takes at once."""
LOOP_TICK_SECONDS = 0.5
RETENTION_SECONDS = 60.0
"""Pause between looks for media whose time is over."""
ALARM_SECONDS = 60.0
"""Pause between looks at how often rules fire."""


class Service:
    """Stores, judge, pipeline, queue, human loops and deliveries."""

    def __init__(
        self, settings: Settings, database: Database, blobs: Blobs, judge: Judge, loops: Callable[[str], AnyHumanLoops]
    ) -> None:
        self.settings, self.database, self.blobs, self.judge = settings, database, blobs, judge
        targets = targets_of(settings)
        self.store = Store(database, [target.name for target in targets])
        self.accounts, self.outbox = Accounts(database), Outbox(database)
        self.versions, self.rule_counts = PolicyVersions(database), RuleCounts(database)
        self.refusals = LoopRefusals(database)
        self.in_force = PoliciesInForce(settings.rules or shipped_rules(), judge.plugins, self.versions)
        self.uploads = Uploads(settings, blobs, self.accounts)
        self.in_place = InPlace(settings, blobs)
        self.retention = Retention(database, blobs)
        self.deliveries = Deliveries(self.outbox, self.accounts, settings, Notifiers(targets))
        self.queue: Queue = (
            RedisQueue(settings.redis_url)
            if settings.redis_url
            else ThreadQueue(settings.workers, settings.sweep_seconds)
        )
        self._make_loops = loops
        self._loops: AnyHumanLoops | None = None
        self._own_url = settings.public_url or f"http://127.0.0.1:{settings.port}"
        self._following = Rounds("loops", self._follow_loops, pause_seconds=LOOP_TICK_SECONDS)
        self._retaining = Rounds("retention", self._retain, pause_seconds=RETENTION_SECONDS, waits_first=True)
        self._sweeping = Rounds("sweep", self._sweep, pause_seconds=settings.sweep_seconds, waits_first=True)
        self._policy_rounds = Rounds("policies", self._watch_policies, pause_seconds=settings.rules_seconds or None)
        self._alarm_rounds = Rounds("alarms", self._log_alarms, pause_seconds=ALARM_SECONDS)
        self._provisioned = False
        self._alarms: set[RuleName] = set()
        self._overturn_alarms: set[tuple[str, str, str]] = set()
        self._hinted: set[str] = set()
        self._hint_lock = threading.Lock()
        # In processes of their own, so that a large job does not keep items waiting for a detector.
        self._redactor = Runner(judge.plugins, settings.plugins_dir, _no_file)
        self.redactions = RequestedJobs(
            database,
            self._redaction_work,
            settings.data / "redactions",
            lease_seconds=settings.lease_seconds,
            sweep_seconds=settings.sweep_seconds,
        )
        self.human_loops_problem = ""
        self._backlog = (float("-inf"), 0)
        self.pipeline = Pipeline(
            self.store,
            judge,
            lambda: self.human_loops,
            ring=self.queue.ring,
            decided=self._decided,
            old_policy=self._old_policy,
            earlier=NearDuplicates(database).earlier,
            lease_seconds=settings.lease_seconds,
            max_attempts=settings.max_attempts,
            poll_seconds=settings.poll_seconds,
            media_keep_days=settings.media_keep_days,
        )

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        blobs: Blobs | None = None,
        a2i_access_key: tuple[str, str] = ("", ""),
        human_loops: AnyHumanLoops | None = None,
    ) -> Service:
        """Open everything; nothing runs yet.

        Args:
            blobs: the media store; None for the one that the settings name.
            a2i_access_key: id and secret for this installation's own A2I endpoint.
            human_loops: a client to use instead, for tests.

        Raises:
            PluginError: a plugin does not load.
            PolicyFault: a policy does not.
            StoreUnavailable: the database cannot be opened.
        """
        store = blobs or open_blobs(settings)
        judge = Judge.open(settings, store)
        database = open_database(settings)
        refusals = LoopRefusals(database)
        service = cls(
            settings,
            database,
            store,
            judge,
            lambda url: human_loops or open_human_loops(settings, f"{url}/a2i", a2i_access_key, store, refusals.note),
        )
        judge.policies = service.in_force.start(datetime.now(UTC))
        return service

    @property
    def plugins(self) -> Plugins:
        """What is loaded."""
        return self.judge.plugins

    @property
    def taxonomy(self) -> Taxonomy:
        """The labels, with those that plugins add."""
        return self.judge.plugins.taxonomy

    @property
    def policies(self) -> PolicySet:
        """The policies in force."""
        return self.judge.policies

    @property
    def human_loops(self) -> AnyHumanLoops:
        """The A2I client, made at first use, when the own address is known."""
        if self._loops is None:
            self._loops = self._make_loops(self._own_url)
        return self._loops

    def human_loop_notes(self) -> list[str]:
        """What to know of human loops while they get on: that Amazon refuses them, and where they are instead.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        kept = self.refusals.look()
        # It may have refused to make what loops need before there was a loop, or accept again before there is one.
        now = self._loops.refusal if isinstance(self._loops, HumanLoopsWithFallback) else ""
        return replace(kept, newest=now or kept.newest).sentences()

    def start(self, own_url: str | None = None) -> None:
        """Start workers, human loops and deliveries in threads of this process.

        Args:
            own_url: where this process answers HTTP; the A2I endpoint is behind it.
        """
        if own_url is not None:
            self._own_url = own_url
        self.watch_policies()
        self.keep_warm()
        self.queue.start(lambda: bool(self.work_once()))
        self._following.start()
        self._retaining.start()
        if self.settings.redis_url:
            self._sweeping.start()
        self.deliveries.start()
        self.redactions.start()
        self.queue.ring()

    def watch_policies(self) -> None:
        """Reload policies when their files change or somebody rolls one back, and say when rules fire unusually."""
        self._policy_rounds.start()
        self._alarm_rounds.start()

    def keep_warm(self) -> None:
        """Start the detectors' processes, unless the settings say to wait for an item, and replace those that die."""
        if self.settings.detector_processes != 0:
            self.judge.keep_warm()

    def reload_policies(self) -> None:
        """Look at the policy files now."""
        self._policy_rounds.ring()

    def hit_rates(self) -> Mapping[RuleName, HitRate]:
        """How often each rule fires today and did in the weeks before, with alarms."""
        now = self.pipeline.now()
        days = self.rule_counts.days(day_of(now - timedelta(days=PAST_DAYS)))
        return hit_rates(days, day_of(now))

    def overturns(self) -> Sequence[OverturnRate]:
        """How often people, asked about samples of the last weeks, overturned what the rules wanted, with alarms."""
        since = self.pipeline.now() - timedelta(days=OVERTURN_DAYS)
        return overturns(self.database, since, self.settings.overturn_alarm_percent)

    def work_once(self) -> int:
        """Claim and moderate some waiting items; says how many."""
        return self.pipeline.moderate_waiting(CLAIM)

    def loop_changed(self, event: dict[str, Any]) -> None:
        """A status change event of A2I: look at that loop soon. The event itself is not believed."""
        name = event.get("detail", {}).get("humanLoopName")
        if isinstance(name, str):
            with self._hint_lock:
                self._hinted.add(name)
            self._following.ring()

    def close(self) -> None:
        """Stop everything; what is under way ends first, within seconds."""
        own = (self._following, self._retaining, self._sweeping, self._policy_rounds, self._alarm_rounds)
        for rounds in own:
            rounds.stop()
        self.queue.close()
        self.deliveries.close()
        self.redactions.close()
        for rounds in own:
            rounds.close()
        self._redactor.close()
        self.judge.close()
        self.database.close()

    def backlog(self) -> int:
        """How many items wait; counted at most once a second, because every post asks."""
        now = time.monotonic()
        if now - self._backlog[0] > 1:
            self._backlog = (now, self.store.backlog()[0])
        return self._backlog[1]

    def _follow_loops(self) -> float | None:
        """Provision what queues need, then start loops and ask about those that are open."""
        try:
            if not self._provisioned:
                self._provisioned = True
                self.provision()
            with self._hint_lock:
                hinted, self._hinted = self._hinted, set()
            for name in sorted(hinted):
                self.pipeline.answer(name)
            self.pipeline.look_at_loops()
        except (HumanLoopRefused, HumanLoopsUnavailable, NotFound) as error:
            self._provisioned = False
            self.human_loops_problem = str(error)
            logger.error("human loops: %s", error)
            return max(self.settings.poll_seconds, LOOP_TICK_SECONDS)
        self.human_loops_problem = ""
        return None

    def _log_alarms(self) -> None:
        """Say it once when a rule begins to fire more or less often than it used to."""
        alarms = {name: rate for name, rate in self.hit_rates().items() if rate.alarm}
        overturned = {(o.policy, o.sampling, o.outcome): o for o in self.overturns() if o.alarm}
        for (policy, rule), rate in alarms.items():
            if (policy, rule) not in self._alarms:
                usual = f"{rate.low:.2%} to {rate.high:.2%}"
                shown = (policy, rule, rate.alarm, rate.fired, rate.items, usual)
                logger.error("rule %s/%s fires %s often than usual: %d of %d items today, usual %s", *shown)
        self._alarms = set(alarms)
        for group, share in overturned.items():
            if group not in self._overturn_alarms:
                counts = (share.overturned, share.looked_at, f"{share.low:.1%} to {share.high:.1%}")
                logger.error("policy %s, sampling %s: people overturned %s: %d of %d, %s", *group, *counts)
        self._overturn_alarms = set(overturned)

    def _watch_policies(self) -> None:
        policies = self.in_force.look(datetime.now(UTC))
        if policies is not None:
            self.judge.policies = policies
            self._provisioned = False
            self._following.ring()

    def _old_policy(self, version: str) -> Policy | None:
        try:
            return self.versions.policy(version, self.taxonomy)
        except (NotFound, PolicyFault):
            return None

    def provision(self) -> list[str]:
        """Make what the policies' queues need at A2I; says what was made."""
        queues = [queue for policy in self.policies.policies for queue in policy.file.queues]
        made = self.human_loops.provision(queues)
        for line in made:
            logger.info("provisioned %s", line)
        return made

    def _sweep(self) -> None:
        """With Redis: ring again for what waits, so that nothing depends on Redis keeping a job."""
        if self.store.has_waiting(datetime.now(UTC)):
            self.queue.ring()

    def _retain(self) -> None:
        """Delete media whose time is over, and tag what lies in S3, now and then."""
        now = self.pipeline.now()
        self.retention.tag_decided(now)
        for due in self.retention.delete_due(now):
            self.judge.runner.forget_findings()
            logger.info("item=%s media of %d objects is deleted", due.item_id, len(due.uris))
        self.uploads.forget_old(now)

    def _redaction_work(self, job: RequestedJob, drafts: Path) -> RedactionWork:
        labels = labels_of(None, self.taxonomy)
        return work_of(
            job,
            drafts,
            self.settings,
            self.taxonomy,
            lambda texts: look_each(self._redactor, "comprehend", texts, labels),
        )

    def _decided(self, item: Item, decision: Decision) -> None:
        self.deliveries.ring()
        try:
            self.plugins.manager.hook.item_decided(item=item, decision=decision)
        except Exception:  # a notifier's fault changes nothing about the decision
            logger.exception("item=%s a plugin's item_decided failed", item.id)


def _no_file(part: Part) -> Path:
    raise NotFound(f"part {part.id} is a text and has no file")
