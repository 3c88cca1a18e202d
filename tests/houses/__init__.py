"""Houses that tests live in: real parts put together, with hands on what a test must turn. Conftests open and close them."""
