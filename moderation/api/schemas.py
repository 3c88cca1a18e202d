"""What the API takes and gives, as pydantic models; the OpenAPI document is generated from them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, RootModel

from moderation.containers.formats import TextFormat
from moderation.core.cards import Card
from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.items import Extraction, PartType
from moderation.core.listing import ListKind
from moderation.core.loops import Answer
from moderation.core.verdicts import Verdict
from moderation.intake.submissions import PostedItem
from moderation.redacting.styles import StyleName

Status = Literal["pending", "in_review", "decided", "withdrawn"]


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WantedUpload(Body):
    """What is to be uploaded."""

    content_type: str = Field(max_length=100, description="Such as image/jpeg or video/mp4; sent with the upload too.")
    size_bytes: int | None = Field(None, description="The most it may have; left out: as much as is accepted at all.")


class UploadView(BaseModel):
    """Where to send one object: POST a multipart form of `fields`, and after them the bytes as `file`.

    Attributes:
        url: where to post.
        fields: of the form, as they are.
        content_type: as it was declared.
        max_bytes: the most that is taken.
        expires_at: from when on it cannot be used, UTC.
    """

    id: str = Field(description="For `upload` in a part of an item, within a day.")
    url: str
    fields: dict[str, str]
    content_type: str
    max_bytes: int
    expires_at: datetime


class UploadForm(BaseModel):
    """The form of an upload to this service; S3 takes one of its own."""

    model_config = ConfigDict(extra="forbid")

    policy: str = Field(description="As it was given.")
    signature: str = Field(description="As it was given.")
    file: str = Field(description="The bytes.", json_schema_extra={"contentMediaType": "application/octet-stream"})


class PostedBatch(Body):
    """Up to 100 items, stored in one commit.

    Attributes:
        items: each as in a post of its own.
    """

    items: list[PostedItem] = Field(min_length=1, max_length=100)


class PostedList(RootModel[list[PostedItem]]):
    """A batch as the bare list of its items."""


class PartView(BaseModel):
    """A part as it is shown: facts of media, never bytes.

    Attributes:
        id: ``p0``, ``p1``, ... for given parts, ``p1.0`` for what was extracted from ``p1``.
        type: what it is.
        text: of a text.
        content_type: by the bytes, such as image/png.
        size_bytes: length of the bytes.
        sha256: of the bytes, in hex.
        width: pixels, as it is shown.
        height: pixels, as it is shown.
        frames: of an animation; 1 for a still picture.
        name: file name, as it was given.
        extraction: how it came to be; null for a given part.
    """

    id: str
    type: PartType
    text: str | None = None
    content_type: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    name: str | None = None
    url: str | None = Field(None, description="Where it is fetched from, as long as it is not here.")
    problem: str | None = Field(None, description="Why it could not be fetched; null while that is still to be tried.")
    is_document: bool = Field(False, description="True for text that was posted as a file.")
    extraction: Extraction | None = None


class TaskTimes(BaseModel):
    """When a reviewer took a task, and when they decided."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    claimed_at: datetime | None = Field(
        None, validation_alias="accepted_at", description="Null where Amazon did not say."
    )
    decided_at: datetime = Field(validation_alias="submitted_at", description="When they did.")


class HumanLoopView(BaseModel):
    """Where people stand with an item.

    Attributes:
        name: of the loop; follows from the item's id.
        round: from 1 on.
        policy: whose queue it is in.
        queue: where it waits.
        problem: why it does not get on; null when it does.
        created_at: when it was opened, UTC.
    """

    name: str
    round: int
    policy: str
    queue: str
    flow: str = Field(description="The A2I flow definition.")
    arn: str | None = Field(None, description="At the A2I endpoint, once it is started there.")
    state: str = Field(description="starting, open, ended, or stuck (a person of the operator has to look)")
    problem: str | None = None
    created_at: datetime
    due_at: datetime | None = Field(
        None,
        description="Until when people are to decide, by the policies' decide_within; null: any time.",
    )
    due_because: str | None = Field(
        None, description="What says so; and for how long the clock stands meanwhile, by which rule."
    )
    answers: list[TaskTimes] = Field(
        default_factory=list, description="When each reviewer who answered took the task and when they decided."
    )


