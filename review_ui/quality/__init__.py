"""Answers go in; how far reviewers agree and know what is known comes out."""
