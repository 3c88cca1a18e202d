"""Redaction jobs: every file of some sources looked through, its copy and the index of what was found written.

A job does its files one after the other. What is on disk is noted every few seconds, so that a run that was killed is
taken up by the next one, in the middle of a file, and ends with the same bytes. Files that are done are not done again
while they and their copies are there.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from moderation.containers import formats
from moderation.containers.formats import Format
from moderation.containers.layers import CannotRead
from moderation.core.detections import Detection
from moderation.core.errors import InputError, ModerationError, StoreUnavailable
from moderation.core.replacing import short_name
from moderation.redacting.documents import CleanFile, clean_file
from moderation.redacting.journal import Journal
from moderation.redacting.numbering import StoredNumbers
from moderation.redacting.progress import JobStatus, Progress
from moderation.redacting.sources import INDEX, OUT, Destination, Listed, Source
from moderation.redacting.styles import Style
from moderation.redacting.texts import NotRedacted
from moderation.redacting.windows import Look, Position, Window, encoded, look_through, undecoded, windows

SAVE_SECONDS = 2.0
"""How much work a kill may cost."""
PATIENCE_SECONDS = 60.0
"""How long a detector is waited for that rests after failures."""
SAVE_NUMBERS = 50_000
"""Numbers in memory that are reason enough to save."""


class Stopped(ModerationError):
    """Somebody asked the job to stop."""


class BeyondLimits(InputError):
    """The files of a job are too many, too large or too small; none of them is done any further."""


@dataclass(frozen=True)
class JobLimits:
    """What a job may be; sizes in bytes.

    Attributes:
        least_bytes: of all files together.
        most_bytes: likewise.
        most_documents: likewise.
    """

    least_bytes: int
    most_bytes: int
    most_files: int
    document_bytes: int
    most_documents: int

    def check(self, status: JobStatus) -> None:
        """Raise `BeyondLimits` when the files of a job are too many, too large or too small."""
        if not status.files:
            raise BeyondLimits("there are no files where the input is said to be")
        if status.files > self.most_files:
            raise BeyondLimits(f"there are {status.files:,} files; {self.most_files:,} are the most")
        if not self.least_bytes <= status.size_bytes <= self.most_bytes:
            bounds = f"at least {self.least_bytes:,} and at most {self.most_bytes:,}"
            raise BeyondLimits(f"the {status.files:,} files have {status.size_bytes:,} bytes; {bounds} are wanted")


@dataclass(frozen=True)
class RedactionWork:
    """What a job is to do.

    Attributes:
        look: finds what is to be taken out.
        per_line: each line is a document, else each file.
        format: of all files; None to tell by the name of each and how it begins. Lines are plain text.
        copies: behind the names of redacted copies; empty for none.
        indexes: likewise for indexes.
        limits: None for none.
    """

    sources: Sequence[Source]
    target: Destination
    look: Look
    style: Style
    per_line: bool = False
    format: Format | None = None
    copies: str = OUT
    indexes: str = INDEX
    limits: JobLimits | None = None


@dataclass
class Watch:
    """Who looks on.

    Attributes:
        began: told how the job stands before any work.
        advanced: told how many more bytes are done.
        ended: told the file and why it has no copy; empty when it has.
        is_stopped: asked often.
    """

    began: Callable[[JobStatus], None] = lambda status: None
    advanced: Callable[[int], None] = lambda size: None
    ended: Callable[[Listed, Progress, str], None] = lambda file, progress, reason: None
    is_stopped: Callable[[], bool] = lambda: False


def job_id(request: Any) -> str:
    """The id of a job that is the same whenever the same is asked for; `request` is JSON."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:32]


