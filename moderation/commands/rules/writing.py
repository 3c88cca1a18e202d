"""``moderation rules fmt | import-a2i | import-automod``: policy files written by the program."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Any

import click

from moderation.core.errors import InvalidSubmission, PolicyFault
from moderation.plugins import load_plugins
from moderation.policies.files import policy_paths, shipped_rules, shown_path
from moderation.settings import Settings


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH..]")
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 when a file would change.")
@click.option("--diff", "as_diff", is_flag=True, help="Change nothing; show what would change.")
@click.pass_obj
def fmt(settings: Settings, paths: tuple[Path, ...], check: bool, as_diff: bool) -> int:
    """Write policy files in one form: indentation, spaces, quotes, blank lines. Comments and meaning stay.

    Files with mistakes in their YAML are left alone. Without a PATH, the rules folder.
    """
    from moderation.policies.formatting import formatted, replace_file

    faults: list[str] = []
    changed = 0
    files = policy_paths(paths or (settings.rules or shipped_rules(),))
    for path in files:
        shown = shown_path(path)
        try:
            text = path.read_bytes().decode("utf-8-sig")
            done = formatted(shown, text)
        except PolicyFault as fault:
            faults.append(str(fault))
            continue
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{shown}: cannot be read as UTF-8 text: {error}")
            continue
        if done == text:
            continue
        changed += 1
        if as_diff:
            before, after = text.splitlines(keepends=True), done.splitlines(keepends=True)
            click.echo("".join(difflib.unified_diff(before, after, shown, shown)), nl=False)
        elif check:
            click.echo(f"{shown} would change")
        else:
            replace_file(path, done)
            click.echo(f"{shown} changed")
    for said in faults:
        click.echo(said, err=True)
    verb = "would change" if check or as_diff else "changed"
    click.echo(f"{len(files)} files: {changed} {verb}, {len(faults)} with mistakes", err=True)
    return 1 if faults or (changed and (check or as_diff)) else 0


@click.command("import-a2i")
@click.argument("file", metavar="FILE|-")
@click.option("--policy", "name", default="a2i-import", show_default=True, help="The policy's name.")
@click.option("--queue", default="review", show_default=True, help="The queue's name.")
@click.option("--flow", help="The flow definition's name.  [default: that of the request, else the policy's]")
@click.pass_obj
def import_a2i(settings: Settings, file: str, name: str, queue: str, flow: str | None) -> int:
    """Write a policy that asks for people where Amazon A2I's activation conditions start a human loop.

    FILE holds the HumanLoopActivationConditions JSON, or a whole request of CreateFlowDefinition. The policy goes to
    standard output; `moderation rules lint` and `test` accept it.
    """
    from moderation.core.errors import FieldError
    from moderation.policies.a2i_import import Importer, policy_document
    from moderation.policies.files import policy_of_bytes

    taxonomy = load_plugins(settings).taxonomy
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSubmission([FieldError("", f"{file} cannot be read: {error}")]) from error
    importer = Importer(taxonomy)
    nodes, around = importer.read(text)
    document = policy_document(nodes, around, name=name, queue=queue, flow_name=flow)
    written = _written(document, importer.notes)
    policy, faults = policy_of_bytes(f"{name}.yml", written.encode(), taxonomy)
    if policy is None:
        raise PolicyFault(faults)
    click.echo(written, nl=False)
    return 0


@click.command("import-automod")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder of policies.")
@click.option("--policy", "name", default="automod-import", show_default=True, help="The policy's name.")
@click.option("--queue", default="review", show_default=True, help="The queue's name.")
@click.pass_obj
def import_automod(settings: Settings, file: Path, out: Path, name: str, queue: str) -> int:
    """Write a policy, and block lists for its words, from the rules of Reddit's AutoModerator in FILE.

    Into the folder OUT go NAME.yml and lists/NAME-*.yml; files that are there stay as they are. What cannot be said
    here is listed with its line; a rule is left out as a whole where one of its checks cannot be said.
    """
    from moderation.core.taxonomy import Taxonomy
    from moderation.policies.automod_import import AutomodImporter
    from moderation.policies.automod_reading import read_rules
    from moderation.policies.automod_writing import files_of
    from moderation.policies.files import policy_of_bytes

    imported = AutomodImporter(name, queue).add_all(read_rules(shown_path(file), file.read_bytes()))
    for kind, said in (("not said", imported.unsaid), ("look at", imported.notes)):
        for each in sorted(set(said), key=lambda one: one.line):
            click.echo(f"{shown_path(file)}:{each.line}: {kind}: {each.words}")
    if not imported.rules:
        click.echo("no rule of it can be said here; nothing is written", err=True)
        return 1
    files = files_of(imported, name, queue)
    labels = [document["label"] for document in imported.lists.values()]
    policy, faults = policy_of_bytes(f"{name}.yml", files[f"{name}.yml"].encode(), Taxonomy(labels))
    if policy is None:
        raise PolicyFault(faults)
    there = [path for path in files if (out / path).exists()]
    if there:
        raise click.UsageError(f"{out / there[0]} is there already; remove it, or say --policy NAME")
    for path, text in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")
    click.echo(f"written to {out}: {len(imported.rules)} rules, {len(imported.lists)} block lists", err=True)
    return 0


def _written(document: dict[str, Any], notes: list[str]) -> str:
    from moderation.policies.formatting import formatted
    from moderation.policies.plain_yaml import as_yaml

    lines = ["# Made from Amazon A2I's HumanLoopActivationConditions. There, a check is about the label itself and not"]
    lines += ["# about what stands under it: hence exact: true. Leave it out to look at both."]
    lines += [f"# Look at this: {note}." for note in dict.fromkeys(notes)]
    if any(sampling.get("hold") for sampling in document.get("sampling", ())):
        lines.append("# A2I's Sampling: hold: true waits for people, as a flow does; false decides first.")
    lines.append(as_yaml(document))
    return formatted("a2i.yml", "\n".join(lines))
