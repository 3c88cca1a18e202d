"""Names of people of many countries, and what stands between their parts."""

from __future__ import annotations

from faker import Faker

FOREIGN = (
    "de_DE", "fr_FR", "es_ES", "es_MX", "it_IT", "pt_BR", "pt_PT", "nl_NL", "pl_PL", "sv_SE", "da_DK", "no_NO", "fi_FI", "cs_CZ", "hu_HU",
    "ro_RO", "tr_TR", "hr_HR", "en_IN", "id_ID", "en_GB", "de_AT", "fr_CA", "en_US", "es_CO", "en_NZ", "en_IE", "yo_NG", "ha_NG", "ig_NG", "zu_ZA", "en_KE", "vi_VN", "fil_PH",
)  # fmt: skip
PARTICLES = frozenset(
    "van von de der den del della di da do dos das la le los las el al y e und af av ter ten op".split()
)
BEFORE_LAST = (
    "van",
    "van der",
    "van den",
    "de",
    "de la",
    "von",
    "di",
    "da",
    "dos",
    "del",
    "bin",
    "al",
    "el",
    "le",
    "De",
    "Van",
)
MORE_FIRST = """
wei li ming jun yan xin hui fang jing lei qiang hiroshi yuki haruto sakura takashi kenji akira yoko min-jun
ji-woo seo-yeon hyun soo mohammed muhammad mohamed ahmed ali omar hassan hussein fatima aisha khalid yusuf
ibrahim mustafa abdul abdullah salma noor layla zainab ngozi chinedu kwame kofi ama olu tunde amara zanele sipho
thabo priya rahul amit sanjay deepak anjali pooja ravi arjun neha vikram olga dmitri sergei vladimir natasha
ivan boris svetlana yuri igor anastasia mikhail barack elon kanye beyonce rihanna shakira adele lebron kobe
kyrie neymar novak serena oprah ellen keanu leonardo arnold angelina benedict jinping narendra recep emmanuel
justin volodymyr benjamin kim jong moon shinzo fidel hugo evo jair lula nelson winston mahatma liam mia aria zoe
kayden jayden aiden nevaeh harper skylar peyton piper luna mila kai ezra milo finn arlo otis jaxon brayden
""".split()
MORE_LAST = """
zhang wang liu chen yang huang zhao wu zhou xu sun zhu lin he guo ma gao liang zheng tang kim park choi jung
kang cho yoon jang tanaka suzuki sato takahashi watanabe ito yamamoto nakamura kobayashi khan ahmed hussain
malik sheikh al-farsi haddad nasser said mansour okafor adeyemi mensah owusu nkosi dlamini okonkwo mbeki diallo
traore patel singh sharma gupta kumar reddy iyer nair mehta agarwal obama trump biden clinton bush reagan nixon
putin musk bezos gates zuckerberg merkel macron sarkozy blair thatcher rowling tolkien bieber kardashian jenner
sheeran gaga beckham ronaldo messi federer nadal djokovic klopp mourinho guardiola salah mbappe rooney
schwarzenegger dicaprio scorsese spielberg tarantino nolan hanks pitt jolie aniston winfrey swift modi erdogan
xi netanyahu sharon arafat saddam hussein gaddafi assad khamenei mandela zuma mugabe annan ban sunak starmer
corbyn trudeau scholz kohl chirac berlusconi ivanov petrov smirnov kuznetsov popov sokolov volkov putin zelensky
nguyen tran le pham hoang vo dang bui
""".split()

