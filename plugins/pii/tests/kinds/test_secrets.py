"""Passwords and PINs."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("PASSWORD", "my password is ‹hunter2›.", ACT),
    ("PASSWORD", "Password: ‹*very20special#pass*›", ACT),
    ("PASSWORD", 'pwd="‹s3cret!x›"', ACT),
    ("PASSWORD", "the password for the wifi is ‹Tr0ub4dor&3›", ACT),
    ("PASSWORD", "password: ‹sunshine›", 80),
    ("PASSWORD", "my password is ‹sunshine›", REVIEW),
    ("PIN", "PIN: ‹4821›", ACT),
    ("PIN", "my pin code is ‹1234›", ACT),
    ("PIN", "‹4821› is my pin", ACT),
    ("PASSWORD", "the wifi password here is ‹coffee&cream7›", REVIEW),
    ("PASSWORD", "login is ok but pass ‹tiger_lily9› fails", REVIEW),
    ("PASSWORD", "tried ‹Blue42!dog› and it says wrong password", REVIEW),
    ("PASSWORD", "u: ines77 p: ‹Rt5!moss›", REVIEW),
    ("PASSWORD", "Use ‹Heron-Lake-4› as the password for now", REVIEW),
    ("PASSWORD", "i changed it to ‹maple-tree9› but the password is wrong they say", REVIEW),
    ("PASSWORD", "p4ssw0rd: ‹Bl4ckb1rd›", REVIEW),
    ("PIN", "it was ‹6620›, thats my pin", REVIEW),
    ("PASSWORD", '"username": "otto", "password": "‹linden#45›"', REVIEW),
    ("PASSWORD", "password's ‹moss$green›", REVIEW),
    ("PASSWORD", "try logging in with otto_9 and ‹Fern77!moss›", REVIEW),
    ("PASSWORD", "‹Fern77!moss› doesnt work as my password", REVIEW),
    ("PIN", "p-i-n: ‹8841›", REVIEW),
    ("PASSWORD", "helpdesk reset the password for jdoe42 to ‹Winter2024!›", REVIEW),
    ("PASSWORD", "temporary password '‹Harbor!›' sent", REVIEW),
    ("PASSWORD", "bo@x.example / ‹Gr@pes77› still works", REVIEW),
    ("PASSWORD", "Su contraseña es ‹Tundra25!›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
