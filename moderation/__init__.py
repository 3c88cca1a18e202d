"""A human-in-the-loop moderation service. Plugins write ``from moderation import hookimpl``."""

import pluggy

hookimpl = pluggy.HookimplMarker("moderation")
"""Marks a plugin's implementation of a hook in `moderation.hookspecs`."""


def __getattr__(name: str) -> str:
    """``__version__``, which is read when somebody asks: a start need not wait for it."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("moderation")
