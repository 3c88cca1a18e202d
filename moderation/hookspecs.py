"""Every hook a plugin can implement, and the plain contracts of what it registers.

A plugin is a module (an entry point in the group ``moderation``, or a ``.py`` file in the plugins folder) with some of
these functions, each marked ``@hookimpl``::

    from moderation import hookimpl
    from moderation.core.detections import Detection

    class Shouting:
        name, version = "example.shouting", "1.0"
        reads, labels = ("text",), ("Custom/SHOUTING",)
        min_confidence, time_limit_seconds = 50.0, 2.0

        def detect(self, part, context):
            return [Detection(label="Custom/SHOUTING", confidence=90)] if part.text.isupper() else []

    @hookimpl
    def register_detectors(settings):
        return [Shouting()]

Detectors and extractors run in a process of their own that is killed at the time limit, so the objects must pickle.
No base class is needed: the protocols below say which attributes are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pluggy

from moderation.core.decisions import Decision
from moderation.core.detections import Detection
from moderation.core.errors import ModerationError
from moderation.core.items import Item, Part

if TYPE_CHECKING:
    import click
    from PIL.Image import Image

    from moderation.core.policy.policies import PolicyWords
    from moderation.settings import Settings

hookspec = pluggy.HookspecMarker("moderation")


class Unreadable(ModerationError):
    """Raised by a detector or extractor whose part cannot be decoded; becomes a failure of kind ``unreadable``."""


class Unavailable(ModerationError):
    """Raised when a service that a detector calls said no after its retries; a failure of kind ``unavailable``."""


class Incomplete(ModerationError):
    """Raised by an extractor that made some parts and had to leave others: a failure of kind ``not_run``.

    Attributes:
        parts: what it made, which is looked at all the same.
    """

    def __init__(self, message: str, parts: Sequence[Part]) -> None:
        self.parts = list(parts)
        super().__init__(message)


@dataclass(frozen=True)
class Finding:
    """One line of ``moderation doctor``.

    Attributes:
        text: what was found and, for a problem, how to mend it.
        is_problem: makes the command's exit code 1.
    """

    text: str
    is_problem: bool = False


@dataclass(frozen=True)
class Spent:
    """What one app used of one paid operation through one detector on one day.

    Attributes:
        day: UTC.
        operation: as its provider names it: ``rekognition.DetectModerationLabels``.
        units: as the operation is billed.
        unit: what is billed, in words; empty where that is not known.
        dollars: US dollars, an estimate; None for an operation without a price.
    """

    day: date
    app: str
    detector: str
    operation: str
    calls: int
    units: float
    unit: str
    dollars: float | None


class Frame(Protocol):
    """One frame of an animated picture."""

    @property
    def picture(self) -> Image:
        """RGB, or RGBA where it is transparent; upright, in sRGB."""
        ...

    @property
    def looks(self) -> list[Image]:
        """What is seen of it, as `Context.looks` gives it."""
        ...

    @property
    def start(self) -> float:
        """Seconds from the beginning to when it is first shown."""
        ...

    @property
    def seconds(self) -> float:
        """How long a browser shows it; 0 for the still picture that some carry for readers that know no animation."""
        ...


class Context(Protocol):
    """What a detector or extractor may know beside the part itself."""

    app: str
    """The app that posted the item."""
    policies: Sequence[PolicyWords]
    """The policies for the item that name this tool in ``needs`` or ``only_with``, by name. None for one that does not
    set ``reads_policies = True``, nor where no item is looked at (``moderation redact``)."""

    def path(self, part: Part) -> Path:
        """The part's bytes as a local, read-only file. Text parts have none: `ValueError`."""
        ...

    def read(self, part: Part) -> bytes:
        """The part's bytes. Text parts have none: `ValueError`."""
        ...

    def looks(self, part: Part, longest: int | None = None) -> list[Image]:
        """What people see of a picture, or of an animation's first frame, in a browser: RGB, upright, sRGB.

        One picture; or two of one size, on white and on black, when it is transparent enough for these to differ. Look
        at each, and report what is found in any. Boxes are ratios of it.

        Args:
            longest: pixels of the longest side, to which larger pictures are shrunk (and JPEG decoded the faster);
                None keeps the size.

        Raises:
            Unreadable: it cannot be decoded, or is beyond the service's limits.
            ValueError: the part is a text.
        """
        ...

    def frames(self, part: Part, longest: int | None = None) -> Iterator[Frame]:
        """Every frame of an animated picture in the order in which they are shown; a still picture is one frame.

        Takes and raises what `looks` does.
        """
        ...


