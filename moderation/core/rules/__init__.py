"""Policies, detections and failures go in; one verdict with its evidence comes out. Pure."""
