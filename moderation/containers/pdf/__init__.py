"""PDF (ISO 32000-1): its text as people and programs see it, taken out of the file itself, in a process of its own."""
