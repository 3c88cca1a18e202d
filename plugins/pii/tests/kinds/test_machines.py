"""Addresses of machines, and the keys to them."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("IP_ADDRESS", "‹203.0.113.42›", ACT),
    ("IP_ADDRESS", "logged in from ‹192.168.1.10›.", ACT),
    ("IP_ADDRESS", "http host ‹203.0.113.42›:8080", ACT),
    ("IP_ADDRESS", "‹2001:0db8:85a3:0000:0000:8a2e:0370:7334›", ACT),
    ("IP_ADDRESS", "ip ‹fe80::1ff:fe23:4567:890a›", ACT),
    ("IP_ADDRESS", "‹2001:db8::1:0:0:1›", ACT),
    ("MAC_ADDRESS", "‹00:1A:2B:3C:4D:5E›", ACT),
    ("MAC_ADDRESS", "‹00-1a-2b-3c-4d-5e›", ACT),
    ("MAC_ADDRESS", "mac address ‹001a.2b3c.4d5e›", ACT),
    ("AWS_ACCESS_KEY", "‹AKIAIOSFODNN7EXAMPLE›", ACT),
    ("AWS_SECRET_KEY", "aws_secret_access_key = ‹wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY›", ACT),
    ("AWS_SECRET_KEY", "secret: ‹wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY›", ACT),
    ("IP_ADDRESS", "blocked ‹198[.]51[.]100[.]7› at the gate", REVIEW),
    ("IP_ADDRESS", "ip is ‹one seven two dot one six dot four dot nine›", REVIEW),
    ("MAC_ADDRESS", "‹00d4.9e1b.77fa› on port 4", REVIEW),
    ("MAC_ADDRESS", "my mac is ‹3C A0 67 1F 09 BE›", REVIEW),
    ("AWS_SECRET_KEY", '"secretAccessKey": "‹Q7mKf/XRNVi4QYoT7vW0JS2i83IjJiltqa339U5Z›"', REVIEW),
    ("IP_ADDRESS", "my ip ‹203-0-113-20›", REVIEW),
    ("IP_ADDRESS", "listening at ‹::1›", REVIEW),
    ("IP_ADDRESS", "‹127.0.0.1› refused", REVIEW),
    ("IP_ADDRESS", "allow ‹0.0.0.0/0› on 443", REVIEW),
    ("IP_ADDRESS", "route ‹10.20.0.0/16› is up", ACT),
    ("IP_ADDRESS", "bound to ‹fe80::1›", ACT),
    ("IP_ADDRESS", "joined ‹ff02::1›", ACT),
    ("IP_ADDRESS", "peer ‹::ffff:10.1.2.0/96›", ACT),
]


@pytest.mark.parametrize("text", ["std::vector<int> a;", "a[::1]", "x[::-1]", "Gate 8:: opens", "abc::def()"])
def test_programs_have_no_addresses(text):
    assert found_in(text, REVIEW) == []


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
