"""Sets of policies to compare: those in force, a changed file or folder, or a revision in git."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from moderation.core.errors import FieldError, InvalidSubmission, PolicyFault
from moderation.core.policy.policies import PolicySet
from moderation.plugins import Plugins
from moderation.policies.files import load_policies, policy_paths, read_policy, shipped_rules, shown_path
from moderation.settings import Settings

MAX_FILES = 500
_GIT_SECONDS = 30.0


def policy_set(spec: str, settings: Settings, plugins: Plugins) -> PolicySet:
    """The policies that `spec` names.

    Args:
        spec: a folder; a file, which takes the place of the policy of its name among those of the rules folder; or
            ``REVISION:PATH`` of either in the git repository of the current folder, or ``REVISION`` alone for the
            rules folder as it was.

    Raises:
        PolicyFault: a file has errors.
        InvalidSubmission: there is no such thing.
    """
    path = Path(spec)
    if path.is_dir():
        return load_policies(path, plugins.taxonomy, plugins.tools)
    if path.is_file():
        return _with_file(path, shown_path(path), settings, plugins)
    revision, _, inside = spec.partition(":")
    with tempfile.TemporaryDirectory(prefix="moderation-rules-") as folder:
        is_folder = _take_out(revision, inside or str(_rules_folder(settings)), Path(folder), spec)
        if is_folder:
            return load_policies(Path(folder), plugins.taxonomy, plugins.tools)
        return _with_file(next(Path(folder).iterdir()), spec, settings, plugins)


def _rules_folder(settings: Settings) -> Path:
    return settings.rules or shipped_rules()


def _with_file(path: Path, shown: str, settings: Settings, plugins: Plugins) -> PolicySet:
    policy, faults = read_policy(path, plugins.taxonomy, shown, plugins.names)
    if policy is None:
        raise PolicyFault(faults)
    others = load_policies(_rules_folder(settings), plugins.taxonomy, plugins.tools)
    kept = {each.name: each for each in others.policies} | {policy.name: policy}
    return replace(others, policies=tuple(kept[name] for name in sorted(kept)))


def _take_out(revision: str, inside: str, folder: Path, spec: str) -> bool:
    """Copy policy files of a revision into `folder`; says whether `inside` is a folder there."""
    top = _git("rev-parse", "--show-toplevel", spec=spec).decode().strip()
    commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}", spec=spec).decode().strip()
    path = Path(inside)
    where = str((path if path.is_absolute() else Path.cwd() / path).resolve())
    if not Path(where).is_relative_to(top):
        raise _wrong(f"{inside} is not in the git repository {top}")
    relative = Path(where).relative_to(top).as_posix()
    relative = "" if relative == "." else relative
    kind = _git("-C", top, "cat-file", "-t", f"{commit}:{relative}", spec=spec).decode().strip()
    names = [relative]
    if kind == "tree":
        listed = _git("-C", top, "ls-tree", "-z", "--name-only", f"{commit}:{relative}", spec=spec).decode().split("\0")
        names = [f"{relative}/{name}".lstrip("/") for name in listed if name]
    wanted = [name for name in names if name.endswith((".yml", ".yaml")) and not Path(name).name.startswith(".")]
    if not wanted or len(wanted) > MAX_FILES:
        raise _wrong(f"{spec} holds {len(wanted)} policy files; from 1 to {MAX_FILES} are compared")
    for name in wanted:
        (folder / Path(name).name).write_bytes(_git("-C", top, "cat-file", "blob", f"{commit}:{name}", spec=spec))
    assert policy_paths([folder])
    return kind == "tree"


def _git(*arguments: str, spec: str) -> bytes:
    try:
        # A revision comes after --end-of-options or inside COMMIT:PATH, never as an option.
        command = ["git", *arguments]
        done = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise _wrong(f"{spec} is neither a file nor a folder, and git is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise _wrong(f"git took longer than {_GIT_SECONDS:g} seconds over {spec}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise _wrong(
            f"{spec} is neither a file, nor a folder, nor known to git: {said[0] if said else 'no reason given'}"
        )
    return done.stdout


def _wrong(message: str) -> InvalidSubmission:
    return InvalidSubmission([FieldError("", message)])
