"""The A2I-compatible endpoint: free-standing, usable without the moderation service."""
