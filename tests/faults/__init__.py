"""Faults: real processes that are killed, starved and lied to, and what must hold afterwards. `README.md` says what is covered."""
