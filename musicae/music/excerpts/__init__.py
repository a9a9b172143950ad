"""Excerpts: which tracks and bars of a score a model takes, and how results go back into it."""
