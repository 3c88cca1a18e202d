"""Block lists that survive disguise."""
