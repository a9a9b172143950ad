"""Collections of music, and the windows prepared from them."""
