"""What looks like a name in posts and news lines and is none."""

import pytest

from plugins.pii.tests.finding import REVIEW, found_in


def names(text: str) -> list[str]:
    return [value for kind, value in found_in(text, REVIEW) if kind == "NAME"]


@pytest.mark.parametrize(
    "text",
    [
        "Half-price tickets until Jan, only here",
        "New edition coming in late Jan, they say",
        "Auction ends Sunday Jan-18",
        "Your day looks calm... More for Taurus http://example.org/a",
        "The full moon in Leo is here tonight",
        "HAPPY BIRTHDAY to you :D . Goodluck for tomorrow",
        "More tonight with Crowderby... http://example.org/ab",
        "We met outside St. Olaf's last night",
        "Practice is at Fort Halden tomorrow",
        "Marla Hodson Rec Center before 7ish, right?",
        "A bakery in the middle of Corona, AZ burned down",
        "Season opener for Bradley Soccer tonight!",
        "Blue; i miss you. Green; i really like you. Brown; call me.",
        "1.Cook: I was cooking. 2.Gardener: I was picking beans.",
        "Bakit lagi na lang epal yung mga nanay sa teleserye",
    ],
)
def test_is_nobody(text):
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jan Kowalski came at 9", "Jan Kowalski"),
        ("Leo called, he is late", "Leo"),
        ("Megan St John is our best player", "John"),
        ("Anna: I was cooking. Then Ben came.", "Ben"),
        ("Geachte mevrouw Degryse, ik ben verhuisd naar een ander huis", "Degryse"),
        ("Tadi sore Michael Anderson datang ke rumah kami, seru banget sekali ya", "Michael Anderson"),
    ],
)
def test_people_stay_people(text, name):
    assert any(name in found for found in names(text))
