"""Weights that come with musicae, each with its model card."""
