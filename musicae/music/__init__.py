"""The music wing: scores in, scores out, and the models between."""
