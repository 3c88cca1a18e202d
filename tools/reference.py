"""The pages of the reference, made of what the code itself says: commands, metrics, policy words, problems ...

A hook of mkdocs adds them when the site is built (`make docs`), so there is nothing to keep up to date. Settings and
detectors have pages of their own, `docs/settings.md` and `docs/detectors.md`, which tests hold against the code.

python -m tools.reference FOLDER    write them as files
"""

from __future__ import annotations

import inspect
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click


def pages() -> Mapping[str, str]:
    """Name of the file to its Markdown."""
    return {f"reference/{name}.md": make() for name, make in PAGES.items()}


def on_files(files: Any, config: Any) -> Any:
    """Hook of mkdocs: add the pages."""
    from mkdocs.structure.files import File

    for name, content in pages().items():
        files.append(File.generated(config, name, content=content))
    return files


def commands() -> str:
    """Every command with its arguments and options, as ``--help`` shows them."""
    import click

    from moderation.cli import cli

    title = (
        "# Commands\n\nWhat `moderation COMMAND --help` says. Exit codes: 0 done, 1 a check found something, "
        "2 wrong usage or input, 3 internal failure.\n"
    )
    context = click.Context(cli, info_name="moderation")
    return "\n".join([title, *_commands_of(cli, context)])


def _commands_of(group: click.Group, context: click.Context) -> Iterator[str]:
    import click

    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if command.hidden:
            continue
        below = click.Context(command, parent=context, info_name=name)
        usage = " ".join(command.collect_usage_pieces(below))
        yield f"## `{below.command_path}`\n\n```text\n{below.command_path} {usage}\n```\n\n{_prose(command.help)}\n"
        rows = [record for each in command.get_params(below) if (record := each.get_help_record(below))]
        told = [(f"`{option}`", _plain(meaning)) for option, meaning in rows if meaning and "--help" not in option]
        if told:
            yield _table(("option", "meaning"), told)
        if isinstance(command, click.Group):
            yield from _commands_of(command, below)


def metrics() -> str:
    """Every figure at ``/metrics``, with its kind and labels."""
    from moderation.api.figures import Figures
    from moderation.service import Service
    from moderation.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        service = Service.open(Settings(data=Path(folder), detector_processes=0))
        try:
            families = sorted(Figures(service).registry.collect(), key=lambda family: family.name)
        finally:
            service.close()
    rows = []
    for family in families:
        labels = ", ".join(f"`{label}`" for label in getattr(family, "_labelnames", ()))
        suffix = "_total" if family.type == "counter" else ""
        rows.append((f"`{family.name}{suffix}`", family.type, labels, family.documentation))
    title = (
        "# Metrics\n\nWhat `GET /metrics` tells. What to watch and when to be called: "
        "[operating.md](../operating.md).\n"
    )
    return f"{title}\n{_table(('metric', 'kind', 'labels', 'meaning'), rows)}"


def policy_words() -> str:
    """Every key that a policy file may have, by the mapping it stands in."""
    from moderation.core.policy.schema import policy_schema
    from moderation.core.taxonomy import Taxonomy

    schema = policy_schema(Taxonomy())
    title = (
        "# Policy words\n\nEvery key of a policy file, as `moderation rules schema` gives it to editors. "
        "How they work together: [rules.md](../rules.md).\n"
    )
    mappings = {"The file": schema, **dict(sorted(schema["$defs"].items()))}
    return "\n".join([title, *(_mapping(name, of) for name, of in mappings.items() if name != "Label")])


def _mapping(name: str, of: Mapping[str, Any]) -> str:
    title = f"## {name}\n\n{_prose(of.get('description'))}\n"
    if "properties" not in of:
        return f"{title}\n{_kind(of)}\n"
    needed = of.get("required", ())
    rows = []
    for key, value in of["properties"].items():
        default = "" if key in needed else _value(value.get("default"))
        meaning = _plain(value.get("description", ""))
        rows.append((f"`{key}`", "yes" if key in needed else "", _kind(value), default, meaning))
    head = ("key", "needed", "value", "unless given", "meaning")
    return f"{title}\n{_table(head, rows)}"


def _value(default: Any) -> str:
    return "" if default in (None, [], {}, "") else f"`{default}`"


def _kind(value: Mapping[str, Any]) -> str:
    """A value in words: its type, its choices, or the mapping that it is."""
    if ref := value.get("$ref"):
        name = ref.rpartition("/")[2]
        return name if name in ("Label",) else f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf"):
        if key in value:
            kinds = dict.fromkeys(_kind(each) for each in value[key] if each.get("type") != "null")
            return " or ".join(kinds)
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"][:12])
    if "const" in value:
        return f"`{value['const']}`"
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {})) or 'values'}"
    bounds = [str(value[key]) for key in ("minimum", "maximum") if key in value]
    return str(value.get("type", "anything")) + (f", {bounds[0]} to {bounds[1]}" if len(bounds) == 2 else "")


def hooks() -> str:
    """Every hook, and the attributes of what plugins register."""
    from moderation import hookspecs

    parts = [
        "# Hooks\n\nWhat a plugin may implement (`moderation/hookspecs.py`). "
        "How to write one: [plugins.md](../plugins.md).\n"
    ]
    for name, thing in vars(hookspecs).items():
        if not callable(thing) or getattr(thing, "__module__", "") != hookspecs.__name__ or name.startswith("_"):
            continue
        is_hook = hasattr(thing, "moderation_spec")
        if not is_hook and not inspect.isclass(thing):
            continue
        signature = f"{name}{inspect.signature(thing)}" if is_hook else f"class {name}"
        document = inspect.cleandoc(thing.__doc__ or "")
        if not is_hook:
            kept = inspect.get_annotations(thing)
            document += "".join(f"\n{attribute}: {kind}" for attribute, kind in kept.items())
        parts.append(f"## `{name}`\n\n```text\n{signature}\n\n{document}\n```\n")
    return "\n".join(parts)


def faults() -> str:
    """The codes of what can be wrong with a policy."""
    from moderation.core.policy.codes import CODES

    title = (
        "# Faults of policies\n\nThe codes that `moderation rules lint` shows. E keeps a file from coming into force; "
        "W is allowed, and likely not meant.\n"
    )
    rows = [(f"`{code}`", meaning) for code, meaning in CODES.items()]
    return f"{title}\n{_table(('code', 'meaning'), rows)}"


def problems() -> str:
    """The kinds of problem documents."""
    from moderation.api.problems import KINDS

    title = (
        "# Problems\n\nWhat the API refuses with (RFC 9457), by the end of its `type`. Calls: [http.md](../http.md).\n"
    )
    rows = [(f"`{kind}`", meaning) for kind, meaning in KINDS.items()]
    return f"{title}\n{_table(('kind', 'meaning'), rows)}"


PAGES: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "policy-words": policy_words,
    "faults": faults,
    "problems": problems,
    "metrics": metrics,
    "hooks": hooks,
}


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _plain(text: str) -> str:
    """In one line of a table."""
    return re.sub(r"\s+", " ", text).strip()


def _prose(text: str | None) -> str:
    return inspect.cleandoc(text or "").replace("\b\n", "").replace("<", "&lt;")


if __name__ == "__main__":
    into = Path(sys.argv[1])
    for path, content in pages().items():
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        (into / path).write_text(content, encoding="utf-8")
