"""The settings of the whole service: one frozen model. `ground.settings` says where they come from."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from ground.settings import PREFIX, SETTINGS_FILE
from moderation.core import works_council
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from review_ui.settings import ReviewSettings

__all__ = ["PREFIX", "SETTINGS_FILE", "Settings", "load_settings", "with_places"]


_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


class Settings(ReviewSettings):
    """Everything that can be set. Sizes in bytes, times in seconds."""

    rules: Path | None = Field(None, description="Folder of policy files; empty for the shipped ones.")
    lists: Path | None = Field(None, description="Folder of block lists; empty for the shipped ones.")
    perspective_cards: Path | None = Field(
        None,
        description="YAML file with cards of attributes that you measured, beside the shipped ones; see "
        "docs/perspective.md.",
    )
    hashes: Path | None = Field(
        None, description="Folder of lists of known content; empty for `hashes` in the data folder."
    )
    plugins_dir: Path | None = Field(None, description="Folder of loose plugin files (*.py).")
    models: Path | None = Field(None, description="Folder of your own models (*.yml and *.onnx); see docs/models.md.")
    database_url: str | None = Field(None, description="SQLAlchemy URL; empty for SQLite under the data folder.")
    database_wait_seconds: float = Field(
        60.0, ge=0, description="How long `serve` and `worker` wait at their start for a Postgres that does not answer."
    )
    redis_url: str | None = Field(None, description="Redis for RQ; empty for threads in the serving process.")
    workers: int = Field(
        4,
        ge=0,
        le=64,
        description="Threads in the serving process that moderate items; of several, one keeps to texts; of four, one "
        "more to texts of apps that have few waiting.",
    )
    detector_processes: int | None = Field(
        None,
        ge=0,
        le=64,
        description="Most processes of one slow detector; empty for one a core, at most 4; 0 for one that starts with "
        "the first item that needs it.",
    )
    lease_seconds: float = Field(
        120.0,
        gt=0,
        description="How long a worker may hold an item before others take it; one that died loses it in 5 seconds.",
    )
    film_frames: int = Field(
        60,
        ge=1,
        le=200,
        description="Most pictures that are taken out of one film; where more of them differ, people look at it. Each "
        "is looked at by every detector of pictures, all within MODERATION_LEASE_SECONDS.",
    )
    sweep_seconds: float = Field(2.0, gt=0, description="How often waiting work is looked for.")
    max_attempts: int = Field(5, ge=1, le=5, description="Tries per item before it goes to people as it is.")
    max_parts: int = Field(16, ge=1, le=100, description="Most given parts of one item.")
    max_metadata_bytes: int = Field(16_384, ge=1, description="Largest metadata of an item, as JSON.")
    max_backlog: int = Field(100_000, ge=1, description="Waiting items beyond which posts are answered 429.")
    max_app_backlog: int = Field(
        50_000, ge=1, description="Waiting items of one app beyond which its posts are answered 429."
    )
    calls_per_second: float = Field(
        1000.0,
        ge=0,
        description="API calls a second of one app, beyond which it is answered 429; twice as many at once after a "
        "pause; 0 for any number. Each process counts for itself.",
    )
    cors: str = Field(
        "",
        description="Whose pages may call the API in a browser: `APP=https://ORIGIN`, separated by blanks; empty for "
        "none. Give such an app keys with few scopes: who sees the page sees the key.",
    )
    waits: int = Field(
        32,
        ge=0,
        le=256,
        description="Posts with ?wait= that wait for their decision at once, half of them at most of one app; others "
        "are answered 202 at once. Each takes a thread of its own.",
    )
    fetch_timeout_seconds: float = Field(10.0, gt=0, le=60, description="Longest fetch of one media URL.")
    fetches: int = Field(
        16,
        ge=1,
        le=256,
        description="Media URLs that a process fetches at once; half of them at most for one app, a quarter from one "
        "host.",
    )
    copies_to: str = Field(
        "",
        description="Where policies may have copies written: `s3://bucket/prefix/` or a folder `/srv/out/`, separated "
        "by blanks.",
    )
    media_keep_days: int | None = Field(
        None,
        ge=0,
        le=3650,
        description="Days that media is kept after the decision where no policy says it; empty for good.",
    )
    text_keep_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        description="Days that texts are kept after the decision where no policy says it: those of decided items, what "
        "was read and heard in their media, appeals, and what people were shown; empty as long as the item.",
    )
    audit_heads: str | None = Field(
        None,
        description="Where signed heads of the audit chains go once an hour: a file, s3://BUCKET/PREFIX, best with "
        "object lock, or an http(s) address that they are posted to; empty for nowhere.",
    )
    audit_lock_days: int | None = Field(
        None,
        ge=1,
        le=36_500,
        description="Days that signed heads in S3 are locked (object lock, COMPLIANCE); empty as the bucket says.",
    )
    item_keep_days: int | None = Field(
        None,
        ge=1,
        le=3650,
        description="Days that decided items are kept, with decisions and evidence, and their media unless a policy or "
        "the setting before says less; those whose media a policy keeps for longer stay as long. Empty for good.",
    )
    pii_dates_alone: bool = Field(
        False, description="`pii.text` reports a year or a weekday that stands alone, too, as Amazon Comprehend does."
    )
    upload_seconds: int = Field(900, ge=1, le=604_800, description="How long an upload address can be used.")
    a2i_endpoint_url: str | None = Field(
        None, description="A2I endpoint; empty for this service's own, `aws` for Amazon's."
    )
    a2i_fallback: Literal["own"] | None = Field(
        None, description="`own`: human loops that Amazon's A2I refuses for good go to this service's own endpoint."
    )
    a2i_role_arn: str = Field(
        "arn:aws:iam::000000000000:role/moderation", description="Role for flow definitions; matters on AWS only."
    )
    a2i_workteam_arn: str | None = Field(None, description="Private work team on AWS; empty for our own endpoint's.")
    aws_region: str | None = Field(
        None, description="AWS Region of the AWS detectors; empty: none is offered and nothing is sent to AWS."
    )
    aws_config: Path | None = Field(
        None, description="YAML file with what AWS detectors need beside the Region; see docs/aws-detectors.md."
    )
    llm_config: Path | None = Field(
        None, description="YAML file that names the language model of `llm.policy`; empty: it is not offered."
    )
    poll_seconds: float = Field(5.0, gt=0, description="Shortest pause between looks at open human loops.")
    webhook_secret: str | None = Field(
        None, description="Secret (whsec_...) that signs every app's webhooks; empty for a secret of each app's own."
    )
    webhook_timeout_seconds: float = Field(20.0, gt=0, le=30, description="Longest single delivery attempt.")
    notify: str = Field(
        "",
        description="Where all decisions are told: SNS topics (ARN), EventBridge buses (ARN), SQS queues (ARN or URL); "
        "separated by blanks.",
    )
    targets: Path | None = Field(
        None,
        description="YAML file of who else is told of events: other kinds, of some apps alone, with metadata; brokers "
        "of MQTT and browsers too. See docs/events.md.",
    )
    rules_seconds: float = Field(
        2.0, ge=0, description="Pause between looks at policy files for changes; 0 reloads on SIGHUP and start only."
    )
    policy_approvals: int = Field(
        1,
        ge=0,
        le=5,
        description="Other people who must approve a draft of a policy in the portal before it comes into force; 0: "
        "its author puts it into force.",
    )
    policy_changes: Literal["portal", "files"] | None = Field(
        None,
        description="`portal`: approved drafts of policies come into force at once; `files`: the portal gives a patch "
        "of the file instead. Empty: `portal` where the rules folder can be written, else `files`.",
    )
    redact_key_file: Path | None = Field(
        None, description="File with the key of reversible tokens (`moderation redact --new-key`); empty for none."
    )
    comprehend_s3: bool = Field(
        False,
        description="Let jobs at `/comprehend` read and write S3 with this machine's AWS credentials; else buckets are "
        "folders of the data folder's media.",
    )
    aws_models: str = Field(
        "",
        description="Detectors that stand behind Rekognition's custom labels at `/aws`: `ARN=DETECTOR`, separated by "
        "blanks; `DetectLabels=DETECTOR` for that operation.",
    )
    aws_forward: str = Field(
        "",
        description="Where requests for Rekognition and Comprehend at `/aws` are answered: empty for here; `aws` or "
        "the address of an endpoint to forward them with this machine's AWS credentials, and record what both say.",
    )
    aws_topics: str = Field(
        "",
        description="SNS topics that jobs over films at `/aws` may tell their end: `APP=ARN`, or `ARN` for keys of the "
        "operator's; separated by blanks.",
    )
    aws_most_film_jobs: int = Field(20, ge=1, description="Jobs over films at `/aws` that one app may have under way.")
    aws_most_buckets: int = Field(100, ge=0, description="Buckets that one app may have at `/aws`.")
    two_persons: str = Field(
        "",
        pattern=r"^((policies|erasure|keys|remoderations)( (policies|erasure|keys|remoderations))*)?$",
        description="Acts for which a second person has to agree, separated by blanks: `policies`, `erasure`, `keys`, "
        "`remoderations`.",
    )
    profile: Literal["", "works-council"] = Field(
        "",
        description="`works-council`: of people at work, faces are covered before anything is stored, and nobody is "
        "told apart or counted alone; see docs/works-council.md.",
    )
    least_group: int = Field(
        0, ge=0, le=1000, description="Numbers smaller than this are kept back in transparency reports; 0 for none."
    )
    overturn_alarm_percent: float = Field(
        10.0, ge=0, le=100, description="Share of sampled decisions overturned by people above which there is an alarm."
    )

    clean_seconds: float = Field(
        3600.0, gt=0, description="Pause between passes that remove what is kept no longer (the settings below)."
    )
    idempotency_keep_days: int = Field(
        7, ge=1, le=3650, description="Days that a post can be repeated under its idempotency key."
    )
    delivery_keep_days: int = Field(
        90, ge=7, le=3650, description="Days that deliveries which were made or given up are kept, with their attempts."
    )
    intake_keep_days: int = Field(
        90,
        ge=15,
        le=3650,
        description="Days that an object in S3 which became an item is remembered; told of again after that, it "
        "becomes an item anew. SQS tells of it for 14 days at most.",
    )
    notice_forms: str = Field(
        "",
        description="Apps that have a public form for notices, at `/notices/APP`: `APP`, and `APP=https://ORIGIN` for "
        "each site that may show it in a frame; separated by blanks.",
    )
    notices_per_hour: float = Field(
        10.0, gt=0, description="Public notices an hour from one address; twice as many at once after a pause."
    )
    app_notices_per_hour: float = Field(
        600.0, gt=0, description="Public notices an hour to one app over its form; twice as many at once after a pause."
    )
    notice_proxies: str = Field(
        "",
        description="Addresses and networks of proxies whose `X-Forwarded-For` says where a public notice comes from; "
        "separated by blanks; empty for none.",
    )
    notice_keep_days: int = Field(
        180,
        ge=30,
        le=3650,
        description="Days after its settlement that a public notice keeps its words, and who gave it.",
    )
    redaction_keep_days: int = Field(
        30, ge=1, le=3650, description="Days that redaction jobs are remembered after their end."
    )
    metrics_token: str | None = Field(
        None,
        min_length=16,
        description="Token (`Authorization: Bearer ...`) that shows `/metrics` and the reasons in `/readyz` to who "
        "calls from elsewhere; empty for none.",
    )
    metrics_from: str = Field(
        "127.0.0.0/8 ::1",
        description="Addresses and networks that `/metrics` and the reasons in `/readyz` are shown to without the "
        "token, unless a proxy passes the call on; separated by blanks.",
    )

    @field_validator("metrics_from", "notice_proxies")
    @classmethod
    def know_addresses(cls, given: str) -> str:
        """Addresses, and networks as address/bits."""
        for each in given.split():
            ipaddress.ip_network(each)
        return given

    @field_validator("notice_forms")
    @classmethod
    def know_forms(cls, given: str) -> str:
        """Apps, and origins as a browser writes them."""
        for each in given.split():
            app, has_origin, origin = each.partition("=")
            if not app or (has_origin and not _ORIGIN.fullmatch(origin)):
                raise ValueError(
                    f"{each[:200]!r} is not APP or APP=https://ORIGIN, such as forum=https://forum.example"
                )
        return given

    @field_validator("severity")
    @classmethod
    def know_labels(cls, given: dict[str, str]) -> dict[str, str]:
        """Labels of the taxonomy, or of a plugin: others no detector can have."""
        taxonomy = Taxonomy()
        for label in given:
            if label not in taxonomy and not label.startswith(CUSTOM_PREFIX):
                better = taxonomy.suggest(label)
                raise ValueError(f"unknown label '{label}'" + (f"; did you mean '{better}'?" if better else ""))
        return given

    @field_validator("a2i_fallback")
    @classmethod
    def _only_for_amazon(cls, value: str | None, info: ValidationInfo) -> str | None:
        # A loop is known by the account in its ARN, which is the same at every endpoint of ours.
        if value is not None and info.data.get("a2i_endpoint_url") != "aws":
            raise ValueError(f"only where {PREFIX}A2I_ENDPOINT_URL is aws; unset it, or set that")
        return value

    def two_persons_for(self) -> frozenset[str]:
        """The acts for which a second person has to agree."""
        return frozenset(self.two_persons.split())

    @property
    def is_for_works_council(self) -> bool:
        """Whether what `moderation.core.works_council` says holds."""
        return self.profile == "works-council"

    @property
    def smallest_group(self) -> int:
        """Numbers smaller than this are in no report; 0 where all are."""
        return max(self.least_group, works_council.LEAST_GROUP) if self.is_for_works_council else self.least_group

    @property
    def items_kept(self) -> timedelta | None:
        """How long decided items are kept; None for good."""
        days = None if self.item_keep_days is None else timedelta(days=self.item_keep_days)
        return works_council.KEPT if self.is_for_works_council else days

    @property
    def media_days(self) -> int | None:
        """Days that media is kept where no policy says it: no longer than the item."""
        return self.item_keep_days if self.media_keep_days is None else self.media_keep_days


def load_settings(**given: Any) -> Settings:
    """The settings in force; see `GroundSettings.load`."""
    return Settings.load(**given)


def with_places(settings: Settings, rules: Path | None, plugins_dir: Path | None) -> Settings:
    """The settings with the folders that a command line named."""
    given = {"rules": rules, "plugins_dir": plugins_dir}
    return settings.model_copy(update={name: path for name, path in given.items() if path is not None})
