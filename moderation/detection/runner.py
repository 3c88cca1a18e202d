"""Isolation: each detector and extractor runs in processes of its own that can be killed.

A native crash, a hang or a lie is that detector's alone: it becomes a `Failure`, the process is replaced, and a breaker
keeps one that fails again and again from holding up every item (`moderation.detection.pool`).
"""

from __future__ import annotations

import base64
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pydantic import ValidationError

from ground.rounds import Rounds
from ground.tracing import carried, span
from moderation.core.detections import Detection, Failure
from moderation.core.items import Extraction, Part, PartType, Tool
from moderation.core.started_loops import started
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Look
from moderation.detection.answers import Answers
from moderation.detection.pool import Pool
from moderation.detection.probes import probes_of
from moderation.detection.process import Call, NoAnswer
from moderation.detection.recent import RecentFindings, key_of, set_up
from moderation.hookspecs import Detector, Extractor, Redactor
from moderation.plugins import Plugins
from moderation.storage.tallies import CALL_SECONDS, Tally

logger = logging.getLogger(__name__)

FORGET_SECONDS = 60.0
"""How often findings that were kept long enough are dropped where nobody asks for them."""
MAX_PARTS_MADE = 32
"""Parts that one extractor may make of one part."""
CALLS, FAILURES = "detector_call_seconds", "detector_failures"
"""Figures: calls by detector and outcome (``answered``, or the kind of failure); looks without an answer, by both."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
Asked = Callable[[Detector | Extractor | Redactor], bool]
"""Says of a tool whether anybody may ask it."""


class Runner:
    """Runs detectors and extractors on parts, in parallel, and never raises for what they do.

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
        self._pools = {tool.name: Pool(tool, plugins_dir, processes, probes_of(tool)) for tool in tools}
        self._recent = recent or RecentFindings()
        self._set_ups = {tool.name: set_up(tool) for tool in tools}
        self._forgetting = Rounds("findings", self._recent.drop_old, pause_seconds=FORGET_SECONDS, waits_first=True)
        self.tally = Tally()
        self._threads = ThreadPoolExecutor(max_workers=max(4, 4 * len(tools)), thread_name_prefix="detect")

    def keep_warm(self, asked: Asked) -> None:
        """Have a process of each tool ready from now on, as long as it may be asked, and replace those that die."""
        for name, pool in self._pools.items():
            pool.keep_warm(partial(asked, self._tools[name]))
        self._forgetting.start()

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
    ) -> Answers:
        """Every detector on every part it reads.

        Args:
            only: the detectors to ask.

        Returns:
            Detections with detector, part and parents filled in; and a failure for each look without an answer.
        """
        jobs = [
            (detector, part)
            for detector in self._plugins.detectors
            for part in parts
            if part.type in detector.reads and only(detector)
        ]
        answers = Answers()
        looks = self._threads.map(carried(lambda job: self._look(app, job[0], job[1], answers.shown)), jobs)
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

    def look_each(
        self, app: str, texts: Sequence[Part], only: Callable[[Detector], bool] = lambda _: True
    ) -> tuple[list[list[Detection]], Answers]:
        """Like `look`, for many short texts: one call of each detector, within the time limit of one look.

        Returns:
            The detections in each text, in order, worth nothing when there is a failure; and who answered for all.
        """
        found: list[list[Detection]] = [[] for _ in texts]
        answers = Answers()
        ids = sorted({text.id for text in texts})
        detectors = [each for each in self._plugins.detectors if "text" in each.reads and only(each)] if texts else []
        looks = self._threads.map(carried(lambda detector: self._look_each(app, detector, texts)), detectors)
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
    ) -> tuple[list[Part], Answers]:
        """Every extractor on every part it reads; the new parts carry their bytes and have no ids yet.

        Args:
            only: the extractors to ask.
        """
        jobs = [
            (extractor, part)
            for part in parts
            for extractor in self._plugins.extractors
            if part.type in extractor.reads and only(extractor)
        ]
        made: list[Part] = []
        answers = Answers()
        looks = self._threads.map(carried(lambda job: self._extract(app, job[0], job[1], answers.shown)), jobs)
        for (extractor, part), (found, failure) in zip(jobs, looks, strict=True):
            made += found
            if failure is not None:
                answers.failures.append(failure)
            else:
                answers.answered.append((extractor.name, part.id))
        return made, answers

    def redact(self, app: str, part: Part, detections: Sequence[Detection]) -> Part | Failure:
        """A copy of a part with the places of `detections` taken out, its bytes in `data`; or why there is none."""
        redactor = next((each for each in self._plugins.redactors if part.type in each.reads), None)
        if redactor is None:
            tool = Tool(name="redaction", version="1")
            message = f"no plugin here can redact a part of type {part.type}"
            return Failure(detector=tool, part=part.id, kind="not_run", message=message)
        tool = Tool(name=redactor.name, version=redactor.version)
        try:
            with self._timed(redactor.name):
                answer = self._call("redact", app, redactor, part, detections)
                made = _part_of(answer["found"][0])
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
        self._forgetting.close()
        self._recent.drop_all()
        # Side by side, because each waits for the calls that are under way.
        with ThreadPoolExecutor(max_workers=max(1, len(self._pools))) as closing:
            list(closing.map(Pool.close, self._pools.values()))
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self, app: str, detector: Any, part: Part, shown: list[Look]) -> list[Detection] | Failure:
        tool = Tool(name=detector.name, version=detector.version)
        try:

            def checked(answer: dict[str, Any]) -> list[Detection]:
                return [_checked(raw, tool, detector, part, self._plugins.taxonomy) for raw in answer["found"]]

            return checked(self._find("detect", app, detector, part, checked, shown))
        except NoAnswer as error:
            return self._failed(tool, part, error)

    def _look_each(self, app: str, detector: Any, texts: Sequence[Part]) -> list[list[Detection]] | Failure:
        tool = Tool(name=detector.name, version=detector.version)
        try:
            with self._timed(detector.name):
                answer = self._pools[detector.name].call(Call("detect_each", app, texts[0], parts=texts))["found"]
                if len(answer) != len(texts):
                    raise NoAnswer("invalid_answer", "it did not answer each text")
                return [
                    [_checked(raw, tool, detector, part, self._plugins.taxonomy) for raw in each]
                    for part, each in zip(texts, answer, strict=True)
                ]
        except NoAnswer as error:
            return self._failed(tool, texts[0], error)

    def _extract(self, app: str, extractor: Any, part: Part, shown: list[Look]) -> tuple[list[Part], Failure | None]:
        """What was made, and what is wrong with it."""
        tool = Tool(name=extractor.name, version=extractor.version)
        try:

            def checked(answer: dict[str, Any]) -> list[Part]:
                if len(answer["found"]) > MAX_PARTS_MADE:
                    raise NoAnswer("invalid_answer", f"made more than {MAX_PARTS_MADE} parts")
                return [_checked_part(raw, tool, extractor, part) for raw in answer["found"]]

            answer = self._find("extract", app, extractor, part, checked, shown)
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
    ) -> dict[str, Any]:
        """What the tool answers, or did on the same content lately. An answer that `check` refuses is not kept."""

        def look() -> dict[str, Any]:
            with self._timed(tool.name):
                answer = self._call(operation, app, tool, part)
                check(answer)
                _digests(answer)
                return answer

        answer: dict[str, Any] = self._recent.find(key_of(operation, app, tool, self._set_ups[tool.name], part), look)
        digests = _digests(answer)
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
        self, operation: str, app: str, tool: Any, part: Part, detections: Sequence[Detection] = ()
    ) -> dict[str, Any]:
        with self._file_of(part) as file:
            paths = {part.media.uri: str(file)} if part.media is not None else {}
            bare = part.model_copy(update={"data": None})
            return self._pools[tool.name].call(Call(operation, app, bare, paths, detections))

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
        logger.warning("no answer detector=%s part=%s kind=%s reason=%r", tool.name, part.id, error.kind, error.message)
        return Failure(detector=tool, part=part.id, kind=error.kind, message=error.message)


