"""The core: what every autoencoder shares. It imports neither the music wing nor the image wing."""
