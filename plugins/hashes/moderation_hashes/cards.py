"""Cards of ``vision.hashes`` and ``text.hashes``."""

from moderation.core.cards import Card

MEDIA = Card(
    sees="pictures, films and sounds that are on a list of hashes: the same file, and of pictures (PDQ) also those saved "
    "anew, smaller, a little cropped, blurred or brightened, turned or mirrored",
    does_not_see="anything that is not listed; a listed picture cropped by much, framed, or with much drawn on it; "
    "pictures with little in them, which are compared as files only; films and sounds that are not the same file",
    figures=("on the pictures compared, 2 bits of 256 from the hash of Meta's own program",),
    cost="5 ms for the hash of a megapixel and 5 ms against a million; 100 MB of mapped files for a million PDQ hashes",
)
TEXTS = Card(
    sees="texts that are on a list of hashes, and those with a word changed",
    does_not_see="anything that is not listed; short texts with anything changed but capitals and punctuation; translations",
    cost=".1 ms; 25 MB of mapped files for a million hashes",
    languages="any",
)
