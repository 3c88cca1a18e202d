"""Where people review: an A2I-compatible endpoint, and the portal in which reviewers work its tasks."""
