"""Cameras: what they show becomes items, and what is wrong with one is seen by somebody."""
