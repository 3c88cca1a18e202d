"""``moderation rules``: policy files go in; their faults, tests, history and effects come out."""
