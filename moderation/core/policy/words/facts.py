"""``{app: [..]}`` and ``{content_type: [..]}``: what is known of an item before anything looks at it."""

from __future__ import annotations

from pydantic import Field

from moderation.core.policy.terms import AppName, ContentType
from moderation.core.policy.words.word import Word


class AppCondition(Word):
    """The item's app."""

    app: list[AppName] = Field(min_length=1, description="The item's app is one of these.")


class ContentTypeCondition(Word):
    """The kinds of content that the item has."""

    content_type: list[ContentType] = Field(min_length=1, description="The item has one of these.")
