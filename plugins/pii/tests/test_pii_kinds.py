"""What is found, and how surely: tables of text as people write it."""

import pytest
from moderation_pii import TextPii

from moderation.core.items import Part

REVIEW = 50
ACT = 85

AWS_STATEMENT = """Hello Zhang Wei, I am John. Your AnyCompany Financial Services, LLC credit card account \
1111-0000-1111-0008 has a minimum payment of $24.53 that is due by July 31st. Based on your autopay settings, we will \
withdraw your payment on the due date from your bank account number XXXXXX1111 with the routing number XXXXX0000.

Your latest statement was mailed to 100 Main Street, Any City, WA 98121. After your payment is received, you will \
receive a confirmation text message at 206-555-0100. If you have questions about your bill, AnyCompany Customer Service \
is available by phone at 206-555-0199 or email at support@anycompany.com."""

AWS_STATEMENT_ENTITIES = [
    ("NAME", "Zhang Wei"),
    ("NAME", "John"),
    ("CREDIT_DEBIT_NUMBER", "1111-0000-1111-0008"),
    ("DATE_TIME", "July 31st"),
    ("BANK_ACCOUNT_NUMBER", "XXXXXX1111"),
    ("BANK_ROUTING", "XXXXX0000"),
    ("ADDRESS", "100 Main Street, Any City, WA 98121"),
    ("PHONE", "206-555-0100"),
    ("PHONE", "206-555-0199"),
    ("EMAIL", "support@anycompany.com"),
]

AWS_SPEECH = """Good morning, everybody. My name is Van Bokhorst Serdar, and today I feel like sharing a whole lot of \
personal information with you. Let's start with my Email address SerdarvanBokhorst@dayrep.com. My address is 2657 Koontz \
Lane, Los Angeles, CA. My phone number is 818-828-6231. My Social security number is 548-95-6370. My Bank account number \
is 940517528812 and routing number 195991012. My credit card number is 5534816011668430, Expiration Date 6/1/2022, my \
C V V code is 121, and my pin 123456. Well, I think that's it. You know a whole lot about me. And I hope that Amazon \
comprehend is doing a good job at identifying PII entities so you can redact my personal information away from this \
document. Let's check."""

