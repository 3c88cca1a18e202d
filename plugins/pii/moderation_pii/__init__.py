"""Personal data in text, found on this machine."""
