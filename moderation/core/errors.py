"""Every error this product raises on purpose, as one tree: of each package what it adds.

::

    ground
    ModerationError
    ├── InputError                      what an app, a person or a file gave is wrong; the caller can mend it
    │   ├── MediaRefused                bytes that are not a picture, film or sound we accept
    │   └── UrlRefused                  an address that must not be fetched
    ├── NotFound                        no such item, loop, policy, user or key for this caller
    ├── SettingsError                   a setting is unknown or has a wrong value
    ├── StoreUnavailable                the database or the media store did not take the write; try again
    ├── FetchFailed                     an address answered badly, too slowly, too much, or not at all
    ├── ProcessNotReady                 one of several processes could not start, and has said why
    ├── Damaged                         the blocks of a picture do not fit together
    ├── ApiError                        what AWS's protocols answer; has its code
    └── Refused                         what HTTP answers; has its status and kind of problem

    review_ui
    ModerationError
    ├── InputError
    │   ├── TooManyFailures             too many wrong passwords for a name
    │   └── NotS3Uri                    a template asks for an object, and what it names is none
    ├── TaskGone                        the task is not this reviewer's any more
    ├── ShutOut                         an admin shut the person out
    ├── ProviderFailed                  the provider of sign-ins cannot be used now
    └── SignInRefused                   a sign-in with the provider does not count

    moderation
    ModerationError
    ├── InputError
    │   ├── InvalidSubmission           a posted item breaks the contract (lists the fields)
    │   │   ├── PolicyMissing           a part of the item is covered by no policy in force
    │   │   └── ItemInvalid             fields of an item are wrong
    │   │       └── PartRefused         a part is media that we do not accept
    │   ├── OtherApp                    the item names another app than the key's
    │   ├── EventMalformed              a message of a queue is no event of S3
    │   ├── IdempotencyConflict         the key was used with another body
    │   ├── IdempotencyInFlight         the first post with this key waits for its decision
    │   ├── AppealRefused               the item is not decided, is being looked at again, or was appealed often enough
    │   ├── RemoderationRefused         a run over decided items is not in a state for that
    │   ├── ConsentNeeded               an act waits for a second person
    │   ├── NoGround                    a decision restricts nothing, or nobody knows on which ground
    │   ├── ItemHeld                    an item is under a legal hold, and nothing of it is erased
    │   ├── PolicyFault                 a rule file cannot be used (lists every fault with file:line:column)
    │   ├── BucketTaken                 a bucket of that name is somebody's
    │   ├── TooManyBuckets              an app has as many buckets as it may have
    │   ├── KeyRefused                  a key under which nothing can be kept in a bucket
    │   ├── NotText                     the bytes of a file to redact are no text
    │   ├── CannotRead                  a document to redact is not in its format, or in one that nobody reads
    │   ├── TokenUsed                   a token of a film job was used for another film
    │   ├── TooManyJobs                 an app has as many film jobs under way as it may have
    │   ├── NoCopy                      a picture or film cannot be redacted, and so has no copy
    │   ├── BackupRefused               a backup cannot be made there, is damaged, or does not go where it is put
    │   ├── AlreadyRuns                 another process does the redaction job now
    │   └── BeyondLimits                the files of a redaction job are too many, too large or too small
    ├── PluginError                     a plugin does not load or breaks its contract; stops the start
    ├── Unreadable                      a plugin cannot decode the part; becomes a failure
    ├── Incomplete                      an extractor left something out; what it made is looked at all the same
    ├── Unavailable                     a service that a plugin calls said no; becomes a failure
    ├── NotAllPending                   of items that are decided together, somebody decided some meanwhile
    ├── ReportStopped                   the process ends while it makes a report; the next one makes it
    ├── CapReached                      a rule has rejected as many items today as it may; people look
    ├── CountsMoved                     what the rules were told of counters is not so any more; judge again
    ├── HumanLoopRefused                A2I refused for good (account, permission, missing flow)
    ├── HumanLoopsUnavailable           A2I does not answer, or asks to come back later; try again
    ├── OutputMalformed                 a loop's output cannot be read; a person has to look
    │   └── OutputMissing               the loop has ended, and its output is not there yet
    ├── NotRedacted                     a detector gave no answer on a text, so that nobody knows what is left in it
    ├── NotLooked                       not all of a film could be looked at
    ├── _Laid                           a film job is in other hands
    ├── CameraGone                      a camera gives no picture
    ├── GoogleError                     what Perspective's protocol answers; has its code and details
    ├── Stopped                         somebody asked a redaction job to stop
    ├── NotLooked                       not all of a film could be looked at
    ├── _Laid                           a film job is in other hands
    ├── CameraGone                      a camera gives no picture
    ├── GoogleError                     what Perspective's protocol answers; has its reason
    ├── _Conflict                       A2I has an active loop of this name with other input
    ├── NoAnswer                        a call of a tool brought no answer; becomes a failure
    ├── NotAnAnswer                     what a tool's process wrote is no answer to the call
    ├── OutOfTime                       a call of a tool has had its time (a `TimeoutError` too)
    ├── _CannotBeSaid                   a check of AutoModerator's has no like here; its rule is left out
    └── _TooMuch                        a policy file is read no further; why is among its faults

    moderation_models
    ModerationError
    └── ModelBroken                     a model's file cannot be used; becomes a failure

    moderation_aws
    ModerationError
    ├── Unavailable
    │   └── CallRefused                 AWS refused a call for good, or for longer than there is time
    └── StoreFailed                     what workers share of their calls cannot be read or written

    moderation_llm
    ModerationError
    └── Unavailable
        └── NotAnswered                 a language model gave no answer that counts

Messages name the thing, the place and the remedy. Edges translate: HTTP turns `InputError` into 4xx problem
documents, the command line into exit code 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ground.errors import (
    FieldError,
    InputError,
    MediaRefused,
    ModerationError,
    NotFound,
    SettingsError,
    StoreUnavailable,
    UrlRefused,
)

__all__ = [
    "AppealRefused",
    "CapReached",
    "CountsMoved",
    "Fault",
    "FieldError",
    "HumanLoopRefused",
    "HumanLoopsUnavailable",
    "IdempotencyConflict",
    "IdempotencyInFlight",
    "InputError",
    "InvalidSubmission",
    "ItemHeld",
    "MediaRefused",
    "ModerationError",
    "NotFound",
    "OutputMalformed",
    "OutputMissing",
    "PluginError",
    "PolicyFault",
    "PolicyMissing",
    "SettingsError",
    "StoreUnavailable",
    "UrlRefused",
]


class InvalidSubmission(InputError):
    """A posted item breaks the contract."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in self.errors))


