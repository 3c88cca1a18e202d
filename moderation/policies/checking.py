"""Everything that can be said of a policy file here: its faults, and what is allowed but likely not meant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from moderation.core.errors import Fault
from moderation.core.policy.policies import Policy
from moderation.core.rules.lint import warnings
from moderation.core.rules.setting import Setting
from moderation.plugins import Plugins
from moderation.policies.cases import never_fired, run_tests
from moderation.policies.files import cannot_act, policy_of_bytes, read_document, read_policy, shown_path
from moderation.yaml_reader import Document, cut_sentences, located, parse_document


def faults_of(path: Path, plugins: Plugins) -> tuple[Policy | None, list[Fault]]:
    """The policy of a file, or None, and its errors and warnings, in file order; its own tests are run for these."""
    policy, faults = read_policy(path, plugins.taxonomy, shown_path(path), plugins.names)
    if policy is None:
        return None, faults
    return policy, faults + _warnings(policy, read_document(path, policy.path), plugins)


def faults_of_text(text: str, shown: str, plugins: Plugins) -> tuple[Policy | None, list[Fault]]:
    """The same of a text that is in no file yet; `shown` is the path that faults name."""
    data = text.encode()
    policy, faults = policy_of_bytes(shown, data, plugins.taxonomy, plugins.names)
    if policy is None:
        return None, faults
    document = parse_document(shown, data)
    return policy, faults + cannot_act(policy, document, plugins.tools) + _warnings(policy, document, plugins)


def _warnings(policy: Policy, document: Document, plugins: Plugins) -> list[Fault]:
    """What is allowed but likely not meant, in file order."""
    redacts = {kind for redactor in plugins.redactors for kind in redactor.reads}
    setting = Setting(
        plugins.taxonomy,
        plugins.detectors,
        plugins.tools,
        datetime.now(UTC).date(),
        redacts,
        plugins.copies_to,
        plugins.taken_in,
    )
    untested = never_fired(policy, run_tests(policy, plugins.taxonomy, plugins.reach()))
    found = [located(slip, document) for slip in warnings(policy, setting, untested)] + cut_sentences(document)
    return sorted(found, key=lambda fault: (fault.line, fault.column, fault.code))
