"""Classes of values that a text of another hand (tools/pii-training/evaluation/field.txt) showed to be missed, by their look."""

import pytest
from moderation_pii import TextPii

from moderation.core.items import Part

DETECTOR = TextPii()

DATES = [
    ("DATE_TIME", "reported ‹Wed, 3 Jan 2024 17:20:09 +0100› by post"),
    ("DATE_TIME", "the meeting is on ‹March 9, 2023 at 4 pm›."),
    ("DATE_TIME", "open ‹9:30 to 11:00 AM› for callers"),
    ("DATE_TIME", "they came at ‹0340 hrs› through the yard"),
    ("DATE_TIME", "breakfast from ‹6.45am› on weekdays"),
    ("DATE_TIME", "wake me at ‹half past six›"),
    ("DATE_TIME", "the shop shuts at ‹6 o'clock›"),
    ("DATE_TIME", "he left on ‹june 12› for good"),
    ("DATE_TIME", "free from ‹21st october› on"),
    ("DATE_TIME", "good until ‹november 2026›"),
    ("DATE_TIME", "departure ‹07AUG24› from gate C"),
    ("DATE_TIME", "the lease of ‹19 Oct 95› is lost"),
    ("DATE_TIME", "née le ‹3 février 1981› à Lille"),
    ("DATE_TIME", "geboren am ‹7. Dezember 1966›"),
    ("DATE_TIME", "BDAY:‹19880214›"),
    ("DATE_TIME", "she was born in ‹1974› in Oslo"),
    ("DATE_TIME", "closed ‹12-15 August 2022› for repairs"),
    ("DATE_TIME", "nos vemos a las ‹7 de la tarde›"),
    ("DATE_TIME", "Passport valid, exp: ‹11/04/2031›"),
    ("DATE_TIME", "born ‹zero nine / eleven / nineteen eighty›"),
    ("DATE_TIME", "my birthday is the ‹third of march nineteen ninety›".replace("the ‹", "‹the ")),
]
AGES = [
    ("AGE", "the driver (‹47 years›) was unhurt"),
    ("AGE", "she is ‹thirty-one years old› now"),
    ("AGE", "i'm ‹seventeen›, is that ok?"),
    ("AGE", "a woman in her ‹late sixties› fell"),
    ("AGE", "Patient, ‹58F›, presents with chest pain"),
    ("AGE", "he worked until he was ‹79›."),
    ("AGE", "two girls aged 8 and ‹12› were found"),
    ("AGE", "my mum is ‹83› and lives there"),
    ("AGE", "the baby was seen, she is ‹9 months› and well"),
]
ACCOUNTS = [
    ("PASSWORD", "the wifi password here is ‹coffee&cream7›"),
    ("PASSWORD", "login is ok but pass ‹tiger_lily9› fails"),
    ("PASSWORD", "tried ‹Blue42!dog› and it says wrong password"),
    ("CREDIT_DEBIT_CVV", "last three on the back: ‹712›"),
    ("SSN", "tax id ‹536-22-9018›"),
    ("AGE", "dad is ‹81› and still drives"),
    ("DATE_TIME", "see you ‹tues 14 may› then"),
    ("DATE_TIME", "my birthday is ‹4 12 1988›"),
    ("PHONE", "ph no ‹9876543210›"),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "n h s number ‹943 476 5919›"),
    ("CREDIT_DEBIT_CVV", "ok its ‹317› on the back"),
    ("CREDIT_DEBIT_EXPIRY", "its good til ‹09/27›"),
    ("SSN", "soc ‹five three six two two nine oh one eight›"),
    ("BANK_ACCOUNT_NUMBER", "my checking is ‹7761543210›"),
    ("USERNAME", "Username ‹mweber›, asset tag 4711"),
    ("USERNAME", "skype ‹ines.marlow›"),
    ("USERNAME", "posted by ‹tall_paul88› last night"),
    ("USERNAME", "thanks ‹u/quiet_fern›!"),
    ("USERNAME", "u: ‹ines77› p: Rt5!moss"),
    ("PASSWORD", "u: ines77 p: ‹Rt5!moss›"),
    ("USERNAME", "Failed password for invalid user ‹backup2› from 10.0.0.9"),
    ("USERNAME", "Invalid user deploybot from 10.0.0.9".replace("deploybot", "‹deploybot›")),
    ("USERNAME", "display_name: ‹fern_88›"),
    ("USERNAME", "usuario: ‹pgarcia›"),
    ("PASSWORD", "Use ‹Heron-Lake-4› as the password for now"),
    ("PASSWORD", "i changed it to ‹maple-tree9› but the password is wrong they say"),
    ("PASSWORD", "p4ssw0rd: ‹Bl4ckb1rd›"),
    ("PASSWORD", "passw0rd - ‹Cloudy_sky2›"),
    ("PIN", "it was ‹6620›, thats my pin"),
]
INSERT = """INSERT INTO members (id, username, password, email) VALUES
(4, 'otto_k', 'It''s,a1b2', 'otto@example.org'),
(5, 'mia.l', 'pine(77)', 'mia@example.org');"""
DOCUMENTS = [
    ("LICENSE_PLATE", "reg number ‹ce66 xkd› is blocking the drive"),
    ("LICENSE_PLATE", "a blue van, ‹DX14 LMO›, hit the car"),
    ("LICENSE_PLATE", "vehicle registration number ‹TN 07 BC 2291›"),
    ("LICENSE_PLATE", "matrícula ‹8834 HJD›"),
    ("LICENSE_PLATE", "Kennzeichen ‹M-AB 1234›"),
    ("DRIVER_ID", "DL# ‹88 120 447›"),
    ("DRIVER_ID", "permis de conduire ‹14BC00317›"),
    ("DRIVER_ID", "Licencia de conducir ‹30288171›"),
    ("PASSPORT_NUMBER", "Reisepass Nr. ‹C8KL44HX2›"),
    ("PASSPORT_NUMBER", "mi pasaporte es ‹XDB221904›"),
    ("PASSPORT_NUMBER", "pass port number ‹B77120448›"),
    ("UK_NATIONAL_INSURANCE_NUMBER", "nino: ‹pj220417a›"),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "<nhsNumber>‹943 476 5919›</nhsNumber>"),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "‹401 023 2137›"),
    ("IN_VOTER_NUMBER", "Voters of ward 4\n‹QKL2290417› Anil Rao"),
    ("VEHICLE_IDENTIFICATION_NUMBER", "my vin is ‹1hgcm82633a004352›"),
    ("IN_PERMANENT_ACCOUNT_NUMBER", "pan ‹abcpe1234f›"),
    ("SSN", "seguridad social ‹28 12345678 40›"),
]
MONEY = [
    ("BANK_ROUTING", "sort_code: ‹20-14-53›"),
    ("BANK_ROUTING", "RTN ‹0210-0002-1›"),
    ("BANK_ACCOUNT_NUMBER", "the sort code is 20-14-53 and acc ‹55120934›"),
    ("BANK_ACCOUNT_NUMBER", "My routing number is 021000021 and the account is ‹0031204457›."),
    ("BANK_ROUTING", "⑆‹021000021›⑆ 0031204457⑈ 1207"),
    ("CREDIT_DEBIT_CVV", "amex 371449635398431 cid ‹8820›"),
    ("CREDIT_DEBIT_EXPIRY", "4111111111111111 ‹09/28› 123"),
    ("CREDIT_DEBIT_EXPIRY", "card expires ‹zero four twenty nine›"),
]
MACHINES = [
    ("IP_ADDRESS", "blocked ‹198[.]51[.]100[.]7› at the gate"),
    ("IP_ADDRESS", "ip is ‹one seven two dot one six dot four dot nine›"),
    ("MAC_ADDRESS", "‹00d4.9e1b.77fa› on port 4"),
    ("MAC_ADDRESS", "my mac is ‹3C A0 67 1F 09 BE›"),
    ("AWS_SECRET_KEY", '"secretAccessKey": "‹Q7mKf/XRNVi4QYoT7vW0JS2i83IjJiltqa339U5Z›"'),
]
REACHING = [
    ("EMAIL", '‹"mad hatter"@example.org›'),
    ("EMAIL", "‹lena_k -at- gmail -dot- com›"),
    ("EMAIL", "escribe a ‹luna arroba gmail punto com›"),
    ("EMAIL", "mail me ‹fern88 at gmail›"),
    ("EMAIL", "‹ann underscore lee at example dot com›"),
    ("URL", "‹mongodb://app:s3cret@db.example.net/main›"),
    ("URL", "‹hxxps://login[.]example[.]com/a›"),
    ("URL", "go to ‹cheapshoes dot com slash sale›"),
    ("URL", "my profile ‹instagram.com/fern.draws›"),
    ("PHONE", "could you text ‹6465550188›"),
    ("PHONE", "fono ‹612 55 04 17›"),
    ("PHONE", "Telefone: ‹(21) 98555-0147›"),
    ("PHONE", "‹8 800 555-35-35›"),
    ("PHONE", "ask for ext ‹4471›"),
]
ROWS = [
    ("CREDIT_DEBIT_CVV", "cardCvc: ‹377›"),
    ("CREDIT_DEBIT_EXPIRY", "visa 4111111111111111 ‹9/28› 123"),
    ("CREDIT_DEBIT_CVV", "visa 4111111111111111 0928 ‹123›"),
    ("CREDIT_DEBIT_CVV", "the back of my card says ‹206›"),
    ("CREDIT_DEBIT_EXPIRY", "MM/YY: ‹10/27›, cvv 118"),
    ("BANK_ROUTING", "BSB: ‹083-004›"),
    ("BANK_ROUTING", "Sort: ‹20-14-53› Acc: 55120934"),
    ("PASSWORD", '"username": "otto", "password": "‹linden#45›"'),
    ("PASSWORD", "password's ‹moss$green›"),
    ("PASSWORD", "try logging in with otto_9 and ‹Fern77!moss›"),
    ("USERNAME", "user: ‹guest› / pass: guest771"),
    ("DRIVER_ID", "license number's ‹F255-920-50-094-0›"),
    ("LICENSE_PLATE", "license tag ‹4KLM082›"),
    ("LICENSE_PLATE", "with registration ‹AB12 CDE› on it"),
    ("LICENSE_PLATE", "Name;Passport;Plate\nUlla Berg;X1234567;‹AB 12 345›"),
    ("NAME", "Patient: ‹ROE, JANE›  Ward 4"),
    ("PASSWORD", "‹Fern77!moss› doesnt work as my password"),
    ("AGE", "my son is ‹4› and shy"),
    ("DATE_TIME", "dob ‹140288›"),
    ("ADDRESS", "near ‹LS6 2AB› in the north"),
    ("NAME", "the name's ‹Moreau›"),
    ("NAME", "this is mr ‹okafor› again"),
    ("PHONE", "‹555-123-4567›"),
    ("PHONE", "‹(555) 010-4477›"),
    ("PHONE", "‹4155552671›"),
    ("PHONE", "‹415•555•0132›"),
    ("EMAIL", "‹ann.lee AT example.com›"),
    ("PIN", "p-i-n: ‹8841›"),
]
PLACES = [
    ("ADDRESS", '"address": "‹Storgata 8C, 9008 Tromsø›", "lang": "no"'),
    ("ADDRESS", "Address: ‹Plot No. 44, Ring Road, Nagpur 440010›"),
    ("ADDRESS", "went to ‹9 Chapel Approach, Hove BN3 4AA› by bus"),
    ("ADDRESS", "‹7/31 Acacia Street, Preston VIC 3072›"),
    ("ADDRESS", "‹Herengracht 12, 1015 BK Amsterdam›"),
    ("ADDRESS", "‹Via Manzoni 5, 20121 Milano MI, Italia›"),
    ("ADDRESS", "‹ul. Długa 3/14, 80-831 Gdańsk›"),
    ("ADDRESS", "‹Östra Storgatan 14, 553 21 Jönköping›"),
    ("ADDRESS", "‹881 rue Sherbrooke, Montréal QC H3A 2R7›"),
    ("ADDRESS", "vive en ‹Carrera 11 No. 82-71, Bogotá›"),
    ("ADDRESS", "mi tía vive en ‹calle larga 9›"),
    ("ADDRESS", "call 212-555-0107, ‹P.O. Box 7714, Bronx, NY 10460›"),
    ("ADDRESS", "fax +1 (212) 555-0107, ‹P.O. Box 7714, Bronx, NY 10460›"),
    ("ADDRESS", "write to ‹Post Office Box 417›"),
    ("ADDRESS", "I live at ‹twelve Cherry Lane, Exeter›"),
    ("ADDRESS", "ADR;TYPE=HOME:;;‹Rue Haute 4;Namur;;5000;Belgium›"),
    ("ADDRESS", "They met at ‹31 Harbour Street›. Robert Kline was late."),
]
NAMES = [
    ("NAME", '{"id":7,"name":"‹Yannis Theodorou›","iban":"x"}'),
    ("NAME", "Klant: ‹Joost van Aerle›\nBSN 1"),
    ("NAME", "Next of kin: Mrs. ‹Adaora Eze›, sister"),
    ("NAME", "<fn>‹Mwajuma›</fn><tel>1</tel>"),
    ("NAME", "1.‹KOWALSKI/EWA MRS› 2 seats"),
    ("NAME", "Name: ‹HALLORAN, SEAN P›\nDOB unknown"),
    ("NAME", 'arrested ‹Miguel "Mikey" Fuentes› last week'),
    ("NAME", "name,email,company\n‹Tuulikki›,t@example.fi,Oy Ab\nXu,xu@example.cn,Li & Co\n"),
]
BRANDS = [
    "Mr. Coffee or Dr. Pepper?",
    "a Louis Vuitton bag and Calvin Klein socks",
    "we love Ben & Jerry's",
    "VIN# 1HGCM82633A004352",
    "Klant: onbekend, Telefoon: geen",
    "hey Alexa, stop",
    "the Stanley Cup final",
    "she studies at Johns Hopkins",
]
DISGUISED = [
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "i b a n ‹D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0›"),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "iban ‹GB82.WEST.1234.5698.7654.32›"),
    ("PASSPORT_NUMBER", "passp0rt ‹B 4 4 0 1 7 2 9›"),
    ("DRIVER_ID", "drivers licnse ‹K 1 1 8 2 0 5 7›"),
    ("DRIVER_ID", "d r i v e r licence ‹K441-7721-0093›"),
    ("LICENSE_PLATE", "licens plate ‹8 T R J 2 0 4›"),
    ("UK_NATIONAL_INSURANCE_NUMBER", "nino ‹P J 2 2 0 4 1 7 A›"),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "nhs ‹nine four three four seven six five nine one nine›"),
    ("BANK_ROUTING", "sort code ‹two zero, one four, five three›"),
    ("PHONE", "two one five is the area code then ‹five five five oh one four six›"),
    ("SSN", "ssn: ‹536/22/9018›"),
    ("PHONE", "text me ‹4 1 5 5 5 5 o 1 2 i›"),
    ("PHONE", "call ‹(415)-five five five-zero one two three›"),
    ("PASSWORD", "p*ssword: ‹Bl4ckb1rd›"),
    ("PASSWORD", "passwordd: ‹Bl4ckb1rd›"),
    ("CREDIT_DEBIT_NUMBER", "my kard is ‹4111-1111-1111-1112›"),
    ("USERNAME", "login n@me ‹fern_88›"),
    ("EMAIL", "‹kim period lee at example period com›"),
    ("IP_ADDRESS", "my ip ‹203-0-113-20›"),
    ("NAME", "im ‹s.a.n.d.r.a›"),
    ("DATE_TIME", "born ‹14 slash 02 slash 1988›"),
    ("CREDIT_DEBIT_EXPIRY", "exp ‹nine slash twenty seven›"),
    ("PIN", "p1n ‹seven one nine four›"),
    ("NAME", "im ‹s a n d r a›"),
    ("NAME", "my name is ‹M4rtin K3lly›"),
]
HARMLESS = [
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


def found_in(text):
    detections = DETECTOR.detect(Part(type="text", text=text), None)
    return [(d.label.removeprefix("PII/"), text[d.span.start : d.span.end]) for d in detections if d.confidence >= 50]


def cases(*tables):
    return [pytest.param(kind, marked, id=f"{kind}: {marked}") for table in tables for kind, marked in table]


@pytest.mark.parametrize(
    ("kind", "marked"),
    cases(DATES, AGES, ACCOUNTS, DOCUMENTS, MONEY, MACHINES, REACHING, PLACES, DISGUISED, NAMES, ROWS),
)
def test_finds(kind, marked):
    before, _, rest = marked.partition("‹")
    value, _, after = rest.partition("›")

    assert (kind, value) in found_in(before + value + after)


def test_finds_the_values_of_sql_by_the_names_of_their_columns():
    found = found_in(INSERT)

    assert [value for kind, value in found if kind == "USERNAME"] == ["otto_k", "mia.l"]
    assert [value for kind, value in found if kind == "PASSWORD"] == ["It''s,a1b2", "pine(77)"]


@pytest.mark.parametrize("text", BRANDS)
def test_takes_no_brand_for_a_person(text):
    assert [found for found in found_in(text) if found[0] == "NAME"] == []


def test_a_person_with_a_brands_name_is_a_person():
    assert ("NAME", "Louis Vernon") in found_in("my name is Louis Vernon and I live here")
    assert ("NAME", "Stanley") in found_in("Dear Mr. Stanley, thank you")


@pytest.mark.parametrize("text", HARMLESS)
def test_leaves_what_looks_alike(text):
    assert found_in(text) == []