def _checked(raw: Any, tool: Tool, detector: Any, part: Part, taxonomy: Taxonomy) -> Detection:
    """A detection that keeps the contract, with who, where and the label's ancestors filled in."""
    try:
        detection = Detection.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise NoAnswer("invalid_answer", f"{'.'.join(map(str, first['loc']))}: {first['type']}") from error
    if detection.label not in detector.labels:
        raise NoAnswer("invalid_answer", "a label that the detector did not declare")
    try:
        started([detection])
    except ValueError as error:
        raise NoAnswer("invalid_answer", str(error)) from error
    if detection.span is not None and (part.text is None or detection.span.end > len(part.text)):
        raise NoAnswer("invalid_answer", "a span outside the text")
    return detection.model_copy(
        update={"parents": taxonomy.parents(detection.label), "detector": tool, "part": part.id}
    )


def _digests(answer: dict[str, Any]) -> tuple[str, ...]:
    """Of the pictures that the tool was shown."""
    seen = answer.get("seen", [])
    if not isinstance(seen, list) or not all(isinstance(each, str) and _SHA256.fullmatch(each) for each in seen):
        raise NoAnswer("invalid_answer", "no digests of what it was shown")
    return tuple(seen)


def _part_of(raw: Any) -> Part:
    try:
        return Part.model_validate({**raw, "data": base64.urlsafe_b64decode(raw["data"])} if raw.get("data") else raw)
    except (ValidationError, ValueError) as error:
        raise NoAnswer("invalid_answer", "what it made is no part") from error


def _checked_part(raw: Any, tool: Tool, extractor: Any, part: Part) -> Part:
    made = _part_of(raw)
    if made.type not in extractor.makes:
        raise NoAnswer("invalid_answer", f"it made a part of type {made.type}, which it did not declare")
    if (made.text is None) == (made.type == "text") or (made.data is None) == (made.type != "text"):
        raise NoAnswer("invalid_answer", "a text part has text, any other has data")
    given = made.extraction
    if given is not None and made.text is not None and any(p.span.end > len(made.text) for p in given.places):
        raise NoAnswer("invalid_answer", "a place outside the text")
    extraction = Extraction(
        part=part.id,
        extractor=tool,
        places=given.places if given else (),
        time_range=given.time_range if given else None,
    )
    return made.model_copy(update={"id": "", "extraction": extraction, "media": None})
