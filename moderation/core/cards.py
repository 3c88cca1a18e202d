"""Model cards: what a detector or extractor sees, what it does not see, and what it is made of. Words, for people."""

from __future__ import annotations

from pydantic import Field

from moderation.core.items import Frozen


class Licence(Frozen):
    """Under what a tool may be used.

    Attributes:
        code: of the program, as an SPDX name where there is one.
        weights: of what was learnt; None where nothing was.
        source: where the weights come from: an address, or a package and its version.
    """

    code: str = Field("not stated", min_length=1)
    weights: str | None = None
    source: str | None = None


class Card(Frozen):
    """What people should know before they rely on a tool. Plain text; a figure names the data it was measured on.

    Attributes:
        sees: what it finds, as a sentence.
        does_not_see: what it misses, and what it takes for something else.
        licence: of code and weights.
        training_data: what it learnt from; None where it learnt nothing.
        figures: what was measured on data that it had never seen, a line each.
        cost: time, memory or money for a look.
        languages: of texts; None where none matter.
        leaves_machine: True when content is sent elsewhere.
    """

    sees: str = Field(min_length=1)
    does_not_see: str = Field(min_length=1)
    licence: Licence = Licence.model_construct(code="Apache-2.0")
    training_data: str | None = None
    figures: tuple[str, ...] = ()
    cost: str = Field(min_length=1)
    languages: str | None = None
    leaves_machine: bool = False


def card_of(tool: object) -> Card | None:
    """The card of a detector or extractor; None for one that has none."""
    card = getattr(tool, "card", None)
    return card if isinstance(card, Card) else None


def card_lines(card: Card) -> list[tuple[str, str]]:
    """What a card says, as titles and texts, in the order in which people read it."""
    said = [("sees", card.sees), ("does not see", card.does_not_see)]
    said += [("measured", figure) for figure in card.figures]
    if not card.figures:
        said.append(("measured", "nothing"))
    said.append(("licence of the code", card.licence.code))
    if card.licence.weights is not None:
        source = f" ({card.licence.source})" if card.licence.source is not None else ""
        said.append(("licence of the weights", f"{card.licence.weights}{source}"))
    if card.training_data is not None:
        said.append(("learnt from", card.training_data))
    if card.languages is not None:
        said.append(("languages", card.languages))
    said.append(("cost", card.cost))
    said.append(("content", "is sent to a service elsewhere" if card.leaves_machine else "stays on this machine"))
    return said
