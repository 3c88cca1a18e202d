"""The card of ``text.blocklist``."""

from moderation.core.cards import Card

CARD = Card(
    sees="words and phrases that are on a list, whole words only, through disguises (case, look-alike letters, digits for "
    "letters, letters set apart)",
    does_not_see="anything that is not listed: threats and hate in plain words, irony, what a text means. It does not know "
    "who speaks: a quoted insult is found like a meant one, unless a list says otherwise",
    figures=("posts labelled toxic, lists as they are shipped: precision .97, recall .23; hate without slurs 0 %",),
    cost="less than a millisecond for a post; 38 MB",
    languages="those of the lists; the shipped ones are English above all",
)
