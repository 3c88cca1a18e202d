"""``llm.policy``: a language model that judges by the words of your policies. Offered where one is named.

It is on demand: it looks at items under a policy that names it in ``needs`` or ``only_with``, and at no others. What it
is sent goes to the endpoint that ``MODERATION_LLM_CONFIG`` names, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl
from moderation.hookspecs import Finding

if TYPE_CHECKING:
    from collections.abc import Collection

    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[Any]:
    """Offer ``llm.policy`` where a model is named; see docs/llm.md."""
    if settings.llm_config is None:
        return []
    from moderation_llm.configuration import load_config, open_model
    from moderation_llm.detector import PolicyJudge

    config = load_config(settings.llm_config)
    return [PolicyJudge(config, open_model(settings, config))]


@hookimpl
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Say which model is asked, and where. Nothing is called."""
    if settings.llm_config is None:
        return []
    from moderation_llm.configuration import load_config

    config = load_config(settings.llm_config)
    where = config.endpoint or f"Bedrock in {settings.aws_region}"
    return [Finding(f"llm.policy asks {config.model} at {where}, about {' and '.join(config.reads)}")]
