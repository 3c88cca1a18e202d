"""What each kind of personal data looks like: folded text comes in, sightings weighed in percent go out.

One module for each family of kinds, with its ``PATTERNS``. A new one is a module here, a line below and a test file.
"""

from __future__ import annotations

from moderation_pii.kinds import (
    addresses,
    addresses_worldwide,
    banking,
    cards,
    clock,
    contact,
    dates,
    government,
    keys,
    labelled_names,
    machines,
    national,
    national_named,
    people,
    secrets,
    spaced_characters,
    spelled_out,
)
from moderation_pii.pattern import Pattern

PATTERNS: tuple[Pattern, ...] = (
    *cards.PATTERNS,
    *banking.PATTERNS,
    *government.PATTERNS,
    *national.PATTERNS,
    *national_named.PATTERNS,
    *contact.PATTERNS,
    *secrets.PATTERNS,
    *machines.PATTERNS,
    *keys.PATTERNS,
    *people.PATTERNS,
    *labelled_names.PATTERNS,
    *addresses.PATTERNS,
    *addresses_worldwide.PATTERNS,
    *dates.PATTERNS,
    *clock.PATTERNS,
    *spelled_out.PATTERNS,
    *spaced_characters.PATTERNS,
)
"""All patterns in the order in which they are asked: where one is sure, no later one of the same label is asked."""
