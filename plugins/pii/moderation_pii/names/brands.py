"""Brands, products and places called after somebody: Louis Vuitton, Mr. Coffee, Johns Hopkins, Stanley Cup.

A short list of the best known ones by hand, each of which is hardly ever a person. Persons of fiction are none of them.
"""

from __future__ import annotations

from moderation_pii.expression import later

_PHRASES = """
hey alexa|ask alexa|alexa play|alexa set|amazon alexa|hey siri|ask siri|cortana|bixby|mr coffee|dr pepper|mr pibb|mr clean|mr muscle|mr potato head|dr martens|dr scholl's
dr scholls|dr oetker|dr bronner's|dr dre beats|mrs meyer's|mrs fields|jack daniel|jack daniel's|jack daniels
jack in the box|jack of all trades|jim beam|johnnie walker|johnny walker|captain morgan|jose cuervo|evan williams bourbon
ben & jerry|ben & jerry's|ben and jerry|ben and jerry's|ben jerrys|calvin klein|louis vuitton|ralph lauren|tommy hilfiger
michael kors|marc jacobs|kate spade|hugo boss|giorgio armani|emporio armani|christian dior|christian louboutin|jimmy choo
jo malone|tom ford perfume|estee lauder|estée lauder|elizabeth arden|mary kay|paul mitchell|vidal sassoon|max mara
vivienne westwood|yves saint laurent|saint laurent|alexander mcqueen|stella mccartney bag|tory burch|vera wang dress|eddie bauer
levi strauss|levi's|levis|lululemon|marks and spencer|marks & spencer|abercrombie and fitch|abercrombie & fitch|smith & wesson
smith and wesson|black & decker|black and decker|johnson & johnson|johnson and johnson|procter & gamble|procter and gamble
ernst & young|ernst and young|harley davidson|harley-davidson|rolls royce|rolls-royce|aston martin|alfa romeo|mercedes benz
mercedes-benz|mercedes c|mercedes e|mercedes sprinter|john deere|massey ferguson|lee cooper|lee jeans|morgan stanley|jp morgan|j.p. morgan|jpmorgan chase
charles schwab|merrill lynch|wells fargo|goldman sachs|edward jones|raymond james|fannie mae|freddie mac|sallie mae
stanley cup|stanley tools|stanley tumbler|ryder cup|davis cup|webb ellis cup|nobel prize|pulitzer prize|johns hopkins
johns hopkins university|carnegie mellon|brigham young university|oral roberts university|william & mary|st andrews
uncle ben's|uncle bens|aunt jemima|sara lee|betty crocker|duncan hines|famous amos|little debbie|oscar mayer|jimmy dean sausage
bob evans|bob's red mill|orville redenbacher|marie callender's|newman's own|annie's mac|ben's original|tim hortons|tim horton's
papa john|papa john's|papa johns|jersey mike's|jimmy john|jimmy john's|jimmy johns|trader joe|trader joe's|trader joes
carl's jr|bob evans|harry & david|harry and david|victoria's secret|victoria secret|victorias secret|baskin robbins
ray-ban|ray ban|ray bans|air jordan|air jordans|jordan 1|jordan 4|jordan shoes|chuck taylor|chuck taylors|converse chuck
stan smith|stan smiths|kobe beef|caesar salad|caesar dressing|ceasar salad|earl grey|shirley temple|arnold palmer drink|bloody mary
tom collins|margarita pizza|margherita pizza|eggs benedict|beef wellington|reuben sandwich|philly cheesesteak|napoleon cake
florence and the machine|florence + the machine|alice in chains|jethro tull|lynyrd skynyrd|pink floyd|steely dan|marshall amp
marshall mathers lp|martin guitar|martin guitars|gibson guitar|les paul guitar|fender stratocaster|steinway|wilson tennis
super mario|mario kart|mario party|mario and luigi|mario bros|luigi's mansion|mario maker|lara croft tomb|sid meier's|tom clancy's
madden nfl|john madden football|tony hawk's|monty python|jeopardy|wordle|sam adams|samuel adams|sam's club|dell laptop|dell monitor
ford focus|ford fiesta|chase bank|lloyds bank|barclays|kellogg's|kelloggs|hershey's|mcdonald's|mcdonalds|arby's|arbys|kohl's|kohls|lowe's|lowes|denny's
applebee's|domino's|dominos|sainsbury's|sotheby's|moody's|macy's|barnes & noble|barnes and noble|murphy's law|occam's razor
moore's law|newton's laws|adam's apple|achilles heel|pandora's box|hobson's choice|halley's comet|parkinson's|alzheimer's
crohn's|hodgkin's|down syndrome|tourette's|st patrick's day|saint patrick's day|st. patrick's day|valentine's day|martin luther king day
frankie and bennys|frankie & benny's|frankie n bennys|frankie n benny|pierre cardin|sony ericsson|sony ericson
lake victoria|mount cook|mount everest|victoria line|victoria station|victoria falls|charles river|hudson river|hudson bay
prince edward island|san antonio|san francisco|san diego|santa claus|santa fe|santa monica|st. louis|st louis|saint louis
""".strip()

_WORDS = later(r"[^\W_]+(?:[.'&+\-][^\W_]+)*\.?|&|\+")
_LONGEST = 4
_AROUND = 30


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(word.group().rstrip(".") for word in _WORDS.finditer(text))


_KNOWN = frozenset(_tokens(phrase) for line in _PHRASES.splitlines() for phrase in line.split("|"))
_SOME = frozenset(word for phrase in _KNOWN for word in phrase)


def is_brand(lowered: str, start: int, end: int) -> bool:
    """True when a name is a piece of one of the phrases, or one of them.

    Args:
        lowered: the whole text in lower case.
        start: where the name begins.
        end: where it ends.
    """
    first = _tokens(lowered[start:end])[:1]
    if not first or (first[0] not in _SOME and first[0].removesuffix("'s") not in _SOME):
        return False
    begin = max(0, start - _AROUND)
    words = list(_WORDS.finditer(lowered, begin, min(len(lowered), end + _AROUND)))
    texts = [word.group().rstrip(".") for word in words]
    for at in range(len(words)):
        for size in range(1, _LONGEST + 1):
            if tuple(texts[at : at + size]) in _KNOWN:
                last = words[min(at + size, len(words)) - 1]
                if words[at].start() <= start and end <= last.end():
                    return True
    return False
