"""Plain data written as YAML, in the form that policy files have."""

from __future__ import annotations

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Block style above, flow style for what fits on a line; numbers as short as they are exact."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out: policies know no anchors."""
        return True


def _float(dumper: yaml.SafeDumper, value: float) -> yaml.Node:
    if value == int(value):
        return dumper.represent_int(int(value))
    text = repr(value)
    if "." not in text:
        text = text.replace("e", ".0e")  # without a point PyYAML would add a tag
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(float, _float)


def as_yaml(data: Any) -> str:
    """Plain data as policy files have it: short things on one line, others below each other."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True))
