"""The cards of ``text.blocklist`` and ``text.toxicity``."""

from moderation.core.cards import Card, Licence

FIGURES = (
    "held-out texts of its own sources, AUPRC: sexual .91, spam .97, harassment .72, threats .63, self-harm .61 (five texts), "
    "hate .29 to .60 by source",
    "functional sets of our own, from 30 on: 77 % of 341 toxic and 0 % of 186 harmless sentences, written by the hand that "
    "wrote the grammar; of a second set, written later, 47 % of 127 toxic and 8 % of 104 harmless (block list: 0 and 0)",
    'sentences about who people are ("I am a gay man and proud of it"): none of 105 flagged from 30 on',
)

CARD = Card(
    sees="words and phrases that are on a list, whole words only, through disguises (case, look-alike letters, digits for "
    "letters, letters set apart or run together)",
    does_not_see="anything that is not listed: threats and hate in plain words, irony, what a text means. It does not know "
    "who speaks; where a list says so, an insult that is quoted or reported counts less",
    figures=("posts labelled toxic, lists as they are shipped: precision .97, recall .23; hate without slurs 0 %",),
    cost="less than a millisecond for a post; 38 MB",
    languages="those of the lists; the shipped ones are English above all",
)
TOXICITY = Card(
    sees="hate, harassment, threats, self-harm, sexual content and spam in English texts, each with a calibrated confidence; "
    "it only ever sends to people",
    does_not_see="irony, hints, what is known only from the conversation, and most abuse in words that are new to it. Texts "
    "that are plainly in another language are a failure. It knows nothing of who writes; of dialects it is not measured",
    licence=Licence(code="Apache-2.0", weights="Apache-2.0", source="trained by tools/text-training"),
    training_data="OpenAI's moderation samples (MIT), Davidson et al. 2017 (MIT), Hatemoji (CC BY 4.0), EDOS (CC0), the UCI SMS "
    "Spam Collection (CC BY 4.0), public-domain prose, and sentences that a grammar of our own makes",
    figures=FIGURES,
    cost="some 14,000 short texts a second of one core at once, some thousands one by one; 1 MB on disk",
    languages="English",
)
