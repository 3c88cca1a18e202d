"""Regular expressions that are compiled at their first use, so that a start does not wait for those of rare kinds."""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """Has the methods of a compiled expression, each from its first use on."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._made_of = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(re.compile(*self._made_of), name)
        setattr(self, name, method)  # found at once from now on
        return method


def later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, but for the time to compile it.

    An expression that is wrong is noticed at its first use: `tests/test_expressions.py` compiles each.
    """
    return cast("re.Pattern[str]", _Later(pattern, flags))
