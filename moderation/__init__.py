"""A human-in-the-loop moderation service. Plugins write ``from moderation import hookimpl``."""

from importlib.metadata import version

import pluggy

__version__ = version("moderation")

hookimpl = pluggy.HookimplMarker("moderation")
"""Marks a plugin's implementation of a hook in `moderation.hookspecs`."""
