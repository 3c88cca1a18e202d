"""Statements of reasons as the API gives them, as pydantic models."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class GroundView(BaseModel):
    """What a restriction rests on, as the policy's owner wrote it; words in the language that was asked for."""

    basis: Literal["law", "terms"] = Field(description="`law`: the content is held for illegal; `terms`: against them.")
    reference: str = Field(description="The law, or the clause of the terms.")
    explanation: str = Field(description="Why such content falls under it.")
    category: str = Field(description="Of the DSA Transparency Database, such as `STATEMENT_CATEGORY_VIOLENCE`.")
    keyword: str | None = Field(None, description="What specifies the category, such as `KEYWORD_NUDITY`.")
    url: str | None = Field(None, description="Where it can be read.")
    countries: list[str] = Field(description="Where the content is restricted; empty where that is not said.")


class StatementView(BaseModel):
    """Why a decision was made, for the user whose content it is about (Article 17 of Regulation (EU) 2022/2065)."""

    id: str = Field(description="Of the statement: the item's id and the decision's number.")
    item: str = Field(description="Id of the item.")
    decision: int = Field(description="Number of the decision among those of its item, from 1 on.")
    language: Literal["en", "es"] = Field(description="Of `words`.")
    words: list[str] = Field(description="Sentences for the user, in order; the first is the title.")
    outcome: Literal["approve", "reject"] = Field(description="Of the decision.")
    restriction: str | None = Field(description="What becomes of the content; null where nothing is restricted.")
    posted_at: datetime = Field(description="When the item came in.")
    decided_at: datetime = Field(description="When it was decided.")
    content_types: list[str] = Field(description="Of the item's parts.")
    found: list[str] = Field(description="Labels that led to it, most serious first.")
    policy: str = Field(description="Its name.")
    policy_version: str = Field(description="SHA-256 of its text then.")
    rules: list[str] = Field(description="Ids of the rules that led to it.")
    ground: GroundView | None = Field(description="Null where nothing is restricted, or `no_ground` says why.")
    no_ground: str | None = Field(description="Why no ground is known for a restriction; else null.")
    automated_detection: bool = Field(description="Whether a machine found what led to it.")
    automated_decision: Literal["fully", "partially", "not"] = Field(description="Whether people took part.")
    source: Literal["own_initiative", "notice"] = Field(description="`notice`: a user's report led to it.")
    can_appeal: bool = Field(description="Whether `POST /v1/items/{id}/appeal` would be taken.")
    no_appeal: str | None = Field(description="Why it would not; else null.")


class DsaStatement(BaseModel):
    """The body of `POST /api/v1/statement` of the DSA Transparency Database; what does not apply is left out."""

    decision_visibility: list[str] = Field(description="What becomes of the content.")
    decision_ground: Literal["DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"] = Field(
        description="Whether it is held for illegal, or against the terms."
    )
    decision_ground_reference_url: str | None = Field(None, description="Where the ground can be read.")
    illegal_content_legal_ground: str | None = Field(None, description="Of illegal content: the law.")
    illegal_content_explanation: str | None = Field(None, description="Of illegal content: why it falls under it.")
    incompatible_content_ground: str | None = Field(None, description="Else: the clause of the terms.")
    incompatible_content_explanation: str | None = Field(None, description="Else: why it falls under it.")
    incompatible_content_illegal: Literal["Yes", "No"] | None = Field(None, description="Else: whether illegal, too.")
    category: str = Field(description="`STATEMENT_CATEGORY_...`")
    category_specification: list[str] | None = Field(None, description="`KEYWORD_...`")
    content_type: list[str] = Field(description="`CONTENT_TYPE_...`")
    territorial_scope: list[str] | None = Field(None, description="Countries of the European Economic Area.")
    content_date: str = Field(description="Day on which it was posted (UTC).")
    application_date: str = Field(description="Day on which it was decided (UTC).")
    decision_facts: str = Field(description="What was found by whom, without anything of the content.")
    source_type: Literal["SOURCE_ARTICLE_16", "SOURCE_VOLUNTARY"] = Field(description="Whether a report led to it.")
    automated_detection: Literal["Yes", "No"] = Field(description="Whether a machine found it.")
    automated_decision: str = Field(description="`AUTOMATED_DECISION_...`")
    puid: str = Field(description="The item's id and the decision's number.")
