"""Nudity in pictures through the NudeNet library. Mind its licence: see README."""
