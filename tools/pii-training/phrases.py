"""What stands before and after names and addresses, to be put together at random."""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().split("|"))


LEADS = _lines("""
the nurse, | our colleague | my neighbor | a man named | a woman called | the owner is | the tenant | Mr. | Mrs. | Ms. | Dr. | Prof. |
Officer | Nurse | Sergeant | Detective | Inspector | Coach | Chef | Sister | Brother | Daughter | Son | Wife | Husband | Mother | Father |
Manager | Supervisor | Driver | Teacher | Caller | Resident | Client | Patient | Customer | Guest | Member | Employee | Student | Applicant |
Candidate: | Borrower: | Buyer: | Seller: | Sender: | Recipient: | Beneficiary: | Payee: | Attending: | Physician: | Referred by | Next of kin: |
Emergency contact: | Guardian: | Spouse: | Signature: | Prepared by | Reviewed by | Verified by | Requested by | Submitted by | Closed by |
Escalated to | Forwarded to | Handed over to | Transferred to | Assigned: | cc | attn: | c/o | on behalf of | in the name of | registered to | issued to |
belongs to | sold to | paid to | owed to | refund for | booking for | table for | reservation under | it's under | listed under | filed by | reported by |
I spoke with | I talked to | we met | they saw | I saw | he knows | she married | please page | let me ask | can you ask | I will tell | tell |
thanks to | kudos to | props to | credit to | welcome | goodbye | hello | hi | hey | dear | yo | morning | good evening | sorry | please | yes | ok | no |
interview with | portrait of | biography of | the works of | a poem by | novel by | painting by | music by | lyrics by | feat. | ft. | starring |
actor | actress | singer | author | artist | rapper | striker | goalkeeper | quarterback | president | senator | governor | minister | chancellor |
king | queen | prince | pope | judge | lawyer | attorney | suspect | victim | witness | survivor | champion | founder | chief executive |
CEO | CFO | spokesman | spokeswoman | professor | historian | economist | analyst | researcher | said | says | asked | told | replied | according to |
and then | but | because | when | while | after | before | with | without | for | from | by | to | of | about | like | than | against | and | or | is | was | be |
love | miss | follow | watch | vote for | listening to | watching | reading | meeting | seeing | thinking of | voted for | beat | lost to | signed | traded |
This is | I am | I'm | im | its | it's | name's | my name's | call me | they call me | known as | also known as | aka | alias | formerly | born | née | the late |
my wife | my husband | my son | my daughter | my mom | my dad | my boss | my friend | my buddy | his son | her mother | their teacher | our manager |
User | Owner: | Author: | Contact: | Rep: | Agent: | Present: | Absent: | Attendees: | Apologies: | Chair: | Minutes taken by | Speaker: | Host: | Guests: |
Deliver to | Ship to: | Bill to: | Attention | To: | From: | Re: | RE | Fwd: from | Subject: Re: | @ | # | - | * | 1. | 2) | > | " | ' | ( | [ | = | : | ; | / |
""")
TAILS = _lines("""
, who | , the manager, | 's car | 's account | 's | s | is here | is not available | was late | was arrested | was born | has left | has been told | had called |
will be there | will call | would like | can help | could not | did not | does not | said | says | told us | told me | replied | asked | wrote | called | phoned |
came in | went home | left early | arrived | confirmed | denied | denies | admitted | agreed | refused | explained | complained | reported | removed it |
signed it | sent it | took it | found it | paid | works here | lives there | works as a welder | plays tonight | won the race | scored | died | passed away |
resigned | announced | visited | married | met | knows | thinks | wants | needs | likes | loves | hates | gave | made | got | became | played better than |
and I | and | or | but | because | at | in | on | from | of | for | with | to | by | as | about | today | tonight | yesterday | tomorrow | again | please | thanks | lol |
, aged 34, | , 41, | (45) | (manager) | (he/him) | - sales | | HR | , MD | , PhD | , Esq. | , CEO | Jr. | Sr. | III | , deceased | , nurse | . | , | ! | ? | !! | :) | ; | : | -> |
" | ' | ) | ] | > | / | = | " said | about the bill | for the shift | by phone | by mail | on the phone | in billing | in accounting | from security | from sales |
from IT | at the front desk | at reception | of the board | of the team | this morning | last night | last week | next week | is the best | is so good | is a painter |
covered the shift | reset the password | opened the account | was called | was informed | was told | fell down | shouted at her | is my friend | is sick |
""")
PLACES_LEADS = _lines("""
at | lives at | living at | resides at | residing at | located at | address is | address: | Address | addr | home: | Home: | mailing address | billing address |
shipping address: | ship to | deliver to | send to | send it to | mailed to | moved to | moved from | from | near | in front of | house at | apartment at |
flat at | property at | office at | store at | of | , | | | : | = | " | > | ( | visit us at | come to | go to | drive to | pick up at | drop off at | meet me at |
writing from | incident at | fire at | burglary at | called to | dispatched to | parcel to | premises: | street: | location: | residence | new address | adress | addres |
""")
PLACES_TAILS = _lines("""
. | , | ; | " | < | ) | | | and | for | since | until | on Monday | from Monday | last week | please | thanks | . Thanks | , please | . Call | , phone | and my | is my |
. He | . She | . They | . My | . The | , USA | , United States | , UK | is closed | was sold | was robbed | is for rent | instead | again | ? | ! | . Tel | , tel | Phone: | Tel. |
""")
SLANG = (
    "lol omg lmao wtf smh tbh idk ikr brb btw imo gonna wanna gotta kinda sorta dunno lemme ya yall u ur r thx pls plz ppl bc cuz tho thru tmrw tn"
    " rn af dm fav followback tweet retweet selfie vlog emoji haha hahaha heh ugh meh yay nah yep nope hmm aww xoxo bae lit sus fam bruh dude"
).split()
THINGS = (
    "{NEW}", "{NEW}", "{NEW} {NEW}", "{OTHER}", "{OTHER}", "{CITY}", "{CITY}", "{PLACE}", "{ORG}", "{Words}", "#{NEW}", "#{Words}", "@{USERNAME}",
    "{URL}", "{NUM}", "RT", "@{USERNAME}:", "the {NEW}", "\"{Words}\"", "{NEW}'s", "{NEW}-{NEW}", "{WEEKDAY}", "{STREET}",
)  # fmt: skip
"""What stands in posts besides words and names."""
