"""Words that are no names of people though they are written like ones, and words with a part in addresses."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.replace("\n", " ").split(",") if word.strip())


CITIES = _words("""
New York, Los Angeles, Chicago, Houston, Phoenix, Philadelphia, San Antonio, San Diego, Dallas, Austin, San Jose,
Jacksonville, Columbus, Charlotte, San Francisco, Indianapolis, Seattle, Denver, Washington, Boston, El Paso, Nashville,
Detroit, Portland, Las Vegas, Memphis, Louisville, Baltimore, Milwaukee, Albuquerque, Tucson, Fresno, Sacramento, Mesa,
Kansas City, Atlanta, Omaha, Raleigh, Miami, Oakland, Minneapolis, Tulsa, Tampa, Arlington, New Orleans, Cleveland,
Honolulu, Anaheim, Lexington, Stockton, Cincinnati, Saint Paul, Pittsburgh, Newark, Orlando, Buffalo, Toledo, Madison,
Springfield, Charleston, Savannah, Salem, Eugene, Bristol, Manchester, Birmingham, Leeds, Glasgow, Liverpool, Sheffield,
Edinburgh, Cardiff, Belfast, Leicester, Oxford, Cambridge, York, Brighton, London, Paris, Berlin, Madrid, Rome, Vienna,
Dublin, Lisbon, Prague, Warsaw, Munich, Hamburg, Cologne, Frankfurt, Milan, Naples, Barcelona, Valencia, Lyon, Toronto,
Vancouver, Montreal, Ottawa, Calgary, Sydney, Melbourne, Brisbane, Perth, Auckland, Wellington, Tokyo, Osaka, Seoul,
Beijing, Shanghai, Hong Kong, Singapore, Mumbai, Delhi, Bangalore, Chennai, Kolkata, Karachi, Lahore, Dubai, Istanbul,
Ankara, Cairo, Lagos, Nairobi, Johannesburg, Cape Town, Moscow, Kyiv, Stockholm, Oslo, Copenhagen, Helsinki, Amsterdam,
Rotterdam, Brussels, Antwerp, Zurich, Geneva, Athens, Budapest, Bucharest, Sofia, Belgrade, Zagreb, Mexico City, Bogota,
Lima, Santiago, Buenos Aires, Rio de Janeiro, Sao Paulo, Havana, Kingston, Jakarta, Manila, Bangkok, Hanoi, Taipei,
Baghdad, Tehran, Kabul, Jerusalem, Beirut, Riyadh, Doha, Boise, Reno, Spokane, Tacoma, Durham, Greensboro, Plano, Irvine
""")
COUNTRIES = _words("""
America, United States, United Kingdom, England, Scotland, Wales, Ireland, Canada, Mexico, Brazil, Argentina, Chile,
Peru, Colombia, Venezuela, Cuba, Spain, Portugal, France, Germany, Italy, Austria, Switzerland, Belgium, Netherlands,
Denmark, Sweden, Norway, Finland, Iceland, Poland, Ukraine, Russia, Turkey, Greece, Romania, Bulgaria, Hungary, Serbia,
Croatia, Israel, Egypt, Libya, Sudan, Nigeria, Kenya, Ghana, South Africa, Ethiopia, Iran, Iraq, Syria, Lebanon, Jordan,
Saudi Arabia, Yemen, Afghanistan, Pakistan, India, Bangladesh, Nepal, Sri Lanka, China, Japan, South Korea, North Korea,
Taiwan, Vietnam, Thailand, Malaysia, Indonesia, Philippines, Australia, New Zealand, Europe, Asia, Africa, Texas,
California, Florida, Georgia, Virginia, Carolina, Alabama, Mississippi, Tennessee, Kentucky, Ohio, Indiana, Illinois,
Michigan, Wisconsin, Minnesota, Iowa, Missouri, Arkansas, Louisiana, Oklahoma, Kansas, Nebraska, Dakota, Montana, Idaho,
Wyoming, Colorado, Utah, Nevada, Arizona, Oregon, Alaska, Hawaii, Maine, Vermont, Massachusetts, Connecticut, Delaware,
Maryland, Pennsylvania, New Jersey, Gaza, Kashmir, Manhattan, Brooklyn, Hollywood, Broadway
""")
OTHERS = _words("""
Google, Amazon, Apple, Microsoft, Facebook, Twitter, Instagram, Netflix, Spotify, Uber, Airbnb, PayPal, Stripe, Visa,
Mastercard, Android, Windows, Linux, Python, Java, iPhone, Samsung, Galaxy, Sony, Nintendo, PlayStation, Xbox, Toyota,
Honda, Ford, Tesla, BMW, Mercedes, Volkswagen, Nike, Adidas, Starbucks, Walmart, Target, Costco, Ikea, Disney, Pixar,
Marvel, Star Wars, Harry Potter Studios, BBC, CNN, Fox News, New York Times, Guardian, Reuters, NASA, FBI, CIA, UN, EU, NATO,
NHS, IRS, Congress, Senate, Parliament, Supreme Court, White House, Democrats, Republicans, Labour, Christmas, Easter,
Thanksgiving, Halloween, Ramadan, Black Friday, World Cup, Super Bowl, Olympics, Champions League, Lakers, Yankees,
Arsenal, Chelsea, Real Madrid, Barcelona FC, Bulls, Cowboys, Patriots, Eagles, English, Spanish, French, German, Chinese,
Japanese, Russian, Arabic, Hindi, Italian, American, British, Canadian, Australian, Indian, European, African, Asian,
Muslim, Christian, Jewish, Catholic, God, Lord, Bible, Internet, Web, Wifi, Bluetooth, Chrome, Firefox, Safari, Excel,
Word, Outlook, Gmail, WhatsApp, Telegram, Signal, Slack, Zoom, Teams, Jira, GitHub, Docker, Kubernetes, Oracle, Adobe,
Photoshop, Intel, AMD, Nvidia, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, January, February, March,
April, May, June, July, August, September, October, November, December, Spring, Summer, Autumn, Winter, Tylenol, Advil,
Bitcoin, Ethereum, Coca Cola, Pepsi, McDonalds, Subway, Lufthansa, Ryanair, Delta, Hilton, Marriott, Barclays, HSBC,
Deutsche Bank, Wells Fargo, Citibank, Customer Service, Human Resources, Privacy Policy, Terms of Service, Help Center,
Sales Department, Support Team, Front Desk, Credit Card, Debit Card, Bank Account, Social Security, Account Number,
Phone Number, Order Number, Status, Error, Warning, Info, Debug, Failed, Success, Pending, Active, Closed, Open, Invoice,
Payment, Balance, Total, Amount, Date, Time, Subject, Message, Comment, Note, Reason, Type, City, State, Country, Email,
Phone, Address, Username, Password, Agent, Customer, User, Admin, Manager, Director, Engineer, Doctor, Nurse, Teacher,
Professor, President, Minister, Secretary, Senator, Governor, Mayor, Police, Officer, Judge, Coach, Captain, King, Queen,
Mum, Mom, Dad, Grandma, Team, Company, Inc, Ltd, LLC, Corp, Bank, University, College, School, Hospital, Church, Museum,
Hotel, Airport, Station, Park, River, Lake, Mountain, Island, North, South, East, West, Northern, Southern, Central,
Happy Birthday, Good Morning, Good Night, Thank You, Best Regards, Kind Regards, Yours Sincerely, Please Note, Breaking News,
Game of Thrones, Breaking Bad, Lord of the Rings, Grey's Anatomy, The Office, Friends, Minecraft, Fortnite, Pokemon, Zelda
""")
COMPANY_TAILS = ("Inc", "LLC", "Ltd", "Group", "Bank", "Partners", "Solutions", "Holdings", "University", "Hospital", "& Sons", "Corp", "Foundation", "Institute", "Services")  # noqa: E501
JOBS = ("manager", "nurse", "teacher", "driver", "engineer", "actor", "singer", "lawyer", "doctor", "neighbour", "plumber", "coach", "student", "editor", "analyst", "accountant", "cashier", "technician", "supervisor", "receptionist")  # noqa: E501
RELATIONS = ("wife", "husband", "son", "daughter", "brother", "sister", "mother", "father", "mom", "dad", "friend", "boss", "uncle", "aunt", "cousin", "colleague", "boyfriend", "girlfriend", "roommate", "neighbor", "landlord", "doctor")  # noqa: E501
SUFFIXES = ("Street", "St", "St.", "Avenue", "Ave", "Ave.", "Road", "Rd", "Lane", "Ln", "Drive", "Dr", "Court", "Ct", "Way", "Place", "Pl", "Boulevard", "Blvd", "Terrace", "Close", "Crescent", "Square", "Parkway", "Highway", "Circle", "Trail", "Gardens", "Grove", "Row", "Hill", "Walk", "Mews", "Park", "View", "Plaza", "Loop", "Alley", "Ridge", "Run", "Pass", "Path", "Crossing", "Heights", "Valley", "Manor", "Meadows", "Oval", "Junction", "Point", "Shore", "Spur", "Station", "Turnpike", "Union", "Village", "Vista", "Cove", "Creek", "Bend", "Bypass", "Canyon", "Center", "Common", "Corner", "Course", "Estate", "Extension", "Falls", "Ferry", "Field", "Fork", "Fort", "Freeway", "Glen", "Green", "Harbor", "Haven", "Hollow", "Island", "Isle", "Key", "Knoll", "Lake", "Land", "Lodge", "Mall", "Mill", "Mission", "Motorway", "Mount", "Mountain", "Neck", "Orchard", "Overpass", "Pike", "Pine", "Plain", "Port", "Prairie", "Radial", "Ramp", "Ranch", "Rapid", "Rest", "River", "Route", "Rue", "Skyway", "Spring", "Stravenue", "Stream", "Summit", "Throughway", "Trace", "Track", "Trafficway", "Tunnel", "Viaduct", "Ville", "Wall", "Well", "Wells")  # noqa: E501
STREET_WORDS = _words("""
Main, Oak, Maple, Cedar, Elm, Pine, Washington, Lake, Hill, Park, Church, High, Mill, River, Spring, Ridge, Sunset, Forest,
Meadow, Highland, Chestnut, Walnut, Willow, Lincoln, Jackson, Franklin, Station, Victoria, Queens, Kings, Green, Manor, School,
North, South, West, East, Market, Center, Broad, Cherry, Dogwood, Hickory, Birch, Locust, Spruce, Magnolia, Mulberry, Peach,
Rose, Garden, Valley, View, Orchard, Bridge, Canal, Water, Front, Court, Union, Liberty, Madison, Jefferson, Adams, Monroe
""")
FUNCTION = _words("""
the, a, an, i, you, he, she, it, we, they, me, him, her, us, them, my, your, his, our, their, this, that, these, those, is, am, are,
was, were, be, been, has, have, had, do, does, did, will, would, can, could, should, may, might, must, not, no, and, or, but,
if, so, as, of, to, in, on, at, by, for, from, with, about, after, before, between, under, over, into, near, than, then, when,
where, who, what, why, how, which, there, here, mr, mrs, ms, miss, dr, prof, sir, dear, hi, hello, hey, thanks, thank, regards,
sincerely, name, named, called, said, says, told, asked, met, by, cc, from, to, contact, customer, patient, client, agent,
employee, student, tenant, owner, user, email, phone, address, street, lives, live, born, aged, signed, attn, re, via, please,
call, ask, tell, meet, president, minister, senator, captain, officer, judge, doctor, coach, director, manager, uncle, aunt,
wife, husband, son, daughter, mother, father, brother, sister, friend, mom, dad, inc, llc, ltd, corp, bank, company, university,
school, hospital, hotel, team, city, state, county, river, lake, island, apt, suite, unit, floor, box, first, last, full
""")
PLACES = frozenset(word.lower() for place in (*CITIES, *COUNTRIES) for word in place.split())
