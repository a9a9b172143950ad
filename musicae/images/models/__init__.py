"""Networks over images, one family per file."""
