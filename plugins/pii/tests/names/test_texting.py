"""What looks like a name where people text, shout, respell and talk of kinds of people."""

import pytest

from plugins.pii.tests.finding import REVIEW, found_in


def names(text: str) -> list[str]:
    return [value for kind, value in found_in(text, REVIEW) if kind == "NAME"]


@pytest.mark.parametrize(
    "text",
    [
        "Thk u shld go, muz book e tix lor",
        "Othrwise u wil b late 2nite",
        "Aiyah, dun worry abt it",
        "Geeeee that was close",
        "Don know yet, will tell u tmr",
        "OMW HOPE U AVA GREATNITE",
        "By march i wana be done, u?",
        "Kwikmart rd is closed 2day, pls tell ur mum",
        "They moved to Brockleham last spring",
        "TeamSpirit beats talent",
        "Islam and Hinduism are old faiths",
        "Hobbits and Romans fought there",
        "Every Scrooge needs a Christmas",
        "Ruby is a gem and Jasper is a stone",
        "Austin and Victoria are nice cities",
        "Zelda is the best game",
        "Forgot to say Happy Onam to you all, i am fine here",
        "That was it for me. Oyea.",
        "Thanks da thangam, i feel so glad dear",
        "Hi Chachi tried calling u now pls pick up",
        "Pls keep one rose on my desk and go",
        'As i told u, "Wen i Sing, Dont Laugh.."',
        "What r u doing. TEA AT THE MO..yeP. WeLL dOnE HehE ;>",
        "it ends at swann and u have to go back",
        "we ate at Frankie n Bennys near the cinema",
        "As per your request 'Velle Velle' has been set as your tune",
        "Aslamalaikkum, how r u my frnd",
        "Eta at the station is 12:30 as planned. We made it!",
        "Shall we ask Jia you lol",
        "Happy New Year Happy Ugadi Happy Vishu to all",
        "Haiyoh... Maybe your cat was jealous",
        "my son is late. It'snot supposed to be so",
        "Dear, will call Tmorrow.pls wait.",
        "Don no da:)whats you plan?",
        "Hi Princess! Thank you for the pics.",
        "Ok i found dis pierre cardin one which looks normal",
        "Off 2 sheffield tom 2 see the others",
        "Nothing is happening in Lindsay on New years",
        "I'm at bruce & fowler now but I'm in my mom's car",
        "i got an offer from them, ZORVANTEK and i joined",
        "I REALLY NEED 2 KISS U I MISS U SO MUCH MY BABY",
        "Lmaao that was funny",
        "Auf der Messe getroffen und zwölf Maschinen verkauft, sagt er.",
    ],
)
def test_is_nobody(text):
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hi kadeem, r u comin 2nite?", "kadeem"),
        ("u know where Carlos is? tell him 2 call me", "Carlos"),
        ("this is Yetunde here, pls call me wen u can", "Yetunde"),
        ("Ok lor, c u at 8. Shuhui", "Shuhui"),
        ("pls tell wesley how've u been lol", "wesley"),
        ("she is mad at kadeem today", "kadeem"),
        ("Mrs Oyelaran is our teacher", "Oyelaran"),
        ("I believe in Martha", "Martha"),
        ("Jean MacDonald is the captain", "MacDonald"),
        ("Vicente de la Cruz Montoya came", "Montoya"),
        ("Obama announces sweeping changes to U. S. law", "Obama"),
        ('"A disgrace": PM Modi on the attack http://example.org/R52d7y4U', "Modi"),
        ("u guys remember when Gerrard slipped lol", "Gerrard"),
    ],
)
def test_people_are_called_and_sign_in_chat_too(text, name):
    assert any(name in found for found in names(text))


@pytest.mark.parametrize(
    "text",
    ['"@Patsfan32: @d_palomino52 worst advice ever"', "@AbstractLife: @NigelDixon1 is right"],
)
def test_who_is_answered_is_no_password(text):
    assert [kind for kind, _ in found_in(text, REVIEW) if kind == "PASSWORD"] == []


def test_prose_without_a_street_is_no_address():
    prose = "Suomessa satu lappi nykyään saunan jälkeen kaikki menevät uimaan järveen ja syövät makkaraa yhdessä " * 4

    assert [kind for kind, _ in found_in(prose) if kind == "ADDRESS"] == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            "Sehr geehrte Frau Hosp,\n\nich bin nach Ruppstr. 4, 9307 Korneuburg gezogen. Bitte schicken Sie die Rechnung dorthin.",
            "Ruppstr. 4, 9307 Korneuburg",
        ),
        (
            "Geachte mevrouw Peters,\n\nik ben verhuisd naar Edithsingel 43, 5504 Moorslede. Wilt u de rekening daarheen sturen?",
            "Edithsingel 43, 5504 Moorslede",
        ),
        (
            "Madame Bazin,\n\nj'ai déménagé au 76, avenue de Morvan, 28885 Bigot. Merci d'y envoyer la facture.",
            "76, avenue de Morvan, 28885 Bigot",
        ),
    ],
)
def test_an_address_is_found_without_the_sentence_that_it_stands_in(text, address):
    assert ("ADDRESS", address) in found_in(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sehr geehrte Frau Hosp,\n\nvielen Dank.", "Hosp"),
        ("Geachte mevrouw Pieters,\n\nhartelijk dank.", "Pieters"),
        ("Exma. Senhora Fonseca,\n\nmuito obrigado.", "Fonseca"),
    ],
)
def test_a_name_is_found_without_its_title(text, name):
    assert names(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "Good night my dear.. Sleepwell&amp;Take care",
        "U DON\x92T WORRY",
        "Lolnice. I went from a fish to water",
        "Umma. Did she say anything",
        "No need to ke qi... too bored is it",
        "be my Valentine",
        "Good evening Sir, Al Salam Wahleykkum.sharing a happy news",
        "HI DARLIN I FINISH AT 3 DO U 1 2 PICK ME UP OR MEET ME? TEXT BACK",
    ],
)
def test_what_people_text_is_nobody(text):
    assert found_in(text, 50) == []


@pytest.mark.parametrize(("text", "name"), [("Dear Rakhesh. Call me", "Rakhesh"), ("Hi Umma Ali, come", "Umma Ali")])
def test_who_is_called_alike_is_found(text, name):
    assert ("NAME", name) in found_in(text, 50)


def test_to_and_for_in_digits_make_no_address():
    assert found_in("can go at 3 den rush to parco 4 nb... Okie lor", REVIEW) == []
