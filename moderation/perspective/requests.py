"""The two requests, as ``commentanalyzer`` v1alpha1 has them in JSON: names in lowerCamelCase or as in the proto."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from moderation.perspective.faults import GoogleError, malformed, refuse

MOST_BYTES = 20_480
"""Of a comment, in UTF-8."""
MOST_ATTRIBUTES = 50
M = TypeVar("M", bound="Message")


class Message(BaseModel):
    """A message of the protocol. What is null is unset, as in JSON of protocol buffers; unknown names are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )


def _empty(value: Any) -> Any:
    return {} if value is None else value


class TextEntry(Message):
    """A text; type ``PLAIN_TEXT`` or unset."""

    text: str | None = None
    type: str | None = None


class AttributeParameters(Message):
    """How an attribute is wanted."""

    score_type: str | None = None
    score_threshold: float | None = None


class Score(Message):
    """A value with its type."""

    value: float | None = None
    type: str | None = None


class SpanScore(Message):
    """A score of a stretch; places in UTF-16 code units."""

    begin: int | None = None
    end: int | None = None
    score: Score | None = None


class AttributeScores(Message):
    """Scores of an attribute."""

    summary_score: Score | None = None
    span_scores: list[SpanScore] | None = None


class ArticleAndParentComment(Message):
    """What a comment was made about."""

    article: TextEntry | None = None
    parent_comment: TextEntry | None = None


class Context(Message):
    """Taken and not used: no detector here reads it."""

    entries: list[TextEntry] | None = None
    article_and_parent_comment: ArticleAndParentComment | None = None


class Request(Message):
    """What both requests have."""

    comment: TextEntry | None = None
    context: Context | None = None
    languages: list[str] | None = Field(None, max_length=20)
    client_token: str | None = Field(None, max_length=1000)
    session_id: str | None = Field(None, max_length=1000)
    community_id: str | None = Field(None, max_length=1000)


class AnalyzeComment(Request):
    """``AnalyzeCommentRequest``."""

    requested_attributes: dict[str, Annotated[AttributeParameters, BeforeValidator(_empty)]] | None = None
    span_annotations: bool | None = None
    do_not_store: bool | None = None
    drop_unsupported_attributes: bool | None = None


class SuggestCommentScore(Request):
    """``SuggestCommentScoreRequest``."""

    attribute_scores: dict[str, AttributeScores] | None = None


def read(model: type[M], document: Any) -> M:
    """The body as that message.

    Raises:
        GoogleError: 400, naming the first field that does not fit.
    """
    try:
        return model.model_validate({} if document is None else document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path = ".".join(str(each)[:60] for each in first["loc"])
        if first["type"] == "extra_forbidden":
            parent, _, name = path.rpartition(".")
            raise _unknown_name(name, f' at "{parent}"' if parent else "") from error
        where = f' at "{path}"' if path else ""
        raise malformed(path, f"Invalid JSON payload received. Invalid value{where}: {first['msg']}") from error


def _unknown_name(name: str, where: str) -> GoogleError:
    return malformed(name, f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.')


def text_of(request: Request) -> str:
    """The comment's text.

    Raises:
        GoogleError: 400, of the type that Perspective documents: empty, too long, or no plain text.
    """
    comment = request.comment
    if comment is None or not (comment.text or "").strip():
        raise refuse("COMMENT_EMPTY", "Comment must be non-empty.")
    text = comment.text or ""
    size = len(text.encode())
    if size > MOST_BYTES:
        message = f"Comment text was too many bytes. Value ({size}) exceeded limit ({MOST_BYTES})."
        raise refuse("COMMENT_TOO_LONG", message)
    if comment.type == "HTML":
        raise refuse("INVALID_REQUEST", "Currently, only 'PLAIN_TEXT' comments are supported")
    if comment.type not in (None, "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"):
        raise refuse("INVALID_REQUEST", "Unknown text type")
    context = request.context
    if context is not None and context.entries is not None and context.article_and_parent_comment is not None:
        message = "Context can have either entries or article_and_parent_comment, but both fields were populated."
        raise refuse("INVALID_REQUEST", message)
    return text
