"""Settings go in; a listening service comes out: the Flask application, the workers behind it, one process."""
