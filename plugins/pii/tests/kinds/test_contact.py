"""Mail addresses, telephone numbers, links."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

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
    ("URL", "see ‹https://example.com/a?b=c#d›.", ACT),
    ("URL", "(‹http://example.com/wiki/X_(y)›)", ACT),
    ("URL", "‹www.example.com/path›,", ACT),
    ("URL", "go to ‹example.com/me›", REVIEW),
    ("PHONE", "ph no ‹9876543210›", REVIEW),
    ("EMAIL", '‹"mad hatter"@example.org›', REVIEW),
    ("EMAIL", "‹lena_k -at- gmail -dot- com›", REVIEW),
    ("EMAIL", "escribe a ‹luna arroba gmail punto com›", REVIEW),
    ("EMAIL", "mail me ‹fern88 at gmail›", REVIEW),
    ("EMAIL", "‹ann underscore lee at example dot com›", REVIEW),
    ("URL", "‹mongodb://app:s3cret@db.example.net/main›", REVIEW),
    ("URL", "‹hxxps://login[.]example[.]com/a›", REVIEW),
    ("URL", "go to ‹cheapshoes dot com slash sale›", REVIEW),
    ("URL", "my profile ‹instagram.com/fern.draws›", REVIEW),
    ("PHONE", "could you text ‹6465550188›", REVIEW),
    ("PHONE", "fono ‹612 55 04 17›", REVIEW),
    ("PHONE", "Telefone: ‹(21) 98555-0147›", REVIEW),
    ("PHONE", "‹8 800 555-35-35›", REVIEW),
    ("PHONE", "ask for ext ‹4471›", REVIEW),
    ("PHONE", "‹555-123-4567›", REVIEW),
    ("PHONE", "‹(555) 010-4477›", REVIEW),
    ("PHONE", "‹4155552671›", REVIEW),
    ("PHONE", "‹415•555•0132›", REVIEW),
    ("EMAIL", "‹ann.lee AT example.com›", REVIEW),
    ("EMAIL", "‹kim period lee at example period com›", REVIEW),
    ("EMAIL", "mail me at ‹h o r v a t h _ e + 7 @ orange.fr›", REVIEW),
    ("PHONE", "mi teléfono es ‹672 89 53 03›", REVIEW),
    ("PHONE", "our office in Lagos: ‹+234 803 123 4567›", REVIEW),
    ("PHONE", "‹+81 90-1234-5678›", REVIEW),
    ("PHONE", "‹+1 206 555 0100› 25 items", REVIEW),
    ("PHONE", "‹4️⃣1️⃣5️⃣5️⃣5️⃣5️⃣0️⃣1️⃣9️⃣9›️⃣ on whatsapp", REVIEW),
    ("EMAIL", "write ‹john dot smith at gmail dot com›", REVIEW),
    ("EMAIL", "‹jsmith42 @ yahoo . com›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
