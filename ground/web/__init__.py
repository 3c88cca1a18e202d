"""A Flask application goes in; a listening server comes out, strict about requests, answers and browsers."""