class TextToRedact(BaseModel):
    """A text, and what is to be taken out of it.

    Attributes:
        text: as it is.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = Field(max_length=200_000)
    types: list[str] | None = Field(
        None, min_length=1, max_length=100, description="Such as EMAIL; left out: all of personal data."
    )
    mode: StyleName | None = Field(
        None,
        description="`labels`: [NAME]; `mask`: a character for each one; `pseudonyms`: [NAME_1], the same value "
        "the same number; `tokens`: [NAME:...], which `moderation redact --restore` puts back. Left out: labels, or "
        "mask where `mask` is given.",
    )
    mask: str | None = Field(None, description="One of ! # $ % & * @, for each character; * unless told.")
    format: TextFormat | None = Field(
        None,
        description="What the text is: escapes and encodings of it are read, and it is still that afterwards. "
        "Left out: told by the text; csv and markdown have to be named.",
    )


class EntityView(BaseModel):
    """Something that was taken out. Places are code points in the text that was sent, [start, end).

    Attributes:
        type: such as ``EMAIL``.
        label: in the taxonomy, such as ``PII/EMAIL``.
        confidence: percent.
        start: first code point.
        end: first code point after it.
    """

    type: str
    label: str
    confidence: float
    start: int
    end: int


class RedactedText(BaseModel):
    """A text without personal data.

    Attributes:
        text: without what was found.
        entities: in the order of the text.
    """

    text: str
    entities: list[EntityView]
    unread: list[str] = Field(
        default_factory=list,
        description="What is in the text, as it was, and nobody could look through: pictures, say.",
    )


class Appeal(BaseModel):
    """A request to look again at a decision."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000, description="What the reviewers are told.")


class RedactedView(BaseModel):
    """A copy of a part that may be shown: a rule asked for redaction, and the item was approved.

    Attributes:
        part: id of the part.
        type: what it is.
    """

    part: str
    type: PartType
    text: str | None = Field(None, description="Of a text: with [EMAIL] and the like in the place of what was found.")
    path: str | None = Field(None, description="Of a picture: where this API has the bytes.")
    withheld: str | None = Field(None, description="Why there is no copy. Do not show the part.")
    breaks_signature: bool | None = Field(
        None, description="True: the part given had content credentials (C2PA), which no longer fit and are left out."
    )


class ItemView(BaseModel):
    """An item with all that has happened to it.

    Attributes:
        id: of the item.
        app: whose it is.
        content_id: your own name for the content.
        status: where it stands.
        created_at: when it was stored, UTC.
        metadata: your own facts.
        parts: given and extracted.
        verdict: what the rules wanted, and why; null until they were asked.
        detections: what was found.
        failures: detectors that gave no answer.
        decision: the one in force; null while there is none.
        human_loop: where people stand with it; null when nobody is asked.
    """

    id: str
    app: str
    content_id: str | None = None
    author: str | None = Field(None, description="Who wrote it, as you have said.")
    thread: str | None = Field(None, description="The conversation that it belongs to, as you have said.")
    parent: str | None = Field(None, description="What it answers, as you have said.")
    status: Status
    created_at: datetime
    metadata: dict[str, JsonValue]
    parts: list[PartView]
    verdict: Verdict | None = None
    detections: list[Detection]
    failures: list[Failure]
    decision: Decision | None = None
    human_loop: HumanLoopView | None = None
    needs_attention: str | None = Field(
        None, description="Why the item does not get on by itself: somebody who runs the service has to look."
    )
    media_deleted_at: datetime | None = Field(None, description="Set once its media is not kept any longer.")
    withdrawn_at: datetime | None = Field(None, description="Set once it is withdrawn; its content is gone for good.")
    redacted: list[RedactedView] = Field(default_factory=list, description="Show these in place of the parts given.")


