"""Contracts for plugin authors: subclass one, say what your plugin should find, and pytest runs the rest.

::

    class TestShouting(DetectorContract):
        detector = Shouting
        finds = (("STOP SHOUTING AT ME", "Custom/SHOUTING"),)

No service, database or network is needed: a `FakeContext` over a temporary folder stands in for them. Every check says
what it saw in its own message, so no assertion rewriting is needed either. The shipped plugins use these contracts too.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from moderation.core.items import PART_TYPES, Part, PartType
from moderation.core.policy.policies import PolicyWords
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation.testing.contract_checks import answer_within, check_answer, check_parts
from moderation.testing.fake_context import FakeContext, Sample
from moderation.testing.hostile_samples import HOSTILE_TEXTS, hostile_pictures

__all__ = ["DetectorContract", "ExtractorContract", "FakeContext", "Sample"]


class _Contract:
    """What detectors and extractors share."""

    time_limit_at_most: float = 600.0
    """A longer time limit than this, in seconds, is a mistake: a hung process would hold its items that long."""

    def _made(self, attribute: str) -> Any:
        """What the class's factory makes: a class, or a function without arguments."""
        try:
            factory = inspect.getattr_static(type(self), attribute)
        except AttributeError:
            raise AssertionError(f"{type(self).__name__} needs `{attribute} = YourClass`") from None
        factory = factory.__func__ if isinstance(factory, staticmethod) else factory
        needs_self = inspect.isfunction(factory) and len(inspect.signature(factory).parameters) == 1
        return factory(self) if needs_self else factory()

    def _check_tool(self, tool: Any) -> None:
        for attribute in ("name", "version"):
            value = getattr(tool, attribute, None)
            assert isinstance(value, str), f"`{attribute}` is a word of up to 100 characters, not {value!r}"
            assert 0 < len(value) <= 100, f"`{attribute}` is a word of up to 100 characters, not {value!r}"
        assert tool.name.count(".") == 1, f"`name` is vendor.task, such as example.shouting, not {tool.name!r}"
        limit = getattr(tool, "time_limit_seconds", None)
        assert _is_number(limit), f"`time_limit_seconds` is a number of seconds, not {limit!r}"
        assert 0 < limit <= self.time_limit_at_most, (
            f"`time_limit_seconds` is over 0 and at most {self.time_limit_at_most:g}, not {limit!r}"
        )

    def _check_leaves_alone(self, look: Callable[..., Any], samples: Sequence[Sample], context: FakeContext) -> None:
        for sample in samples:
            part = context.part(sample)
            before, data = part.model_dump_json(), context.read(part) if part.media else b""
            look(part, context)
            assert part.model_dump_json() == before, f"it changed the part {_short(sample)}"
            assert part.media is None or context.read(part) == data, f"it changed the bytes of {_short(sample)}"

    def _hostile(self, tool: Any, context: FakeContext) -> list[tuple[str, Part]]:
        """Named inputs that the tool says it reads."""
        parts: list[tuple[str, Part]] = []
        if "text" in tool.reads:
            parts += [(name, context.text(text)) for name, text in HOSTILE_TEXTS.items()]
        if "image" in tool.reads:
            parts += [(name, context.media(data)) for name, data in hostile_pictures().items()]
        broken: tuple[tuple[PartType, str], ...] = (("video", "video/mp4"), ("audio", "audio/mpeg"))
        for kind, content_type in broken:
            if kind in tool.reads:
                parts.append((f"broken {kind}", context.media(b"\0" * 512, declared=(kind, content_type))))
        return parts


