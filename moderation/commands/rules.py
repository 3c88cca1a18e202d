"""``moderation rules``: check and test policy files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from moderation.core.errors import Fault
from moderation.core.policies import Policy, label_uses
from moderation.core.taxonomy import Taxonomy
from moderation.plugins import Plugins, load_plugins
from moderation.policy_files import policy_paths, read_document, read_policy, shipped_rules, shown_path
from moderation.policy_tests import never_fired, run_tests
from moderation.settings import Settings

_PATHS = click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH..]")


@click.group()
def rules() -> None:
    """Check and test policies; without a PATH, those in force."""


@rules.command()
@_PATHS
@click.option("--json", "as_json", is_flag=True, help="For machines: a list of faults.")
@click.pass_obj
def lint(settings: Settings, paths: tuple[Path, ...], as_json: bool) -> int:
    """Find mistakes in policy files: errors (E...) keep a file from coming into force, warnings (W...) do not.

    Exit code 1 when there are errors.
    """
    plugins = load_plugins(settings)
    files = policy_paths(paths or (settings.rules or shipped_rules(),))
    faults: list[Fault] = []
    for path in files:
        policy, found = read_policy(path, plugins.taxonomy, shown_path(path))
        faults += found
        if policy is not None:
            faults += _warnings(policy, path, plugins)
    errors = sum(fault.is_error for fault in faults)
    if as_json:
        click.echo(json.dumps([{**vars(fault), "is_error": fault.is_error} for fault in faults], indent=2))
    else:
        for fault in faults:
            click.echo(fault.render())
        click.echo(f"{len(files)} files: {errors} errors, {len(faults) - errors} warnings")
    return 1 if errors else 0


@rules.command()
@_PATHS
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def test(settings: Settings, paths: tuple[Path, ...], as_json: bool) -> int:
    """Run the tests that policy files carry; exit code 1 when one fails or a file cannot be read."""
    taxonomy = load_plugins(settings).taxonomy
    files = policy_paths(paths or (settings.rules or shipped_rules(),))
    documents: list[dict[str, object]] = []
    passed = failed = 0
    broken: list[Fault] = []
    for path in files:
        policy, faults = read_policy(path, taxonomy, shown_path(path))
        if policy is None:
            broken += [fault for fault in faults if fault.is_error]
            continue
        results = run_tests(policy, taxonomy)
        passed += sum(result.passed for result in results)
        failed += sum(not result.passed for result in results)
        unfired = never_fired(policy, results)
        documents.append(
            {
                "policy": policy.name,
                "path": policy.path,
                "tests": [
                    {"name": r.name, "passed": r.passed, "expected": r.expected, "got": r.got, "missing": r.missing}
                    for r in results
                ],
                "never_fired": unfired,
            }
        )
        if as_json:
            continue
        click.echo(f"{policy.path}: {sum(r.passed for r in results)} of {len(results)} tests passed")
        for result in results:
            if not result.passed:
                click.secho(f"  FAILED  {result.name}", fg="red")
                click.echo(f"          expected  {result.expected}\n          got       {result.got}")
                click.echo(f"          because   {result.verdict.because}")
                if result.missing:
                    click.echo(f"          did not fire: {', '.join(result.missing)}")
        if unfired:
            click.echo(f"  no test fires: {', '.join(unfired)}")
    if as_json:
        faults_json = [vars(fault) for fault in broken]
        click.echo(
            json.dumps({"policies": documents, "faults": faults_json, "passed": passed, "failed": failed}, indent=2)
        )
    else:
        for fault in broken:
            click.echo(fault.render())
        click.echo(f"{passed} passed, {failed} failed" + (f", {len(broken)} faults" if broken else ""))
    return 1 if failed or broken else 0


def _warnings(policy: Policy, path: Path, plugins: Plugins) -> Iterator[Fault]:
    """What is allowed but likely not meant."""
    document = read_document(path, policy.path)
    taxonomy = plugins.taxonomy
    waits = set(policy.file.only_with) - {detector.name for detector in plugins.detectors}
    offered = {label for detector in plugins.detectors for label in detector.labels}
    for key_path, label in () if waits else label_uses(policy.file):
        if not any(taxonomy.overlap(label, other) for other in offered):
            message = f"no loaded detector finds '{label}'"
            yield document.fault(document.at(key_path), "W201", message, "install its plugin, or remove the label")
    today = datetime.now(UTC).date()
    for number, rule in enumerate(policy.file.rules):
        if rule.mode is not None and rule.mode.shadow_until < today:
            place = document.at(("rules", number, "mode"))
            yield document.fault(
                place, "W202", f"'{rule.id}' was on trial until {rule.mode.shadow_until}", "let it act, or remove it"
            )
    if not waits:
        yield from _below_floor(policy, plugins, taxonomy)
    for name in never_fired(policy, run_tests(policy, taxonomy)):
        bands, rules_ = document.keys.get(("bands", name.partition(".")[0])), policy.lines.get(name)
        line = bands.line if bands is not None else rules_ or 1
        yield Fault(policy.path, line, 1, "W203", f"no test fires '{name}'", "add one under tests:")


def _below_floor(policy: Policy, plugins: Plugins, taxonomy: Taxonomy) -> Iterator[Fault]:
    """Thresholds that every detector of the label stays silent under."""
    for name, band in policy.file.bands.items():
        labels = [band.label] if isinstance(band.label, str) else []
        for label in labels:
            floors = [d.min_confidence for d in plugins.detectors if any(taxonomy.overlap(label, o) for o in d.labels)]
            low = band.review_from if band.review_from is not None else band.reject_from
            if floors and low is not None and low < min(floors):
                message = f"band '{name}' begins at {low:g}, but no detector of '{label}' reports below {min(floors):g}"
                yield Fault(policy.path, policy.lines.get(name, 1), 1, "W204", message)
