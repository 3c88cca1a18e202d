"""The card of ``pii.text``; all figures are in ``EVALUATION.md``."""

from moderation.core.cards import Card, Licence

CARD = Card(
    sees="personal data in texts: Comprehend's entity types, by patterns, checksums, the words around, and a small model "
    "of names; disguised digits and addresses too",
    does_not_see="some names in informal posts, single words and small letters most of all; addresses of kinds that it "
    "was not shown; numbers without a form of their own and without a word that says what they are",
    licence=Licence(code="Apache-2.0", weights="Apache-2.0", source="trained here: tools/pii-training"),
    training_data="texts generated from templates with names of censuses and public lists; no text of a public test set",
    figures=(
        "1,668 generated documents that share no list with training: precision .990, recall .974, F2 .977",
        "names in real posts (WNUT 2017): F2 .71, .68, and .66 in the part that was kept",
        "3,415 real text messages: a false alarm in 1.0 %; in a third of them that was not in view, with version 6.2, in 2.3 %",
        "979 documents by another hand, written without sight of the patterns: 6.8 % of personal data left uncovered",
    ),
    cost="about a millisecond for a kilobyte; 64 MB",
    languages="English, Spanish; German, French, Italian, Portuguese, Dutch less well; numbers, addresses and identifiers of "
    "some thirty countries",
)
