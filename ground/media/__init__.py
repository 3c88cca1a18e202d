"""Hostile bytes go in; what they are, and pictures decoded under limits, come out."""
