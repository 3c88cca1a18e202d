"""Items that people must see go in; human loops at Amazon A2I or our endpoint open, and their answers come out."""