class DetectorContract(_Contract):
    """What the service asks of every detector; subclass it, give it a name that begins with ``Test``.

    ::

        class TestShouting(DetectorContract):
            detector = Shouting
            finds = (("STOP SHOUTING AT ME", "Custom/SHOUTING"),)

    Attributes:
        detector: makes the detector: its class, or a function without arguments.
        finds: samples, each with the label (or labels) that must be among what is found in it.
        ignores: samples in which nothing may be found.
        is_deterministic: set it to False for a detector that calls a service whose answers vary.
        policies: what one that reads policies judges by.
    """

    detector: Callable[[], Any]
    finds: Sequence[tuple[Sample, str | Collection[str]]] = ()
    ignores: Sequence[Sample] = ()
    is_deterministic: bool = True
    policies: Sequence[PolicyWords] = ()

    def test_attributes_are_present_and_typed(self) -> None:
        """Name, version, what it reads, labels, reporting floor and time limit are there, of the right kind."""
        detector = self._made("detector")

        self._check_tool(detector)
        _check_types(detector, "reads")
        labels = getattr(detector, "labels", None)
        assert _is_words(labels), f"`labels` lists the taxonomy names it can yield, not {labels!r}"
        floor = getattr(detector, "min_confidence", None)
        assert _is_number(floor), f"`min_confidence` is a number from 0 to 100, not {floor!r}"
        assert 0 <= floor <= 100, f"`min_confidence` is a number from 0 to 100, not {floor!r}"
        assert callable(getattr(detector, "detect", None)), "it needs a method detect(part, context)"

    def test_labels_are_in_the_taxonomy(self) -> None:
        """Each label is a name of the tree, or one of its own under ``Custom/``."""
        detector = self._made("detector")

        taxonomy = Taxonomy(detector.labels)
        unknown = {label: taxonomy.suggest(label) for label in detector.labels if label not in taxonomy}
        assert not unknown, (
            f"labels that the taxonomy does not know, with the nearest it does: {unknown}; "
            f"labels of your own begin with {CUSTOM_PREFIX!r}"
        )

    def test_finds_what_it_should(self, tmp_path: Path) -> None:
        """Every sample of `finds` has its labels."""
        detector, context = self._made("detector"), self._context(tmp_path)

        for sample, wanted in self.finds:
            found = {detection.label for detection in detector.detect(context.part(sample), context)}
            missing = ({wanted} if isinstance(wanted, str) else set(wanted)) - found
            assert not missing, f"in {_short(sample)}: wanted {sorted(missing)}, found {sorted(found) or 'nothing'}"

    def test_ignores_what_it_should(self, tmp_path: Path) -> None:
        """No sample of `ignores` has anything."""
        detector, context = self._made("detector"), self._context(tmp_path)

        for sample in self.ignores:
            found = detector.detect(context.part(sample), context)
            assert not found, f"in {_short(sample)}: wanted nothing, found {found}"

    def test_answers_keep_the_contract(self, tmp_path: Path) -> None:
        """Labels are among the declared, confidences at or over the floor, places inside the part."""
        detector, context = self._made("detector"), self._context(tmp_path)

        for sample in self._samples():
            part = context.part(sample)
            check_answer(detector, part, detector.detect(part, context))

    def test_empty_input_is_fine(self, tmp_path: Path) -> None:
        """An empty text has nothing in it, and is no error."""
        detector, context = self._made("detector"), self._context(tmp_path)

        for text in ("", " ", "\n") if "text" in detector.reads else ():
            part = context.text(text)
            check_answer(detector, part, detector.detect(part, context))

    def test_pickles(self, tmp_path: Path) -> None:
        """It travels to a process of its own, before and after its first answer, and answers the same there."""
        detector, context = self._made("detector"), self._context(tmp_path)
        fresh = pickle.loads(pickle.dumps(detector))  # noqa: S301 - our own object

        for sample in self._samples():
            part = context.part(sample)
            answer = detector.detect(part, context)
            used = pickle.loads(pickle.dumps(detector))  # noqa: S301 - our own object
            for copy in (fresh, used):
                assert (copy.name, copy.version) == (detector.name, detector.version), "its name or version was lost"
                again = copy.detect(part, context)
                assert not self.is_deterministic or again == answer, (
                    f"the copy answers {again} on {_short(sample)}, the original {answer}"
                )

    def test_is_deterministic(self, tmp_path: Path) -> None:
        """The same part has the same answer, whatever was looked at between."""
        detector, context = self._made("detector"), self._context(tmp_path)
        parts = [context.part(sample) for sample in self._samples()] if self.is_deterministic else []

        first = [detector.detect(part, context) for part in parts]
        second = [detector.detect(part, context) for part in reversed(parts)][::-1]
        for part, one, other in zip(parts, first, second, strict=True):
            assert one == other, f"on {_short(part)}: first {one}, then {other}"

    def test_leaves_the_part_alone(self, tmp_path: Path) -> None:
        """Neither the part nor its bytes change."""
        self._check_leaves_alone(self._made("detector").detect, self._samples(), self._context(tmp_path))

    def test_hostile_input_is_answered_within_the_time_limit(self, tmp_path: Path) -> None:
        """Hostile input leads to an answer or to `Unreadable`, never to another error or a hang."""
        detector, context = self._made("detector"), self._context(tmp_path)

        for name, part in self._hostile(detector, context):
            answer = answer_within(detector.time_limit_seconds, name, detector.detect, part, context)
            check_answer(detector, part, answer or [])

    def test_batches_are_answered_one_by_one(self, tmp_path: Path) -> None:
        """``detect_batch``, where there is one, answers each part as ``detect`` does, in order."""
        detector, context = self._made("detector"), self._context(tmp_path)
        if not hasattr(detector, "detect_batch"):
            return
        parts = [context.part(sample) for sample in self._samples()]

        together = [list(answer) for answer in detector.detect_batch(parts, context)]
        assert len(together) == len(parts), f"{len(together)} answers for {len(parts)} parts"
        alone = [detector.detect(part, context) for part in parts]
        assert not self.is_deterministic or together == alone, f"together {together}, one by one {alone}"

    def _context(self, folder: Path) -> FakeContext:
        return FakeContext(folder, policies=self.policies)

    def _samples(self) -> list[Sample]:
        return [*(sample for sample, _ in self.finds), *self.ignores]


