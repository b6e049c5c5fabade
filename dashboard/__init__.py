"""Published marts to pixels."""
