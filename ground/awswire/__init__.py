"""AWS protocols as a server speaks them: signed requests go in, checked documents and documented errors come out."""
