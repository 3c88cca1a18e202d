"""Values under the heads of a table, and those of SQL."""

import pytest

from plugins.pii.tests.finding import REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("LICENSE_PLATE", "Name;Passport;Plate\nUlla Berg;X1234567;‹AB 12 345›", REVIEW),
    ("NAME", "name,email,company\n‹Tuulikki›,t@example.fi,Oy Ab\nXu,xu@example.cn,Li & Co\n", REVIEW),
]

INSERT = """INSERT INTO members (id, username, password, email) VALUES
(4, 'otto_k', 'It''s,a1b2', 'otto@example.org'),
(5, 'mia.l', 'pine(77)', 'mia@example.org');"""


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_a_head_names(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)


def test_a_table_says_what_its_columns_hold():
    text = 'ref;last_name;first_name;mobile;address\n17;Knight;Bohdan;4155550123;"Elm 5, Hull"\n18;Reed;Xan;4155550124;\n\nend'

    assert found_in(text) == [
        ("NAME", "Knight"), ("NAME", "Bohdan"), ("PHONE", "4155550123"), ("ADDRESS", "Elm 5, Hull"),
        ("NAME", "Reed"), ("NAME", "Xan"), ("PHONE", "4155550124"),
    ]  # fmt: skip


def test_a_table_ends_with_a_line_of_other_cells():
    assert ("AGE", "34") not in found_in("| Name | Age |\n|---|---|\n| Ann Lee | 33 |\nsums up | 34")


def test_finds_the_values_of_sql_by_the_names_of_their_columns():
    found = found_in(INSERT)

    assert [value for kind, value in found if kind == "USERNAME"] == ["otto_k", "mia.l"]
    assert [value for kind, value in found if kind == "PASSWORD"] == ["It''s,a1b2", "pine(77)"]
