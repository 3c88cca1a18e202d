"""The ``moderation`` command: finds the commands, reads the settings, turns errors into messages and exit codes.

Exit codes: 0 done; 1 a check found something; 2 wrong usage or input; 3 internal failure.

Commands are imported when they are called, so that ``moderation check`` starts in a fraction of a second.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from ground.json_logs import JsonLines, TextLines
from ground.tracing import NamesItem
from moderation.core.errors import ModerationError
from moderation.settings import load_settings

OWN_LOGGERS = ("ground", "review_ui", "moderation")
"""What `MODERATION_LOG_LEVEL=DEBUG` makes speak."""
COMMANDS = {
    "init": ("moderation.commands.init:init", "A folder to start from: settings, policies, a plugin."),
    "serve": ("moderation.commands.serve:serve", "The whole service in one process."),
    "check": ("moderation.commands.check:check", "Moderate files or standard input at once, without a server."),
    "demo": ("moderation.commands.demo:demo", "Serve on a fresh folder and post real examples."),
    "worker": ("moderation.commands.worker:worker", "Moderate what waits, woken through Redis (RQ)."),
    "intake": ("moderation.commands.intake:intake", "Items from objects in S3 that a queue (SQS) tells of."),
    "watch": ("moderation.commands.watch:watch", "Items from what cameras show (RTSP, MJPEG, HLS)."),
    "export": ("moderation.commands.export:export", "Decisions as JSON Lines, in partitions that Athena reads."),
    "statement": ("moderation.commands.statement:statement", "The statement of reasons of a decision."),
    "report": ("moderation.commands.report:report", "Yearly transparency figures, and the regulators' templates."),
    "disputes": ("moderation.commands.disputes:disputes", "Decisions before out-of-court bodies, what these said."),
    "consents": ("moderation.commands.consents:consents", "Acts that wait for a second person."),
    "attention": ("moderation.commands.attention:attention", "Undecided items that do not get on by themselves."),
    "notices": ("moderation.commands.notices:notices", "Public notices, and who is trusted with them."),
    "holds": ("moderation.commands.holds:holds", "Legal holds: what is erased and deleted by nobody."),
    "again": ("moderation.commands.again:again", "Decided items judged anew, after policies have changed."),
    "retention": ("moderation.commands.retention:retention", "Media whose time is over; lifecycle rules for S3."),
    "erase": ("moderation.commands.erase:erase", "Items of an author or app, with all that was known of them."),
    "migrate": ("moderation.commands.migrate:migrate", "The databases, brought to the schema of this version."),
    "backup": ("moderation.commands.backup:backup", "The databases and the media into a file or folder."),
    "restore": ("moderation.commands.backup:restore", "A backup into a new data folder or empty databases."),
    "redact": ("moderation.commands.redact:redact", "Texts, pictures and films without personal data."),
    "rules": ("moderation.commands.rules.checking:rules", "Check, test and explain policies."),
    "packs": ("moderation.commands.packs:packs", "Policies to start from, with tests and figures."),
    "plugins": ("moderation.commands.plugins:plugins", "What is loaded, with versions."),
    "doctor": ("moderation.commands.doctor:doctor", "What is wrong with this installation and how to mend it."),
    "keys": ("moderation.commands.keys:keys", "API keys of apps."),
    "lists": ("moderation.commands.lists:lists", "Lists that policies name and operators keep while it runs."),
    "perspective": ("moderation.commands.perspective:perspective", "Attributes for Perspective's callers."),
    "audit": ("moderation.commands.audit:audit", "Whether what was decided and changed is as it was written."),
    "quality": ("moderation.commands.quality:quality", "Agreement of reviewers, golden items, overturned decisions."),
    "users": ("moderation.commands.users:users", "People who sign in to the portal."),
    "a2i": ("moderation.commands.a2i:a2i", "The A2I-compatible endpoint, its keys and flows."),
    "compare": ("moderation.commands.compare:compare_recordings", "Amazon's answers beside those of this machine."),
}
"""Name to (module:attribute, help line)."""


class LazyGroup(click.Group):
    """The top group: imports a command when it is needed, and gives every command ``--data``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Built-in commands first, in the order of `COMMANDS`, then those of plugins."""
        return [*COMMANDS, *sorted(set(super().list_commands(ctx)) - set(COMMANDS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, with ``--data`` on it or on its own commands."""
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name][0].partition(":")
            command: click.Command | None = getattr(import_module(module), attribute)
        else:
            _load_plugin_commands(self)
            command = super().get_command(ctx, cmd_name)
        if command is not None:
            _offer_data(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; of one that there is not, the nearest is told."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib  # for a slip only

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not near or near[0] in error.message:
                raise
            raise click.UsageError(f"No such command '{args[0]}'. Did you mean '{near[0]}'?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing the built-in ones."""
        _load_plugin_commands(self)
        rows = [(name, text) for name, (_, text) in COMMANDS.items()]
        rows += [(name, self.commands[name].get_short_help_str()) for name in sorted(self.commands)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _load_plugin_commands(cli: click.Group) -> None:
    """Let plugins add theirs (hook ``register_commands``); a built-in name cannot be taken."""
    from moderation.plugins import load_plugins

    load_plugins(load_settings()).manager.hook.register_commands(cli=cli)
    for name in COMMANDS:
        cli.commands.pop(name, None)


def _offer_data(command: click.Command) -> None:
    """Add ``--data DIR`` to a command, or to each command of a group; reading it makes the settings."""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _offer_data(below)
    elif all(option.name != "data" for option in command.params):
        command.params.append(
            click.Option(
                ["--data"],
                type=click.Path(file_okay=False, path_type=Path),
                metavar="DIR",
                help="Data folder of the installation.  [default: ./data, or MODERATION_DATA]",
                expose_value=False,
                is_eager=True,
                callback=_read_settings,
            )
        )


def _read_settings(ctx: click.Context, _: click.Parameter, data: Path | None) -> None:
    ctx.obj = load_settings(data=data)
    level = logging.getLevelNamesMapping()[ctx.obj.log_level.upper()]
    root = logging.getLogger()
    root.setLevel(max(level, logging.INFO))
    # At DEBUG, botocore writes down whole requests: what apps posted, and what signs them.
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(level if level < logging.INFO else logging.NOTSET)
    if ctx.obj.log_format == "json":
        for handler in root.handlers:
            if isinstance(handler.formatter, TextLines):
                handler.setFormatter(JsonLines())


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="moderation")
def cli() -> None:
    """Moderate text, pictures, film and sound: detectors, YAML rules, people."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Never shows a traceback unless the log level is DEBUG."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it speaks at every short burst
    if not logging.getLogger().handlers:  # who runs this within a program of theirs has their own
        lines = logging.StreamHandler()
        lines.setFormatter(TextLines())
        lines.addFilter(NamesItem())
        logging.getLogger().addHandler(lines)
    try:
        # https://no-color.org: set to anything, neither colours nor other attributes.
        plain: dict[str, Any] = {"color": False} if os.environ.get("NO_COLOR") else {}
        result: Any = cli.main(arguments, standalone_mode=False, **plain)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except ModerationError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except BrokenPipeError:
        return 0
    except Exception as error:  # the last resort: a stranger gets a sentence, not a traceback
        click.echo(f"internal failure: {type(error).__name__}: {error}", err=True)
        if logging.getLogger("moderation").isEnabledFor(logging.DEBUG):
            traceback.print_exc()
        else:
            click.echo("MODERATION_LOG_LEVEL=DEBUG shows where.", err=True)
        return 3
    return result if isinstance(result, int) else 0
