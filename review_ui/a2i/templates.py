"""Worker task templates: Liquid with Amazon A2I's filters, under limits.

https://docs.aws.amazon.com/sagemaker/latest/dg/a2i-custom-templates.html
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TextIO

import liquid
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError
from liquid.stringify import to_liquid_string
from markupsafe import Markup

from ground.errors import InputError
from review_ui.a2i.template_needs import unknown_elements

ReadLink = Callable[[str, str], str]
"""A short-lived address of an object, by bucket and key."""

MAX_RENDERED_BYTES = 2_000_000
MAX_TEMPLATE_CHARACTERS = 128_000
"""SageMaker's limit of UiTemplate.Content."""
REFUSED = "InvalidParameters"
"""A2I's code for an input that a filter does not take."""
_S3_URI = re.compile(
    r"s3://([a-z0-9][a-z0-9.-]{1,62})/(.+)|https?://s3[a-z0-9.-]*\.amazonaws\.com/([^/]+)/(.+)", re.DOTALL
)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a template, as RenderUiTemplate's errors have it.

    Attributes:
        code: ``InvalidParameters`` (AWS's word) for an input that a filter does not take, ``TemplateError``,
            ``UnknownElement``, ``HostNotAllowed``.
        message: in words.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Rendered:
    """A template filled in.

    Attributes:
        html: what came of it; empty when it could not be filled in.
        faults: what is wrong: nobody should be asked to answer such a page.
    """

    html: str
    faults: tuple[Fault, ...] = ()


class NotS3Uri(InputError, LiquidError):
    """``grant_read_access`` was given something else than the URI of an object in S3."""


class _OutputNode(OutputNode):
    """Objects, and lists that hold some, come out as JSON: AWS's own template for Textract relies on it."""

    def render_to_output(self, context: liquid.RenderContext, buffer: TextIO) -> int:
        """Write the value, escaped."""
        value = self.expression.evaluate(context)
        is_nested = isinstance(value, list) and any(isinstance(each, dict | list) for each in value)
        if isinstance(value, dict) or is_nested:
            value = _to_json(value)
        return buffer.write(to_liquid_string(value, context.autoescape))


class _Output(Output):
    node_class = _OutputNode


class _Environment(liquid.Environment):
    """Bounds on what a template may do; a hostile one ends in an error, not in a hanging process."""

    loop_iteration_limit = 100_000
    output_stream_limit = MAX_RENDERED_BYTES
    local_namespace_limit = 1_000_000
    context_depth_limit = 30
    block_nesting_limit = 60

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Liquid's own, and Amazon A2I's."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        self.add_filter("grant_read_access", _grant_read_access)
        self.add_filter("to_json", _to_json)
        self.add_filter("skip_autoescape", _skip_autoescape)


_read_link: ContextVar[ReadLink] = ContextVar("read_link")


@lru_cache(maxsize=32)
def _parsed(template: str) -> liquid.BoundTemplate:
    return _Environment(autoescape=True).from_string(template)


def render(template: str, task_input: Mapping[str, Any], read_link: ReadLink) -> Rendered:
    """Fill in a worker task template, and say what is wrong with what comes of it.

    Args:
        task_input: what the template sees as ``task.input``.
    """
    _read_link.set(read_link)
    try:
        page = _parsed(template).render(task={"input": task_input})
    except NotS3Uri as error:
        return Rendered("", (Fault(REFUSED, str(error.message)),))
    except LiquidError as error:
        return Rendered("", (Fault("TemplateError", _said(error)),))
    except RecursionError:
        return Rendered("", (Fault("TemplateError", "the template is nested too deeply"),))
    unknown = (Fault("UnknownElement", f"{where} is not offered here") for where in unknown_elements(page))
    return Rendered(page, tuple(unknown))


def _said(error: LiquidError) -> str:
    token = getattr(error, "token", None)
    start = getattr(token, "start_index", None)
    source = getattr(token, "source", "") or ""
    line = f"line {source.count(chr(10), 0, start) + 1}: " if isinstance(start, int) and source else ""
    return f"{line}{error.message if hasattr(error, 'message') else error}"


def _grant_read_access(value: object) -> str:
    """An address where a browser can read the object of an S3 URI. Raises `NotS3Uri`, in A2I's words."""
    # What `capture` made is escaped already; a URI has to be read unescaped.
    uri = html.unescape(str(value))
    found = _S3_URI.fullmatch(uri)
    if found is None:
        raise NotS3Uri(f'"grant_read_access" input is not a valid S3 URI: "{uri[:200]}".', token=None)
    bucket, key = (found[1], found[2]) if found[1] else (found[3], found[4])
    return _read_link.get()(bucket, key)


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _skip_autoescape(value: object) -> Markup:
    """The value as it is: the template's author vouches for it. Template pages run in a sandbox for that reason."""
    return Markup(html.unescape(str(value)) if isinstance(value, Markup) else str(value))  # noqa: S704
