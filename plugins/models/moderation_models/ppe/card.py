"""The card of ``vision.ppe``."""

from moderation.core.cards import Card, Licence

CARD = Card(sees="x", does_not_see="y", licence=Licence(), cost="z")