TALKED_OF = """
hitler stalin einstein lenin trotsky tyrion sansa stannis tywin theon joffrey cena eminem tebow brees shaq romo gronk
goku vegeta gohan naruto sasuke itachi kakashi voldemort dumbledore gandalf frodo aragorn legolas gollum palin osama
barack mitt romney santorum krugman assange snowden nietzsche freud socrates aristotle beethoven mozart orwell kubrick
plato chomsky sagan darwin hobbes spock picard sulu whedon tupac ozil kaka zlatan ibrahimovic lukaku coutinho fabregas
drogba lampard robben ribery neuer falcao arteta wenger neymar benzema modric pirlo cavani higuain aguero suarez kroos
lahm lesnar manziel flacco favre kaepernick gosling kunis travolta cobain grohl skrillex minaj nicki macklemore drake
sinatra elvis presley lennon mccartney jagger bowie zappa ozzy hannity maddow colbert letterman leno seinfeld costanza
gaben katniss peeta geralt triss yennefer daenerys dany rhaegar jaime brienne varys rickon renly robb catelyn jorah
melisandre oberyn ygritte hodor morty spongebob cartman stewie zoidberg korra aang zuko katara sokka toph iroh azula
ichigo kirito asuna madara obito vader anakin yoda leia padme skywalker palpatine chewbacca moriarty lebowski trayvon
kony fellaini podolski giroux ovechkin crosby gretzky datsyuk stamkos lundqvist roethlisberger belichick gruden
marshawn rondo gasol bosh kawhi klay welbeck sturridge boldin edelman attenborough spielberg shyamalan tarantino rogen
dinklage capaldi tennant macaulay kardashians kanyes rhianna beiber biebs selena demi ariana miley cyrus katy adele
shawn mendes camila halsey dua lipa lizzo cardi doja billie eilish olivia rodrigo harry niall liam louis malik jimin
suga namjoon seokjin hoseok jisoo jennie lisa rosé chaeyoung momo sana tzuyu pewdiepie markiplier jacksepticeye
pokimane mrbeast logan jake ksi shane dawson zoella mario luigi zelda ganondorf draco dobby hagrid ginny bellatrix
sirius lupin bilbo thorin sauron saruman elrond galadriel bruce wayne tony stark pepper banner natasha rogers xavi
iniesta puyol ramos bale vidic evra scholes giggs cantona zidane henry bergkamp pele maradona cruyff beckenbauer
buffon totti nadal sharapova wawrinka murray serena venus osaka schumacher senna hamilton verstappen leclerc alonso
raikkonen rossi marquez phelps biles ronda mcgregor khabib mayweather pacquiao canelo klitschko holyfield foreman ali
frazier brady manning rodgers mahomes lebron steph curry durant westbrook harden jokic luka doncic embiid kyrie kobe
duncan nowitzki iverson jeter arod trout ohtani pujols degrom verlander bumgarner michelle malia sasha melania ivanka
barron pence mcconnell pelosi schumer ocasio sanders warren buttigieg klobuchar bloomberg fauci garland gorsuch
kavanaugh sotomayor scalia ginsburg comey mueller giuliani manafort bannon rumsfeld cheney rove gore mccain kerry
dukakis mondale lbj jfk fdr churchill thatcher attlee cameron osborne farage boris gove raab javid hague miliband
clegg salmond trudeau harper mulroney rudd gillard abbott turnbull morrison ardern lula dilma bolsonaro kirchner
maduro chavez castro guevara allende pinochet franco mussolini napoleon caesar cleopatra nero augustus hannibal
genghis attila gandhi nehru indira bhutto imran sharif modi kejriwal rahul sonia amitabh shahrukh srk salman aamir
deepika kareena katrina kohli dhoni sachin tendulkar ganguly dravid mao deng hu jintao xi gorbachev yeltsin medvedev
lavrov khrushchev brezhnev rasputin zelenskyy erdoğan atatürk netanyahu rabin peres sadat nasser mubarak morsi sisi
qaddafi idi amin
""".split()
"""Whom people write of by one name: rulers, players, singers, actors, figures of films and books."""


def foreign(kind: str) -> list[str]:
    """Latin-script names of Faker's lists of other countries (MIT licence), each once."""
    names: dict[str, None] = {}
    for locale in FOREIGN:
        person = next((p for p in Faker(locale).get_providers() if p.__provider__.endswith(".person")), None)
        for attribute in dir(type(person)):
            if attribute.startswith(kind) and isinstance(getattr(person, attribute), dict | tuple | list):
                for name in getattr(person, attribute):
                    for word in name.split() if isinstance(name, str) else ():
                        if (
                            word.replace("'", "").isalpha()
                            and word[0] <= "ɏ"
                            and len(word) > 1
                            and word.lower() not in PARTICLES
                        ):
                            names[word.lower()] = None
    return list(names)
