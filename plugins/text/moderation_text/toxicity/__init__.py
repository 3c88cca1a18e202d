"""The classifier of ``text.toxicity``."""
