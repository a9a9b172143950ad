"""Sound: a score becomes audio."""
