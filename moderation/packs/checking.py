"""Whether a pack is as it says: its policies without faults, their tests passed, its examples as they were measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ground.blobs import FolderBlobs
from ground.media.limits import Limits
from moderation.core.errors import MediaRefused
from moderation.core.items import Item, Part
from moderation.detection.judge import Judge
from moderation.media.inspecting import inspect, store_media
from moderation.packs.reading import EXAMPLES, MANIFEST, POLICIES, Measured, Pack, Sample
from moderation.plugins import Plugins
from moderation.policies.cases import run_tests
from moderation.policies.checking import faults_of_text
from moderation.settings import Settings

APP = "packs"
"""As which examples are judged that name no app."""


@dataclass
class Checked:
    """What was found.

    Attributes:
        problems: why the pack cannot be added, as sentences with places; empty where it can.
        notes: what is allowed and likely not meant.
        tests: of its policies, that passed.
        measured: what came of its examples; None where nobody looked.
        others: examples with another outcome than is said, and which.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tests: int = 0
    measured: Measured | None = None
    others: list[tuple[Sample, str]] = field(default_factory=list)


def check(pack: Pack, plugins: Plugins) -> Checked:
    """Faults and tests of its policies, and the detectors it needs. Nobody looks at its examples."""
    done = Checked()
    loaded = {each.name: each.version for each in plugins.detectors}
    loaded |= {each.name: each.version for each in plugins.extractors}
    for name, version in pack.manifest.needs.items():
        if name not in loaded:
            done.problems.append(f"it needs {name} {version}, which no loaded plugin offers")
        elif loaded[name] != version:
            done.notes.append(f"it was measured with {name} {version}; {loaded[name]} is loaded: measure it again")
    for name, data in sorted(pack.policies.items()):
        shown = f"{pack.source}/{POLICIES}{name}"
        try:
            text = data.decode()
        except UnicodeDecodeError:
            done.problems.append(f"{shown}: is not UTF-8")
            continue
        policy, faults = faults_of_text(text, shown, plugins)
        done.problems += [fault.render() for fault in faults if fault.is_error]
        done.notes += [fault.render() for fault in faults if not fault.is_error]
        if policy is None:
            continue
        if policy.name != name.removesuffix(".yml"):
            done.problems.append(f"{shown}: has policy '{policy.name}'; a policy of a pack is named as its file")
        results = run_tests(policy, plugins.taxonomy, plugins.reach())
        done.tests += sum(result.passed for result in results)
        done.problems += [
            f"{shown}:{result.line}: test '{result.name}' wants {result.expected}, and got {result.got}"
            for result in results
            if not result.passed
        ]
        if not results:
            done.problems.append(f"{shown}: a policy of a pack has tests")
    return done


def measure(pack: Pack, settings: Settings, samples: Iterable[Sample] | None = None) -> Checked:
    """Have the real detectors look at its examples, by its policies alone.

    Args:
        samples: its examples, passed on by who shows how far it is.

    Raises:
        PolicyFault: a policy of it does not load.
    """
    done = Checked()
    counts = dict.fromkeys(Measured.model_fields, 0)
    with _judge(pack, settings) as (judge, blobs):
        for number, sample in enumerate(pack.samples if samples is None else samples):
            try:
                part = _part(pack, sample, blobs, Limits.of(settings))
            except MediaRefused as error:
                done.problems.append(f"{pack.source}/{EXAMPLES}: example {number + 1}: {error}")
                continue
            item = Item(id=f"example-{number}", app=sample.app or APP, parts=(part,), created_at=datetime.now(UTC))
            judge.applicable(item.app, item.parts)
            got = judge.judge(item).verdict.outcome
            counts["examples"] += 1
            counts["as_said"] += got == sample.expect
            counts["let_through"] += got == "approve" != sample.expect
            counts["held_up"] += got != "approve" == sample.expect
            if got != sample.expect:
                done.others.append((sample, got))
    done.measured = Measured(**counts)
    return done


def compare(pack: Pack, measured: Measured) -> str:
    """Why the figures of ``pack.yml`` are not what was measured; empty where they are."""
    if measured == pack.manifest.measured:
        return ""
    figures = ", ".join(f"{name}: {value}" for name, value in measured.model_dump().items())
    return f"{pack.source}/{MANIFEST}: measured is not what came out here: {{{figures}}}"


@contextmanager
def _judge(pack: Pack, settings: Settings) -> Iterator[tuple[Judge, FolderBlobs]]:
    """A judge by the pack's policies, over media in a folder that goes away with it."""
    with TemporaryDirectory(prefix="moderation-pack-") as folder:
        rules = Path(folder) / "rules"
        rules.mkdir()
        for name, data in pack.policies.items():
            (rules / name).write_bytes(data)
        blobs = FolderBlobs(Path(folder) / "media", settings.media_bucket)
        judge = Judge.open(settings.model_copy(update={"rules": rules}), blobs)
        try:
            yield judge, blobs
        finally:
            judge.close()


def _part(pack: Pack, sample: Sample, blobs: FolderBlobs, limits: Limits) -> Part:
    if sample.text is not None:
        return Part(id="p0", type="text", text=sample.text)
    assert sample.file is not None  # an example has a text or a file
    data = pack.files[sample.file]
    facts = inspect(data, limits, sample.type)
    if facts.type == "text":
        return Part(id="p0", type="text", text=data.decode("utf-8-sig"), is_document=True)
    return Part(id="p0", type=facts.type, media=store_media(blobs, data, facts, Path(sample.file).name))
