"""Amazon's answers beside our own: requests are forwarded, both answers kept without content, and compared."""
