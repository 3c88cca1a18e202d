"""A year or a weekday that stands alone, where the setting asks for it."""

import pytest
from moderation_pii import register_detectors

from moderation.core.items import Part
from moderation.settings import Settings


def dates(text: str, *, pii_dates_alone: bool) -> list[str]:
    (detector,) = register_detectors(Settings(pii_dates_alone=pii_dates_alone))
    found = detector.detect(Part(type="text", text=text), None)
    return [text[d.span.start : d.span.end] for d in found if d.label == "PII/DATE_TIME"]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1983 was a good year", "1983"),
        ("see you Tuesday morning", "Tuesday morning"),
        ("wir kommen Mittwoch", "Mittwoch"),
        ("graduated, class 2019!", "2019"),
    ],
)
def test_a_year_or_weekday_alone_is_a_date_where_pii_dates_alone_says_so(text: str, date: str) -> None:
    assert dates(text, pii_dates_alone=True) == [date]
    assert dates(text, pii_dates_alone=False) == []


@pytest.mark.parametrize(
    "text", ["up to 2000 people came", "in 2000 meters turn right", "it costs $1999.", "ratio 2000,5 to 1"]
)
def test_other_numbers_are_no_years(text: str) -> None:
    assert dates(text, pii_dates_alone=True) == []


def test_a_whole_date_stays_whole() -> None:
    assert dates("on Friday, 3 May 2024 at noon", pii_dates_alone=True)[0].startswith(("Friday", "3 May 2024"))
    assert "2024" not in dates("on 3 May 2024", pii_dates_alone=True)
