"""The outside world to raw tables, and the sandbox that stands in for the outside world."""
