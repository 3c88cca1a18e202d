"""Who somebody is: names that say so, ages, user names."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("USERNAME", "username: ‹jdoe42›", ACT),
    ("USERNAME", "my user name is ‹j.doe›", ACT),
    ("USERNAME", "follow ‹@jane_doe›", REVIEW),
    ("AGE", "she is ‹42 years old›", ACT),
    ("AGE", "a ‹7-year-old› boy", ACT),
    ("AGE", "‹34yo›", ACT),
    ("AGE", "aged ‹67›", 80),
    ("AGE", "Age: ‹29›", 80),
    ("NAME", "My name is ‹María García López› and", ACT),
    ("NAME", "Dear ‹Jane Smith›,", 75),
    ("NAME", "ask Dr. ‹Okafor› about it", 75),
    ("NAME", "Best regards,\n‹Peter Parker›", ACT),
    ("AGE", "the driver (‹47 years›) was unhurt", REVIEW),
    ("AGE", "Patient, ‹58F›, presents with chest pain", REVIEW),
    ("AGE", "he worked until he was ‹79›.", REVIEW),
    ("AGE", "two girls aged 8 and ‹12› were found", REVIEW),
    ("AGE", "my mum is ‹83› and lives there", REVIEW),
    ("AGE", "the baby was seen, she is ‹9 months› and well", REVIEW),
    ("AGE", "dad is ‹81› and still drives", REVIEW),
    ("USERNAME", "Username ‹mweber›, asset tag 4711", REVIEW),
    ("USERNAME", "skype ‹ines.marlow›", REVIEW),
    ("USERNAME", "posted by ‹tall_paul88› last night", REVIEW),
    ("USERNAME", "thanks ‹u/quiet_fern›!", REVIEW),
    ("USERNAME", "u: ‹ines77› p: Rt5!moss", REVIEW),
    ("USERNAME", "Failed password for invalid user ‹backup2› from 10.0.0.9", REVIEW),
    ("USERNAME", "Invalid user deploybot from 10.0.0.9".replace("deploybot", "‹deploybot›"), REVIEW),
    ("USERNAME", "display_name: ‹fern_88›", REVIEW),
    ("USERNAME", "usuario: ‹pgarcia›", REVIEW),
    ("USERNAME", "user: ‹guest› / pass: guest771", REVIEW),
    ("AGE", "my son is ‹4› and shy", REVIEW),
    ("NAME", "the name's ‹Moreau›", REVIEW),
    ("NAME", "Next of kin: Mrs. ‹Adaora Eze›, sister", REVIEW),
    ("USERNAME", "sshd: Accepted password for ‹gizmo76› from 203.0.113.4 port 22", REVIEW),
    ("AGE", "mi hijo tiene ‹12 años›", REVIEW),
    ("NAME", "Surname: ‹Rice›   Forename: Isolde", REVIEW),
    ("NAME", "<familyName>‹Ozturk›</familyName>", REVIEW),
    ("USERNAME", "login ok user=‹robin_m›", REVIEW),
    ("USERNAME", '203.0.113.9 - ‹frank› [10/Oct/2020:13:55:36 +0000] "GET / HTTP/1.0"', REVIEW),
    ("AGE", "she will turn ‹37› in May", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
