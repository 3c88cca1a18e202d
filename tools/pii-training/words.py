"""Words that are no names of people though they are written like ones, and words with a part in addresses."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """The phrases of a text, which commas part."""
    return tuple(word.strip() for word in text.replace("\n", " ").split(",") if word.strip())


CITIES = listed("""
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
COUNTRIES = listed("""
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
OTHERS = listed("""
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
LABELS = """
Nombre Apellidos Apellido Dirección Domicilio Teléfono Correo Cliente Paciente Titular Usuario Empresa Fecha Ciudad País Factura Pedido Cuenta Transferencia Importe Concepto Estimado Estimada Señor Señora
Nom Prénom Adresse Téléphone Courriel Client Patient Titulaire Société Ville Pays Facture Commande Compte Virement Montant Objet Cher Chère Monsieur Madame Salarié Bénéficiaire Destinataire Expéditeur
Name Vorname Nachname Anschrift Straße Telefon Kunde Kundin Patientin Inhaber Firma Datum Stadt Land Rechnung Bestellung Konto Überweisung Betrag Betreff Termin Herr Frau Mieter Absender Empfänger Mitarbeiter
Nome Cognome Indirizzo Telefono Paziente Intestatario Azienda Data Città Fattura Ordine Conto Bonifico Importo Oggetto Gentile Signor Signora Residenza Codice Partita Dipendente Mittente Destinatario
Endereço Telefone Morada Sobrenome Empresa Cidade Fatura Encomenda Conta Valor Assunto Prezado Prezada Senhor Senhora Naam Voornaam Achternaam Klant Telefoon Woonplaats Factuur Bestelling Rekening Bedrag Geachte
Namn Förnamn Efternamn Adress Kund Faktura Belopp Navn Fornavn Etternavn Kunde Telefonnummer Henkilö Nimi Osoite Puhelin Asiakas Imię Nazwisko Adres Klient Dane klienta Faktura Kwota Telefon Jméno Příjmení Adresa
Zákazník Név Cím Ügyfél Ad Soyad Müşteri Nume Prenume Adresă Ime Prezime Adresa Ime i prezime Kupac Personnummer Reference Referencia Observaciones Notas Asunto Provincia Código Postal Nacionalidad Sexo Edad
""".split()
"""What the fields of forms are called in other languages."""
SPANISH = """
de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les
ni contra otros ese eso ante ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos mucho quienes nada muchos cual poco ella estar estas algunas algo nosotros mi mis tú te ti tu tus
gracias hola adiós buenos días buenas tardes noches favor necesito ayuda cuenta tarjeta número pedido paquete envío dirección teléfono correo cliente problema factura pago dinero banco cita mañana hoy ayer lunes martes
miércoles jueves viernes sábado domingo semana mes año hora casa calle ciudad trabajo amigo amiga hermano hermana madre padre hijo hija abuela abuelo primo prima esposo esposa jefe vecino perro gato coche comida café
llegó llega llamar llamó llame quiero quiere puede puedo podría tengo tiene tenía estoy está estaba soy eres fue era ser haber hacer hace hizo dice dijo decir ver voy vamos va viene venir salir entrar recibir recibí
enviar envié pagar pagué comprar compré vender esperar espero cancelar cambiar abrir cerrar mandar escribir leer comer jugar bien mal mejor peor grande pequeño nuevo viejo bonito feo rápido lento caro barato siempre nunca
""".split()
"""Spanish as far as chat needs it."""
GREETED = """
llámame llámenme mándame envíame escríbeme dime dígame mira miren oye oigan espera ven vengan pasa pasen siento perdona perdone disculpa disculpe felicidades enhorabuena bienvenido bienvenida saludos atentamente cordialmente
falleció nació murió reside vive trabaja llegó salió ingresó solicitó reclamó pagó firmó recibió envió confirmó canceló quedamos nos vemos avísame cuéntame ayúdame contesta responde gracias perdón vale claro oiga
""".split()
"""What begins a message in Spanish, or a record."""
COMPANY_TAILS = (
    "Inc",
    "LLC",
    "Ltd",
    "Group",
    "Bank",
    "Partners",
    "Solutions",
    "Holdings",
    "University",
    "Hospital",
    "& Sons",
    "Corp",
    "Foundation",
    "Institute",
    "Services",
)
JOBS = (
    "manager",
    "nurse",
    "teacher",
    "driver",
    "engineer",
    "actor",
    "singer",
    "lawyer",
    "doctor",
    "neighbour",
    "plumber",
    "coach",
    "student",
    "editor",
    "analyst",
    "accountant",
    "cashier",
    "technician",
    "supervisor",
    "receptionist",
)
RELATIONS = (
    "wife",
    "husband",
    "son",
    "daughter",
    "brother",
    "sister",
    "mother",
    "father",
    "mom",
    "dad",
    "friend",
    "boss",
    "uncle",
    "aunt",
    "cousin",
    "colleague",
    "boyfriend",
    "girlfriend",
    "roommate",
    "neighbor",
    "landlord",
    "doctor",
)
SUFFIXES = (
    "Street",
    "St",
    "St.",
    "Avenue",
    "Ave",
    "Ave.",
    "Road",
    "Rd",
    "Lane",
    "Ln",
    "Drive",
    "Dr",
    "Court",
    "Ct",
    "Way",
    "Place",
    "Pl",
    "Boulevard",
    "Blvd",
    "Terrace",
    "Close",
    "Crescent",
    "Square",
    "Parkway",
    "Highway",
    "Circle",
    "Trail",
    "Gardens",
    "Grove",
    "Row",
    "Hill",
    "Walk",
    "Mews",
    "Park",
    "View",
    "Plaza",
    "Loop",
    "Alley",
    "Ridge",
    "Run",
    "Pass",
    "Path",
    "Crossing",
    "Heights",
    "Valley",
    "Manor",
    "Meadows",
    "Oval",
    "Junction",
    "Point",
    "Shore",
    "Spur",
    "Station",
    "Turnpike",
    "Union",
    "Village",
    "Vista",
    "Cove",
    "Creek",
    "Bend",
    "Bypass",
    "Canyon",
    "Center",
    "Common",
    "Corner",
    "Course",
    "Estate",
    "Extension",
    "Falls",
    "Ferry",
    "Field",
    "Fork",
    "Fort",
    "Freeway",
    "Glen",
    "Green",
    "Harbor",
    "Haven",
    "Hollow",
    "Island",
    "Isle",
    "Key",
    "Knoll",
    "Lake",
    "Land",
    "Lodge",
    "Mall",
    "Mill",
    "Mission",
    "Motorway",
    "Mount",
    "Mountain",
    "Neck",
    "Orchard",
    "Overpass",
    "Pike",
    "Pine",
    "Plain",
    "Port",
    "Prairie",
    "Radial",
    "Ramp",
    "Ranch",
    "Rapid",
    "Rest",
    "River",
    "Route",
    "Rue",
    "Skyway",
    "Spring",
    "Stravenue",
    "Stream",
    "Summit",
    "Throughway",
    "Trace",
    "Track",
    "Trafficway",
    "Tunnel",
    "Viaduct",
    "Ville",
    "Wall",
    "Well",
    "Wells",
)
ROADS = """
approach parade rise mews wharf quay esplanade promenade broadway embankment rue calle via avenida avda av ulica ul straße strasse str weg platz allee gasse straat laan gracht kade plein vägen gatan gata gade vej veien
plaza paseo carrera cra camino ronda travesía chemin impasse rua travessa praça piazza viale corso vicolo utca cad cadde sok sokak nagar marg jalan
""".split()
"""What streets are called besides, and abroad."""
STREET_WORDS = listed("""
Main, Oak, Maple, Cedar, Elm, Pine, Washington, Lake, Hill, Park, Church, High, Mill, River, Spring, Ridge, Sunset, Forest,
Meadow, Highland, Chestnut, Walnut, Willow, Lincoln, Jackson, Franklin, Station, Victoria, Queens, Kings, Green, Manor, School,
North, South, West, East, Market, Center, Broad, Cherry, Dogwood, Hickory, Birch, Locust, Spruce, Magnolia, Mulberry, Peach,
Rose, Garden, Valley, View, Orchard, Bridge, Canal, Water, Front, Court, Union, Liberty, Madison, Jefferson, Adams, Monroe
""")
FUNCTION = listed("""
the, a, an, i, you, he, she, it, we, they, me, him, her, us, them, my, your, his, our, their, this, that, these, those, is, am, are,
was, were, be, been, has, have, had, do, does, did, will, would, can, could, should, may, might, must, not, no, and, or, but,
if, so, as, of, to, in, on, at, by, for, from, with, about, after, before, between, under, over, into, near, than, then, when,
where, who, what, why, how, which, there, here, mr, mrs, ms, miss, dr, prof, sir, dear, hi, hello, hey, thanks, thank, regards,
sincerely, name, named, called, said, says, told, asked, met, by, cc, from, to, contact, customer, patient, client, agent,
employee, student, tenant, owner, user, email, phone, address, street, lives, live, born, aged, signed, attn, re, via, please,
call, ask, tell, meet, president, minister, senator, captain, officer, judge, doctor, coach, director, manager, uncle, aunt,
wife, husband, son, daughter, mother, father, brother, sister, friend, mom, dad, inc, llc, ltd, corp, bank, company, university,
school, hospital, hotel, team, city, state, county, river, lake, island, apt, suite, unit, floor, box, first, last, full,
love, hate, miss, saw, see, watch, watching, play, playing, new, song, album, movie, book, show, game, season, fan, fans, goal, score, scored, scores, vs, ft, feat, starring,
w, rt, lol, omg, congrats, happy, birthday, rip, shoutout, star, actor, actress, singer, rapper, author, artist, player, news, tonight, today, yesterday, just, still, never,
think, thinks, know, knows, like, want, wants, need, needs, got, get, gets, going, went, go, goes, come, comes, came, let, take, makes, made, make, one, every, all, any, some, more, best,
really, very, too, also, even, because, while, since, until, dude, bro, guy, guys, girl, man, woman, people, someone, anyone, everyone, bought, buy, using, use, used, install, season, episode
""")
PLACES = frozenset(word.lower() for place in (*CITIES, *COUNTRIES) for word in place.split())