class ExtractorContract(_Contract):
    """What the service asks of every extractor.

    ::

        class TestCaptions(ExtractorContract):
            extractor = Captions
            extracts = ((Path("sign.png"), "NO PARKING"),)

    Attributes:
        extractor: makes the extractor: its class, or a function without arguments.
        extracts: samples, each with words that must stand in a text made from it; empty words ask for any part.
        ignores: samples from which nothing may be made.
        is_deterministic: as for detectors.
    """

    extractor: Callable[[], Any]
    extracts: Sequence[tuple[Sample, str]] = ()
    ignores: Sequence[Sample] = ()
    is_deterministic: bool = True

    def test_attributes_are_present_and_typed(self) -> None:
        """Name, version, what it reads and makes, and time limit are there, of the right kind."""
        extractor = self._made("extractor")

        self._check_tool(extractor)
        _check_types(extractor, "reads")
        _check_types(extractor, "makes")
        assert callable(getattr(extractor, "extract", None)), "it needs a method extract(part, context)"

    def test_extracts_what_it_should(self, tmp_path: Path) -> None:
        """The words of `extracts` are in what is made."""
        extractor, context = self._made("extractor"), FakeContext(tmp_path)

        for sample, words in self.extracts:
            made = extractor.extract(context.part(sample), context)
            assert made, f"nothing was made of {_short(sample)}"
            texts = [part.text for part in made if part.text is not None]
            assert not words or any(words in text for text in texts), f"{words!r} is in none of {texts}"

    def test_ignores_what_it_should(self, tmp_path: Path) -> None:
        """Nothing is made of the samples of `ignores`."""
        extractor, context = self._made("extractor"), FakeContext(tmp_path)

        for sample in self.ignores:
            made = extractor.extract(context.part(sample), context)
            assert not made, f"of {_short(sample)} it made {[part.type for part in made]}"

    def test_parts_keep_the_contract(self, tmp_path: Path) -> None:
        """Parts are of the declared types, without ids; texts have text, others bytes that the service accepts."""
        extractor, context = self._made("extractor"), FakeContext(tmp_path)

        for sample in self._samples():
            check_parts(extractor, extractor.extract(context.part(sample), context))

    def test_pickles(self, tmp_path: Path) -> None:
        """It travels to a process of its own, before and after its first answer, and answers the same there."""
        extractor, context = self._made("extractor"), FakeContext(tmp_path)
        fresh = pickle.loads(pickle.dumps(extractor))  # noqa: S301 - our own object

        for sample in self._samples():
            part = context.part(sample)
            made = extractor.extract(part, context)
            used = pickle.loads(pickle.dumps(extractor))  # noqa: S301 - our own object
            for copy in (fresh, used):
                again = copy.extract(part, context)
                assert not self.is_deterministic or again == made, f"the copy makes another thing of {_short(sample)}"

    def test_leaves_the_part_alone(self, tmp_path: Path) -> None:
        """Neither the part nor its bytes change."""
        self._check_leaves_alone(self._made("extractor").extract, self._samples(), FakeContext(tmp_path))

    def test_hostile_input_is_answered_within_the_time_limit(self, tmp_path: Path) -> None:
        """Hostile input leads to parts, to none, or to `Unreadable`; never to another error or a hang."""
        extractor, context = self._made("extractor"), FakeContext(tmp_path)

        for name, part in self._hostile(extractor, context):
            made = answer_within(extractor.time_limit_seconds, name, extractor.extract, part, context)
            check_parts(extractor, made or [])

    def _samples(self) -> list[Sample]:
        return [*(sample for sample, _ in self.extracts), *self.ignores]


def _check_types(tool: Any, attribute: str) -> None:
    value = getattr(tool, attribute, None)
    assert _is_words(value), f"`{attribute}` lists some of {', '.join(PART_TYPES)}, not {value!r}"
    assert set(value) <= set(PART_TYPES), f"`{attribute}` lists some of {', '.join(PART_TYPES)}, not {value!r}"


def _is_words(value: Any) -> TypeGuard[Collection[str]]:
    is_collection = isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)
    return is_collection and bool(value) and all(isinstance(word, str) for word in value)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(sample: Sample) -> str:
    text = sample.text or sample.id if isinstance(sample, Part) else sample
    return repr(text if len(repr(text)) <= 80 else str(text)[:77] + "...")
