"""Isolation: each detector and extractor runs in processes of its own that can be killed.

A native crash, a hang or a lie is that detector's alone: it becomes a `Failure`, the process is replaced, and a breaker
keeps one that fails again and again from holding up every item (`moderation.detection.pool`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from ground.rounds import Rounds
from ground.tally import CALL_SECONDS, DETECTOR_CALLS, Tally
from ground.tracing import carried, span
from moderation.core.detections import Detection, Failure
from moderation.core.items import Part, PartType, Tool
from moderation.core.policy.policies import Policy, PolicyWords
from moderation.core.verdicts import Look
from moderation.detection.answers import Answers
from moderation.detection.asking import words_for
from moderation.detection.checking import checked_detection, checked_part, digests_of, part_of
from moderation.detection.guarding import Cleared, Guarding
from moderation.detection.pool import Pool
from moderation.detection.probes import probes_of
from moderation.detection.process import Call, NoAnswer
from moderation.detection.recent import RecentFindings, key_of, set_up
from moderation.hookspecs import Detector, Extractor, Redactor
from moderation.plugins import Plugins

logger = logging.getLogger(__name__)

FORGET_SECONDS = 60.0
"""How often findings that were kept long enough are dropped where nobody asks for them."""
READY_SECONDS = 10.0
"""How long items wait for processes that start before they are claimed; most start in one."""
FIRST_SECONDS = 5.0
"""How long those that read texts have the processor to themselves when all are to be kept warm."""
MAX_PARTS_MADE = 200
"""Parts that one extractor may make of one part."""
CALLS, FAILURES = DETECTOR_CALLS, "detector_failures"
"""Figures: calls by detector and outcome (``answered``, or the kind of failure); looks without an answer, by both."""
Asked = Callable[[Detector | Extractor | Redactor], bool]
"""Says of a tool whether anybody may ask it."""


class Runner:
    """Runs detectors and extractors on parts, in parallel, and never raises for what they do.

    Who sends content elsewhere is asked about nothing that a list keeps on this machine (`Guarding`): each such look is
    a failure of kind ``not_run``. `is_cleared` is said by who has asked those lists before.

    Attributes:
        tally: how long calls took, those that waited for a process too, and looks without an answer.

    Args:
        plugins: what is loaded.
        plugins_dir: folder of loose plugins, so that the processes can import them too.
        resolve: a part's bytes as a local file.
        processes: the most processes of one tool; see `Pool` for when there is more than one.
        recent: what was found lately, here or by another runner of this process.
    """

    def __init__(
        self,
        plugins: Plugins,
        plugins_dir: Path | None,
        resolve: Callable[[Part], Path],
        processes: int = 1,
        recent: RecentFindings | None = None,
    ) -> None:
        self._plugins = plugins
        self._resolve = resolve
        tools: list[Detector | Extractor | Redactor] = [*plugins.detectors, *plugins.extractors, *plugins.redactors]
        self._tools = {tool.name: tool for tool in tools}
        self._pools = {tool.name: Pool(tool, plugins_dir, processes, partial(probes_of, tool)) for tool in tools}
        self._recent = recent or RecentFindings()
        self._guarding = Guarding(plugins)
        self._set_ups = {tool.name: set_up(tool) for tool in tools}
        self._forgetting = Rounds("findings", self._recent.drop_old, pause_seconds=FORGET_SECONDS, waits_first=True)
        self.tally = Tally()
        self._is_closing = False
        self._threads = ThreadPoolExecutor(max_workers=max(4, 4 * len(tools)), thread_name_prefix="detect")

    def keep_warm(self, asked: Asked) -> None:
        """Have a process of each tool ready from now on, as long as it may be asked, and replace those that die.

        Those that read texts start first: most items are texts, and need nobody else.
        """
        first = [pool for name, pool in self._pools.items() if "text" in self._tools[name].reads]
        until = time.monotonic() + FIRST_SECONDS

        def lets_others() -> bool:
            return time.monotonic() < until and any(pool.problem for pool in first)

        for pool in first:
            pool.keep_warm(partial(asked, self._tools[pool.name]))
        for name, pool in self._pools.items():
            if pool not in first:
                pool.keep_warm(partial(asked, self._tools[name]), lets_others)
        self._forgetting.start()

    def make_ready(self, asked: Asked) -> None:
        """Until a process of each tool that may be asked has started, or `READY_SECONDS` are over."""
        pools = [pool for name, pool in self._pools.items() if asked(self._tools[name])]
        wait([self._threads.submit(pool.make_ready) for pool in pools], timeout=READY_SECONDS)

    def try_out(self, asked: Asked) -> dict[str, str]:
        """Start each tool that may be asked and have it answer once.

        Returns:
            What was wrong with each, by name; empty for nothing.
        """
        pools = [pool for name, pool in self._pools.items() if asked(self._tools[name])]
        return dict(zip([pool.name for pool in pools], self._threads.map(Pool.try_out, pools), strict=True))

    def problems(self) -> list[str]:
        """Of tools that are kept warm, which have not answered yet, and why."""
        return [f"{pool.name}: {pool.problem}" for pool in self._pools.values() if pool.problem]

    def notes(self) -> list[str]:
        """Which tools have answered, and are not well all the same."""
        return [f"{pool.name}: {pool.note}" for pool in self._pools.values() if pool.note]

    def look(
        self,
        app: str,
        parts: Sequence[Part],
        only: Callable[[Detector], bool] = lambda _: True,
        policies: Sequence[Policy] = (),
        *,
        is_cleared: bool = False,
    ) -> Answers:
        """Every detector on every part it reads.

        Args:
            only: the detectors to ask.
            policies: those for the item; who reads policies is told of those that name it.

        Returns:
            Detections with detector, part and parents filled in; and a failure for each look without an answer.
        """
        wanted = [detector for detector in self._plugins.detectors if only(detector)]
        cleared = Cleared() if is_cleared else self._guarding.clear(parts, wanted, partial(self._guard, app))
        jobs = [
            (detector, part)
            for detector in wanted
            for part in parts
            if part.type in detector.reads and cleared.may(detector)
        ]
        answers = Answers(failures=cleared.refused)
        told = {each.name: words_for(each, policies) for each in self._plugins.detectors}
        looks = self._threads.map(
            carried(lambda job: self._look(app, job[0], job[1], answers.shown, told[job[0].name])), jobs
        )
        for (detector, part), found in zip(jobs, looks, strict=True):
            if isinstance(found, Failure):
                answers.failures.append(found)
            else:
                answers.detections += found
                answers.answered.append((detector.name, part.id))
        return answers

    def has_detector(self, reads: PartType, only: Callable[[Detector], bool]) -> bool:
        """True when `look` would ask somebody about a part of that type."""
        return any(reads in detector.reads and only(detector) for detector in self._plugins.detectors)

    @property
    def may_keep(self) -> bool:
        """Whether a list may keep content on this machine; else `kept` says None of everything."""
        return self._guarding.is_on

    def kept(self, app: str, parts: Sequence[Part]) -> str | None:
        """Why a list keeps these parts on this machine; None where none does."""
        return self._guarding.kept(parts, partial(self._guard, app))

    def look_each(
        self,
        app: str,
        texts: Sequence[Part],
        only: Callable[[Detector], bool] = lambda _: True,
        *,
        is_cleared: bool = False,
        are_decoded: bool = False,
    ) -> tuple[list[list[Detection]], Answers]:
        """Like `look`, for many short texts: one call of each detector, within the time limit of one look.

        Args:
            only: the detectors to ask.
            are_decoded: somebody has opened all that is encoded in them.

        Returns:
            The detections in each text, in order, worth nothing when there is a failure; and who answered for all.
        """
        found: list[list[Detection]] = [[] for _ in texts]
        ids = sorted({text.id for text in texts})
        detectors = [each for each in self._plugins.detectors if "text" in each.reads and only(each)] if texts else []
        cleared = Cleared() if is_cleared else self._guarding.clear(texts, detectors, partial(self._guard, app))
        detectors = [each for each in detectors if cleared.may(each)]
        answers = Answers(failures=cleared.refused)
        looks = self._threads.map(
            carried(lambda detector: self._look_each(app, detector, texts, are_decoded)), detectors
        )
        for detector, answer in zip(detectors, looks, strict=True):
            if isinstance(answer, Failure):
                answers.failures.append(answer)
            else:
                for before, more in zip(found, answer, strict=True):
                    before += more
                answers.answered += [(detector.name, part) for part in ids]
        return found, answers

    def extract(
        self,
        app: str,
        parts: Sequence[Part],
        only: Callable[[Extractor], bool] = lambda _: True,
        policies: Sequence[Policy] = (),
        *,
        is_cleared: bool = False,
    ) -> tuple[list[Part], Answers]:
        """Every extractor on every part it reads; the new parts carry their bytes and have no ids yet.

        Args:
            only: the extractors to ask.
            policies: those for the item; who reads policies is told of those that name it.
        """
        wanted = [extractor for extractor in self._plugins.extractors if only(extractor)]
        cleared = Cleared() if is_cleared else self._guarding.clear(parts, wanted, partial(self._guard, app))
        jobs = [
            (extractor, part)
            for part in parts
            for extractor in wanted
            if part.type in extractor.reads and cleared.may(extractor)
        ]
        made: list[Part] = []
        answers = Answers(failures=cleared.refused)
        told = {each.name: words_for(each, policies) for each in self._plugins.extractors}
        looks = self._threads.map(
            carried(lambda job: self._extract(app, job[0], job[1], answers.shown, told[job[0].name])), jobs
        )
        for (extractor, part), (found, failure) in zip(jobs, looks, strict=True):
            made += found
            if failure is not None:
                answers.failures.append(failure)
            else:
                answers.answered.append((extractor.name, part.id))
        return made, answers

    def redact(self, app: str, part: Part, detections: Sequence[Detection], fill: str = "solid") -> Part | Failure:
        """A copy of a part with the places of `detections` taken out, its bytes in `data`; or why there is none.

        Args:
            fill: what is in their place, ``solid`` or ``patch``.
        """
        able = [each for each in self._plugins.redactors if part.type in each.reads]
        redactor = next((each for each in able if fill == getattr(each, "fill", "solid")), None)
        if redactor is None:
            tool = Tool(name="redaction", version="1")
            message = f"no plugin here can redact a part of type {part.type}"
            message += f" with fill {fill}" if able else ""
            return Failure(detector=tool, part=part.id, kind="not_run", message=message)
        tool = Tool(name=redactor.name, version=redactor.version)
        try:
            with self._timed(redactor.name):
                answer = self._call("redact", app, redactor, part, detections)
                made = part_of(answer["found"][0])
                if made.type != part.type or made.data is None:
                    raise NoAnswer("invalid_answer", "what it made is no redacted copy")
                return made
        except NoAnswer as error:
            return self._failed(tool, part, error)

    def forget_findings(self) -> None:
        """Drop what was found lately: some of it may be of an item whose content is deleted now."""
        self._recent.drop_all()

    def close(self) -> None:
        """End all processes."""
        self._is_closing = True
        self._forgetting.close()
        self._recent.drop_all()
        # Side by side, because each waits for the calls that are under way.
        with ThreadPoolExecutor(max_workers=max(1, len(self._pools))) as closing:
            list(closing.map(Pool.close, self._pools.values()))
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _guard(self, app: str, parts: Sequence[Part], guards: Asked) -> Answers:
        return self.look(app, parts, guards, is_cleared=True)

    def _look(
        self, app: str, detector: Any, part: Part, shown: list[Look], policies: Sequence[PolicyWords]
    ) -> list[Detection] | Failure:
        tool = Tool(name=detector.name, version=detector.version)
        try:

            def checked(answer: dict[str, Any]) -> list[Detection]:
                return [checked_detection(raw, tool, detector, part, self._plugins.taxonomy) for raw in answer["found"]]

            return checked(self._find("detect", app, detector, part, checked, shown, policies))
        except NoAnswer as error:
            return self._failed(tool, part, error)

    def _look_each(
        self, app: str, detector: Any, texts: Sequence[Part], are_decoded: bool
    ) -> list[list[Detection]] | Failure:
        tool = Tool(name=detector.name, version=detector.version)
        try:
            with self._timed(detector.name):
                call = Call("detect_each", app, texts[0], parts=texts, is_decoded=are_decoded)
                answer = self._pools[detector.name].call(call)["found"]
                if len(answer) != len(texts):
                    raise NoAnswer("invalid_answer", "it did not answer each text")
                return [
                    [checked_detection(raw, tool, detector, part, self._plugins.taxonomy) for raw in each]
                    for part, each in zip(texts, answer, strict=True)
                ]
        except NoAnswer as error:
            return self._failed(tool, texts[0], error)

    def _extract(
        self, app: str, extractor: Any, part: Part, shown: list[Look], policies: Sequence[PolicyWords]
    ) -> tuple[list[Part], Failure | None]:
        """What was made, and what is wrong with it."""
        tool = Tool(name=extractor.name, version=extractor.version)
        try:

            def checked(answer: dict[str, Any]) -> list[Part]:
                if len(answer["found"]) > MAX_PARTS_MADE:
                    raise NoAnswer("invalid_answer", f"made more than {MAX_PARTS_MADE} parts")
                return [checked_part(raw, tool, extractor, part) for raw in answer["found"]]

            answer = self._find("extract", app, extractor, part, checked, shown, policies)
            left_out = str(answer.get("left_out", ""))
            failure = self._failed(tool, part, NoAnswer("not_run", left_out)) if left_out else None
            return checked(answer), failure
        except NoAnswer as error:
            return [], self._failed(tool, part, error)

    def _find(
        self,
        operation: str,
        app: str,
        tool: Any,
        part: Part,
        check: Callable[[dict[str, Any]], object],
        shown: list[Look],
        policies: Sequence[PolicyWords] = (),
    ) -> dict[str, Any]:
        """What the tool answers, or did on the same content lately. An answer that `check` refuses is not kept."""

        def look() -> dict[str, Any]:
            with self._timed(tool.name):
                answer = self._call(operation, app, tool, part, policies=policies)
                check(answer)
                digests_of(answer)
                return answer

        key = key_of(operation, app, tool, self._set_ups[tool.name], part, policies)
        answer: dict[str, Any] = self._recent.find(key, look)
        digests = digests_of(answer)
        if digests:
            shown.append(Look(tool.name, part.id, digests))
        return answer

    @contextmanager
    def _timed(self, tool: str) -> Iterator[None]:
        """Count a call, and how long it took."""
        began, outcome = time.monotonic(), "answered"
        with span(f"call {tool}", moderation__detector=tool) as traced:
            try:
                yield
            except NoAnswer as error:
                outcome = error.kind
                raise
            finally:
                self.tally.observe(CALLS, time.monotonic() - began, CALL_SECONDS, tool, outcome)
                traced.set(moderation__outcome=outcome)

    def _call(
        self,
        operation: str,
        app: str,
        tool: Any,
        part: Part,
        detections: Sequence[Detection] = (),
        policies: Sequence[PolicyWords] = (),
    ) -> dict[str, Any]:
        with self._file_of(part) as file:
            paths = {part.media.uri: str(file)} if part.media is not None else {}
            bare = part.model_copy(update={"data": None})
            return self._pools[tool.name].call(Call(operation, app, bare, paths, detections, policies=policies))

    @contextmanager
    def _file_of(self, part: Part) -> Iterator[Path | None]:
        """Where a part's bytes lie: in the store, or, of one that carries them, in a file for the while."""
        if part.media is None:
            yield None
        elif part.data is not None:
            with NamedTemporaryFile(prefix="moderation-") as passing:
                passing.write(part.data)
                passing.flush()
                yield Path(passing.name)
        else:
            try:
                path = self._resolve(part).resolve()
            except Exception as error:  # the store raises many kinds; for the item they mean the same
                raise NoAnswer("unreadable", f"the part's bytes cannot be read ({type(error).__name__})") from error
            yield path

    def _failed(self, tool: Tool, part: Part, error: NoAnswer) -> Failure:
        self.tally.add(FAILURES, tool.name, error.kind)
        # What is ended when the program is told to end did not crash.
        level = logging.DEBUG if self._is_closing else logging.WARNING
        logger.log(
            level, "no answer detector=%s part=%s kind=%s reason=%r", tool.name, part.id, error.kind, error.message
        )
        return Failure(detector=tool, part=part.id, kind=error.kind, message=error.message)
