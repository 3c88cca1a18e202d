"""``moderation rules``: check, test and explain policies."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from moderation.commands.options import CLEARANCE, JSON
from moderation.commands.rules import history as rules_on_history
from moderation.commands.rules import suggesting as rules_suggesting
from moderation.commands.rules import versions as rules_over_time
from moderation.commands.rules import watching as rules_watching
from moderation.commands.rules import writing as rules_writing
from moderation.commands.rules.showing import annotation, counted, show_tests
from moderation.core.errors import Fault, PolicyMissing
from moderation.core.policy.policies import Policy
from moderation.core.policy.schema import policy_schema
from moderation.plugins import load_plugins
from moderation.policies.cases import TestResult, never_fired, run_tests, untried_edges
from moderation.policies.checking import faults_of
from moderation.policies.files import policy_paths, read_document, read_policy, shipped_rules, shown_path
from moderation.settings import Settings

_PATHS = click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH..]")


@click.group()
def rules() -> None:
    """Check, test and explain policies; without a PATH, those in force."""


def _files(settings: Settings, paths: tuple[Path, ...]) -> list[Path]:
    files = policy_paths(paths or (settings.rules or shipped_rules(),))
    if not files:
        raise click.UsageError(f"no policy file (*.yml) in {', '.join(str(path) for path in paths)}")
    return files


@rules.command()
@_PATHS
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="json for machines; github for annotations in GitHub Actions.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Exit code 1 for warnings too.")
@click.pass_obj
def lint(settings: Settings, paths: tuple[Path, ...], form: str, as_json: bool, strict: bool) -> int:
    """Find mistakes in policy files: errors (E...) keep a file from coming into force, warnings (W...) do not.

    Exit code 1 when there are errors.
    """
    plugins = load_plugins(settings)
    files = _files(settings, paths)
    faults: list[Fault] = []
    names: dict[str, str] = {}
    for path in files:
        shown = shown_path(path)
        policy, found = faults_of(path, plugins)
        faults += found
        if policy is None:
            continue
        if policy.name in names:
            document = read_document(path, shown)
            message = f"policy '{policy.name}' is also in {names[policy.name]}"
            faults.append(document.fault(document.at(("policy",)), "E108", message, "rename one"))
        names[policy.name] = shown
    errors = sum(fault.is_error for fault in faults)
    if as_json or form == "json":
        click.echo(json.dumps([{**asdict(fault), "is_error": fault.is_error} for fault in faults], indent=2))
    else:
        for fault in faults:
            click.echo(annotation(fault) if form == "github" else fault.render())
        counts = f"{counted(errors, 'error')}, {counted(len(faults) - errors, 'warning')}"
        click.echo(f"{counted(len(files), 'file')}: {counts}")
    return 1 if errors or (strict and faults) else 0


@rules.command()
@_PATHS
@JSON
@click.pass_obj
def test(settings: Settings, paths: tuple[Path, ...], as_json: bool) -> int:
    """Run the tests that policy files carry; exit code 1 when one fails or a file cannot be read.

    A failed detector leaves open what the loaded detector of that name can find; one that is not loaded, everything.
    """
    plugins = load_plugins(settings)
    documents: list[dict[str, object]] = []
    passed = failed = 0
    broken: list[Fault] = []
    for path in _files(settings, paths):
        policy, faults = read_policy(path, plugins.taxonomy, shown_path(path), plugins.names)
        if policy is None:
            broken += faults
            continue
        results = run_tests(policy, plugins.taxonomy, plugins.reach())
        good = sum(result.passed for result in results)
        passed, failed = passed + good, failed + len(results) - good
        unfired = never_fired(policy, results)
        documents.append(_document(policy, results, unfired))
        if not as_json:
            show_tests(policy, results)
    if as_json:
        faults_json = [asdict(fault) for fault in broken]
        summary = {"policies": documents, "faults": faults_json, "passed": passed, "failed": failed}
        click.echo(json.dumps(summary, indent=2))
    else:
        for fault in broken:
            click.echo(fault.render())
        more = f", {counted(len(broken), 'fault')}" if broken else ""
        click.echo(f"{passed} passed, {failed} failed{more}")
    return 1 if failed or broken else 0


def _document(policy: Policy, results: tuple[TestResult, ...], unfired: tuple[str, ...]) -> dict[str, object]:
    tests = [
        {
            "name": result.name,
            "line": result.line,
            "passed": result.passed,
            "expected": result.expected,
            "got": result.got,
            "missing": list(result.missing),
            "reasons": list(result.reasons),
            "because": result.verdict.because,
        }
        for result in results
    ]
    return {
        "policy": policy.name,
        "path": policy.path,
        "tests": tests,
        "never_fired": list(unfired),
        "untried_edges": list(untried_edges(policy)),
    }


@rules.command()
@click.argument("item", metavar="ITEM|FILE|-")
@click.option("--policy", "chosen", metavar="P", help="Judge by this policy only: a name in force, or a file.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
@CLEARANCE
@click.pass_obj
def explain(settings: Settings, item: str, chosen: str | None, as_json: bool, held: tuple[str, ...]) -> int:
    """Say what the policies make of an item, and why.

    ITEM is the id of a stored item, or a JSON file (- for standard input) such as
    {"content_type": "text", "app": "shop", "detections": [{"PII/SSN": 90}], "failed": ["pii.text"]}; what
    GET /v1/items/{id} answers will do. A stored item's verdict is shown as it was; with --policy it is judged anew. How
    long media and texts are kept is shown as the policies say it now.
    """
    from moderation.core.retention import kept_words
    from moderation.core.wording import verdict_words
    from moderation.evidence.explaining import judged_again, policies_for, read_evidence, stored_evidence

    plugins = load_plugins(settings)
    evidence = stored_evidence(settings, item, held) or read_evidence(item, plugins.taxonomy)
    verdict = evidence.verdict if chosen is None else None
    if verdict is None:
        verdict = judged_again(evidence, settings, plugins, chosen)
    if as_json:
        click.echo(verdict.model_dump_json(indent=2, exclude_none=True))
        return 0
    try:
        policies = policies_for(evidence, settings, plugins, chosen)
    except PolicyMissing:
        policies = ()  # for an item that was judged by policies which are not there any more
    for number, sentence in enumerate(verdict_words(verdict)):
        click.echo(f"  {sentence}" if number else sentence)
    for failure in verdict.failures:
        click.echo(f"  {failure.detector.name} gave no answer: {failure.message}")
    for sentence in kept_words(policies, settings.media_days, settings.text_keep_days):
        click.echo(f"  {sentence}")
    return 0


@rules.command()
@click.pass_obj
def schema(settings: Settings) -> int:
    """Print the JSON Schema of policy files, with the labels that are known here, for editors."""
    document: dict[str, Any] = policy_schema(load_plugins(settings).taxonomy)
    click.echo(json.dumps(document, indent=2))
    return 0


for command in (
    rules_on_history.backtest,
    rules_on_history.diff,
    rules_on_history.tune,
    rules_suggesting.suggest_tests,
    rules_over_time.history,
    rules_over_time.rollback,
    rules_over_time.replay,
    rules_watching.watch,
    rules_writing.fmt,
    rules_writing.import_a2i,
    rules_writing.import_automod,
):
    rules.add_command(command)
