"""Keys to services, tokens of the web, private keys."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("API_KEY", "token ‹ghp_16C7e42F292c6912E7710c838347Ae178B4a› leaked", ACT),
    ("API_KEY", "OPENAI ‹sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z›", ACT),
    ("API_KEY", "‹xoxb-123456789012-abcdefGHIJKL›", ACT),
    ("API_KEY", "key=‹AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q›", ACT),
    ("API_KEY", "cookie: ‹eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl›;", ACT),
    ("API_KEY", 'client_secret: "‹9f8e7d6c5b4a39281706›"', ACT),
    ("API_KEY", "Authorization: Bearer ‹a81f0c5e-77aa-41d9›", ACT),
    ("PASSWORD", "Authorization: Basic ‹YW5uOlRyMHViNGRvciYz›", ACT),
    ("PASSWORD", "Authorization: Basic ann.lee@example.org:‹Tr0ub4dor&3›", ACT),
    ("API_KEY", "kept: ‹-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0\n-----END PRIVATE KEY-----› end", ACT),
    ("API_KEY", "cut off: ‹-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0›", ACT),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_services_give_out(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)


@pytest.mark.parametrize(
    "text",
    [
        "api_key = os.environ['KEY_FOR_SERVICES']",
        "the access token: see the wiki",
        "sk-learn",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_names_of_variables_and_public_keys_are_no_secrets(text):
    assert [kind for kind, _ in found_in(text, REVIEW) if kind == "API_KEY"] == []
