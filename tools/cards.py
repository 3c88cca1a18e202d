"""Write ``docs/detectors.md`` and the README's "what it does not see" from the cards of the shipped tools.

python -m tools.cards            write them
python -m tools.cards --check    say whether they are as the cards say; `make lint` does
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE, README = ROOT / "docs" / "detectors.md", ROOT / "README.md"
BEGIN, END = "<!-- made by tools/cards.py -->", "<!-- end -->"
INTRODUCTION = """\
# Detectors and extractors

What each sees, what it does not see, and how that was measured. Made by `python -m tools.cards` from the cards that the
tools carry: the same is in `moderation plugins --card NAME` and `GET /v1/detectors`. A detector of a plugin without a
card says so there.
"""


def groups() -> list[tuple[str, Sequence[Any]]]:
    """Titles, and the tools or their classes."""
    from moderation.plugins import load_plugins
    from moderation.settings import Settings

    loaded = load_plugins(Settings())
    everywhere: list[Any] = [*loaded.detectors, *loaded.extractors]
    tools = [tool for tool in everywhere if not tool.name.startswith(("example.", "film."))]
    return [("In every installation", tools), ("When you set them up", optional()), ("Amazon's", amazons())]


def optional() -> list[Any]:
    """Tools that are offered once something is there: lists of hashes, a language model, an optional plugin."""
    sys.path[:0] = [str(ROOT / "plugins" / name) for name in ("nudenet", "speech", "film")]
    from moderation_film.frames import Frames
    from moderation_hashes.detectors import KnownMedia, KnownTexts
    from moderation_llm.configuration import LlmConfig
    from moderation_llm.detector import PolicyJudge
    from moderation_nudenet import Nudity
    from moderation_speech.extractor import Speech

    model = LlmConfig(model="the model that you name", endpoint="https://model.example/v1")
    nobody: Any = None  # nothing is asked of it
    return [Frames, KnownMedia, KnownTexts, Nudity, Speech, PolicyJudge(model, nobody)]


def amazons() -> list[Any]:
    """What `moderation_aws.offer` can offer."""
    from moderation_aws import offer

    tools = [thing for thing in vars(offer).values() if isinstance(thing, type) and hasattr(thing, "card")]
    return sorted(tools, key=name_of)


def name_of(tool: Any) -> str:
    """Its name; of those that are named in the configuration, the pattern."""
    named = {"Endpoint": "sagemaker.NAME", "Guardrail": "bedrock.NAME"}
    return str(getattr(tool, "name", "") or named[tool.__name__])


def page() -> str:
    """The page of all cards."""
    return INTRODUCTION + "".join(line for title, tools in groups() for line in section(title, tools))


def section(title: str, tools: Sequence[Any]) -> Iterator[str]:
    """The cards of one group."""
    from moderation.core.cards import card_lines, card_of

    yield f"\n## {title}\n"
    for tool in sorted(tools, key=name_of):
        card = card_of(tool)
        if card is None:
            raise SystemExit(f"{name_of(tool)} has no card")
        reads = ", ".join(sorted(getattr(tool, "reads", ())) or ("what you say",))
        yield f"\n### `{name_of(tool)}`\n\nReads {reads}.\n\n"
        yield from (f"- **{what}**: {text}\n" for what, text in card_lines(card))


def blind_spots() -> str:
    """The README's list."""
    from moderation.core.cards import card_of

    lines = []
    for tool in sorted(groups()[0][1], key=name_of):
        card = card_of(tool)
        if card is not None:
            lines.append(f"- `{name_of(tool)}`: {card.does_not_see}.\n")
    return f"{BEGIN}\n{''.join(lines)}{END}"


def documents() -> dict[Path, str]:
    """Each document as it should be."""
    readme = README.read_text(encoding="utf-8")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {PAGE: page(), README: before + blind_spots() + after}


def stale() -> list[Path]:
    """Documents that are not as the cards say."""
    wanted = documents()
    return [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


if __name__ == "__main__":
    if "--check" in sys.argv:
        for path in stale():
            sys.stderr.write(f"{path.relative_to(ROOT)} is not as the cards say: run python -m tools.cards\n")
        sys.exit(1 if stale() else 0)
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
