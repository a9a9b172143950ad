"""Tasks: scores in, scores out. One verb per file, named as its command."""
