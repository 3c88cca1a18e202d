"""The reviewers' portal: sign in, see what waits, work tasks one after the other with the keyboard."""

from review_ui.portal.pages import blueprint

__all__ = ["blueprint"]
