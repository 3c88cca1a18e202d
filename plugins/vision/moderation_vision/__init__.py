"""Faces, text, metadata and quality of pictures, on this machine."""
