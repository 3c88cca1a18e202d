"""What content is hard on those who look at it, and how much of it each of them is given."""
