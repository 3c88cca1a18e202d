"""What the applications of the tests' own process have in common: routes, templates, policies. A fifth of the suite went into them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from moderation.core.errors import Fault
from moderation.core.policy.policies import Policy
from moderation.core.taxonomy import Taxonomy
from moderation.policies import files
from moderation.yaml_reader import Document
from review_ui.people import people

DERIVATION = people.DERIVATION
"""The product's own; tests that do not ask for it store passwords that are cheap to try."""


class InMemory(BytecodeCache):
    """Compiled templates, by their text."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Called by Jinja before it compiles."""
        made = self._made.get((bucket.key, bucket.checksum))
        if made is not None:
            bucket.bytecode_from_string(made)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Called by Jinja after it compiled."""
        self._made[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def make_once() -> None:
    """From here on, applications of this process share what they compile."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": InMemory()}
    people.DERIVATION = "scrypt:256:8:1"
    compile_builder = Rule._compile_builder
    made: dict[Any, Callable[..., tuple[str, str]]] = {}

    def remembered(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        # What is made takes the rule as its first argument: it knows nothing of the rule that it was made for but this.
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in made:
            made[key] = compile_builder(self, append_unknown)
        return made[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign]
    _check_policies_once()


def _check_policies_once() -> None:
    """A policy is made of its bytes, the labels and the detectors there are: of the same ones the same, each time anew."""
    check = files._policy_of
    made: dict[Any, tuple[Policy | None, list[Fault]]] = {}

    def remembered(
        document: Document, data: bytes, taxonomy: Taxonomy, detectors: Collection[str]
    ) -> tuple[Policy | None, list[Fault]]:
        key = (document.path, data, taxonomy.labels, frozenset(detectors))
        if key not in made:
            made[key] = check(document, data, taxonomy, detectors)
        policy, faults = made[key]
        return policy and replace(policy, programs={}), list(faults)

    files._policy_of = remembered