def run(folder: Path, work: RedactionWork, watch: Watch) -> JobStatus:
    """Do what is not done yet.

    Args:
        folder: the job's own, for its journal; its name is the id.

    Raises:
        AlreadyRuns: another process does it.
        BeyondLimits: the files are.
        InputError: two files have one name, or a source cannot be listed.
        StoreUnavailable: a source cannot be listed now, or the journal not be written.
    """
    with Journal(folder) as journal:
        journal.begin((number, file) for number, source in enumerate(work.sources) for file in source.files())
        _look_for_lost_copies(journal, work)
        try:
            is_stopped = _do(journal, work, watch)
        except BeyondLimits:
            journal.end("failed")
            raise
        journal.end("stopped" if is_stopped else None)
        return journal.status()


def _do(journal: Journal, work: RedactionWork, watch: Watch) -> bool:
    """Do the files that wait; says whether somebody asked to stop."""
    status = journal.status()
    if work.limits is not None:
        work.limits.check(status)
    watch.began(status)
    documents = status.documents
    while (waiting := journal.waiting()) is not None:
        number, file, progress = waiting
        documents -= progress.documents
        reason = ""
        try:
            _File(journal, work, watch, file, progress, documents).redact(work.sources[number])
        except Stopped:
            return True
        except BeyondLimits:
            raise
        except (InputError, NotRedacted, StoreUnavailable) as error:
            reason = str(error)
        except OSError as error:
            # Sources speak for themselves, so that what could not be opened was to be written.
            said = error.strerror or str(error)
            reason = f"its copy cannot be written: {said}" if error.filename else said
        if reason:
            journal.fail(file.name, reason)
        documents += progress.documents
        watch.ended(file, progress, reason)
    return False


def _look_for_lost_copies(journal: Journal, work: RedactionWork) -> None:
    """Files whose copies are gone, or were written over by somebody else, wait again."""
    name = ""
    while (following := journal.done(name)) is not None:
        name, progress = following
        stamps = [work.target.stamp(f"{name}{suffix}") for suffix in (work.copies, work.indexes) if suffix]
        if "" in stamps or stamps != progress.stamps:
            journal.wait_again(name)


