"""Worker task templates: Liquid with Amazon A2I's filters, under limits.

https://docs.aws.amazon.com/sagemaker/latest/dg/a2i-custom-templates.html
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import liquid
from liquid.exceptions import LiquidError
from markupsafe import Markup

MAX_RENDERED_BYTES = 2_000_000
MAX_TEMPLATE_CHARACTERS = 128_000
"""SageMaker's limit of UiTemplate.Content."""
_S3_URI = re.compile(
    r"s3://([a-z0-9][a-z0-9.-]{1,62})/(.+)|https?://s3[a-z0-9.-]*\.amazonaws\.com/([^/]+)/(.+)", re.DOTALL
)


class _Environment(liquid.Environment):
    """Bounds on what a template may do; a hostile one ends in an error, not in a hanging process."""

    loop_iteration_limit = 100_000
    output_stream_limit = MAX_RENDERED_BYTES
    local_namespace_limit = 1_000_000
    context_depth_limit = 30
    block_nesting_limit = 60


@dataclass(frozen=True)
class Rendered:
    """A template filled in.

    Attributes:
        html: what came of it; empty when there are errors.
        errors: in words.
    """

    html: str
    errors: tuple[str, ...] = ()


def render(template: str, task_input: Mapping[str, Any], read_link: Callable[[str, str], str]) -> Rendered:
    """Fill in a worker task template.

    Args:
        task_input: what the template sees as ``task.input``.
        read_link: a short-lived address of an object, by bucket and key.
    """
    environment = _Environment(autoescape=True)
    environment.add_filter("grant_read_access", partial(_grant_read_access, read_link))
    environment.add_filter("to_json", _to_json)
    environment.add_filter("skip_autoescape", _skip_autoescape)
    try:
        return Rendered(environment.from_string(template).render(task={"input": task_input}))
    except LiquidError as error:
        return Rendered("", (_said(error),))
    except RecursionError:
        return Rendered("", ("the template is nested too deeply",))


def _said(error: LiquidError) -> str:
    token = getattr(error, "token", None)
    start = getattr(token, "start_index", None)
    source = getattr(token, "source", "") or ""
    line = f"line {source.count(chr(10), 0, start) + 1}: " if isinstance(start, int) and source else ""
    return f"{line}{error.message if hasattr(error, 'message') else error}"


def _grant_read_access(read_link: Callable[[str, str], str], value: object) -> str:
    """An address where a browser can read the object of an S3 URI; anything else stays as it is."""
    # What `capture` made is escaped already; a URI has to be read unescaped.
    uri = html.unescape(str(value))
    found = _S3_URI.fullmatch(uri)
    if found is None:
        return uri
    bucket, key = (found[1], found[2]) if found[1] else (found[3], found[4])
    return read_link(bucket, key)


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _skip_autoescape(value: object) -> Markup:
    """The value as it is: the template's author vouches for it. Template pages run in a sandbox for that reason."""
    return Markup(html.unescape(str(value)) if isinstance(value, Markup) else str(value))  # noqa: S704
