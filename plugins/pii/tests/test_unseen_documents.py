"""How well documents are read that share nothing with training."""

from plugins.pii.tests.finding import detect
from plugins.pii.tests.training import Scores, unseen


def test_keeps_its_marks_on_documents_that_share_nothing_with_training():
    scores = Scores()
    for group, text, places in unseen(2, seed=5):
        found = [(d.span.start, d.span.end, d.label.removeprefix("PII/")) for d in detect(text) if d.confidence >= 50]
        scores.add(group, places, found)

    assert scores.micro[2] >= 0.93, "\n".join(scores.table())
    assert scores.macro >= 0.92
    assert scores.kind("ADDRESS")[2] >= 0.90
