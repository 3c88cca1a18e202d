"""Numbers that governments give to people and cars."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("SSN", "SSN ‹123-45-6789›", ACT),
    ("SSN", "‹123-45-6789›", ACT),
    ("SSN", "‹123 45 6789›", REVIEW),
    ("SSN", "social security number is ‹123456789›", ACT),
    ("SSN", "ssn: ‹666-12-3456› (never issued, still named)", ACT),
    ("SSN", "‹123-45-6789› is her SSN", ACT),
    ("US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "ITIN ‹912-71-1234›", ACT),
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
    ("SSN", "tax id ‹536-22-9018›", REVIEW),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "n h s number ‹943 476 5919›", REVIEW),
    ("LICENSE_PLATE", "a blue van, ‹DX14 LMO›, hit the car", REVIEW),
    ("LICENSE_PLATE", "vehicle registration number ‹TN 07 BC 2291›", REVIEW),
    ("LICENSE_PLATE", "matrícula ‹8834 HJD›", REVIEW),
    ("LICENSE_PLATE", "Kennzeichen ‹M-AB 1234›", REVIEW),
    ("DRIVER_ID", "DL# ‹88 120 447›", REVIEW),
    ("DRIVER_ID", "permis de conduire ‹14BC00317›", REVIEW),
    ("DRIVER_ID", "Licencia de conducir ‹30288171›", REVIEW),
    ("PASSPORT_NUMBER", "Reisepass Nr. ‹C8KL44HX2›", REVIEW),
    ("PASSPORT_NUMBER", "mi pasaporte es ‹XDB221904›", REVIEW),
    ("UK_NATIONAL_INSURANCE_NUMBER", "nino: ‹pj220417a›", REVIEW),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "<nhsNumber>‹943 476 5919›</nhsNumber>", REVIEW),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "‹401 023 2137›", REVIEW),
    ("IN_VOTER_NUMBER", "Voters of ward 4\n‹QKL2290417› Anil Rao", REVIEW),
    ("VEHICLE_IDENTIFICATION_NUMBER", "my vin is ‹1hgcm82633a004352›", REVIEW),
    ("IN_PERMANENT_ACCOUNT_NUMBER", "pan ‹abcpe1234f›", REVIEW),
    ("DRIVER_ID", "license number's ‹F255-920-50-094-0›", REVIEW),
    ("LICENSE_PLATE", "license tag ‹4KLM082›", REVIEW),
    ("LICENSE_PLATE", "with registration ‹AB12 CDE› on it", REVIEW),
    ("SSN", "ssn: ‹536/22/9018›", REVIEW),
    ("SSN", "‹536.22.8146› is on file", ACT),
    ("SSN", "ssn of record 7 is ‹536-228146›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
