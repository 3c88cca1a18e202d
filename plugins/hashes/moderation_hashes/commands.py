"""``moderation hashes``: lists of known content, from the command line."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml

from moderation.core.errors import InputError, SettingsError
from moderation.core.policy.policies import PolicyWords
from moderation_hashes.entries import Entries, read_entries
from moderation_hashes.folder import lists_folder
from moderation_hashes.lists import INDEXES, LABELS, HashList, read_lists

if TYPE_CHECKING:
    from moderation.core.items import Part
    from moderation.settings import Settings

EVERY_SECONDS = 0.5
"""At most so far apart are the pictures of a listed film of which there are hashes: copies are looked at in others."""
MOST_FRAMES = 600
CROPS = (0.0, 0.05, 0.1)
"""Shares of width and height that a copy may have lost, half of it on either side: a hash bears but a little of it."""
KEPT_SECONDS = 7 * 86_400.0
"""For which an index that no list names any more is kept: processes that were started before may still read it."""
_ANEW = "A running service takes it up when it is started anew."


@click.group()
def hashes() -> None:
    """Lists of known content: pictures, texts and files by their hashes."""


@hashes.command("import")
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--type", "given_type", help="Of hashes without one: pdq, md5, sha1, sha256, text.")
@click.option("--kind", type=click.Choice(["bad", "good"]), help="Of a new list.  [default: bad]")
@click.option("--label", help="Of a new list.  [default: Custom/KNOWN_BAD or Custom/KNOWN_GOOD]")
@click.option("--replace", is_flag=True, help="Take out what was in the list before.")
@click.pass_obj
def import_hashes(
    settings: Settings, name: str, files: tuple[Path, ...], given_type: str | None, kind: str | None,
    label: str | None, replace: bool,
) -> None:  # fmt: skip
    """Put hashes of CSV, JSON and other FILES (ThreatExchange, HMA) into the list NAME."""
    new = Entries()
    for path in files:
        _merge(new, read_entries(path, given_type))
    _change(_folder(settings), name, new, kind=kind, label=label, replace=replace)


@hashes.command("add")
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(["bad", "good"]), help="Of a new list.  [default: bad]")
@click.option("--label", help="Of a new list.  [default: Custom/KNOWN_BAD or Custom/KNOWN_GOOD]")
@click.pass_obj
def add_content(
    settings: Settings, name: str, files: tuple[Path, ...], kind: str | None, label: str | None
) -> None:  # fmt: skip
    """Put the hashes of content, the FILES themselves, into the list NAME: pictures, texts, films, sounds."""
    new = Entries()
    for path in files:
        _merge(new, _of_content(path, settings))
    _change(_folder(settings), name, new, kind=kind, label=label)


@hashes.command("remove")
@click.argument("name")
@click.argument("hashes_to_remove", nargs=-1, required=True, metavar="HASH...")
@click.pass_obj
def remove_hashes(settings: Settings, name: str, hashes_to_remove: tuple[str, ...]) -> None:
    """Take hashes, as explanations show them (pdq:9f3c.., or without the type), out of the list NAME."""
    folder = _folder(settings)
    old = _held(folder, name)
    for given in hashes_to_remove:
        kind, _, value = given.rpartition(":")
        taken = [each for each in old.found if kind in ("", each) and _take(old.found[each], value)]
        if not taken:
            raise InputError(f"{given} is not in {folder / f'{name}.csv'}; `moderation hashes list` names the lists")
    _write(folder, name, old)
    click.echo(f"{name}: {len(hashes_to_remove)} taken out. {_ANEW}")


@hashes.command("list")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def list_lists(settings: Settings, as_json: bool) -> None:
    """The lists in force, and how many hashes of which kind each has."""
    lists = read_lists(lists_folder(settings), is_needed=settings.hashes is not None)
    if as_json:
        click.echo(json.dumps([{**_facts(each), "counts": each.counts, "left_out": each.left_out} for each in lists]))
        return
    for each in lists:
        click.echo(sentence(each))
    if not lists:
        click.echo(f"no lists in {lists_folder(settings)}; make one: moderation hashes import NAME FILE")


def sentence(which: HashList) -> str:
    """A list in one line."""
    parts = [f"{number:,} {kind}" for kind, number in sorted(which.counts.items()) if number]
    left = [f"{number:,} of {words}" for words, number in sorted(which.left_out.items())]
    said = f"{which.name}: {which.kind}, {which.label}, {', '.join(parts) or 'nothing'}"
    return f"{said}; left out: {', '.join(left)}" if left else said


def _facts(which: HashList) -> dict[str, object]:
    return {
        "list": which.name,
        "kind": which.kind,
        "label": which.label,
        "distances": dict(which.distances),
        "beats": list(which.beats),
        "digest": which.digest,
    }


def _folder(settings: Settings) -> Path:
    """Where lists are written; made beside the data, but no data folder is."""
    folder = lists_folder(settings)
    if not folder.parent.is_dir():
        raise SettingsError(
            f"{folder.parent} does not exist; name the data folder with --data, or set MODERATION_HASHES"
        )
    folder.mkdir(exist_ok=True)
    return folder


def _of_content(path: Path, settings: Settings) -> Entries:
    from moderation.testing import FakeContext
    from moderation_hashes.pdq import LONGEST, picture_hash

    entries = Entries()
    # Content is read as the service reads it, by what stands in for it in tests of plugins.
    with tempfile.TemporaryDirectory() as folder:
        context = FakeContext(Path(folder))
        part = context.part(path)
        if part.text is not None:
            entries.add("text", part.text, str(path))
            return entries
        assert part.media is not None
        entries.add("sha256", part.media.sha256, str(path))
        if part.type == "image":
            hashed = picture_hash(context.looks(part, LONGEST)[0])
            if hashed.is_telling:
                entries.add("pdq", hashed.turns[0].hex(), str(path))
            else:
                click.echo(
                    f"{path}: too even to be told from others; only the file itself will be recognised", err=True
                )
        elif part.type == "video":
            said = _add_frames(entries, path, part, Path(folder), settings)
            click.echo(f"{path}: {said}", err=True)
    return entries


def _add_frames(entries: Entries, path: Path, part: Part, folder: Path, settings: Settings) -> str:
    """The hashes of a film's pictures, whole and cropped a little; says in words how many it has."""
    from moderation.hookspecs import Incomplete, Unreadable
    from moderation.plugins import load_plugins
    from moderation.testing import FakeContext
    from moderation_hashes.pdq import LONGEST, cropped, picture_hash

    closely = settings.model_copy(update={"film_frames": MOST_FRAMES})
    extractor = next((each for each in load_plugins(closely).extractors if each.name == "film.frames"), None)
    if extractor is None:
        return "only the file itself will be recognised; copies too with pip install 'moderation[film]'"
    words = PolicyWords(name="hashes", version="1", description="", labels=(), every=EVERY_SECONDS)
    context, left = FakeContext(folder, policies=[words]), ""
    try:
        frames = extractor.extract(part, context)
    except Incomplete as error:
        frames, left = list(error.parts), f"; {error}"
    except Unreadable as error:
        return f"only the file itself will be recognised: {error}"
    telling = 0
    for frame in frames:
        assert frame.data is not None
        looks = context.looks(context.media(frame.data), LONGEST)[0]
        hashed = [picture_hash(cropped(looks, share)) for share in CROPS]
        telling += hashed[0].is_telling
        for each in hashed:
            if each.is_telling:
                entries.add("pdq", each.turns[0].hex(), str(path))
    return f"{telling} of its pictures can be told from others{left}"