AWS_SPEECH_ENTITIES = [
    ("NAME", "Van Bokhorst Serdar"),
    ("EMAIL", "SerdarvanBokhorst@dayrep.com"),
    ("ADDRESS", "2657 Koontz Lane, Los Angeles, CA"),
    ("PHONE", "818-828-6231"),
    ("SSN", "548-95-6370"),
    ("BANK_ACCOUNT_NUMBER", "940517528812"),
    ("BANK_ROUTING", "195991012"),
    ("CREDIT_DEBIT_NUMBER", "5534816011668430"),
    ("CREDIT_DEBIT_EXPIRY", "6/1/2022"),
    ("CREDIT_DEBIT_CVV", "121"),
    ("PIN", "123456"),
]

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("EMAIL", "mail ‹bob@example.com›.", ACT),
    ("EMAIL", "‹john.o'neil+news@mail.example.co.uk›, thanks", ACT),
    ("EMAIL", "我的邮箱是‹abc@qq.com›谢谢", ACT),
    ("EMAIL", "‹jürgen@exämple.de›", ACT),
    ("EMAIL", "write to ‹john [at] example [dot] com› please", ACT),
    ("EMAIL", "‹john at gmail dot com›", ACT),
    ("EMAIL", "‹john(at)gmail.com›", ACT),
    ("EMAIL", "zero\u200bwidth: ‹jo\u200bhn@exa\u200bmple.com›!", ACT),
    ("EMAIL", "an invisible end ‹bob@example.com›\u200b\u200b, that is no part of it", ACT),
    ("EMAIL", "wide ‹ｊｏｈｎ@ｅｘａｍｐｌｅ.ｃｏｍ›", ACT),
    ("PHONE", "call ‹(206) 555-0100› now", ACT),
    ("PHONE", "‹206-555-0100›", ACT),
    ("PHONE", "‹206.555.0100›", REVIEW),
    ("PHONE", "‹206 555 0100›", REVIEW),
    ("PHONE", "‹+1 206 555 0100›", ACT),
    ("PHONE", "‹1-800-555-0199›", ACT),
    ("PHONE", "reach me at ‹206-555-0100 ext. 42›", ACT),
    ("PHONE", "my cell: ‹2065550100›", ACT),
    ("PHONE", "call me 555-0100".replace("555-0100", "‹555-0100›"), ACT),
    ("PHONE", "London ‹+44 20 7946 0958›", ACT),
    ("PHONE", "‹+49 (0)30 12345678›", ACT),
    ("PHONE", "tel ‹020 7946 0958›", ACT),
    ("PHONE", "‹06 12 34 56 78›", REVIEW),
    ("PHONE", "‹0151-23456789›", REVIEW),
    ("PHONE", "mobile ‹07700 900123›", ACT),
    ("PHONE", "01.02.2003 ‹020 7946 0958›", REVIEW),
    ("PHONE", "‹0044 20 7946 0958›", REVIEW),
    ("PHONE", "llámame, tel. ‹612 345 678›", ACT),
    ("PHONE", "我的电话:‹13800138000›", ACT),
    ("PHONE", "whatsapp ‹98765 43210›", ACT),
    ("PHONE", "arabic digits: phone ‹٢٠٦-٥٥٥-٠١٠٠›", ACT),
    ("PHONE", "no-break ‹206\u00a0555\u20110100›", REVIEW),
    ("CREDIT_DEBIT_NUMBER", "‹4111 1111 1111 1111›", ACT),
    ("CREDIT_DEBIT_NUMBER", "‹4111111111111111›", ACT),
    ("CREDIT_DEBIT_NUMBER", "amex ‹3782 822463 10005›", ACT),
    ("CREDIT_DEBIT_NUMBER", "card: ‹4111-1111-1111-1112›", ACT),
    ("CREDIT_DEBIT_NUMBER", "my visa ‹4111.1111.1111.1111›", ACT),
    ("CREDIT_DEBIT_NUMBER", "card ‹XXXX-XXXX-XXXX-1234›", REVIEW),
    ("CREDIT_DEBIT_CVV", "CVV: ‹123›", ACT),
    ("CREDIT_DEBIT_CVV", "the security code is ‹4321›", ACT),
    ("CREDIT_DEBIT_CVV", "‹123› is my cvv", ACT),
    ("CREDIT_DEBIT_EXPIRY", "card 4111 1111 1111 1111 exp ‹12/27›", ACT),
    ("CREDIT_DEBIT_EXPIRY", "visa valid thru ‹09/2028›", ACT),
    ("CREDIT_DEBIT_EXPIRY", "my card 4111 1111 1111 1111 ‹12/27› 123", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "Expiration Date ‹6/1/2022›", ACT),
    ("SSN", "SSN ‹123-45-6789›", ACT),
    ("SSN", "‹123-45-6789›", ACT),
    ("SSN", "‹123 45 6789›", REVIEW),
    ("SSN", "social security number is ‹123456789›", ACT),
    ("SSN", "ssn: ‹666-12-3456› (never issued, still named)", ACT),
    ("SSN", "‹123-45-6789› is her SSN", ACT),
    ("US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "ITIN ‹912-71-1234›", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "‹DE89 3704 0044 0532 0130 00›", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "‹GB82WEST12345698765432› BANK OF X", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "‹AT61 1904 3002 3457 3201› BANK", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "iban ‹de89370400440532013000›", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "IBAN: ‹DE89 3704 0044 0532 0130 01›", ACT),
    ("BANK_ACCOUNT_NUMBER", "account number: ‹000123456789›", ACT),
    ("BANK_ACCOUNT_NUMBER", "my checking account ‹12345678›", ACT),
    ("BANK_ROUTING", "routing ‹111000025›", ACT),
    ("BANK_ROUTING", "ABA number is ‹111000026›", ACT),
    ("BANK_ROUTING", "sort code ‹20-00-00›", ACT),
    ("SWIFT_CODE", "SWIFT: ‹DEUTDEFF500›", ACT),
    ("IP_ADDRESS", "‹203.0.113.42›", ACT),
    ("IP_ADDRESS", "logged in from ‹192.168.1.10›.", ACT),
    ("IP_ADDRESS", "http host ‹203.0.113.42›:8080", ACT),
    ("IP_ADDRESS", "‹2001:0db8:85a3:0000:0000:8a2e:0370:7334›", ACT),
    ("IP_ADDRESS", "ip ‹fe80::1ff:fe23:4567:890a›", ACT),
    ("IP_ADDRESS", "‹2001:db8::1:0:0:1›", ACT),
    ("MAC_ADDRESS", "‹00:1A:2B:3C:4D:5E›", ACT),
    ("MAC_ADDRESS", "‹00-1a-2b-3c-4d-5e›", ACT),
    ("MAC_ADDRESS", "mac address ‹001a.2b3c.4d5e›", ACT),
    ("URL", "see ‹https://example.com/a?b=c#d›.", ACT),
    ("URL", "(‹http://example.com/wiki/X_(y)›)", ACT),
    ("URL", "‹www.example.com/path›,", ACT),
    ("URL", "go to ‹example.com/me›", REVIEW),
    ("AWS_ACCESS_KEY", "‹AKIAIOSFODNN7EXAMPLE›", ACT),
    ("AWS_SECRET_KEY", "aws_secret_access_key = ‹wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY›", ACT),
    ("AWS_SECRET_KEY", "secret: ‹wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY›", ACT),
    ("PASSWORD", "my password is ‹hunter2›.", ACT),
    ("PASSWORD", "Password: ‹*very20special#pass*›", ACT),
    ("PASSWORD", 'pwd="‹s3cret!x›"', ACT),
    ("PASSWORD", "the password for the wifi is ‹Tr0ub4dor&3›", ACT),
    ("PASSWORD", "password: ‹sunshine›", 80),
    ("PASSWORD", "my password is ‹sunshine›", REVIEW),
    ("PIN", "PIN: ‹4821›", ACT),
    ("PIN", "my pin code is ‹1234›", ACT),
    ("PIN", "‹4821› is my pin", ACT),
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
    ("ADDRESS", "I live at ‹221 Baker Street, London NW1 6XE›", ACT),
    ("ADDRESS", "ship to ‹1600 Pennsylvania Ave NW, Washington, DC 20500›", ACT),
    ("ADDRESS", "my address is ‹12 elm street apt 4›", 80),
    ("ADDRESS", "‹P.O. Box 1234›", ACT),
    ("ADDRESS", "‹Springfield, IL 62704›", 80),
    ("ADDRESS", "‹Hauptstraße 12, 10115 Berlin›", 80),
    ("ADDRESS", "‹12 rue de Rivoli, 75001 Paris›", REVIEW),
    ("ADDRESS", "‹Calle Mayor 12, 28013 Madrid›", 80),
    ("DATE_TIME", "born on ‹July 4, 1976›", ACT),
    ("DATE_TIME", "‹4th of July 1976›", ACT),
    ("DATE_TIME", "‹1976-07-04›", ACT),
    ("DATE_TIME", "‹07/04/1976›", ACT),
    ("DATE_TIME", "‹2024-05-01T10:20:30Z›", ACT),
    ("DATE_TIME", "at ‹10:30 pm›", REVIEW),
    ("PASSPORT_NUMBER", "passport number ‹C01X00T47›", ACT),
    ("PASSPORT_NUMBER", "US passport: ‹123456789›", ACT),
    ("DRIVER_ID", "driver's license ‹D123-4567-8901›", ACT),
    ("DRIVER_ID", "Driving licence no: ‹MORGA657054SM9IJ›", ACT),
    ("LICENSE_PLATE", "license plate ‹7ABC123›", ACT),
    ("VEHICLE_IDENTIFICATION_NUMBER", "VIN ‹1HGCM82633A004352›", ACT),
    ("UK_NATIONAL_INSURANCE_NUMBER", "NI number ‹AB 12 34 56 C›", ACT),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "NHS ‹943 476 5919›", ACT),
    ("UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", "UTR ‹12345 67890›", ACT),
    ("CA_SOCIAL_INSURANCE_NUMBER", "SIN ‹046 454 286›", ACT),
    ("CA_HEALTH_NUMBER", "OHIP ‹1234-567-890›", ACT),
    ("IN_AADHAAR", "aadhaar ‹2345 6789 0124›", ACT),
    ("IN_PERMANENT_ACCOUNT_NUMBER", "PAN ‹ABCPE1234F›", ACT),
    ("IN_VOTER_NUMBER", "voter id ‹ABC1234567›", ACT),
]

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

DETECTOR = TextPii()


def found_in(text: str, least: float = 0) -> list[tuple[str, str]]:
    detections = DETECTOR.detect(Part(type="text", text=text), None)
    return [
        (d.label.removeprefix("PII/"), text[d.span.start : d.span.end]) for d in detections if d.confidence >= least
    ]


@pytest.mark.parametrize(
    ("text", "entities"), [(AWS_STATEMENT, AWS_STATEMENT_ENTITIES), (AWS_SPEECH, AWS_SPEECH_ENTITIES)]
)
def test_finds_every_entity_of_amazons_published_examples(text, entities):
    assert found_in(text, least=75) == entities


@pytest.mark.parametrize(("kind", "marked", "least"), FOUND, ids=[f"{kind}: {text}" for kind, text, _ in FOUND])
def test_finds_what_people_write(kind, marked, least):
    before, _, rest = marked.partition("‹")
    value, _, after = rest.partition("›")

    assert (kind, value) in found_in(before + value + after, least)


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_harmless_numbers_alone(text):
    assert [found for found in found_in(text, REVIEW) if found[0] not in NOTES] == []
