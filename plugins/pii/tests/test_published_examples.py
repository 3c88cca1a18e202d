"""Amazon's published examples of personal data."""

import pytest

from plugins.pii.tests.finding import found_in

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


@pytest.mark.parametrize(
    ("text", "entities"), [(AWS_STATEMENT, AWS_STATEMENT_ENTITIES), (AWS_SPEECH, AWS_SPEECH_ENTITIES)]
)
def test_finds_every_entity_of_amazons_published_examples(text, entities):
    assert found_in(text, least=75) == entities
