"""A decision goes in; whoever is to know of it is told: callbacks, topics, queues, exported files."""
