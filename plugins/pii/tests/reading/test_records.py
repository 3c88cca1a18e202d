"""Values behind keys: lines of a form, JSON, XML, ``key = value``, rows of a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.pii.tests.finding import detect, found_in

VALUES = {
    "PASSWORD": ("password", "w*Rl0gGcni"),
    "AGE": ("age", "53"),
    "CREDIT_DEBIT_EXPIRY": ("expires", "08/27"),
    "CREDIT_DEBIT_CVV": ("credit_card_security_code", "712"),
    "CREDIT_DEBIT_NUMBER": ("credit_card_number", "676369539777"),
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER": ("iban", "GB23XURG6791601108436"),
    "SSN": ("ssn", "ZZ 151216 T"),
    "LICENSE_PLATE": ("license_plate", "QPV 057"),
    "USERNAME": ("username", "jakebrady"),
    "SWIFT_CODE": ("swift", "FMJEGBOX"),
    "NAME": ("full name", "Oyelaran Brightwater"),
    "PHONE": ("phone", "91354520"),
    "ADDRESS": ("residence", "58 Kowhai Keys, Thorntonport 5090"),
}


@pytest.mark.parametrize(
    "form", ["{key}: {value}\nvip: yes", '{{"id": 7, "{key}": "{value}", "vip": true}}', "<id>7</id>\n<{key}>{value}</{key}>",
             "id = 7 | {key} = {value} | vip = yes", "{{'{key}': '{value}'}}"]
)  # fmt: skip
@pytest.mark.parametrize("kind", VALUES)
def test_finds_the_value_behind_its_key(form, kind):
    key, value = VALUES[kind]
    if form.startswith("<"):
        key = key.replace(" ", "_")

    assert (kind, value) in found_in(form.format(key=key, value=value))


def test_a_row_is_read_by_its_heads_and_no_value_runs_into_the_next():
    text = "phone,website,license_plate,username,expires\n571 586 379,http://www.kranc.pl/,2GV 478,mwalker,11/31\n"

    assert found_in(text) == [
        ("PHONE", "571 586 379"),
        ("URL", "http://www.kranc.pl/"),
        ("LICENSE_PLATE", "2GV 478"),
        ("USERNAME", "mwalker"),
        ("CREDIT_DEBIT_EXPIRY", "11/31"),
    ]


@pytest.mark.parametrize("text", ['{"company": "Allen, Richard and Roberts", "plan": "gold"}', "employer: Davis-Mitchell\n", "<job>Ranger/warden</job>"])  # fmt: skip
def test_firms_and_trades_are_no_people(text):
    assert found_in(text) == []


@pytest.mark.parametrize(
    "text", ["password: ********", "password: n/a", '{"age": "old"}', "expires: never", "username:\n"]
)
def test_leaves_out_what_does_not_look_like_the_key_says(text):
    assert found_in(text) == []


@given(text=st.text(alphabet="name:=\"<>|,;{}' \n\tpassword0129", max_size=120))
def test_places_stay_in_order_in_broken_records(text):
    end = 0
    for detection in detect(text):
        assert end <= detection.span.start < detection.span.end <= len(text)
        end = detection.span.end