class Detector(Protocol):
    """Looks at parts. A plain object with these attributes; may also offer ``detect_batch(parts, context)``.

    ``detect_batch`` takes a sequence of parts and returns one list of detections for each, in order.

    One whose calls cost money may set ``on_demand = True``: it is asked only about items that fall under a policy which
    names it in ``needs`` or ``only_with``. The same holds for extractors.

    One that judges by what policies say sets ``reads_policies = True`` and finds them in its `Context`.

    One that knows a few things and nothing of all others (what is on a list, what a machine heard) sets
    ``examines = False``: what it says counts, and its silence is no look at the part. No part is approved because such
    a one found nothing in it, nor because others found nothing in what such an extractor made of it.

    One that is never quite sure sets ``max_confidence``, the highest that it gives: who asks from a higher confidence
    on is told that it cannot answer, where its silence would pass for a look.

    One that sends content elsewhere sets ``leaves_machine = True``, or says so in its card; the same holds for
    extractors. What a list keeps on this machine is never shown to it. One that costs money and says neither is taken
    to be such a one.

    One that may find what has to stay on this machine sets ``keeps_on_machine = True``, and on the detections for which
    that holds the attribute ``keeps_on_machine``, true. It is asked before anything leaves; where it gives no answer,
    nothing does.

    One of texts that sets ``reads_encoded = True`` is shown what is meant where a posted text is JSON, HTML, mail, or
    has links, escapes or base64 in it, in several texts if need be; the places that it gives are put back to where they
    stand in what was posted. What is in a form that nobody understands is a failure of it, `Unreadable`.

    A ``card`` (`moderation.core.cards.Card`) says what it sees and does not see; the same holds for extractors.
    """

    name: str
    """``vendor.task``, unique: ``pii.text``, ``rekognition.moderation``."""
    version: str
    """Recorded with each detection; change it when answers may change."""
    reads: Collection[str]
    """Part types it wants: ``text``, ``image``, ``video``, ``audio``."""
    labels: Collection[str]
    """Taxonomy names it can yield; anything else in an answer is an invalid answer."""
    min_confidence: float
    """Reporting floor, 0-100: it stays silent below."""
    time_limit_seconds: float
    """Its process is killed when one call takes longer. Time in line for a processor does not count, up to 5 times."""

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings in one part, in any order; empty when there are none.

        Raises:
            Unreadable: the part cannot be decoded.
            Unavailable: a service it needs said no.
        """
        ...


class Extractor(Protocol):
    """Makes parts from a part: text in a picture, a transcript, frames."""

    name: str
    version: str
    reads: Collection[str]
    """Part types it wants."""
    makes: Collection[str]
    """Part types it can return."""
    time_limit_seconds: float

    def extract(self, part: Part, context: Context) -> list[Part]:
        """New parts without `id`; pictures and the like carry their bytes in `data`.

        Set ``extraction`` only to give `places` or a `time_range`; its `part` and `extractor` are filled in.
        Raises as `Detector.detect` does.

        Raises:
            Incomplete: there is more than could be taken out.
        """
        ...


class Redactor(Protocol):
    """Blanks places in one media type."""

    name: str
    version: str
    reads: Collection[str]
    """Part types it can redact; text needs no redactor."""

    def redact(self, part: Part, detections: Sequence[Detection], context: Context) -> Part:
        """A copy of `part` in which the places of `detections` cannot be read back, with its bytes in `data`.

        A detection without a place is about the whole part; one with the attribute ``heard`` about what is said, not
        about what is seen. It may set ``time_limit_seconds``, else 30 s; and ``fill``: ``solid``, as without one, or
        ``patch`` when what it puts in the place of things looks like what is around them.
        Raises as `Detector.detect` does.
        """
        ...


@hookspec
def register_extractors(settings: Settings) -> list[Extractor]:
    """Offer extractors. Called once at start.

    Args:
        settings: the service's settings, read-only.
    """
    raise NotImplementedError


@hookspec
def register_detectors(settings: Settings) -> list[Detector]:
    """Offer detectors. Called once at start; keep it cheap: load models at the first `detect`."""
    raise NotImplementedError


@hookspec
def register_redactors(settings: Settings) -> list[Redactor]:
    """Offer redactors. Called once at start."""
    raise NotImplementedError


@hookspec
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Say what is right and wrong with what the plugin needs, for ``moderation doctor``.

    Args:
        settings: the service's settings, read-only.
        services: outside services that may be called to find out, such as ``aws`` (``doctor --aws``); calls may cost
            money. Without one, look at settings and files only.

    Returns:
        Findings in the order they should be read; none when the plugin is not in use.
    """
    raise NotImplementedError


@hookspec
def item_decided(item: Item, decision: Decision) -> None:
    """Told after the commit of each decision. May be called twice for one decision; must be quick or hand over.

    What it raises is logged and counted, and changes nothing.
    """
    raise NotImplementedError


@hookspec
def report_costs(settings: Settings, since: date, until: date) -> list[Spent]:
    """Say what the plugin's detectors have used that is paid by the call, for the dashboard.

    Args:
        settings: the service's settings, read-only.
        since, until: the first day and the last one (UTC).

    Returns:
        What was used in these days, in any order; none when nothing was. Counts that are kept, never a call outside.

    Raises:
        ModerationError: the counts cannot be read; the dashboard says so.
    """
    raise NotImplementedError


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands to the ``moderation`` command line."""
    raise NotImplementedError
