from moderation_example import Shouting

from moderation.testing import DetectorContract


class TestShouting(DetectorContract):
    detector = Shouting
    finds = (
        ("STOP SHOUTING AT ME", "Custom/SHOUTING"),
        ("ÉCOUTEZ-MOI TOUT DE SUITE!", "Custom/SHOUTING"),
        ("WHY DOES nobody LISTEN TO ME ANYWHERE", "Custom/SHOUTING"),
    )
    ignores = (
        "A quiet sentence, spoken softly.",
        "NASA",
        "12345678901234567890",
        "漢字にはおおもじがない、ずっとしずか",
    )
