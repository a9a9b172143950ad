"""Networks over tokens, one family per file."""
