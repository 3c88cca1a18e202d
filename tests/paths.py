"""Folders of this checkout that tests read."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
MIGRATIONS = ROOT / "moderation" / "storage" / "migrations"
