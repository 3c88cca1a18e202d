"""Judging: an item's parts, what was found in them, and the verdict. Looks and thinks; writes nothing but media."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ground import tracing
from ground.blobs import Blobs
from ground.media.limits import Limits
from moderation.core.counting import Counted
from moderation.core.coverage import Coverage, examined
from moderation.core.coverage import counted as looks_counted
from moderation.core.detections import Detection, Failure
from moderation.core.egress import stays_here
from moderation.core.errors import FieldError, PluginError, PolicyMissing
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item, Lane, Part, Tool
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.policy.words.counter import COUNTERS
from moderation.core.policy.words.listed import LISTS
from moderation.core.redaction import RedactedPart, places, redact_text, signed_parts
from moderation.core.rules.engine import evaluate
from moderation.core.rules.hearing import in_order
from moderation.core.rules.ruling import rule_on
from moderation.core.rulings import Ruling
from moderation.core.shipped import SHIPPED_TOOLS
from moderation.core.taxonomy import CUSTOM_PREFIX
from moderation.detection.answers import Answers
from moderation.detection.asking import Asking, is_asked_alone, wanted
from moderation.detection.counting import Counting, InARow, failure_of
from moderation.detection.extracting import Extracting
from moderation.detection.judgement import Judgement
from moderation.detection.keeping import Keeping, asked_here
from moderation.detection.listing import listed_of
from moderation.detection.pool import most_processes
from moderation.detection.runner import Runner
from moderation.detection.subjects import content_types_of, subject_of
from moderation.hookspecs import Detector, Extractor
from moderation.media.fingerprinting import fingerprints
from moderation.media.inspecting import store_media
from moderation.plugins import Plugins, load_plugins
from moderation.policies.files import load_policies, shipped_rules
from moderation.settings import Settings
from moderation.storage.findings import Findings

if TYPE_CHECKING:
    from moderation.detection.copies import Copy
    from moderation.storage.lists import ListsInForce

logger = logging.getLogger(__name__)

ENGINE = version("moderation")


class Judge:
    """Plugins, policies and the processes that detectors run in.

    `policies` may be replaced while items are judged: each judgement uses one set from start to end.

    Attributes:
        elsewhere: stores of media that is not in the store of items, by bucket; see `moderation.detection.trying`.
        counting: counts what came before; None where nothing is remembered.
        lists: what stands on lists at run time; None where nothing is remembered.
        recordings: copies films and sounds without what labels stand for; None where they are withheld.
        flags: gives users' reports of an item by its id, weighed; None where nothing is remembered.
    """

    def __init__(self, plugins: Plugins, policies: PolicySet, runner: Runner, blobs: Blobs, limits: Limits) -> None:
        self.plugins = plugins
        self.policies = policies
        self.runner = runner
        self._blobs = blobs
        self.limits = limits
        self.elsewhere: dict[str, Blobs] = {}
        self.counting: Counting | None = None
        self.lists: ListsInForce | None = None
        self.recordings: Callable[[Part, frozenset[str]], Copy | tuple[Failure, ...]] | None = None
        self.flags: Callable[[str], float] | None = None
        self._keeping = Keeping(runner, Extracting(runner, blobs, limits), plugins)
        self._reach = plugins.reach()
        self._asking = Asking(plugins)
        self._custom_labels = [label for label in plugins.taxonomy.labels if label.startswith(CUSTOM_PREFIX)]
        self._tools = sorted(plugins.names)
        every: list[Detector | Extractor] = [*plugins.detectors, *plugins.extractors]
        self._versions = {tool.name: tool.version for tool in every}

    @classmethod
    def open(cls, settings: Settings, blobs: Blobs, policy: str | None = None) -> Judge:
        """Load plugins and policies.

        Args:
            policy: judge by this policy only, whatever it applies to.

        Raises:
            PluginError: a plugin does not load.
            PolicyFault: a policy does not.
        """
        plugins = load_plugins(settings)
        policies = load_policies(settings.rules or shipped_rules(), plugins.taxonomy, plugins.tools)
        if policy is not None:
            try:
                policies = PolicySet((policies.get(policy),))
            except KeyError as error:
                known = ", ".join(p.name for p in policies.policies)
                raise PolicyMissing(
                    [FieldError("policy", f"no policy '{policy}' is in force; there are {known}")]
                ) from error

        return cls.over(plugins, policies, settings, blobs)

    @classmethod
    def over(cls, plugins: Plugins, policies: PolicySet, settings: Settings, blobs: Blobs) -> Judge:
        """Judge by what is loaded already."""
        elsewhere: dict[str, Blobs] = {}

        def resolve(part: Part) -> Path:
            if part.media is None:
                raise PluginError(f"part {part.id} has no file")
            store = elsewhere.get(part.media.uri.split("/")[2], blobs)
            return store.local_path(part.media.uri, part.media.sha256)

        runner = Runner(plugins, settings.plugins_dir, resolve, most_processes(settings.detector_processes))
        judge = cls(plugins, policies, runner, blobs, Limits.of(settings))
        judge.elsewhere = elsewhere
        return judge

    def keep_warm(self) -> None:
        """Have the processes of those who may be asked ready before an item needs them, from now on."""
        self.runner.keep_warm(lambda tool: tool.name in self._asking.asked_by(self.policies))

    def make_ready(self, lane: Lane) -> None:
        """Until those who may be asked about an item of a lane have started, or it takes too long to wait for them."""
        asked = self._asking.asked_by(self.policies)
        self.runner.make_ready(lambda tool: tool.name in asked and (lane != "texts" or "text" in tool.reads))

    def try_out(self) -> dict[str, str]:
        """Have each that may be asked answer once; says what was wrong with it, by name."""
        asked = self._asking.asked_by(self.policies)
        return self.runner.try_out(lambda tool: tool.name in asked)

    def applicable(self, app: str, parts: Sequence[Part]) -> tuple[Policy, ...]:
        """The policies for an item of these given parts.

        Raises:
            PolicyMissing: with each part that none of them is for. What covers the other parts says nothing about it,
                so an approval of the item would let through what nobody looked at.
        """
        errors = [
            FieldError(f"parts[{number}]", _not_covered(app, part, self.policies))
            for number, part in enumerate(parts)
            if not self.policies.for_content(app, part.content_types)
        ]
        if errors:
            raise PolicyMissing(errors)
        return self.policies.for_content(app, content_types_of(parts))

    def judge(self, item: Item, policies: PolicySet | None = None) -> Judgement:
        """Extract, detect, evaluate. Detectors' faults are failures in the judgement, never raised.

        Raises:
            PolicyMissing: no policy covers any of it, given or extracted.
            StoreUnavailable: the media store did not take an extracted part; try again.
        """
        in_force = policies or self.policies
        first = in_force.for_content(item.app, content_types_of(item.parts))
        parts, answers, kept = self._keeping.extract(item, wanted(first), first)
        types = content_types_of(parts)
        applicable = in_force.for_content(item.app, types)
        answers.add(self._keeping.look(item.app, parts, wanted(applicable), applicable, kept))
        waiting = in_force.waiting_for(item.app, types)
        coverage = self._coverage(tuple(part.id for part in item.parts), parts, answers, applicable, waiting)
        return self.conclude(item, parts, answers.detections, answers.failures, in_force, coverage)

    def judge_texts(self, items: Sequence[Item]) -> list[Judgement] | None:
        """Judge items that are texts alone with one call of each detector, which saves most of the cost.

        Args:
            items: of one app and the same content types, so that the same policies are for all of them.

        Returns:
            A judgement for each; None where that cannot be: something is to be made of the texts, a call costs money,
            a list may keep one on this machine, or a detector gave no answer. Then each is judged by itself, and a
            hostile one harms no other.
        """
        in_force, app = self.policies, items[0].app
        applicable = in_force.for_content(app, content_types_of(items[0].parts))
        asked = wanted(applicable)
        asking = [tool for tool in self.plugins.detectors if "text" in tool.reads and asked(tool)]
        is_made = any("text" in tool.reads and asked(tool) for tool in self.plugins.extractors)
        # Those who may keep a text here are to look before anybody else does.
        is_guarded = any(tool.name in self._keeping.guards for tool in asking)
        if not applicable or is_made or any(map(is_asked_alone, asking)) or is_guarded:
            return None
        texts = [part for item in items for part in item.parts]
        found, answers = self.runner.look_each(app, texts, asked, is_cleared=True)
        if answers.failures:
            return None
        waiting = in_force.waiting_for(app, content_types_of(items[0].parts))
        # What is the same for all of them is worked out once.
        basis = self._basis(applicable, [])
        coverages: dict[tuple[str, ...], Coverage] = {}
        judgements, at = [], 0
        row = InARow(self.counting, items, applicable)
        for item in items:
            detections = [each for listed in found[at : at + len(item.parts)] for each in listed]
            at += len(item.parts)
            given = tuple(part.id for part in item.parts)
            coverage = coverages.get(given)
            if coverage is None:
                coverage = coverages[given] = self._coverage(given, item.parts, answers, applicable, waiting)
            made = self._judgement(
                item, item.parts, detections, [], applicable, in_force, coverage, basis, counted=row.next()
            )
            row.judged(made.counted, made.ruling.outcome, detections)
            judgements.append(made)
        return judgements

    def fingerprints(self, item: Item) -> tuple[Fingerprint, ...]:
        """What an item's given parts are recognised by."""
        return fingerprints(item, self._blobs)

    def give_up(self, item: Item, message: str) -> Judgement:
        """The judgement on an item that cannot be looked at: every detector that would have has failed."""
        every: list[Detector | Extractor] = [*self.plugins.detectors, *self.plugins.extractors]
        asked = wanted(self.policies.for_content(item.app, content_types_of(item.parts)))
        tools = [tool for tool in every if asked(tool) and any(part.type in tool.reads for part in item.parts)]
        # Not `tool` again: Python 3.13.0 to 3.13.2 crash in it when pydantic, building a model, reads the names in use
        # here (CPython's issue 128396).
        failures = [
            Failure(detector=Tool(name=each.name, version=each.version), kind="not_run", message=message)
            for each in tools
        ]
        failures += self._keeping.unknown(tools)
        given = tuple(part.id for part in item.parts)
        nobody = Coverage(given, examined(given, (), ()))
        return self.conclude(item, list(item.parts), [], failures, self.policies, nobody)

    def conclude(
        self,
        item: Item,
        parts: Sequence[Part],
        detections: Sequence[Detection],
        failures: Sequence[Failure],
        in_force: PolicySet,
        coverage: Coverage,
        spent: Collection[str] = (),
        counted: Counted | None = None,
    ) -> Judgement:
        """The verdict on what was found.

        Args:
            coverage: who looked at which given part.
            spent: rules, as ``policy/rule``, that have rejected as many items today as they may.
            counted: how many came before; None to count them now.
        """
        applicable = in_force.for_content(item.app, content_types_of(parts))
        if not applicable:
            applicable, in_force = self.applicable(item.app, item.parts), self.policies
        basis = self._basis(applicable, failures)
        known = counted or InARow(self.counting, [item], applicable).next()
        return self._judgement(item, parts, detections, failures, applicable, in_force, coverage, basis, spent, known)

    def _judgement(
        self,
        item: Item,
        parts: Sequence[Part],
        detections: Sequence[Detection],
        failures: Sequence[Failure],
        applicable: tuple[Policy, ...],
        in_force: PolicySet,
        coverage: Coverage,
        basis: Mapping[str, Any],
        spent: Collection[str] = (),
        counted: Counted | None = None,
    ) -> Judgement:
        numbers: Mapping[str, int | None] = {}
        if counted is not None:
            numbers = counted.numbers
            basis = {**basis, "counts": numbers}
            failures = [*failures, *failure_of(counted, ENGINE)]
        flags = 0.0
        if self.flags is not None and any(policy.asks_for_flags for policy in applicable):
            flags = self.flags(item.id)
        if flags:
            basis = {**basis, "flags": flags}
        prints = partial(self.fingerprints, item)
        listed, unread = listed_of(self.lists, item, parts, detections, applicable, ENGINE, prints)
        if listed:
            basis = {**basis, "listed": listed}
        findings: list[Detection | Failure] = [*detections, *failures, *unread]
        asked = (
            applicable,
            subject_of(item, parts, numbers, listed, flags),
            findings,
            self.plugins.taxonomy,
            self._reach,
            frozenset(spent),
            coverage,
        )
        with tracing.span("rules", item=item.id) as span:
            ruling = rule_on(*asked)
            span.set(moderation__outcome=ruling.outcome, moderation__policy=ruling.policy.name)
        told = tuple(in_order(findings, coverage))
        found = Findings(tuple(parts), tuple(detections), told, basis)
        return Judgement(found, ruling, in_force, applicable, counted, lambda: evaluate(*asked))

    def judge_again(
        self,
        item: Item,
        judgement: Judgement,
        spent: Collection[str],
        failures: Sequence[Failure] = (),
        counted: Counted | None = None,
    ) -> Judgement:
        """The verdict on the same findings by the same policies, with what has come up since.

        Args:
            spent: rules that have used up their rejects of the day.
            failures: of those who were to redact a copy.
            counted: how many came before, where that is to be another number.
        """
        failed = [each for each in judgement.failures if each.detector.name not in (COUNTERS, LISTS)] + [*failures]
        counts = counted or judgement.counted
        seen = judgement.ruling
        coverage = Coverage(tuple(part.id for part in item.parts), seen.examined, seen.not_examined, seen.looks)
        return self.conclude(
            item, judgement.parts, judgement.detections, failed, judgement.policies, coverage, spent, counts
        )

    def count_again(self, items: Sequence[Item], judgements: Sequence[Judgement]) -> list[Judgement]:
        """The verdicts on the same findings with what came before as it is now; each knows of those before it.

        Args:
            judgements: on these items, by the same policies.
        """
        row = InARow(self.counting, items, judgements[0].applicable)
        again = []
        for item, judgement in zip(items, judgements, strict=True):
            made = self.judge_again(item, judgement, judgement.ruling.spent, counted=row.next())
            row.judged(made.counted, made.ruling.outcome, made.detections)
            again.append(made)
        return again

    def redact(
        self,
        item: Item,
        parts: Sequence[Part],
        detections: Sequence[Detection],
        ruling: Ruling,
        failures: Sequence[Failure] = (),
    ) -> tuple[list[RedactedPart], list[Failure]]:
        """Copies of the given parts without what the ruling wants taken out, looked at again (`copies`).

        Args:
            parts: given and extracted.
            failures: those of the judgement; a copy of what stays on this machine is looked at here alone.

        Raises:
            StoreUnavailable: the media store did not take a copy; try again.
        """
        from moderation.detection.copies import Copy, CopyMaker, unwanted_labels  # a look needs none

        given = {part.id: part for part in item.parts}
        applicable = self.policies.for_content(item.app, content_types_of(parts))
        asked = wanted(applicable)
        if stays_here(failures):
            asked = asked_here(asked)
        found = ruling.to_redact(detections)
        labels = unwanted_labels(ruling, found, self.plugins.taxonomy)
        maker = CopyMaker(self.runner, self.plugins, self.limits, item.app, labels, asked, applicable)
        made: list[RedactedPart] = []
        failed: list[Failure] = []
        for part_id, there in sorted(places(parts, found).items()):
            part = given[part_id]
            if part.text is not None:
                made.append(RedactedPart(part=part.id, type=part.type, text=redact_text(part.text, there)))
                continue
            if part.type != "image" and self.recordings is not None:
                copy = self.recordings(part, labels)
            else:
                copy = maker.make(part, there)
            if isinstance(copy, Copy):
                media = store_media(self._blobs, copy.data, copy.facts, None)
                is_signed = part.id in signed_parts(detections)
                copied = RedactedPart(part=part.id, type=part.type, media=media, breaks_signature=is_signed)
                made.append(copied)
            else:
                failed += copy
                made.append(RedactedPart(part=part.id, type=part.type, withheld=copy[0].message))
        return made, failed

    def _coverage(
        self,
        given: tuple[str, ...],
        parts: Sequence[Part],
        answers: Answers,
        applicable: Sequence[Policy],
        waiting: Iterable[tuple[Policy, Sequence[str]]],
    ) -> Coverage:
        """Who looked at which given part, by the policies for the item and those that would be."""
        seen = examined(given, self._asking.counted(answers.counted, parts), self._asking.named_by(applicable))
        return Coverage(given, seen, self._asking.not_examined(waiting), looks_counted(answers.shown, seen))

    def _basis(self, policies: Sequence[Policy], failures: Sequence[Failure]) -> dict[str, Any]:
        reach: dict[str, list[str] | None] = {}
        for failure in failures:
            labels = self._reach.get(failure.detector.name)
            reach[failure.detector.name] = None if labels is None else sorted(labels)
        paths = {policy.name: policy.path for policy in policies}
        return {
            "engine": ENGINE,
            "policies": paths,
            "reach": reach,
            "custom_labels": self._custom_labels,
            "tools": self._tools,
            "versions": self._versions,
        }

    def close(self) -> None:
        """End the detectors' processes."""
        self.runner.close()


def _not_covered(app: str, part: Part, in_force: PolicySet) -> str:
    types = " or ".join(sorted(part.content_types))
    waiting = [
        f"policy '{policy.name}' is for it and waits for {', '.join(tools)}, which comes with "
        f"{' and '.join(sorted({SHIPPED_TOOLS.get(tool, 'a plugin') for tool in tools}))}; "
        for policy, tools in in_force.waiting_for(app, part.content_types)
    ]
    return (
        f"no policy in force covers content of type {types} for app '{app}'; {''.join(waiting)}leave this part "
        "out, or put a policy in force whose applies_to names that type and, where it lists apps, this one "
        "(see GET /v1/policies)"
    )
