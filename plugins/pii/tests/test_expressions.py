"""Expressions are compiled when they are first used: here each of them is."""

import importlib
import pkgutil
import re

import moderation_pii
import pytest
from moderation_pii.expression import later

MODULES = [found.name for found in pkgutil.walk_packages(moderation_pii.__path__, "moderation_pii.")]
EXPRESSIONS = {
    f"{module}.{name}": value
    for module in MODULES
    for name, value in vars(importlib.import_module(module)).items()
    if type(value) is type(later(""))
}


def test_each_expression_of_the_plugin_is_one():
    assert len(EXPRESSIONS) > 80
    for name, expression in EXPRESSIONS.items():
        assert re.compile(expression.pattern, expression.flags), name


def test_it_finds_what_a_compiled_one_finds():
    expression = later("(?i)an(n)")

    assert expression.search("Joanna").span(1) == re.compile("(?i)an(n)").search("Joanna").span(1)
    assert expression.sub("-", "ANNA") == "-A"


def test_a_wrong_one_is_noticed_at_its_first_use():
    with pytest.raises(re.error, match="unterminated"):
        later("(ann").search("Ann")