class _File:
    """One file on its way.

    Args:
        documents: how many there are in the other files, as far as they are done.
    """

    def __init__(
        self, journal: Journal, work: RedactionWork, watch: Watch, file: Listed, progress: Progress, documents: int
    ) -> None:
        self._journal, self._work, self._watch, self._file, self._progress = journal, work, watch, file, progress
        self._documents = documents
        suffixes = {"copy": work.copies, "index": work.indexes}
        self._drafts = {
            kind: (f"{file.name}{suffix}", work.target.draft(f"{file.name}{suffix}", journal.id))
            for kind, suffix in suffixes.items()
            if suffix
        }
        if any(not draft.exists() for _, draft in self._drafts.values()):
            # What was written is lost, so nothing is certain.
            progress.reset()
        self._numbers: StoredNumbers = journal.numbers(file.name, progress)
        self._replace = work.style.replace(self._numbers)
        self._name = json.dumps(file.name)

    def redact(self, source: Source) -> None:
        """Go on from where the file is, to its end."""
        progress = self._progress
        copy, index = self._open("copy", progress.copy_bytes), self._open("index", progress.index_bytes)
        try:
            is_large = self._write(source, copy, index)
        except InputError:
            for _, draft in self._drafts.values():
                draft.unlink()
            raise
        finally:
            for stream in (copy, index):
                if stream is not None:
                    stream.close()
        for name, draft in self._drafts.values():
            self._work.target.publish(name, draft)
        progress.stamps = [self._work.target.stamp(name) for name, _ in self._drafts.values()]
        self._journal.finish(self._file.name, progress, self._numbers, at_once=is_large)

    def _write(self, source: Source, copy: BinaryIO | None, index: BinaryIO | None) -> bool:
        """Write what is left of the copy and the index; says whether it is a pity to do it twice."""
        progress = self._progress
        began_at = saved_at = time.monotonic()
        is_done = progress.at.byte == self._file.size_bytes and progress.documents > 0
        kind, is_one = self._format(source)
        if is_one and not is_done:
            self._take_whole(source, kind, copy, index)
            is_done = True
        with source.open(self._file, progress.at.byte - progress.at.context) as stream:
            pieces = windows(stream, self._look, per_line=self._work.per_line, start=progress.at)
            for made in () if is_done else pieces:
                self._take(made, copy, index)
                self._watch.advanced(made[-1].after.byte - made[0].begin.byte)
                if time.monotonic() - saved_at > SAVE_SECONDS or self._numbers.waiting > SAVE_NUMBERS:
                    self._save(copy, index)
                    saved_at = time.monotonic()
                if self._watch.is_stopped():
                    self._save(copy, index)
                    raise Stopped
        if progress.at.byte != self._file.size_bytes:
            raise InputError("it was changed meanwhile; run the same again")
        # Read once more, because a file that was replaced while it was read may have kept its size.
        source.open(self._file, 0).close()
        self._flush(copy, index)
        is_large = saved_at > began_at
        if is_large:
            # It may take long to be uploaded; a small one is done again as soon as noted.
            self._journal.save(self._file.name, progress, self._numbers)
        return is_large

    def _format(self, source: Source) -> tuple[Format | None, bool]:
        """The format of the file, None where only its text tells; and whether it is read as one, or else streamed."""
        if self._work.per_line or self._work.format == "text" or self._progress.at.byte:
            return "text", False
        with source.open(self._file, 0) as stream:
            head = stream.read(formats.HEAD_BYTES)
        size = self._file.size_bytes
        kind = self._work.format or formats.format_of_file(self._file.name, head, size)
        is_one = kind is not None or formats.is_wide(head)
        if is_one and size > formats.MOST_BYTES:
            most = f"{formats.MOST_BYTES // 1_000_000} MB are the most that are read as one document"
            raise CannotRead(f"it has {size:,} bytes; {most}" + (f" of {kind}" if kind else ""))
        return kind, is_one or (size <= formats.MOST_BYTES and formats.may_be_json(head))

    def _take_whole(self, source: Source, kind: Format | None, copy: BinaryIO | None, index: BinaryIO | None) -> None:
        """Write what the file becomes as one document, and what was found in it."""
        with source.open(self._file, 0) as stream:
            data = stream.read(formats.MOST_BYTES + 1)
        if len(data) != self._file.size_bytes:
            raise InputError("it was changed meanwhile; run the same again")
        style = self._work.style
        if kind == "pdf" and style.mode == "tokens":
            raise CannotRead("it is a PDF, and its pages have no room for tokens; labels, pseudonyms and masks go")
        done = clean_file(
            data, kind, lambda text: look_through(text, self._look), self._replace, each_piece=style.is_of_characters
        )
        progress = self._progress
        if copy is not None:
            progress.copy_bytes += copy.write(done.data)
        if index is not None:
            progress.index_bytes += index.write(self._index_of(done).encode())
        progress.found.update(entity.label for _, entity in done.entities)
        progress.unread, progress.remarks = sorted(done.unread), _remarks(done)
        progress.undecoded, progress.document_bytes, progress.documents = done.undecoded, 0, 1
        progress.at = Position(byte=len(data))
        self._numbers.end_document()
        self._watch.advanced(len(data))

    def _index_of(self, done: CleanFile) -> str:
        """The index of a document that is read as one: offsets are code points of its text, or of a member's."""
        entities = [
            {**_entity(entity, Position()), **({"Member": member} if member else {})}
            for member, entity in done.entities
        ]
        left = [{"Type": label.rpartition("/")[2], "Member": place} for place, label in done.left]
        more = f', "Left": {json.dumps(left)}' if left else ""
        return f'{{"Entities": {json.dumps(entities)}, "File": {self._name}{more}}}\n'

    def _take(self, made: Sequence[Window], copy: BinaryIO | None, index: BinaryIO | None) -> None:
        """Write what some windows become, and what was found in them."""
        progress = self._progress
        replaced, lines = [], []
        for window in made:
            if copy is not None:
                replaced.append(window.redacted(self._replace, each_piece=self._work.style.is_of_characters))
            if index is not None:
                lines.append(self._index(window))
            if window.entities:
                progress.found.update(entity.label for entity in window.entities)
            progress.document_bytes += window.after.byte - window.begin.byte
            if self._work.limits is not None:
                self._check(self._work.limits)
            if window.is_end:
                self._numbers.end_document()
                progress.documents += 1
                progress.document_bytes = 0
            progress.at = window.after
        progress.unread = sorted({*progress.unread, *(name for window in made for name in window.unread)})
        progress.undecoded += sum(undecoded(window.text) for window in made)
        if copy is not None:
            progress.copy_bytes += copy.write(encoded("".join(replaced)))
        if index is not None:
            progress.index_bytes += index.write("".join(lines).encode())

    def _check(self, limits: JobLimits) -> None:
        progress = self._progress
        if progress.document_bytes > limits.document_bytes:
            raise InputError(f"document {progress.documents} has more than {limits.document_bytes:,} bytes")
        if self._documents + progress.documents >= limits.most_documents:
            raise BeyondLimits(f"there are more than {limits.most_documents:,} documents")

    def _index(self, window: Window) -> str:
        """A piece of the index: a line of JSON for each document, as Comprehend's jobs write it."""
        begin = window.begin
        head = '{"Entities": [' if begin.offset == 0 else ""
        entities = ", ".join(json.dumps(_entity(entity, begin)) for entity in window.entities)
        if entities and self._progress.has_entities:
            entities = f", {entities}"
        self._progress.has_entities = not window.is_end and bool(self._progress.has_entities or entities)
        if not window.is_end:
            return head + entities
        line = f', "Line": {begin.line}' if self._work.per_line else ""
        return f'{head}{entities}], "File": {self._name}{line}}}\n'

    def _look(self, texts: Sequence[str]) -> list[list[Detection]]:
        """A process may be killed for the machine's reasons; what fails twice fails for the text's."""
        tries, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._work.look(texts)
            except NotRedacted as error:
                tries += error.kind != "unavailable"
                if tries == 2 or time.monotonic() > deadline:
                    raise
                if error.kind == "unavailable":
                    time.sleep(1)
                if self._watch.is_stopped():
                    raise Stopped from error

    def _open(self, kind: str, size: int) -> BinaryIO | None:
        """The draft, cut to what is certain."""
        if kind not in self._drafts:
            return None
        descriptor = os.open(self._drafts[kind][1], os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        os.ftruncate(descriptor, size)
        stream = os.fdopen(descriptor, "r+b", buffering=1 << 20)
        stream.seek(size)
        return stream

    def _save(self, copy: BinaryIO | None, index: BinaryIO | None) -> None:
        self._flush(copy, index)
        self._journal.save(self._file.name, self._progress, self._numbers)

    def _flush(self, copy: BinaryIO | None, index: BinaryIO | None) -> None:
        for stream in (copy, index):
            if stream is not None:
                stream.flush()
                os.fsync(stream.fileno())


def _remarks(done: CleanFile) -> list[str]:
    left: dict[str, list[str]] = {}
    for place, label in done.left:
        left.setdefault(short_name(label), []).append(place)
    found = [f"still found by another reader: {name} ({', '.join(places[:5])})" for name, places in left.items()]
    return [*(f"taken out: {what}" for what in sorted(done.taken_out)), *found]


def _entity(detection: Detection, begin: Position) -> dict[str, Any]:
    """A finding as Comprehend's PiiEntity has it: score 0-1, offsets in code points of the document."""
    assert detection.span is not None
    return {
        "Score": round(detection.confidence / 100, 6),
        "Type": detection.label.rpartition("/")[2],
        "BeginOffset": begin.offset + detection.span.start,
        "EndOffset": begin.offset + detection.span.end,
    }