class Accepted(BaseModel):
    """The item is stored and will be judged.

    Attributes:
        id: of the item.
        app: whose it is.
        content_id: your own name for the content.
        created_at: when it was stored, UTC.
    """

    id: str
    status: Status = Field(description="`pending`; after ?wait= also `in_review`.")
    app: str
    content_id: str | None = None
    created_at: datetime


class FieldProblem(BaseModel):
    """One thing wrong with one field.

    Attributes:
        message: what is wrong with it, and what to do.
    """

    field: str = Field(description="Such as parts[0].url; empty for the whole body.")
    message: str


class Problem(BaseModel):
    """RFC 9457 problem document.

    Attributes:
        title: of the status.
        status: the HTTP status.
        detail: what is wrong, in words.
        errors: what is wrong with which field.
    """

    type: str = Field(description="Address of its description.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    request_id: str = Field(description="To be found in the log of the service.")
    errors: list[FieldProblem]


class BatchEntry(BaseModel):
    """The answer to one item of a batch: `id` and `item`, or `problem`.

    Attributes:
        id: of the item, when it is stored.
        item: the item, when it is stored.
        problem: why it is not stored.
    """

    status: int = Field(description="202 when it is stored, else the status of the problem.")
    id: str | None = None
    item: Accepted | None = None
    problem: Problem | None = None


class BatchAnswer(BaseModel):
    """An answer per item, in order.

    Attributes:
        items: one for each posted item, in order.
    """

    items: list[BatchEntry]


class BatchProblem(Problem):
    """The problem of a batch of which nothing was accepted, or of a body that is none."""

    items: list[BatchEntry] = Field(default=[], description="An answer per item, in order.")


class ItemPage(BaseModel):
    """A page of items, newest first.

    Attributes:
        items: newest first.
    """

    items: list[ItemView]
    next_cursor: str | None = Field(None, description="For the next page; null on the last.")


class TextInput(Body):
    """A text among the inputs."""

    type: Literal["text"] = Field(description="`text`.")
    text: str = Field(min_length=1, max_length=200_000, description="The text.")


class PictureUrl(Body):
    """Where a picture is."""

    url: str = Field(min_length=1, description="`data:image/png;base64,...`, or an address that is fetched.")
    detail: str | None = Field(None, max_length=20, description="Taken, and of no effect.")


class PictureInput(Body):
    """A picture among the inputs."""

    type: Literal["image_url"] = Field(description="`image_url`.")
    image_url: PictureUrl = Field(description="The picture.")


class ModerationRequest(Body):
    """What OpenAI's clients send to be moderated."""

    input: (
        str
        | Annotated[list[str], Field(min_length=1, max_length=32)]
        | Annotated[
            list[Annotated[TextInput | PictureInput, Field(discriminator="type")]], Field(min_length=1, max_length=16)
        ]
    ) = Field(description="A text; texts, each with a result of its own; or texts and pictures as one item.")
    model: str | None = Field(None, max_length=200, description="Taken, and of no effect: the policies are yours.")


class ModerationResult(BaseModel):
    """What the policies say of one input."""

    flagged: bool = Field(description="False only where the policies approve; a part that nobody looked at never is.")
    categories: dict[str, bool | None] = Field(
        description="Whether it led to the outcome; null for a category that nobody looked for."
    )
    category_scores: dict[str, float | None] = Field(
        description="Highest confidence, 0-1, of what was found; null for a category that nobody looked for."
    )
    category_applied_input_types: dict[str, list[Literal["text", "image", "video", "audio"]]] = Field(
        description="In which kinds of input somebody looked for it; absent where nobody did."
    )
    not_looked_for: list[str] = Field(description="Categories that no detector here looked for in this input.")
    outcome: Literal["approve", "reject", "review"] = Field(description="What the policies want.")
    reason: str = Field(description="Why, for people.")


class Moderations(BaseModel):
    """OpenAI's answer, with `not_looked_for`, `outcome` and `reason` beside its own fields."""

    id: str = Field(description="Of this answer; nothing is kept under it.")
    model: str = Field(description="This program and its version.")
    results: list[ModerationResult] = Field(description="One for each text, or one for all parts together.")


class NewFlag(Body):
    """A user's report of an item: `item` or `content_id`."""

    item: str | None = Field(None, min_length=1, max_length=36, description="Id of the item.")
    content_id: str | None = Field(
        None, min_length=1, max_length=200, description="Your own name for the content; its newest item is meant."
    )
    reason: str = Field(min_length=1, max_length=500, description="Why it is reported, in a few words or as a code.")
    reporter: str = Field(min_length=1, max_length=200, description="Who reports it, by your own id.")


class FlagView(BaseModel):
    """A user's report and what became of it."""

    id: str = Field(description="Of the report.")
    item: str = Field(description="Id of the item.")
    reason: str = Field(description="As it was given first.")
    reporter: str = Field(description="Who reported it.")
    status: Literal["received", "upheld", "dismissed"] = Field(
        description="`upheld` once the item was rejected after it, `dismissed` once people approved it after it."
    )
    acts: bool = Field(
        description="False where no policy for the item goes by reports: then nobody looks because of it, and it is "
        "only kept."
    )
    created_at: datetime = Field(description="When it came.")
    settled_at: datetime | None = Field(description="When it was upheld or dismissed; null until then.")


class FlagList(BaseModel):
    """Reports, newest first: the newest two hundred."""

    flags: list[FlagView] = Field(description="Newest first.")


class NewNotice(Body):
    """What somebody says is wrong with an item."""

    place: str = Field(min_length=1, max_length=2000, description="Id of the item, `content_id`, or an address of it.")
    kind: str = Field(max_length=40, description="What is wrong, such as `hate`; docs/notices.md has them all.")
    reason: str = Field(min_length=1, max_length=5000, description="Why they think so, in their words.")
    name: str = Field("", max_length=200, description="Of who gives it; may be empty for `child_abuse` alone.")
    mail: str = Field("", max_length=320, description="Their mail address; may be empty for `child_abuse` alone.")
    signature: str = Field("", max_length=200, description="Their name again, for kinds that are signed.")
    good_faith: bool = Field(description="True: they believe in good faith that it is accurate and complete.")
    language: str = Field("en", max_length=20, description="That they read.")
    flagger_key: str = Field("", max_length=100, description="Of a trusted flagger; empty for anybody else.")


class NoticeAppeal(Body):
    """Why it is to be looked at again."""

    reason: str = Field(min_length=1, max_length=5000, description="In the words of who gave the notice.")


NoticeStatus = Literal["unmatched", "received", "asked", "upheld", "dismissed", "appealed", "reversed", "gone"]


class NoticeView(BaseModel):
    """A notice and what became of it."""

    number: str = Field(description="Of the receipt, such as N-7K2M-Q4TD.")
    item: str | None = Field(description="Id of the item; null while nobody knows which it is.")
    status: NoticeStatus = Field(
        description="`unmatched` while nobody knows which item is meant; `asked` while people look; `upheld` once the "
        "item was rejected, `dismissed` once people approved it; `reversed` if they did later; `gone` with its item."
    )
    kind: str = Field(description="What is wrong.")
    place: str = Field(description="As it was given; empty once it is forgotten.")
    reason: str = Field(description="As it was given; empty once it is forgotten.")
    name: str = Field(description="Of who gave it; empty once it is forgotten.")
    mail: str = Field(description="Of who gave it; empty once it is forgotten.")
    is_trusted: bool = Field(description="Whether a trusted flagger gave it.")
    look_after: datetime | None = Field(
        description="From when on people look, where most notices of its giver were unfounded; null for at once."
    )
    outcome: Literal["approve", "reject"] | None = Field(description="Of the decision that settled it; null for none.")
    decided_by: Literal["rules", "people"] | None = Field(description="Who made that decision; null for none.")
    reasons: list[str] = Field(description="The policy's reasons that people chose, by name.")
    answer: str | None = Field(description="What somebody wrote to its giver instead of a decision; null for nothing.")
    can_be_appealed: bool = Field(description="Whether its giver may ask once to look again.")
    created_at: datetime = Field(description="When it came.")
    settled_at: datetime | None = Field(description="When it was settled; null until then.")


class NoticeMade(NoticeView):
    """A notice that was just given."""

    receipt: str | None = Field(
        description="Path of the page on which its giver reads what becomes of it, shown this once; null where the app "
        "has no public form."
    )


class NoticeList(BaseModel):
    """Notices: at most two hundred."""

    notices: list[NoticeView] = Field(description="Open ones of trusted flaggers first, then the newest.")


DeliveryState = Literal["due", "delivered", "given_up"]


class AttemptView(BaseModel):
    """One attempt to deliver."""

    attempted_at: datetime = Field(description="When it was begun.")
    status_code: int | None = Field(description="Of the receiver's answer; null when there was none.")
    reason: str = Field(description="What came of it, in a few words.")


class DeliveryView(BaseModel):
    """An event on its way to a callback."""

    id: str = Field(description="The `webhook-id`: the same in every attempt.")
    item: str = Field(description="Id of the item that it tells of.")
    number: int = Field(description="Of the event among those of its item, from 1 on.")
    url: str = Field(description="Where it goes.")
    state: DeliveryState = Field(description="`given_up` after ten attempts in three days, or when told 410.")
    attempts: int = Field(description="Made since it was last asked for.")
    last_result: str | None = Field(description="What came of the last attempt; null before the first.")
    next_attempt_at: datetime | None = Field(description="When it is tried again; null when it is not.")
    created_at: datetime = Field(description="When the event happened.")
    made: list[AttemptView] = Field(description="All attempts there were, oldest first.")


class DeliveryList(BaseModel):
    """All deliveries of an item, oldest first."""

    deliveries: list[DeliveryView] = Field(description="Oldest first.")


class DeliveryPage(BaseModel):
    """A page of deliveries, newest first."""

    deliveries: list[DeliveryView] = Field(description="Newest first; without their single attempts.")
    next_cursor: str | None = Field(None, description="For the next page; null on the last.")


class Explanation(BaseModel):
    """Why an item was decided as it was, in words and as data.

    Attributes:
        id: of the item.
        status: where it stands.
        outcome: of the decision in force; null while there is none.
        verdict: what the rules wanted, and why.
        detections: what was found.
        failures: detectors that gave no answer.
        answers: what reviewers said.
        decisions: oldest first; the last one is in force.
    """

    id: str
    status: Status
    outcome: Literal["approve", "reject"] | None
    words: list[str] = Field(description="Sentences for people, in order.")
    verdict: Verdict | None
    detections: list[Detection]
    failures: list[Failure]
    answers: list[Answer]
    decisions: list[Decision]


class PolicyView(BaseModel):
    """A policy in force.

    Attributes:
        name: of the policy.
        description: for people.
        content_types: what it is for.
        apps: what apps it is for; null for all.
        queues: where it sends reviews.
        needs: detectors without which it says nothing.
    """

    name: str
    version: str = Field(description="SHA-256 of the file.")
    description: str
    content_types: list[str]
    apps: list[str] | None
    queues: list[str]
    needs: list[str]


class RuleView(BaseModel):
    """How a rule, or a side of a band, does today (UTC), and whether that is as usual.

    Attributes:
        rule: its id, or a side of a band.
        rejected_today: items that it rejected.
    """

    rule: str
    fired_today: int = Field(description="Items for which it was true; of rules on trial too.")
    rejected_today: int
    at_most_per_day: int | None = Field(description="Its daily cap of rejects.")
    items_today: int = Field(description="Items that its policy judged.")
    usual_share: float | None = Field(description="Share of items, 0-1, over the 28 days before; null with too few.")
    alarm: Literal["more", "less"] | None = Field(description="It fires more or less often than its past explains.")


class PolicyText(PolicyView):
    """A policy with its text, and how its rules do.

    Attributes:
        text: of the file.
        rules: in the order of the file.
    """

    text: str
    rules: list[RuleView]


class WaitingPolicy(BaseModel):
    """A policy that is not in force, and why.

    Attributes:
        name: of the policy.
        why: what it waits for.
    """

    name: str
    why: str


class PolicyList(BaseModel):
    """All policies.

    Attributes:
        policies: those in force, by name.
        not_in_force: those that wait for something.
    """

    policies: list[PolicyView]
    not_in_force: list[WaitingPolicy]
    faults: list[str] = Field(description="What keeps changed files from coming into force; the last good ones act.")


class NewEntry(Body):
    """What is put on a list."""

    value: str = Field(min_length=1, max_length=500, description="An author, a number, a word, a domain, a SHA-256.")
    why: str = Field(min_length=1, max_length=1000, description="Why it stands there, for people.")
    kind: ListKind | None = Field(None, description="What a new list holds; `values` where it is not said.")
    expires_at: AwareDatetime | None = Field(None, strict=False, description="From when on it does not count.")


class ListedEntry(BaseModel):
    """What stands on a list.

    Attributes:
        id: of the entry, by which it is taken off.
        list: name of the list.
        expires_at: from when on it does not count; null for never.
        why: as they said.
    """

    id: int
    list: str
    value: str = Field(description="As it is compared.")
    expires_at: AwareDatetime | None
    by: str = Field(description="Who put it there.")
    why: str
    at: AwareDatetime = Field(description="When.")


class ListView(BaseModel):
    """A list at run time.

    Attributes:
        name: as policies say it.
        kind: what it holds.
        changed_at: when something was last put on it or taken off, UTC.
    """

    name: str
    kind: ListKind
    version: str = Field(description="Digest of all that happened to it.")
    entries: int = Field(description="That count now.")
    changed_at: AwareDatetime


class ListOfLists(BaseModel):
    """All lists.

    Attributes:
        lists: by name.
    """

    lists: list[ListView]


class ListText(ListView):
    """A list with what stands on it: the newest thousand.

    Attributes:
        listed: newest first.
    """

    listed: list[ListedEntry]


class ListChange(BaseModel):
    """Something that happened to a list.

    Attributes:
        id: rises with each change.
        action: what happened.
        value: as it is compared.
        expires_at: from when on it does not count; null for never.
        by: who did it.
        why: as they said.
        at: when, UTC.
    """

    id: int
    action: Literal["add", "remove"]
    value: str
    expires_at: AwareDatetime | None
    by: str
    why: str
    at: AwareDatetime
    digest: str = Field(description="SHA-256 over this and all before it.")


class ListChanges(BaseModel):
    """What happened to a list, newest first: the newest thousand.

    Attributes:
        changes: newest first.
    """

    changes: list[ListChange]


class DetectorView(BaseModel):
    """A detector or extractor that is loaded.

    Attributes:
        name: such as ``pii.text``.
        version: changes whenever its answers may.
    """

    name: str
    version: str
    reads: list[str] = Field(description="Types of parts.")
    labels: list[str] = Field(default_factory=list, description="What a detector can find.")
    makes: list[str] = Field(default_factory=list, description="Types of the parts that an extractor makes.")
    min_confidence: float | None = Field(None, description="Percent under which a detector stays silent.")
    card: Card | None = Field(description="What it sees and does not see; null for a plugin's that has no card.")


class DetectorList(BaseModel):
    """All detectors and extractors.

    Attributes:
        detectors: by name.
    """

    detectors: list[DetectorView]


class Health(BaseModel):
    """The process answers.

    Attributes:
        status: ``ok``.
    """

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether the service can do all of its work.

    Attributes:
        status: whether it can do all of its work.
    """

    status: Literal["ready", "not ready"]
    reasons: list[str] = Field(
        description="What is wrong, in words. Faults in changed policy files are named although the service is ready. "
        "Empty for who may not see figures."
    )
