"""The public form for notices at `/notices`: who sees what should not be there says so, without an account."""
