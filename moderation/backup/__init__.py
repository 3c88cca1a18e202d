"""Backups: the databases and the media of an installation as they were at one time, checked, and put back."""
