"""Text without personal data, and what looks like it."""

import pytest

from plugins.pii.tests.finding import REVIEW, found_in

HARMLESS = [
    "Order number 123-45-6789 has shipped.",
    "Your order 4111111111111112 is on its way.",
    "Order #206-555-0100",
    "Tracking number 9400111899223100001234",
    "It costs $1,234,567.00 or 1.234.567,00 €.",
    "Python 3.11.7 and version 1.2.3.4 are out.",
    "v10.20.30.40",
    "ISBN 978-3-16-148410-0 and ISBN-10 3-16-148410-0",
    "978-0-306-40615-7",
    "The box is 120 x 80 x 60 cm, 2400 mm long.",
    "Part no. 206-555-0100 is out of stock",
    "550e8400-e29b-41d4-a716-446655440000",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "We sold 1234567890 units, 45% more.",
    "Score 10-11-12, set 6-4 7-5.",
    "The meeting has 2000 people and 15 rooms.",
    "Section 1.2.3.4 of the manual",
    "Resolution 1920x1080, 4096 colours, 300 dpi",
    "Timestamp 1700000000 and 1700000000000",
    "Your password is required. The password must be long.",
    "Password incorrect. Is the password too short?",
    "password: ********",
    "I forgot my password and my account.",
    "std::vector<int> a; foo::bar::baz(); dead::beef",
    "Please rate 4 of 5, and reply by post 12.",
    "Chapter 12, pages 123-456",
    "The spinning pin 3 of the chip",
    "Model 123-45-6789-B",
    "model A-100 serial 123-456-7890",
    "100-200-300",
    "1-2-3-4-5-6-7-8-9",
    "It takes 10 minutes to drive there, 3 people on the way.",
    "The mac is on at 12:34:56:78",
    "2024 was good, 2025 better.",
    "SKU 4111 1111 1111 1111 is sold out",
    "RFC 2606 and CVE-2024-12345",
    "DOI 10.1000/182 and arXiv:2301.12345",
    "Grid 51.5074, -0.1278",
    "Phone version 14.2.1 costs 999",
    "Lottery: 03 12 24 31 40 45",
    "0.123456789 and 3.14159265358979",
    "99999999999999999999",
    "0000 0000 0000 0000",
    "call 10-11-2022 a good day",
    "am 01.02.2003 10 Uhr",
    "nobody@206-555-0100",
    "12-206-555-0100-7",
]

NOTES = ("DATE_TIME", "URL", "AGE", "USERNAME")
"""Kinds that say little by themselves; in harmless text they are no fault."""

ALIKE = [
    "you pass requirements.txt to it",
    "they pass python3.11 and level10 on",
    "my friend, 20 of them came",
    "the tues group and the may group",
    "Tracking: 1Z 888 BB2 01 2345 6789",
    "parcel 9405 5036 9930 0418 2271 60 is out",
    "they won 10-2 in 2 halves, half of it by luck",
    "turn 3 knobs and 4 screws",
    "the ratio is 5/6 and never 6/7",
    "in 2000 meters turn right",
    "the second part of may be fine",
    "he is 5 minutes late again",
    "register 4 users by hand",
    "use the hammer as the password says nothing",
    "a discord between us is nothing new",
    "my insta story got deleted",
    "the account is closed",
    "one dot two dots, three",
    "plates and cups, 12 each",
    "i'm ten minutes away",
    "A B C D E F G is how the song begins",
    "it's a b c simple",
    "the plan: phase 2, 2024 rollout, 1000 seats",
    "IP address: 0, memory address: 0x7ffe0042 in use",
    "plate 3 of 5 and 2 forks",
    "user_id: 8967340\n",
    "Employee ID 44718, order id 90210",
    "your order number is 2065550188",
    "<BankAccount>none</BankAccount>, CardNumber missing",
    "Chapter 12, Section 4, Page 88",
]

UNDISGUISED = [
    "one in five of the two or three hundred",
    "population grew from 2,560,589 to 51,621,700 in ten years",
    "12 Lane swims and 3 Court cases",
    "We lol'd on and on, to be or not to be",
    "the street was 12 km long, no one on it",
    "name,size\nshirt,M\nsocks,L",
]

CHAT = [
    "thanks so much, that worked perfectly",
    "Is Bluetooth supported on this speaker?",
    "Please read the Terms of Service and the Privacy Policy.",
    "one two three, testing",
    "I have one or two questions about the five stars",
    "from nine to five I work, one out of four days",
    "We use Docker and Postgres in production.",
    "Dear Customer, your request was received.",
    "Thanks Verizon for another day without signal",
    "Skyrim is still my favourite game by far",
    "Does anybody know if Costco sells the Kirkland batteries?",
    "Flew Ryanair to Lisbon, never again",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_harmless_numbers_alone(text):
    assert [found for found in found_in(text, REVIEW) if found[0] not in NOTES] == []


@pytest.mark.parametrize("text", ALIKE)
def test_leaves_what_looks_alike(text):
    assert found_in(text) == []


@pytest.mark.parametrize("text", UNDISGUISED)
def test_leaves_what_only_looks_disguised_alone(text):
    assert found_in(text) == []


@pytest.mark.parametrize("text", CHAT)
def test_leaves_clean_chat_alone(text):
    assert found_in(text) == []
