"""What was decided, as others are told of it: statements of reasons, and reports of a time, from what is stored."""
