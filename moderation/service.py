"""The service: every part of it opened in order and wired together, in one place, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ground import tracing
from ground.blobs import Blobs
from ground.holding import Holding
from ground.media_store import open_blobs
from ground.paced import Paced
from ground.presence import Presence
from ground.rounds import Rounds
from ground.tally import Tally
from moderation.auditing import Auditing
from moderation.cleaning import clean_now_and_then
from moderation.core.items import LANES, MODERATED, Lane
from moderation.core.policy.policies import PolicySet, Queue
from moderation.delivery.derivatives import DerivativeWork
from moderation.delivery.notifiers import Notifiers
from moderation.delivery.outbox import Outbox
from moderation.delivery.targets import addressed, listeners
from moderation.delivery.webhooks import Deliveries
from moderation.detection.counting import Counting
from moderation.detection.judge import Judge
from moderation.erasing import Erasing
from moderation.evidence.alarms import Alarms
from moderation.films.opening import open_film_jobs
from moderation.media.covering import FaceCovering
from moderation.media.fetching import MediaFetcher
from moderation.media.in_place import InPlace
from moderation.media.own_objects import OwnObjects
from moderation.media.retention import Retention, retain
from moderation.media.uploads import Uploads
from moderation.pipeline.copies import Copies
from moderation.pipeline.disputing import Disputing
from moderation.pipeline.doorbell import SPARE, open_doorbell
from moderation.pipeline.fetching import Fetching
from moderation.pipeline.flagging import Flagging
from moderation.pipeline.noticing import Noticing
from moderation.pipeline.path import Pipeline
from moderation.pipeline.ports import Ports
from moderation.pipeline.remoderation_work import RemoderationWork
from moderation.pipeline.sweeping import SWEEP_SECONDS
from moderation.policies.drafts import Drafts
from moderation.policies.files import shipped_rules
from moderation.policies.versions import PoliciesInForce, PolicyVersions
from moderation.policies.watching import watch
from moderation.redacting.comprehend import open_jobs
from moderation.redacting.recordings import RecordingCopies
from moderation.reporting.kept import YearlyReports
from moderation.review.client import OwnEndpoint
from moderation.review.fallback import AnyHumanLoops, notes_on, open_human_loops
from moderation.review.following import Following
from moderation.settings import Settings
from moderation.storage.accounts import Accounts
from moderation.storage.buckets import Buckets
from moderation.storage.clearances import Clearances
from moderation.storage.derivatives import Derivatives
from moderation.storage.disputes import Disputes
from moderation.storage.fetches import Fetches
from moderation.storage.flaggers import Flaggers
from moderation.storage.flags import Flags
from moderation.storage.holds import Holds
from moderation.storage.items import Store
from moderation.storage.left_behind import free_left_behind
from moderation.storage.lists import ListsInForce, RunTimeLists
from moderation.storage.loop_refusals import LoopRefusals
from moderation.storage.near_duplicates import NearDuplicates
from moderation.storage.opening import open_database
from moderation.storage.processes import Heart, Role
from moderation.storage.public_notices import PublicNotices
from moderation.storage.roll_up_history import RollUpHistory
from moderation.storage.words import WordIndex

PRESENT = "present"
"""The file in the data folder by which processes know of each other; see `Presence`."""


COMPLETE_SECONDS, COMPLETE_BREATH_SECONDS = 5.0, 0.05
"""Pause between looks at whether roll-ups are complete, and between two batches while they are not."""


class Service:
    """Stores, judge, pipeline, human loops and deliveries, and what looks after them in the background.

    Attributes:
        auditing: seals the audit chain, and writes signed heads.
        heart: gives this process's signs of life; see `Heart`.
        tally: what is counted here and told of all processes together.
        taxonomy: the labels, with those that plugins add.
        buckets: those that AWS's clients make here.
        own_objects: which objects an app's access key reaches.
        holds: legal holds; see `moderation.storage.holds`.
        clearances: what people have to hold to see items; see `moderation.storage.clearances`.
        hit_rates: how often each rule fires, with alarms; see `Alarms`.
        overturns: how often people overturn what the rules wanted, with alarms; see `Alarms`.
        films: jobs over stored films.
        covering: paints over faces where the profile asks for it.
        flags: users' reports of items.
        flagging: judges items anew that were reported.
        notices: what anybody says is wrong with items; `flaggers`: whose come first.
        noticing: asks people about notices, and sees to upheld ones.
        reports: transparency reports of years, made in the background.
        disputes: decisions before out-of-court bodies.
        disputing: follows what these have said.
        derivatives: writes copies and deletes originals, as policies say.
        erasing: withdraws items, and erases what lies outside of the database.
        fetching: gets the media that items name by address.
        waits: the leases under which posts with idempotency keys wait for their decisions.
        loop_changed: told of status change events of A2I; see `Following`.
        reload_policies: has the policy files looked at now.
    """

    def __init__(
        self, settings: Settings, blobs: Blobs, judge: Judge, own: OwnEndpoint, human_loops: AnyHumanLoops | None
    ) -> None:
        self.settings, self.blobs, self.judge, self.taxonomy = settings, blobs, judge, judge.plugins.taxonomy
        self.database = database = open_database(settings)
        told = addressed(settings)
        self.store = Store(database, listeners(told))
        self.accounts, self.outbox, self.versions = Accounts(database), Outbox(database), PolicyVersions(database)
        self.in_force = PoliciesInForce(settings.rules or shipped_rules(), judge.plugins, self.versions)
        self.uploads, self.in_place = Uploads(settings, blobs, self.accounts), InPlace(settings, blobs)
        self.buckets = Buckets(database, blobs, settings.aws_most_buckets)
        self.own_objects = OwnObjects(self.buckets, self.in_place, blobs.bucket)
        self.retention = Retention(database, blobs)
        notifiers = Notifiers([each.target for each in told], allow_private=settings.allow_private_urls)
        self.deliveries = Deliveries(self.outbox, self.accounts, settings, notifiers)
        self.doorbell = open_doorbell(settings)
        self._own_endpoint, self._refusals = own, LoopRefusals(database)
        self.human_loops = human_loops or open_human_loops(settings, own, blobs, self._refusals.note)
        self._holding = Holding("item leases", self.store.move_leases, lambda: datetime.now(UTC))
        self.waits = Holding("waiting posts", self.store.move_waits, lambda: datetime.now(UTC))
        judge.lists, self.lists = ListsInForce(database), RunTimeLists(database)
        self.holds, self.clearances = Holds(database), Clearances(database)
        judge.counting = Counting(database, judge.fingerprints)
        self.flags = Flags(database)
        judge.flags = self.flags.weighed
        self.tally, duplicates = Tally(), NearDuplicates(database)
        self.covering = FaceCovering(judge.plugins.detectors)
        self.pipeline = Pipeline(
            Ports(
                store=self.store,
                judge=judge,
                human_loops=self.human_loops,
                ring=self.doorbell.ring,
                deliver=self.deliveries.ring,
                ask=lambda: self.following.loop_stored(),
                decided=judge.plugins.manager.hook.item_decided,
                old_policy=lambda version: self.versions.find(version, self.taxonomy),
                earlier=duplicates.earlier,
                holding=self._holding,
                lease_seconds=settings.lease_seconds,
                max_attempts=settings.max_attempts,
                poll_seconds=settings.poll_seconds,
                media_keep_days=settings.media_days,
                media_kept_at_most=settings.items_kept if settings.is_for_works_council else None,
                tally=self.tally,
            )
        )
        fetcher = MediaFetcher(settings, blobs)
        ring, now = self.doorbell.ring, self.pipeline.now
        self.fetching = Fetching(Fetches(database), fetcher.fetch, ring, now, settings.fetches)
        self.redactions, self._redactor = open_jobs(settings, database, judge.plugins)
        self.films = open_film_jobs(settings, database, judge.plugins, judge.runner, self.buckets, self.in_place)
        due, look_at = self.pipeline.due_loops, self.pipeline.look_at
        self.following = Following(
            self.human_loops, self._queues, self.pipeline.answer, due, look_at, settings.poll_seconds
        )
        self.alarms = Alarms(database, settings.overturn_alarm_percent, self.pipeline.now)
        self._watching = watch(self.in_force, self._policies_changed, settings.rules_seconds)
        self.hit_rates, self.overturns = self.alarms.hit_rates, self.alarms.overturns
        self.loop_changed, self.reload_policies = self.following.loop_changed, self._watching.ring
        self._retaining = retain(self.retention, self.uploads, self.pipeline.now, judge.runner.forget_findings)
        self._cleaning = clean_now_and_then(settings, database, blobs, self.pipeline.now, lambda: self.policies)
        forget = judge.runner.forget_findings
        self.erasing = Erasing(database, blobs, self.human_loops, forget, self.pipeline.now, listeners(told))
        self.derivatives = DerivativeWork(Derivatives(database), settings, blobs, self.pipeline.now)
        self.flagging = Flagging(self.flags, self.pipeline, lambda: self.policies)
        self.notices, self.flaggers = PublicNotices(database, listeners(told)), Flaggers(database)
        copies = Copies(self.pipeline.ports, self.notices, self.lists, duplicates.copies)
        self.noticing = Noticing(self.pipeline.ports, self.notices, copies)
        self.remoderating = RemoderationWork(database, self.pipeline.ports)
        self.reports = YearlyReports(database, self.versions, self.pipeline.now, settings.smallest_group)
        self.disputes = Disputes(database)
        self.disputing = Disputing(self.disputes, self.pipeline)
        self.auditing = Auditing(settings, database, self.pipeline.now)
        tallies = (self.tally, judge.runner.tally, self._redactor.tally, self.deliveries.tally)
        self.heart = Heart(database, tallies, self.pipeline.now)
        self.drafts = Drafts(database)
        self.roll_up_history, self.word_index = RollUpHistory(database), WordIndex(database)
        self._completing = Rounds("roll-ups", self._complete, pause_seconds=COMPLETE_SECONDS)
        self._presence = Presence(settings.data / PRESENT) if settings.database_url is None else None
        self._sweeping = Rounds("sweep", self._sweep, pause_seconds=SWEEP_SECONDS)
        self._backlog = Paced(self.store.backlog_by_app, at_least_seconds=1.0)
        self._ready_for: set[Lane] = set()

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
        judge.recordings = RecordingCopies(judge.runner, store, judge.limits).make
        own = OwnEndpoint(f"{settings.public_url or f'http://127.0.0.1:{settings.port}'}/a2i", a2i_access_key)
        service = cls(settings, store, judge, own, human_loops)
        judge.policies = service.in_force.start(datetime.now(UTC))
        service.clearances.put_on_queues(judge.policies.policies, service.pipeline.now())
        return service

    @property
    def policies(self) -> PolicySet:
        """The policies in force."""
        return self.judge.policies

    def start(self, own_url: str | None = None) -> None:
        """Start workers, human loops and deliveries in threads of this process.

        Args:
            own_url: where this process answers HTTP; the A2I endpoint is behind it.
        """
        if own_url is not None:
            self._own_endpoint.url = f"{own_url}/a2i"
        self.live("serve")
        self.doorbell.start(self.work_once)
        self.following.rounds.start()
        self._sweeping.start()
        self._retaining.start()
        self._cleaning.start()
        self.auditing.rounds.start()
        self.erasing.rounds.start()
        self.derivatives.rounds.start()
        self.flagging.rounds.start()
        self.noticing.rounds.start()
        self.disputing.rounds.start()
        self.remoderating.rounds.start()
        self.reports.rounds.start()
        self._completing.start()
        self.deliveries.start()
        self.redactions.start()
        self.films.start()
        self.doorbell.ring(*LANES)

    def live(self, role: Role) -> None:
        """What each process that judges items does: see `report`; policies are watched, and detectors ready.

        Where all processes share a data folder, the first one begins with what others held when they died.
        """
        if self._presence is not None:
            self._presence.enter(lambda: free_left_behind(self.database, self.pipeline.now()))
        self.report(role)
        self.watch_policies()
        self.keep_warm()

    def report(self, role: Role) -> None:
        """Give signs of life, and tell traces where the settings say so.

        Raises:
            SettingsError: traces are wanted, and the packages for it are not installed.
        """
        if self.settings.otlp_endpoint is not None:
            tracing.start(self.settings.otlp_endpoint, role)
        self.heart.start(role)

    def watch_policies(self) -> None:
        """Reload policies when their files change or somebody rolls one back, and say when rules fire unusually."""
        self._watching.start()
        self.alarms.rounds.start()

    def keep_warm(self) -> None:
        """Start the detectors' processes, unless the settings say to wait for an item, and replace those that die."""
        if self.settings.detector_processes != 0:
            self.judge.keep_warm()

    def close(self) -> None:
        """Stop everything; what is under way ends first, within seconds."""
        own = (
            self._sweeping,
            self._retaining,
            self._cleaning,
            self.auditing.rounds,
            self.erasing.rounds,
            self.derivatives.rounds,
            self.flagging.rounds,
            self.noticing.rounds,
            self.disputing.rounds,
            self._completing,
            self._watching,
            self.alarms.rounds,
        )
        for rounds in own:
            rounds.stop()
        self.following.rounds.stop()
        self.remoderating.close()
        self.reports.close()
        first = (self.doorbell, self.fetching, self.following, self.deliveries, self.redactions, self.films)
        last = (self._redactor, self._holding, self.waits, self.judge, self.heart, self.database)
        for part in (*first, *own, *last):
            part.close()
        if self._presence is not None:
            self._presence.close()
        if self.settings.otlp_endpoint is not None:
            tracing.stop()

    def work_once(self, lanes: Sequence[Lane] = LANES) -> int:
        """Claim and moderate some waiting items of each of these lanes, and begin to fetch; says how many."""
        begun = self.fetching.look() if "fetches" in lanes else 0
        moderated = [lane for lane in lanes if lane in MODERATED]
        return begun + self.pipeline.moderate_waiting(moderated, self._make_ready, of_few=tuple(lanes) == SPARE)

    def ring_for_waiting(self, lanes: Sequence[Lane]) -> bool:
        """Ring for the lanes in which items wait or are worked on; says whether there are any.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        waiting = [lane for lane in lanes if self.store.has_waiting(lane)]
        if waiting:
            self.doorbell.ring(*waiting)
        return bool(waiting)

    def _make_ready(self, lane: Lane) -> None:
        """Before its first claim. A process that is killed while its detectors start uses up no attempt of an item."""
        if lane not in self._ready_for and self.store.has_waiting(lane):
            self.judge.make_ready(lane)
            self._ready_for.add(lane)

    def _sweep(self) -> None:
        self.pipeline.sweep()
        self.fetching.sweep()

    def _complete(self) -> float | None:
        """Complete roll-ups and the index of words; goes on, with a breath for others, while there is more."""
        now = self.pipeline.now()
        more = [self.roll_up_history.count(now), self.word_index.fill(now)]
        return COMPLETE_BREATH_SECONDS if any(more) else None

    def human_loop_notes(self) -> list[str]:
        """What to know of human loops while they get on: that Amazon refuses them, and where they are instead.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        return notes_on(self.human_loops, self._refusals.look())

    def backlog(self) -> Mapping[str, int]:
        """How many items of each app wait; counted now and then, because every post asks."""
        return self._backlog.ask()

    def _queues(self) -> Sequence[Queue]:
        return [queue for policy in self.policies.policies for queue in policy.file.queues]

    def _policies_changed(self, policies: PolicySet) -> None:
        for policy in policies.policies:
            self.drafts.came_into_force(policy.name, policy.version, self.pipeline.now())
        self.judge.policies = policies
        self.clearances.put_on_queues(policies.policies, self.pipeline.now())
        self.following.queues_changed()
