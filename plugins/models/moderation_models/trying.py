"""Models tried out, each in a process of its own with limits: whether the net loads, and finds what its examples show.

A file that makes the runtime crash, compute without end or fill the memory ends that process, and is named.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from moderation.core.detections import Detection
from moderation.core.errors import ModerationError
from moderation_models.detector import ModelDetector

SECONDS = 60.0
"""For one model with all its examples."""
MEMORY_BYTES = 8 * 1024**3
"""Of address space, as detectors have."""


def try_model(model: ModelDetector, seconds: float = SECONDS) -> list[str]:
    """What is wrong with a model, a sentence each; nothing when it does what its file says."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, model), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            return [f"did not load and look at its examples within {seconds:g} s"]
        problems: list[str] = ours.recv()
        return problems
    except EOFError:
        process.join()
        return [f"ended its process ({process.exitcode}): the runtime crashed, or had not enough memory"]
    finally:
        process.kill()
        process.join()
        ours.close()


def look_at(model: ModelDetector, path: Path) -> Sequence[Detection] | str:
    """What a model finds in a file, under the limits that posted pictures have; or why there is no answer."""
    from moderation.testing import FakeContext

    with tempfile.TemporaryDirectory() as folder:
        context = FakeContext(Path(folder))
        try:
            part = context.media(path.read_bytes())
            return model.detect(part, context) if part.type == "image" else "no picture"
        except ModerationError as error:
            return str(error)
        except OSError as error:
            return f"cannot be read: {error.strerror}"


def problems_of(model: ModelDetector) -> Iterator[str]:
    """What is wrong with a model, found here and now."""
    from PIL import Image

    try:
        model.load()
        # A size that no net is made for, so that resizing is tried too.
        if model.finder is None:
            model.find(Image.new("RGB", (333, 222), "grey"))
    except ModerationError as error:
        yield str(error)
        return
    for example in model.file.examples:
        found = look_at(model, model.source.parent / example.picture)
        if isinstance(found, str):
            yield f"example {example.picture}: {found}"
            continue
        labels = {detection.label for detection in found}
        for label in sorted(set(example.expect) - labels):
            yield f"example {example.picture}: '{label}' was not found; found: {', '.join(sorted(labels)) or 'nothing'}"
        if not example.expect and labels:
            yield f"example {example.picture}: nothing was expected; found: {', '.join(sorted(labels))}"


def _answer(pipe: Connection, model: ModelDetector) -> None:
    _limit_memory()
    try:
        answer = list(problems_of(model))
    except Exception as error:  # whatever the runtime raises means the same
        answer = [f"{type(error).__name__}: {error}"]
    pipe.send(answer)
    pipe.close()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # no such thing on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
