"""The path of an item, the only code that orders steps and writes them: submissions go in, decisions come out."""
