"""Latent-space algorithms: tensors in, tensors out."""
