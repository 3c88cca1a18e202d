"""What people post of besides people: brands, teams, games, shows, places, and how they begin and cut in."""

from __future__ import annotations

from words import listed

NOT_PEOPLE = listed("""
Walmart, Best Buy, Home Depot, Taco Bell, Burger King, Chick-fil-A, Wendy's, Dairy Queen, Pizza Hut, Domino's, Papa John's, Five Guys, Olive Garden,
Red Lobster, Panera, Chipotle, Baskin Robbins, Krispy Kreme, Tim Hortons, Nando's, Greggs, Tesco, Sainsbury's, Waitrose, Aldi, Lidl, Marks & Spencer,
Kroger, Safeway, Publix, Whole Foods, Walgreens, CVS, Rite Aid, Macy's, Nordstrom, Victoria's Secret, Forever 21, Abercrombie, Hollister, Levi's, Gucci,
Prada, Louis Vuitton, Chanel, Dior, Versace, Armani, Calvin Klein, Ralph Lauren, Tommy Hilfiger, Michael Kors, Jimmy Choo, Kate Spade, Estee Lauder,
Mary Kay, Elizabeth Arden, Max Factor, Johnson & Johnson, Procter & Gamble, Ben & Jerry's, Jack Daniels, Johnnie Walker, Jim Beam, Captain Morgan,
Dr Pepper, Mountain Dew, Red Bull, Monster Energy, Mercedes Benz, Rolls Royce, Aston Martin, Land Rover, Harley Davidson, Alfa Romeo, Tesla Model S,
Jeep Wrangler, Ford Mustang, Chevy Silverado, Dodge Ram, Toyota Camry, Honda Civic, Honda Accord, Subaru Outback, Nissan Altima, Mazda, Kia, Hyundai,
JP Morgan, Morgan Stanley, Goldman Sachs, Charles Schwab, Merrill Lynch, American Express, Ernst & Young, Wells Fargo, Lloyds, Santander, Robinhood, Coinbase,
Star Trek, Doctor Who, House of Cards, Mad Men, Better Call Saul, Modern Family, Family Guy, South Park, King of the Hill, Rick and Morty, Downton Abbey,
Orange is the New Black, Walking Dead, Peaky Blinders, Grey's Anatomy, The Wire, Law & Order, Saturday Night Live, American Idol, The Voice, Big Brother,
Dancing with the Stars, Jersey Shore, Teen Mom, Gossip Girl, Pretty Little Liars, Vampire Diaries, One Tree Hill, Dawson's Creek, Friday Night Lights,
Toy Story, Finding Nemo, Jurassic Park, Forrest Gump, Pulp Fiction, Fight Club, Black Panther, Iron Man, Captain America, Wonder Woman, Spider-Man, Batman,
Superman, Mary Poppins, Peter Pan, Snow White, Beauty and the Beast, Lion King, Moana, Shrek, Jaws, Rocky, Titanic, Avatar, Inception, Gladiator, Joker, Dune,
The Great Gatsby, Romeo and Juliet, Hamlet, Macbeth, Jane Eyre, Anna Karenina, Harry Potter, Hunger Games, Twilight, Moby Dick, Don Quixote, Robinson Crusoe,
Pink Floyd, Led Zeppelin, Rolling Stones, Beatles, Coldplay, Radiohead, Metallica, Iron Maiden, Black Sabbath, Pearl Jam, Foo Fighters, Green Day, Blink 182,
Fall Out Boy, Arctic Monkeys, Imagine Dragons, Maroon 5, One Direction, Backstreet Boys, Spice Girls, Fifth Harmony, Destiny's Child, Jackson 5, Bon Jovi,
Lynyrd Skynyrd, Jethro Tull, Steely Dan, Daft Punk, Queen, Blackpink, Twice, Red Velvet, Exo, Panic at the Disco, Twenty One Pilots, Florence and the Machine,
Dallas Cowboys, Green Bay, New England, Chicago Bears, Baltimore Ravens, San Francisco Giants, Boston Red Sox, Chicago Cubs, Golden State Warriors, Miami Heat,
Houston Rockets, Orlando Magic, Utah Jazz, Brooklyn Nets, Charlotte Hornets, Madison Square Garden, Wrigley Field, Fenway Park, Old Trafford, Anfield,
Man City, Man U, Manchester United, Liverpool FC, Tottenham, Everton, Aston Villa, West Ham, Crystal Palace, Leicester City, Real Madrid, Atletico, Juventus,
Inter Milan, AC Milan, PSG, Borussia Dortmund, Ajax, Benfica, Porto, Celtic, Rangers, Galatasaray, Boca Juniors, River Plate, LA Galaxy, Premier League,
La Liga, Serie A, Bundesliga, Stanley Cup, World Series, Grand Slam, Wimbledon, Roland Garros, Grand Prix, Tour de France, Ryder Cup, Daytona 500, March Madness,
Call of Duty, Grand Theft Auto, Red Dead Redemption, Elder Scrolls, Dark Souls, Final Fantasy, Super Mario, Mario Kart, Smash Bros, Animal Crossing, Metal Gear,
Resident Evil, Silent Hill, Mass Effect, Dragon Age, Assassin's Creed, Tomb Raider, Street Fighter, Mortal Kombat, Madden, League of Legends, Counter Strike,
World of Warcraft, Overwatch, Diablo, Stardew Valley, Among Us, Roblox, Apex Legends, Team Fortress, Half Life, Left 4 Dead, Hearthstone, Dota, Steam, Twitch,
Tik Tok, Snapchat, Tinder, Bumble, Hinge, Pinterest, Tumblr, Reddit, Discord, Etsy, Craigslist, LinkedIn, Venmo, Cash App, Zelle, Hulu, Disney Plus, Prime Video,
Amazon Prime, Apple Music, Google Maps, Google Drive, Microsoft Office, Windows XP, Internet Explorer, Visual Studio, Ruby on Rails, Node, React, Angular, Django,
Flask, Laravel, Postgres, MySQL, MongoDB, Redis, Kafka, Jenkins, Ansible, Terraform, Ubuntu, Fedora, Debian, Arch Linux, Raspberry Pi, Arduino, Claude, Siri, Alexa,
Cortana, Watson, Alexa Skill, Julia, Ruby, Perl, Pascal, Ada, Haskell, Scala, Swift, Rust, Go, Sonnet, Kindle, Echo Dot, Fire Stick, Ring, Nest, Roomba, Keurig,
White House, Capitol Hill, Wall Street, Times Square, Central Park, Grand Central, Penn Station, Golden Gate Bridge, Statue of Liberty, Empire State Building, Big Ben,
Buckingham Palace, Eiffel Tower, Notre Dame, Mount Rushmore, Grand Canyon, Niagara Falls, Lake Tahoe, Yellowstone, Everest, Kilimanjaro, Sahara, Amazon River,
Middle East, Latin America, Silicon Valley, Bay Area, Long Island, Staten Island, Rhode Island, Cape Cod, Key West, Palm Springs, Santa Monica, Santa Barbara,
Santa Fe, Saint Louis, St. Louis, San Marino, Saint Martin, San Juan, Fort Worth, Fort Lauderdale, Baton Rouge, Little Rock, Virginia Beach, Myrtle Beach, Martha's Vineyard,
Johns Hopkins, Harvard, Yale, Princeton, Stanford, Cornell, Duke, Brown University, Columbia, Berkeley, Georgetown, Notre Dame University, Penn State, Ohio State, Oxford, Cambridge, MIT,
World War II, Civil War, Cold War, Vietnam War, Great Depression, Middle Ages, Renaissance, Roman Empire, Soviet Union, Third Reich, Black Lives Matter, Occupy Wall Street,
European Union, United Nations, Red Cross, Salvation Army, Boy Scouts, Girl Scouts, Planned Parenthood, Amnesty International, Greenpeace, World Bank, Federal Reserve,
Homeland Security, Secret Service, Medicare, Medicaid, Obamacare, Brexit, Electoral College, Second Amendment, Green Party, Tea Party, Tory, Tories, Labour Party,
Alzheimer's, Parkinson's, Crohn's, Down syndrome, Lyme disease, Asperger's, Tourette's, Hodgkin's, Prozac, Xanax, Adderall, Lexapro, Zoloft, Ritalin, Viagra, Ibuprofen, Benadryl,
Golden Retriever, German Shepherd, Husky, Labrador, Jack Russell, Great Dane, Saint Bernard, Siamese, Maine Coon, Bernese, Doberman, Pomeranian, Corgi,
Murphy's Law, Moore's Law, Ockham's Razor, Schrodinger's cat, Pandora's box, Achilles heel, Turing test, Fibonacci, Pythagoras, Newton's laws, Nobel Prize, Pulitzer, Oscar, Oscars,
Grammy, Grammys, Emmy, Tony Awards, Golden Globe, Heisman, Ballon d'Or, Father's Day, Valentine's Day, St Patrick's Day, Martin Luther King Day, Columbus Day, Bastille Day,
Bloody Mary, Shirley Temple, Tom Collins, Caesar salad, Earl Grey, Granny Smith, Graham crackers, Philly cheesesteak, Bolognese, Alfredo, Parmesan, Dijon, Chardonnay, Merlot
""")
"""What people write of that is called like a person or not, and is none."""
MORE_THINGS = """
Grafana Prometheus Kibana Logstash Elasticsearch Kotlin Gradle Maven Spring Quarkus Svelte Vue Nuxt Next Gatsby Vite Webpack Babel Eslint Prettier Jest Cypress Playwright Selenium Pytest
Pandas Numpy Scipy Jupyter Tensorflow Pytorch Keras Spark Hadoop Hive Flink Airflow Snowflake Databricks Tableau Looker Redshift Bigquery Lambda Dynamo Aurora Cognito Fargate Azure
Heroku Netlify Vercel Cloudflare Fastly Akamai Datadog Splunk Sentry Pagerduty Opsgenie Confluence Trello Asana Notion Airtable Monday Basecamp Linear Figma Canva Miro Sketch Zeplin Invision
Salesforce Hubspot Marketo Mailchimp Zendesk Intercom Freshdesk Workday Netsuite Quickbooks Xero Docusign Dropbox Okta Auth Twilio Segment Mixpanel Amplitude Hotjar Optimizely Shopify Magento
Bitbucket Gitlab Gitea Vagrant Packer Vault Consul Nomad Helm Istio Envoy Nginx Apache Tomcat Jetty Caddy Traefik Rabbitmq Celery Sidekiq Memcached Cassandra Couchbase Neo Sqlite Mariadb
Typescript Golang Elixir Erlang Clojure Groovy Fortran Cobol Matlab Mathematica Wolfram Latex Markdown Emacs Vim Neovim Vscode Intellij Pycharm Webstorm Eclipse Xcode Unity Unreal Godot Blender
Fortnite Valorant Genshin Minecraft Terraria Skyrim Oblivion Witcher Cyberpunk Bloodborne Sekiro Elden Hades Celeste Undertale Cuphead Hollow Subnautica Rimworld Factorio Civilization Stellaris
Warzone Pubg Destiny Halo Titanfall Battlefield Borderlands Bioshock Dishonored Deathloop Control Portal Rainbow Hitman Splinter Uncharted Horizon Persona Yakuza Nier Kirby Metroid Splatoon Pikmin
Xbox Playstation Switch Gameboy Nintendo Sega Atari Oculus Quest Vive Fitbit Garmin Peloton Roku Chromecast Sonos Bose Beats Airpods Ipad Macbook Surface Thinkpad Chromebook Pixel Oneplus Huawei Xiaomi
Moderna Pfizer Astrazeneca Novavax Covid Coronavirus Omicron Delta Zika Ebola Ozempic Wegovy Metformin Gabapentin Ambien Valium Klonopin Zyrtec Claritin Sudafed Nyquil Mucinex Aspirin Aleve Motrin
Bridgerton Euphoria Succession Ozark Narcos Westworld Chernobyl Fargo Mandalorian Wandavision Loki Hawkeye Severance Yellowstone Outlander Riverdale Shameless Scandal Suits Elementary Arrow Supernatural
Castle Bones House Monk Psych Frasier Cheers Seinfeld Friends Scrubs Community Veep Glee Empire Dexter Homeland Lost Fringe Firefly Heroes Merlin Luther Broadchurch Skins Misfits Taskmaster Countdown
Frozen Tangled Brave Coco Encanto Luca Moana Zootopia Ratatouille Up Cars Bambi Dumbo Pinocchio Mulan Aladdin Hercules Tarzan Cats Wicked Hamilton Grease Chicago Rent Evita Annie Cabaret Hairspray
Carrie Misery It Cujo Christine Psycho Vertigo Alien Aliens Predator Terminator Robocop Interstellar Tenet Dunkirk Oppenheimer Barbie Parasite Roma Arrival Gravity Gladiator Braveheart Goodfellas Casino
Scarface Heat Seven Memento Amelie Juno Whiplash Drive Fargo Labyrinth Hook Ghost Speed Twister Frankenstein Dracula Emma Persuasion Ulysses Beloved Lolita Dubliners Middlemarch Rebecca Candide Faust
Nirvana Oasis Blur Pulp Suede Muse Travis Keane Toto Abba Genesis Yes Rush Kiss Journey Boston Kansas Chicago America Europe Asia Heart Cream Traffic Bread Slipknot Tool Korn Deftones Paramore Weezer
Lululemon Patagonia Carhartt Timberland Converse Vans Reebok Puma Crocs Birkenstock Uggs Zara Primark Uniqlo Gap Guess Coach Fossil Swatch Rolex Omega Seiko Casio Pandora Tiffany Cartier Hermes Fendi
Sephora Ulta Mac Benefit Clinique Olay Dove Nivea Garnier Loreal Maybelline Revlon Covergirl Pantene Gillette Colgate Crest Listerine Tampax Pampers Huggies Tide Downy Febreze Lysol Clorox Windex Swiffer
Kellogg's Cheerios Oreo Doritos Lays Pringles Cheetos Snickers Twix Skittles Reese's Hershey Cadbury Nutella Nestle Nesquik Nespresso Folgers Lipton Snapple Gatorade Powerade Sprite Fanta Heineken Corona
Budweiser Guinness Stella Smirnoff Absolut Bacardi Jameson Hennessy Patron Baileys Kahlua Campari Aperol Martini Mojito Margarita Daiquiri Prosecco Champagne Merlot Chianti Rioja Malbec Bourbon Scotch
Chevy Chevrolet Buick Cadillac Chrysler Dodge Jeep Lincoln Mercury Pontiac Saturn Acura Infiniti Lexus Mitsubishi Suzuki Volvo Saab Audi Porsche Ferrari Lamborghini Maserati Bentley Jaguar Mini Fiat
Renault Peugeot Citroen Skoda Seat Opel Vauxhall Corolla Camry Prius Civic Accord Altima Sentra Rogue Elantra Sonata Tucson Sportage Forester Impreza Mustang Bronco Explorer Silverado Tahoe Tacoma Tundra
Vodafone Orange Telstra Optus Comcast Xfinity Spectrum Cox Verizon Sprint Fedex Dhl Hermes Evri Ups Usps Airbus Boeing Jetblue Southwest United Alaska Emirates Qantas Easyjet Wizz Aeroflot Iberia Alitalia
Geico Allstate Progressive Aetna Cigna Humana Kaiser Blue Anthem Prudential Vanguard Fidelity Schwab Blackrock Berkshire Barclays Natwest Monzo Revolut Klarna Affirm Afterpay Chime Plaid Binance Kraken
Bitcoin Ethereum Dogecoin Litecoin Solana Cardano Polygon Metamask Opensea Tinder Bumble Hinge Grindr Okcupid Match Clubhouse Discord Twitch Patreon Onlyfans Substack Medium Quora Yelp Glassdoor Indeed
Seahawks Steelers Packers Bears Vikings Lions Falcons Saints Panthers Bucs Giants Jets Bills Dolphins Ravens Bengals Texans Colts Titans Jaguars Broncos Raiders Chargers Chiefs Rams Cardinals Niners
Celtics Knicks Nets Sixers Raptors Bulls Cavs Pistons Pacers Bucks Hawks Hornets Heat Wizards Nuggets Wolves Thunder Blazers Jazz Warriors Clippers Suns Kings Mavs Rockets Grizzlies Pelicans Spurs
Yankees Mets Phillies Braves Marlins Nationals Orioles Rays Indians Tigers Royals Twins Astros Angels Mariners Rangers Athletics Dodgers Padres Rockies Diamondbacks Cubs Brewers Reds Pirates
Bruins Sabres Wings Senators Canadiens Leafs Habs Hurricanes Flyers Penguins Capitals Predators Avalanche Stars Wild Jets Flames Oilers Canucks Sharks Ducks Kraken Arsenal Chelsea Spurs Everton
Newcastle Villa Wolves Fulham Burnley Watford Norwich Leeds Leicester Southampton Brighton Palace Brentford Bournemouth Bayern Dortmund Leipzig Leverkusen Schalke Barca Sevilla Betis Villarreal Napoli
Roma Lazio Fiorentina Monaco Marseille Lille Ajax Feyenoord Benfica Sporting Besiktas Fenerbahce Flamengo Santos Corinthians Boca Wimbledon Coachella Glastonbury Lollapalooza Bonnaroo Burning Sundance
Kotlin Trivago Expedia Kayak Travelodge Hyatt Sheraton Ramada Radisson Hertz Avis Enterprise Lyft Grubhub Doordash Deliveroo Instacart Blinkit Swiggy Zomato Flipkart Alibaba Aliexpress Temu Shein Wayfair
Siemens Miele Braun Dyson Hoover Bissell Kenmore Maytag Whirlpool Kitchenaid Cuisinart Electrolux Smeg Beko Bosch Makita Dewalt Ryobi Stihl Husqvarna Craftsman Milwaukee Deere Kubota Yanmar Philips Remington
Wahl Oster Breville Vitamix Kohler Moen Honeywell Duracell Energizer Michelin Bridgestone Goodyear Pirelli Brembo Bilstein Shimano Sram Trek Giant Cannondale Schwinn Gibson Fender Ibanez Marshall Epiphone Stratocaster
Telecaster Steinway Roland Korg Moog Zildjian Selmer Callaway Titleist Taylormade Ping Wilson Spalding Rawlings Burton Salomon Rossignol Columbia Arcteryx Osprey Coleman Leatherman Wusthof Henckels Victorinox Stanley Yeti
Martens Lacoste Burberry Balenciaga Givenchy Valentino Dolce Gabbana Moncler Bulova Tissot Breitling Longines Leica Nikon Pentax Hasselblad Sennheiser Shure Logitech Razer Corsair Seagate Netgear Linksys Epson Lexmark Xerox
Diwali Holi Navratri Eid Ramadan Hanukkah Passover Purim Yom Kippur Kwanzaa Juneteenth Lent Ash Pentecost Advent Epiphany Nowruz Vesak Songkran Oktoberfest Carnival Lammas Yule Solstice Equinox Cinco Bastille Anzac Hogmanay
Louvre Prado Uffizi Hermitage Guggenheim Smithsonian Tate Rijksmuseum Alhambra Colosseum Acropolis Parthenon Pantheon Stonehenge Petra Angkor Machu Picchu Versailles Alcatraz Bastille Duomo Sagrada Familia Taj Mahal Kremlin Pentagon
Danube Rhine Seine Thames Volga Don Dnieper Elbe Oder Vistula Loire Rhone Tiber Po Ebro Tagus Nile Niger Zambezi Limpopo Ganges Indus Mekong Yangtze Hudson Potomac Ohio Tennessee Colorado Columbia Yukon Mackenzie Orinoco Murray
Bavaria Saxony Hesse Thuringia Tyrol Catalonia Andalusia Galicia Aragon Brittany Normandy Provence Alsace Burgundy Lombardy Tuscany Umbria Sicily Sardinia Corsica Crete Flanders Wallonia Jutland Skane Lapland Silesia Galway Cork Kerry
Yorkshire Devon Cornwall Kent Sussex Essex Norfolk Suffolk Dorset Surrey Somerset Lancashire Cumbria Ulster Munster Connacht Quebec Ontario Alberta Manitoba Saskatchewan Yucatan Chiapas Oaxaca Jalisco Sonora Punjab Kerala Gujarat Goa
Santa Jesus Christ Buddha Satan Lucifer Zeus Thor Cupid Krishna Shiva Allah Messiah Pope Rudolph Grinch Tooth Fairy Bigfoot Dracula Barbie Elmo Snoopy Garfield Shrek Pikachu Mario Sonic Godzilla Kong Siri Roomba Clippy Wally Dora
Claude Gemini Copilot Alexa Siri Cortana Bixby Grok Llama Mistral Dall Midjourney Openai Anthropic Deepmind Waymo Cruise Neuralink Palantir Theranos Enron Lehman Citadel Bloomberg Reuters Politico Vox
""".split()
"""Single words of the same sort."""
AFTER_NAMES = listed("""
High School, University, College, Academy, County, Park, Center, Centre, Hospital, Clinic, Stadium, Arena, Theater, Theatre, Library, Museum, Hall, House, Hotel, Inn, Cafe, Grill, Pizza, Diner,
Brothers, Bros, & Co, Records, Pictures, Studios, Airlines, Motors, Foundation, Award, Trophy, Cup, Bridge, Beach, Island, Lake, River, Mountain, Valley, Creek, Falls, City, Springs, Hills,
Heights, Report, Times, Post, Show, Tour, Act, Law, Bill, Doctrine, Effect, Syndrome, Disease, Theorem, Test, Scale, Prize, Day, Week, Station, Airport, Square, Plaza, Mall, Tower, Building,
Memorial, Cemetery, Church, Cathedral, Chapel, Elementary, Middle School, Mansion, Farm, Farms, Ranch, Vineyards, Brewery, Distillery, Bakery, Barber Shop, Auto, Insurance, Realty, Bank, Capital
""")
"""What makes a place, a firm or a thing of a name."""
MADE = """
dishwasher washer dryer fridge freezer oven stove microwave vacuum kettle toaster blender mixer guitar amp bass piano drums keyboard bike boots shoes sneakers jacket coat jeans dress bag purse wallet watch glasses drill saw
mower grill razor shaver speaker headphones earbuds camera lens tripod printer router modem laptop monitor tablet charger cable battery car truck van tires brakes tractor trailer boat motor engine knife pan tent backpack
clubs racket skis board bat glove sofa mattress desk chair lamp faucet toilet heater furnace thermostat perfume cologne lipstick mascara shampoo wine beer whisky gin vodka cheese sauce chips soda yogurt cereal syrup
""".split()
"""What firms that are called like people make."""
INTERJECTIONS = listed("""
Yes, No, Yeah, Yep, Yup, Nope, Nah, Ok, Okay, Well, Oh, Ah, Ahh, Aww, Wow, Whoa, Hey, Hi, Hello, Thanks, Thank you, Please, Sorry, Congrats, Lol, LOL, Lmao, LMAO, Haha, Hahaha,
Hmm, Hm, Ugh, Yikes, Oops, Ouch, Damn, Dang, Dude, Bro, Bruh, Man, Girl, Guys, Omg, OMG, Wtf, Smh, Tbh, Honestly, Seriously, Literally, Actually, Basically, Finally, Apparently,
Obviously, Anyway, Also, Maybe, Welp, Cool, Nice, Great, Awesome, Amazing, True, Exactly, Same, This, Sure, Right, Wait, Look, Listen, Amen, Cheers, Gracias, Merci, Yay, Woohoo, Hooray,
Holy crap, Oh man, My bad, Fun fact, Pro tip, Hot take, Long story short, Fair enough, Good point, Nevermind, Bummer, Gosh, Jeez, Meh, Duh, Bingo, Boom, Facts, Mood, Goals, Periodt, Slay
""")
STARTS = listed("""
The, A, I, You, He, She, It, We, They, My, Your, His, Her, Our, Their, This, That, These, Those, There, Here, What, When, Where, Why, How, Who, Which, If, But, And, So, Or, Because, Since,
While, After, Before, Just, Not, No, Never, Always, Every, Some, Any, All, Most, Many, Much, More, Even, Still, Only, Once, Then, Now, Today, Tonight, Tomorrow, Yesterday, Can, Could, Would,
Should, Will, Do, Does, Did, Is, Are, Was, Were, Has, Have, Had, Got, Get, Let, Make, Take, Give, Go, Come, Look, Love, Hate, Need, Want, Wish, Hope, Try, Stop, Keep, Tell, Ask, Call, Watch,
Play, Read, Check, Follow, Found, Saw, Went, Had, Been, Being, Having, Trying, Going, Looking, Waiting, Thinking, Anyone, Someone, Everyone, Nobody, People, Nothing, Something, Everything,
Don't, Can't, Won't, Didn't, Isn't, Dont, Cant, Im, I'm, I've, I'll, It's, Its, That's, Thats, There's, You're, We're, They're, He's, She's, Let's, Lets, Who's, What's, With, Without, For, From,
In, On, At, By, To, Of, As, Like, About, Into, Over, Under, Between, During, Until, Though, Although, Unless, However, Instead, Another, Other, Such, Each, Both, Either, First, Second, Last, Next,
New, Old, Big, Good, Bad, Best, Worst, Real, True, Free, Live, Full, Happy, Sad, Sick, Tired, Ready, Excited, Proud, Glad, Looks, Sounds, Seems, Feels, Makes, Thinks, Currently, Recently, Usually
""")