class PolicyMissing(InvalidSubmission):
    """No policy in force covers a part's content type for the item's app; each such part is named."""


class IdempotencyConflict(InputError):
    """The idempotency key was used before with another body."""


class IdempotencyInFlight(InputError):
    """The first post with this idempotency key has not been answered yet."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a rule file.

    Attributes:
        path: the file as the user named it.
        line: 1-based; 0 when the fault is about the file as a whole.
        column: 1-based, in code points; 0 when the fault is about a line or file as a whole.
        code: ``E101`` and so on for errors, ``W201`` and so on for warnings; listed in the docs.
        message: what is wrong.
        hint: what to do, such as ``did you mean 'Weapons' (under Violence)?``; may be empty.
        length: how many characters the caret marks, at least 1.
        source: the text of the line, for display; may be empty.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    length: int = 1
    source: str = ""

    @property
    def is_error(self) -> bool:
        """True for errors, which keep a file from coming into force; False for warnings."""
        return self.code.startswith("E")

    def render(self) -> str:
        """The fault as a terminal shows it: place and message, the line, a caret with the hint."""
        place = ":".join([self.path, *(str(n) for n in (self.line, self.column) if n)])
        head = f"{place}: {self.code} {self.message}"
        if not self.source:
            return f"{head} ({self.hint})" if self.hint else head
        number = f"{self.line:5d}"
        indent = " " * max(self.column - 1, 0)
        marks = "^" * max(self.length, 1)
        return f"{head}\n{number} | {self.source}\n{' ' * len(number)} | {indent}{marks} {self.hint}".rstrip()


class AppealRefused(InputError):
    """An item cannot be appealed now."""


class RemoderationRefused(InputError):
    """A run that judges decided items anew cannot be cancelled or taken back now."""


class NoGround(InputError):
    """A decision restricts nothing, or on which ground it does is not known: it cannot be filed."""


class ItemHeld(InputError):
    """Items are under a legal hold: nothing of them is erased."""


class PolicyFault(InputError):
    """One or more rule files cannot be used. Carries every fault found, not the first only."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.render() for fault in self.faults))


class PluginError(ModerationError):
    """A plugin does not load or breaks its contract; names the plugin and its version."""


class CapReached(ModerationError):
    """Rules have rejected as many items today as they may.

    Attributes:
        rules: as ``policy/rule``.
    """

    def __init__(self, rules: frozenset[str]) -> None:
        self.rules = rules
        super().__init__(f"rejects of the day are used up: {', '.join(sorted(rules))}")


class CountsMoved(ModerationError):
    """What the rules were told of counters does not hold any more: another item came between. Judge again."""


class HumanLoopRefused(ModerationError):
    """A2I refused for good: retrying the same call cannot help. The item waits; it is never dropped."""


class HumanLoopsUnavailable(ModerationError):
    """A2I did not answer, or asked to come back later. Try again with backoff."""


class OutputMalformed(ModerationError):
    """A human loop's output is missing or cannot be read. A person has to look; it decides nothing."""


class OutputMissing(OutputMalformed):
    """A human loop has ended, and its output is not there (yet)."""
