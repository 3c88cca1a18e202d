"""Judging: an item's parts, what was found in them, and the verdict. Looks and thinks; writes nothing but media."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moderation.blobs import Blobs
from moderation.core.detections import Detection, Failure
from moderation.core.errors import FieldError, MediaRefused, PluginError, PolicyMissing, StoreUnavailable
from moderation.core.items import Item, Part, Tool
from moderation.core.policies import Policy, PolicySet
from moderation.core.rules import Subject, evaluate
from moderation.core.verdicts import Verdict
from moderation.hookspecs import Detector, Extractor
from moderation.isolation import Runner
from moderation.media import Limits, inspect, store_media
from moderation.plugins import Plugins, load_plugins
from moderation.policy_files import load_policies, shipped_rules
from moderation.settings import Settings

logger = logging.getLogger(__name__)

EXTRACTION_ROUNDS = 2
"""Frames come out of a picture, text out of frames; nothing comes out of that."""
MAX_EXTRACTED = 64
"""Extracted parts of one item."""


@dataclass(frozen=True)
class Judgement:
    """All that is known of an item before anything is done about it."""

    parts: tuple[Part, ...]
    detections: tuple[Detection, ...]
    failures: tuple[Failure, ...]
    verdict: Verdict


class Judge:
    """Plugins, policies and the processes that detectors run in.

    `policies` may be replaced while items are judged: each judgement uses one set from start to end.
    """

    def __init__(self, plugins: Plugins, policies: PolicySet, runner: Runner, blobs: Blobs, limits: Limits) -> None:
        self.plugins = plugins
        self.policies = policies
        self.runner = runner
        self._blobs = blobs
        self._limits = limits
        self._reach = plugins.reach()

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
        policies = load_policies(settings.rules or shipped_rules(), plugins.taxonomy, plugins.names)
        if policy is not None:
            try:
                policies = PolicySet((policies.get(policy),))
            except KeyError as error:
                known = ", ".join(p.name for p in policies.policies)
                raise PolicyMissing(
                    [FieldError("policy", f"no policy '{policy}' is in force; there are {known}")]
                ) from error

        def resolve(part: Part) -> Path:
            if part.media is None:
                raise PluginError(f"part {part.id} has no file")
            return blobs.local_path(part.media.uri)

        runner = Runner(plugins, settings.plugins_dir, resolve)
        return cls(plugins, policies, runner, blobs, Limits.of(settings))

    def applicable(self, app: str, parts: Sequence[Part]) -> tuple[Policy, ...]:
        """The policies for an item of these given parts.

        Raises:
            PolicyMissing: there is none.
        """
        content_types = _content_types(parts)
        policies = self.policies.for_content(app, content_types)
        if not policies:
            message = f"no policy in force covers app '{app}' with content of type {', '.join(sorted(content_types))}"
            raise PolicyMissing([FieldError("parts", f"{message}; GET /v1/policies lists what is covered")])
        return policies

    def judge(self, item: Item, policies: PolicySet | None = None) -> Judgement:
        """Extract, detect, evaluate. Detectors' faults are failures in the judgement, never raised.

        Raises:
            PolicyMissing: no policy covers the item.
            StoreUnavailable: the media store did not take an extracted part; try again.
        """
        in_force = policies or self.policies
        parts, failures = self._extract(item)
        detections, more = self.runner.look(item.app, parts)
        failures += more
        return self.conclude(item, parts, detections, failures, in_force)

    def give_up(self, item: Item, message: str) -> Judgement:
        """The judgement on an item that cannot be looked at: every detector that would have has failed."""
        every: list[Detector | Extractor] = [*self.plugins.detectors, *self.plugins.extractors]
        tools = [tool for tool in every if any(part.type in tool.reads for part in item.parts)]
        failures = [
            Failure(detector=Tool(name=tool.name, version=tool.version), kind="not_run", message=message)
            for tool in tools
        ]
        return self.conclude(item, list(item.parts), [], failures, self.policies)

    def conclude(
        self, item: Item, parts: list[Part], detections: list[Detection], failures: list[Failure], in_force: PolicySet
    ) -> Judgement:
        """The verdict on what was found."""
        applicable = in_force.for_content(item.app, _content_types(parts)) or self.applicable(item.app, item.parts)
        subject = Subject(item.app, _content_types(parts), item.id, item.metadata)
        findings: list[Detection | Failure] = [*detections, *failures]
        verdict = evaluate(applicable, subject, findings, self.plugins.taxonomy, self._reach)
        return Judgement(tuple(parts), tuple(detections), tuple(failures), verdict)

    def close(self) -> None:
        """End the detectors' processes."""
        self.runner.close()

    def _extract(self, item: Item) -> tuple[list[Part], list[Failure]]:
        parts: list[Part] = list(item.parts)
        failures: list[Failure] = []
        fresh: list[Part] = list(item.parts)
        for _ in range(EXTRACTION_ROUNDS):
            made, more = self.runner.extract(item.app, fresh)
            failures += more
            fresh = []
            for part in made:
                if len(parts) - len(item.parts) >= MAX_EXTRACTED:
                    tool = part.extraction.extractor if part.extraction else Tool(name="extraction", version="1")
                    message = f"more than {MAX_EXTRACTED} parts were extracted; the rest was not looked at"
                    failures.append(Failure(detector=tool, kind="not_run", message=message))
                    return parts, failures
                fresh.append(self._admit(part, parts, failures))
                parts.append(fresh[-1])
            fresh = [part for part in fresh if part.type != "text"]
            if not fresh:
                break
        return [part for part in parts if part.text is not None or part.media is not None], failures

    def _admit(self, part: Part, parts: Sequence[Part], failures: list[Failure]) -> Part:
        """An extracted part with an id and, when it carries bytes, a place in the media store."""
        assert part.extraction is not None
        parent = part.extraction.part
        number = sum(1 for other in parts if other.extraction is not None and other.extraction.part == parent)
        extractor = part.extraction.extractor
        part = part.model_copy(update={"id": f"{parent}.{number}"})
        if part.data is None:
            return part
        try:
            facts = inspect(part.data, self._limits, part.type)
            media = store_media(self._blobs, part.data, facts, None)
        except MediaRefused as error:
            failures.append(Failure(detector=extractor, part=parent, kind="invalid_answer", message=str(error)))
            media = None
        except StoreUnavailable:
            logger.warning("media store refused an extracted part part=%s", part.id)
            raise
        return part.model_copy(update={"data": None, "media": media})


def _content_types(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset().union(*(part.content_types for part in parts))
