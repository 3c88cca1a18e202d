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
