"""Reading text in a picture: where lines stand (`finding`), what they say (`recognition`), in which order (`order`)."""
