"""``moderation redact``: files, folders and S3 prefixes without personal data; with the key, back again."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from ground.blobs import FolderBlobs
from moderation.commands.redact_media import boxes_of, redact_media
from moderation.commands.terminal import console, printable
from moderation.containers.formats import FORMATS, Format
from moderation.core.errors import InputError, SettingsError, StoreUnavailable
from moderation.core.replacing import MASKS, short_name
from moderation.detection.judge import Judge
from moderation.redacting import jobs, progress
from moderation.redacting import journal as journal
from moderation.redacting.dicom.files import is_dicom_name
from moderation.redacting.dicom.keys import key_of_run
from moderation.redacting.dicom.rewriting import NO_CLAIM
from moderation.redacting.media import Wanted
from moderation.redacting.restoring import restore_file, restored_name
from moderation.redacting.sources import (
    INDEX,
    Destination,
    FolderDestination,
    FolderSource,
    Listed,
    S3Destination,
    S3Source,
    SomeOf,
    Source,
    s3_client,
)
from moderation.redacting.styles import Style
from moderation.redacting.texts import labels_of, look_each
from moderation.redacting.tokens import TokenKey
from moderation.settings import Settings

S3 = "s3://"
_FOR_MEDIA = (
    "--faces, --plates, --text and --box are for pictures and films, --speech and --word for films and sounds; the "
    "rest is for texts, --types for --speech too"
)


@click.command()
@click.argument("inputs", nargs=-1, metavar="IN...")
@click.option("-o", "--output", metavar="OUT", help="A file for one file; else a folder, or s3://BUCKET/PREFIX.")
@click.option("--types", metavar="T,..", help="Only these, such as EMAIL,PHONE.  [default: all of personal data]")
@click.option("--labels", is_flag=True, help="[EMAIL] and such in place of what is taken out (the default).")
@click.option("--mask", type=click.Choice(list(MASKS)), help="A character for each one that is taken out.")
@click.option("--pseudonyms", is_flag=True, help="[NAME_1] and such: in a document the same value has the same number.")
@click.option("--tokens", is_flag=True, help="Tokens that --restore puts back with the same key.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, readable=False),
    help="The key of tokens.  [default: MODERATION_REDACT_KEY_FILE]",
)
@click.option("--per-line", is_flag=True, help="Each line is a document.  [default: each file]")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="What the files are.  [default: told by name and content]",
)
@click.option("--restore", is_flag=True, help="Put back what tokens in IN stand for.")
@click.option("--new-key", type=click.Path(path_type=Path), metavar="FILE", help="Make a key for tokens, and end.")
@click.option("--status", metavar="ID", help="Say how far a job is, and end.")
@click.option("--faces", is_flag=True, help="Of pictures and films: cover faces.")
@click.option("--plates", is_flag=True, help="Of pictures and films: cover text that looks like a licence plate.")
@click.option("--text", is_flag=True, help="Of pictures and films: cover all text that can be read in them.")
@click.option(
    "--box",
    "boxes",
    multiple=True,
    metavar="L,T,W,H",
    help="Of pictures and films: cover this place (left, top, width, height, each from 0 to 1). May be said again.",
)
@click.option("--speech", is_flag=True, help="Of films and sounds: mute personal data that is said (--types).")
@click.option(
    "--word", "words", multiple=True, help="Of films and sounds: mute this where it is said. May be said again."
)
@click.option(
    "--listener",
    type=click.Choice(["speech.text", "transcribe.text"]),
    default="speech.text",
    show_default=True,
    help="Who writes down what is said: the extra moderation[speech], or Amazon Transcribe.",
)
@click.option(
    "--fill",
    type=click.Choice(["solid", "patch"]),
    default="solid",
    show_default=True,
    help="What covers places: black, or a patch made of what is around them.",
)
@click.option("--json", "as_json", is_flag=True, help="Say how the job stands, at its end or with --status, in JSON.")
@click.pass_obj
def redact(
    settings: Settings,
    /,
    inputs: tuple[str, ...],
    output: str | None,
    types: str | None,
    key_file: Path | None,
    per_line: bool,
    kind: Format | None,
    restore: bool,
    new_key: Path | None,
    status: str | None,
    as_json: bool,
    faces: bool,
    plates: bool,
    text: bool,
    boxes: tuple[str, ...],
    speech: bool,
    words: tuple[str, ...],
    listener: str,
    fill: Literal["solid", "patch"],
    **styles: Any,
) -> int:
    """Write copies of files in which personal data is replaced; everything else stays byte for byte.

    Files are text, JSON, CSV, HTML, XML, mail, Markdown, or of Word, Excel and PowerPoint; what is encoded in them is
    read, and they are still that afterwards. PDFs (with the extra moderation[pdf]) lose the text itself and have black
    boxes in its place, with no claim of completeness. What cannot be read is refused by name, or said: exit code 1.

    With --faces, --plates, --text or --box, files are pictures and films, and their copies have these places covered.
    With --speech or --word, they are films and sounds, and what is said is muted in them.

    DICOM files (.dcm, with the extra moderation[dicom]) lose text in their pixels and identifying attributes in any
    case, with no claim of completeness; exit code 1 when something is left in attributes, which is listed.

    IN is a file, a folder with all below it, or s3://BUCKET/PREFIX. In a folder or prefix OUT the copy of NAME is
    NAME.out, and NAME.entities.jsonl beside it says what was found where, as Amazon Comprehend does. The same command
    again goes on where it was interrupted and leaves alone what is done. A file that cannot be redacted for sure has no
    copy; exit code 2 when there is one. With --restore, exit code 1 when tokens are left as they are.
    """
    if new_key is not None:
        click.echo(f"{new_key}: key {TokenKey.create(new_key).id}; keep it apart from what it redacts")
        return 0
    if status is not None:
        return _show(journal.read_status(_folder(settings, status)), as_json)
    if not inputs or output is None:
        raise click.UsageError("say what to redact and where to: IN... -o OUT")
    wanted = Wanted(faces, plates, text, boxes_of(boxes), words, listener=listener, fill=fill)
    if wanted.sees or words or speech:
        if (types is not None and not speech) or per_line or kind or restore or key_file is not None:
            raise click.UsageError(_FOR_MEDIA)
        if any(styles.values()):
            raise click.UsageError(_FOR_MEDIA)
        if not all(word.strip() for word in words):
            raise click.UsageError("--word is empty")
        spoken = _names(types) if speech else []
        sources = _sources(settings, inputs, output)
        return _redact_media(settings, inputs, output, sources, wanted, spoken, as_json)
    if fill != "solid" or listener != "speech.text":
        raise click.UsageError("--fill and --listener are for pictures, films and sounds; say what is to go of them")
    if "-" in (*inputs, output):
        raise click.UsageError("- is no file: a job goes on where it was killed, so that it needs files or folders")
    if key_file is not None and not (styles["tokens"] or restore):
        raise click.UsageError("--key-file goes with --tokens or --restore")
    key = _key(settings, key_file) if styles["tokens"] or restore else None
    if restore:
        if types is not None or per_line or kind or as_json or any(styles.values()):
            raise click.UsageError("--restore goes with --key-file only: it puts back all that the key can open")
        assert key is not None
        return _restore(settings, inputs, output, key)
    if kind and per_line:
        raise click.UsageError("--per-line takes lines for documents of plain text; leave --format out")
    style = _style(key, **styles)
    is_dicom = [is_dicom_name(file.name) for source in _sources(settings, inputs, output) for file in source.files()]
    code = 0
    if any(is_dicom):
        if types is not None or per_line or kind or any(styles.values()):
            raise click.UsageError(f"{sum(is_dicom)} files are DICOM, and what you said is for texts; do them apart")
        pictures = [SomeOf(each, is_dicom_name) for each in _sources(settings, inputs, output)]
        code = _redact_media(settings, inputs, output, pictures, Wanted(text=True), [], as_json)
        if all(is_dicom):
            return code
    return max(code, _redact(settings, inputs, output, _names(types), style, per_line, kind, as_json))


def _redact_media(
    settings: Settings,
    inputs: Sequence[str],
    output: str,
    sources: Sequence[Source],
    wanted: Wanted,
    spoken: list[str] | None,
    as_json: bool,
) -> int:
    # The same command again goes on with the key that it had, so that UIDs which belong together still do.
    run = jobs.job_id({"inputs": sorted(map(_absolute, inputs)), "output": _absolute(output), "of": "dicom"})
    before = datetime.now(UTC) - timedelta(days=settings.redaction_keep_days)
    key = partial(key_of_run, _folder(settings, "dicom"), run, before)
    with tempfile.TemporaryDirectory(prefix="moderation-drafts-") as drafts:
        target = _target(settings, inputs, output, Path(drafts))
        return redact_media(settings, sources, target, wanted, spoken, as_json, key)


def _names(types: str | None) -> list[str] | None:
    names = None if types is None else [name.strip() for name in types.split(",") if name.strip()]
    if names == []:
        raise click.UsageError("--types names none")
    return names


def _style(key: TokenKey | None, *, labels: bool, mask: str | None, pseudonyms: bool, tokens: bool) -> Style:
    named = {"labels": labels, "mask": mask is not None, "pseudonyms": pseudonyms, "tokens": tokens}
    modes = [mode for mode, is_wanted in named.items() if is_wanted]
    if len(modes) > 1:
        raise click.UsageError(f"say one of --{' and --'.join(modes)}")
    return Style.of(modes[0] if modes else "labels", mask, key)


def _key(settings: Settings, key_file: Path | None) -> TokenKey:
    path = key_file or settings.redact_key_file
    if path is None:
        raise SettingsError("tokens need a key: say --key-file FILE or set MODERATION_REDACT_KEY_FILE")
    return TokenKey.read(path)


def _folder(settings: Settings, job: str) -> Path:
    if not job.isalnum():
        raise click.UsageError(f"{job!r} is no id of a job")
    # Only `serve` and `demo` make a data folder: whoever just redacts files has a place of their own for what is begun.
    root = settings.data if settings.data.is_dir() else Path.home() / ".local" / "state" / "moderation"
    return root / "redactions" / job


def _redact(
    settings: Settings,
    inputs: Sequence[str],
    output: str,
    types: list[str] | None,
    style: Style,
    per_line: bool,
    kind: Format | None,
    as_json: bool,
) -> int:
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moderation-redact-")))
        judge = Judge.open(settings, FolderBlobs(temporary, "redact"))
        stack.callback(judge.close)
        labels = labels_of(types, judge.plugins.taxonomy)
        request = {
            "inputs": sorted(_absolute(each) for each in inputs),
            "output": _absolute(output),
            "labels": sorted(labels),
            "style": [style.mode, style.mask, style.key.id if style.key else ""],
            "per_line": per_line,
            "format": kind,
            "detectors": sorted(f"{d.name} {d.version}" for d in judge.plugins.detectors),
        }
        folder = _folder(settings, jobs.job_id(request))
        sources = _sources(settings, inputs, output)
        work = jobs.RedactionWork(
            sources=[SomeOf(each, lambda name: not is_dicom_name(name)) for each in sources],
            target=_target(settings, inputs, output, folder / "drafts"),
            look=lambda texts: look_each(judge.runner, "redact", texts, labels),
            style=style,
            per_line=per_line,
            format=kind,
        )
        click.echo(f"job {folder.name}", err=True)
        watch = _Shown(as_json)
        stack.enter_context(watch.bar)
        if settings.data not in folder.parents and folder.parent.is_dir():  # nobody else cleans up there
            for old in folder.parent.iterdir():
                journal.forget_ended(old, datetime.now(UTC) - timedelta(days=settings.redaction_keep_days))
        done = jobs.run(folder, work, jobs.Watch(watch.began, watch.advanced, watch.ended))
    if passed_over := sum(source.passed_over for source in sources if isinstance(source, FolderSource)):
        click.echo(f"left out: {passed_over:,} links and special files, which have no copies", err=True)
    if as_json:
        _show(done, as_json)
    return 2 if done.files_failed else 1 if done.files_unread or done.files_remarked else 0


class _Shown:
    """A bar while a terminal looks on, and a line for each file.

    Args:
        apart: lines of files do not go to the standard output.
    """

    def __init__(self, apart: bool) -> None:
        self._apart = apart
        columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self.bar = Progress(
            *columns,
            console=console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
            redirect_stdout=sys.stdout.isatty(),
        )
        self._task = self.bar.add_task("redacting", total=None)

    def began(self, status: progress.JobStatus) -> None:
        """See `jobs.Watch`."""
        self.bar.update(self._task, total=status.size_bytes, completed=status.bytes_done)
        if not status.files:
            click.echo("there are no files", err=True)
        if status.files_done:
            click.echo(f"{status.files_done} of {status.files} files are done already", err=True)

    def advanced(self, size: int) -> None:
        """See `jobs.Watch`."""
        self.bar.advance(self._task, size)

    def ended(self, file: Listed, done: progress.Progress, reason: str) -> None:
        """See `jobs.Watch`."""
        name = printable(file.name)
        if reason:
            click.echo(f"{name}: not redacted: {printable(reason)}", err=True)
            return
        claim = f"; {NO_CLAIM}" if name.lower().endswith(".pdf") else ""
        click.echo(f"{name}: {_counts(done.found) or 'nothing found'}{claim}", err=self._apart)
        if done.undecoded:
            kept = f"kept as they are, because they are not UTF-8: {done.undecoded:,} bytes"
            click.echo(f"{name}: {kept}; a value with one in it may have been missed", err=True)
        for remark in done.remarks:
            click.echo(f"{name}: {printable(remark)}", err=True)
        if done.unread:
            click.echo(f"{name}: kept as it is and not looked through: {printable(', '.join(done.unread))}", err=True)


def _counts(found: Counter[str]) -> str:
    return ", ".join(f"{count} {short_name(label)}" for label, count in sorted(found.items()))


def _restore(settings: Settings, inputs: Sequence[str], output: str, key: TokenKey) -> int:
    is_clean, is_whole = True, True
    names: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="moderation-restore-") as folder:
        target = _target(settings, inputs, output, Path(folder))
        for source in _sources(settings, inputs, output):
            for file in source.files():
                if file.name.endswith(INDEX):
                    continue
                name = printable(file.name)
                try:
                    if (restored := restored_name(file.name)) in names:
                        raise InputError(f"there is another {restored} already; restore them apart")
                    names.add(restored)
                    count = restore_file(source, file, target, key)
                except (InputError, StoreUnavailable, OSError) as error:
                    is_whole = False
                    click.echo(f"{name}: not restored: {_said(error)}", err=True)
                    continue
                click.echo(f"{name}: {count.restored} put back")
                left = {"made with another key": count.of_other_keys, "damaged": count.damaged}
                for why, number in left.items():
                    if number:
                        is_clean = False
                        click.echo(f"{name}: {number} tokens {why} stay as they are", err=True)
    return 0 if is_clean and is_whole else 1 if is_whole else 2


def _said(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _sources(settings: Settings, inputs: Sequence[str], output: str) -> list[Source]:
    return list(_each_source(settings, inputs, output))


def _each_source(settings: Settings, inputs: Sequence[str], output: str) -> Iterator[Source]:
    for each in inputs:
        if each.startswith(S3):
            yield _s3_source(settings, each, output)
            continue
        path = Path(each)
        if not path.is_file() and not path.is_dir():
            raise InputError(f"{each}: {'neither a file nor a folder' if path.exists() else 'no such file or folder'}")
        if not output.startswith(S3) and path.is_dir() and Path(output).resolve() == path.resolve():
            raise InputError(f"{output} is the folder that is read; choose another place for the copies")
        yield FolderSource(path, [settings.data, *([] if output.startswith(S3) else [Path(output)])])


def _s3_source(settings: Settings, uri: str, output: str) -> S3Source:
    bucket, prefix = _bucket(uri)
    leave_out = []
    if output.startswith(S3) and _bucket(output)[0] == bucket:
        place = _bucket(output)[1].rstrip("/")
        copies = f"{place}/" if place else ""
        if copies in (prefix[: prefix.rfind("/") + 1], f"{prefix.rstrip('/')}/"):
            raise InputError(f"{output} is where the files are read; choose another place for the copies")
        leave_out = [copies] if copies.startswith(prefix) else []
    return S3Source(s3_client(settings.a2i_region), bucket, prefix, leave_out)


def _target(settings: Settings, inputs: Sequence[str], output: str, drafts: Path) -> Destination:
    if output.startswith(S3):
        return S3Destination(s3_client(settings.a2i_region), *_bucket(output), drafts)
    path = Path(output)
    read = [Path(each).resolve() for each in inputs if not each.startswith(S3)]
    is_one = len(inputs) == 1 and Path(inputs[0]).is_file() and not path.is_dir() and not output.endswith("/")
    if path.is_file() and not is_one:
        raise InputError(f"{output} is a file; a folder for the copies is wanted")
    protected = [each for each in read if not each.is_dir() or each not in path.resolve().parents]
    return FolderDestination(path, is_file=is_one, protected=protected)


def _bucket(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(S3).partition("/")
    if not bucket:
        raise InputError(f"{uri}: s3://BUCKET/PREFIX is wanted")
    return bucket, key


def _absolute(place: str) -> str:
    return place if place.startswith(S3) else str(Path(place).resolve())


def _show(status: progress.JobStatus, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(status)))
        return 0
    share = status.bytes_done / status.size_bytes if status.size_bytes else 1.0
    click.echo(f"job {status.id}: {status.state}, {share:.0%} of {status.size_bytes:,} bytes")
    click.echo(f"  files      {status.files_done} of {status.files} done, {status.files_failed} failed")
    click.echo(f"  documents  {status.documents:,}")
    click.echo(f"  found      {_counts(Counter(status.entities)) or 'nothing'}")
    for name, at in (("started", status.started_at), ("ended", status.ended_at)):
        if at is not None:
            click.echo(f"  {name:<9}  {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC")
    for name, reason in status.failures:
        click.echo(printable(f"  {name}: {reason}"))
    return 0