def _change(
    folder: Path, name: str, new: Entries, *, kind: str | None, label: str | None, replace: bool = False
) -> None:
    """Put what is new into a list, and say what came of it."""
    path, old = folder / f"{name}.yml", Entries()
    if path.exists():
        if kind is not None or label is not None:
            raise InputError(
                f"{path} says what kind and label the list has; change it there, and leave both options out"
            )
        old = _held(folder, name)
    else:
        chosen = kind or "bad"
        content: dict[str, object] = {
            "list": name,
            "kind": chosen,
            "label": label or LABELS[chosen],
            "entries": [f"{name}.csv"],
        }
        _check(content, folder)
    before = 0 if replace else old.count
    merged = Entries()
    if not replace:
        _merge(merged, old)
    _merge(merged, new)
    _write(folder, name, merged)
    if not path.exists():
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    made = next(each for each in read_lists(folder) if each.name == name)
    _forget_old(folder)
    click.echo(f"{sentence(made)}; {merged.count - before:,} new. {_ANEW}")
    for words, number in sorted(new.left_out.items()):
        click.echo(f"left out: {number:,} of {words}")


def _check(content: dict[str, object], folder: Path) -> None:
    """Refuse a new list that could not be read back, before anything of it is there."""
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "new.yml").write_text(yaml.safe_dump({**content, "entries": ["new.csv"]}), encoding="utf-8")
        (Path(scratch) / "new.csv").write_text("type,value\n", encoding="utf-8")
        read_lists(Path(scratch))
    if any(each.name == content["list"] for each in read_lists(folder)):
        raise InputError(f"list '{content['list']}' is in another file of {folder}; edit that, or choose another name")


def _held(folder: Path, name: str) -> Entries:
    """What the commands have put into a list so far."""
    path, entries = folder / f"{name}.yml", folder / f"{name}.csv"
    if not path.exists():
        raise InputError(f"no list '{name}' in {folder}; `moderation hashes list` names those there are")
    named = {index for each in read_lists(folder) if each.name == name for index in each.indexes}
    if not named:
        raise InputError(f"{path} is of a list with another name than its file; edit its entries by hand")
    if not entries.exists() or f"{name}.csv" not in yaml.safe_load(path.read_text(encoding="utf-8"))["entries"]:
        raise InputError(f"{path} does not name {name}.csv among its entries, where commands put hashes; add it there")
    return read_entries(entries)


def _merge(into: Entries, more: Entries) -> None:
    for kind, values in more.found.items():
        into.found[kind] |= values
    into.left_out.update(more.left_out)


def _take(values: set[bytes], value: str) -> bool:
    try:
        taken = bytes.fromhex(value)
    except ValueError:
        return False
    if taken not in values:
        return False
    values.remove(taken)
    return True


def _write(folder: Path, name: str, entries: Entries) -> None:
    """The hashes of a list, by type and value; whole, or as they were."""
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".making-", delete=False, encoding="utf-8") as to:
        written = csv.writer(to, lineterminator="\n")
        written.writerow(["type", "value"])
        written.writerows(_rows(entries))
    os.chmod(to.name, 0o644)
    os.replace(to.name, folder / f"{name}.csv")


def _rows(entries: Entries) -> Iterable[tuple[str, str]]:
    return ((kind, value.hex()) for kind in sorted(entries.found) for value in sorted(entries.found[kind]))


def _forget_old(folder: Path) -> None:
    """Remove indexes that no list has named for a while."""
    named = {index for each in read_lists(folder) for index in each.indexes}
    for index in (folder / INDEXES).iterdir():
        if index not in named and index.stat().st_mtime < time.time() - KEPT_SECONDS:
            shutil.rmtree(index, ignore_errors=True)
