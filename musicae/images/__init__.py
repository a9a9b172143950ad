"""The image wing: images in, images out, and the models in between."""
