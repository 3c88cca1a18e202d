"""Cards of Amazon's detectors. What is known of them is what AWS says; nothing of it was measured here.

Prices are list prices of us-east-1 (``prices.yml``), an estimate.
"""

from moderation.core.cards import Card, Licence

_TERMS = Licence(code="Apache-2.0", weights="not given out: AWS service terms", source="Amazon Web Services")
_UNKNOWN = "not published by AWS"
_PICTURE = "about .001 US dollars a picture, for a transparent one twice"
_TEXT = "about .0001 US dollars for each hundred characters"


def _card(sees: str, does_not_see: str, cost: str, languages: str | None = None) -> Card:
    return Card(
        sees=sees, does_not_see=does_not_see, licence=_TERMS, training_data=_UNKNOWN, cost=cost, languages=languages,
        leaves_machine=True,
    )  # fmt: skip


MODERATION = _card(
    "52 labels of unsafe content in pictures (taxonomy 7): nudity, violence, drugs, hate symbols and more",
    "child sexual abuse material, for which it is no detector; what is harmful only by its context",
    _PICTURE,
)
PPE = _card(
    "persons with heads, hands and faces, and covers on them: helmets, gloves, masks; up to 15 persons",
    "vests, goggles, harnesses, shoes; whether equipment is worn properly: a cover on a part is all it says",
    _PICTURE,
)
FACES = _card(
    "faces, and where they are", "who it is; ages are estimates and no proof. The 100 largest faces only", _PICTURE
)
IMAGE_TEXT = _card(
    "text in pictures: makes a text",
    "more than 100 words in a picture, and scripts that Rekognition does not read",
    _PICTURE,
)
LABELS = _card(
    "things in pictures that the configuration names, of those that Rekognition knows", "everything else", _PICTURE
)
CUSTOM_LABELS = _card(
    "what your own Custom Labels models know",
    "everything else; your models' figures are in your account",
    "about 4 US dollars an hour while a model runs",
)
FILMS = _card(
    "scenes, things and faces in films, with seconds",
    "what is said in them (transcribe.text does), and what Rekognition's models of pictures do not see",
    "about .1 US dollars for each minute and each kind that is looked for; takes minutes",
)
TEXT_PII = _card(
    "personal data in texts, by Comprehend's entity types", "other types; other languages", _TEXT, "English, Spanish"
)
TOXIC_TEXT = _card(
    "toxic texts by seven classes, for each thousand bytes or so", "self-harm, spam; other languages", _TEXT, "English"
)
PHI = _card(
    "protected health information in texts", "other languages; it is no medical advice and no proof of de-identification",
    "about .0014 US dollars for each hundred characters", "English",
)  # fmt: skip
SPEECH = _card(
    "what is said in films and sounds: makes a text, each word with its seconds",
    "what it hears wrongly; several languages at once; a transcript is a machine's",
    "about .0004 US dollars a second; takes minutes",
    "those of Transcribe, one that the configuration names",
)
SPEECH_TOXICITY = _card(
    "toxic speech, by what is said and how",
    "other languages; toxicity without words",
    "part of the transcription",
    "US English",
)
ENDPOINT = _card(
    "what the model at your SageMaker endpoint knows",
    "everything else; its figures are yours",
    "what the endpoint costs by the hour",
)
GUARDRAIL = _card(
    "what your Bedrock guardrail filters: topics, words, patterns, personal data",
    "everything else; what it lets through is not looked at for anything else",
    "about .00015 US dollars for each thousand characters and policy",
)
