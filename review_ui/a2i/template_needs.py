"""What a template's page needs that may not be there: elements, and hosts of scripts and frames.

Read by looking for tags, not by building a page: a template is Liquid before it is HTML, and hostile either way. Bounds
on what is looked at keep every search linear.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

ELEMENTS = frozenset(
    f"crowd-{name}"
    for name in """
    alert badge bounding-box button card checkbox classifier classifier-multi-select entity-annotation fab form
    icon-button image-classifier image-classifier-multi-select input instance-segmentation instructions keypoint line
    modal polygon polyline radio-button radio-group rekognition-detect-moderation-labels semantic-segmentation slider
    slider-label tab tabs text-area textract-analyze-document toast toggle-button
    """.split()  # noqa: SIM905
)
"""The elements that ``portal/static/crowd`` defines.
https://docs.aws.amazon.com/sagemaker/latest/dg/sms-ui-template-reference.html"""
FORMS = ("crowd-form", "crowd-entity-annotation")
"""Elements that submit: the form, and the one that brings its own."""
SCRIPT_HOSTS, FRAME_HOSTS = "moderation:script-hosts", "moderation:frame-hosts"
"""Tags of a human task UI: hosts, separated by blanks, that its page may load scripts and styles from, and show."""
_OURS = "assets.crowd.aws"
"""Where AWS's own elements come from; a page here has its own in their place."""
_ELEMENT = re.compile(r"<(crowd-[a-z0-9_.-]{1,100})", re.IGNORECASE)
_LOADING = re.compile(r"<(script|iframe|frame|embed|object)\b([^>]{1,3000})", re.IGNORECASE)
_SOURCE = re.compile(
    r"""(?:^|\s)(?:src|data)\s{0,9}=\s{0,9}(?:"([^"]{0,2500})|'([^']{0,2500})|([^\s"'>]{1,2500}))""", re.I
)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+(:\d{1,5})?")


@dataclass(frozen=True)
class Hosts:
    """Hosts, with a port where it is not the usual one, that scripts and frames come from."""

    scripts: frozenset[str] = frozenset()
    frames: frozenset[str] = frozenset()


def unknown_elements(text: str) -> list[str]:
    """The ``crowd-`` elements of a template or page that are not offered, each once, with the line it stands in."""
    found: dict[str, int] = {}
    clean = _without_comments(text)
    for match in _ELEMENT.finditer(clean):
        name = match[1].lower().rstrip(".")
        if name not in ELEMENTS:
            found.setdefault(name, match.start())
    return [f"line {clean.count(chr(10), 0, start) + 1}: <{name}>" for name, start in found.items()]


def has_form(text: str) -> bool:
    """True of a template that can be answered by its own page."""
    clean = _without_comments(text).lower()
    return any(re.search(rf"<{form}[\s>/]", clean) for form in FORMS)


def hosts_of(page: str) -> Hosts:
    """The hosts of a rendered page's scripts and frames."""
    scripts: set[str] = set()
    frames: set[str] = set()
    for match in _LOADING.finditer(_without_comments(page)):
        source = _SOURCE.search(match[2])
        host = _host_of(next(filter(None, source.groups()), "")) if source else ""
        if host and host != _OURS:
            (scripts if match[1].lower() == "script" else frames).add(host)
    return Hosts(frozenset(scripts), frozenset(frames))


def hosts_in(tags: Mapping[str, str], everywhere: Collection[str] = ()) -> Hosts:
    """The hosts that a task UI's tags allow.

    Args:
        everywhere: hosts that the operator allows to all.
    """
    read = (frozenset(_named(tags.get(key, ""))) | frozenset(everywhere) for key in (SCRIPT_HOSTS, FRAME_HOSTS))
    return Hosts(*read)


def wrong_hosts(value: str) -> list[str]:
    """The words of a list of hosts that are no names of hosts: a policy is written with them."""
    return [word[:100] for word in value.split() if not _HOST.fullmatch(word)]


def _named(value: str) -> Iterator[str]:
    return (word for word in value.split() if _HOST.fullmatch(word))


def _host_of(address: str) -> str:
    address = address.strip().lower()
    try:
        return urlsplit(f"https:{address}" if address.startswith("//") else address).netloc.rpartition("@")[2]
    except ValueError:
        return address[:100]


def _without_comments(text: str) -> str:
    """The text without what stands in comments, but their line ends; an open comment reaches to the end."""
    pieces, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 4)
        stop = len(text) if end < 0 else end + 3
        pieces += [text[at:start], "\n" * text.count("\n", start, stop)]
        at = stop
    return "".join([*pieces, text[at:]])
